use std::path::{Path, PathBuf};

use plimsoll_fetch::{Login, Secret};

use super::{Access, Identity, Kubeconfig, KubeconfigError, Material};

const FILE: &str = "\
apiVersion: v1
kind: Config
current-context: shop
clusters:
- name: one
  cluster: {server: 'https://10.0.0.1:6443', certificate-authority: ca.pem}
- name: two
  cluster:
    server: https://10.0.0.2
    certificate-authority-data: LS0tCg==
    insecure-skip-tls-verify: true
    proxy-url: http://proxy:3128
users:
- name: ann
  user: {token: abc, as: bob, as-groups: [dev, ops]}
- name: eks
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/aws
      args: [eks, get-token]
      env: [{name: AWS_PROFILE, value: prod}]
- name: file
  user: {token: old, tokenFile: token}
contexts:
- name: shop
  context: {cluster: one, user: ann, namespace: web}
- name: cloud
  context: {cluster: two, user: eks}
- name: mount
  context: {cluster: two, user: file}
- name: nobody
  context: {cluster: two}
- name: lost
  context: {cluster: three, user: ann}
";

fn read(texts: &[&str]) -> Kubeconfig {
    let mut config = Kubeconfig::default();
    for (at, text) in texts.iter().enumerate() {
        let folder = format!("/home/ann/{at}");
        config.add(text, Path::new(&folder)).unwrap();
    }
    config
}

#[test]
fn contexts_lead_to_servers_and_users() {
    let config = read(&[FILE]);
    let access = config.access(None).unwrap();
    assert_eq!(access.server, "https://10.0.0.1:6443");
    assert_eq!(access.namespace.as_deref(), Some("web"));
    let authority = PathBuf::from("/home/ann/0/ca.pem");
    assert_eq!(access.authority, Some(Material::File(authority)));
    let token = Login::Token(Secret::new("abc"));
    assert_eq!(access.identity, Some(Identity::Login(token)));
    let heads: Vec<&str> = access.impersonated.iter().map(|one| one.0).collect();
    assert_eq!(
        heads,
        ["impersonate-user", "impersonate-group", "impersonate-group"]
    );
    let cloud = config.access(Some("cloud")).unwrap();
    assert!(cloud.insecure && cloud.proxy.as_deref() == Some("http://proxy:3128"));
    assert_eq!(cloud.authority, Some(Material::Text(Secret::new("---\n"))));
    let Some(Identity::Program(program)) = cloud.identity else {
        panic!("{:?}", cloud.identity);
    };
    assert_eq!(program.command, Path::new("/home/ann/0/./bin/aws"));
    assert_eq!(program.arguments, ["eks", "get-token"]);
    let mount = config.access(Some("mount")).unwrap().identity;
    let token = PathBuf::from("/home/ann/0/token");
    assert_eq!(mount, Some(Identity::TokenFile(token)));
    assert_eq!(config.access(Some("nobody")).unwrap().identity, None);
}

#[test]
fn the_first_file_that_names_a_thing_says_what_it_is() {
    let over = "current-context: cloud\nusers: [{name: ann, user: {token: new}}]\n";
    let config = read(&[over, FILE]);
    let token = Login::Token(Secret::new("new"));
    let access = config.access(Some("shop")).unwrap();
    assert_eq!(access.identity, Some(Identity::Login(token)));
    assert_eq!(config.access(None).unwrap().server, "https://10.0.0.2");
}

#[test]
fn what_leads_nowhere_is_said() {
    let config = read(&[FILE]);
    let words = |name: &str| config.access(Some(name)).unwrap_err().to_string();
    assert_eq!(words("till"), "the kubeconfig has no context `till`");
    assert_eq!(words("lost"), "the kubeconfig has no cluster `three`");
    let none = Kubeconfig::default().access(None);
    assert_eq!(none, Err(KubeconfigError::NoContext { known: Vec::new() }));
    let add = |text: &str| Kubeconfig::default().add(text, Path::new("/"));
    let broken = add("a: 1\nb: [\n").unwrap_err().to_string();
    assert!(broken.starts_with("line "), "{broken}");
    let data = "users: [{name: ann, user: {client-key-data: '%%'}}]";
    assert_eq!(
        add(data).unwrap_err().to_string(),
        "`client-key-data` of `ann` is no base64 of a text"
    );
    let old = "current-context: a\nclusters: [{name: a, cluster: {server: b}}]\nusers: [{name: a, user: {auth-provider: {name: gcp}}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]";
    assert_eq!(
        read(&[old]).access(None).unwrap_err().to_string(),
        "`auth-provider` of a kubeconfig is not followed"
    );
    // Nothing secret is in what a program could print of it.
    let shown = format!("{:?}", config.access(None).unwrap());
    assert!(!shown.contains("abc"), "{shown}");
}

#[test]
fn a_pod_asks_by_its_service_account() {
    let folder = std::env::temp_dir().join(format!("plimsoll-account-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let variable = |host: &'static str| {
        move |name: &str| match name {
            "KUBERNETES_SERVICE_HOST" => Some(host.to_owned()),
            "KUBERNETES_SERVICE_PORT" => Some("443".to_owned()),
            _ => None,
        }
    };
    let of = |host| Access::of_pod(&variable(host), &folder);
    // A pod with `automountServiceAccountToken: false`.
    assert_eq!(of("10.0.0.1"), None);
    std::fs::write(folder.join("token"), "abc\n").expect("written");
    std::fs::write(folder.join("namespace"), "web\n").expect("written");
    let access = of("10.0.0.1").expect("an account");
    assert_eq!(access.server, "https://10.0.0.1:443");
    assert_eq!(access.namespace.as_deref(), Some("web"));
    assert_eq!(access.authority, None);
    let token = folder.join("token");
    assert_eq!(access.identity, Some(Identity::TokenFile(token)));
    std::fs::write(folder.join("ca.crt"), "pem").expect("written");
    let access = of("fd00::1").expect("an account");
    assert_eq!(access.server, "https://[fd00::1]:443");
    let authority = folder.join("ca.crt");
    assert_eq!(access.authority, Some(Material::File(authority)));
    assert_eq!(of(""), None);
    assert_eq!(Access::of_pod(&|_| None, &folder), None);
    std::fs::remove_dir_all(&folder).expect("removed");
}
