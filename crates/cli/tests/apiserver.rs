//! `plimsoll autoscale explain`, `size` and `fit` ask a real API server, with etcd behind it. No kubelet runs, so no
//! metrics-server can: what `metrics.k8s.io` and the APIs for other metrics say is kept in files
//! and comes through the server's aggregator, as it does from metrics-server and adapters.
//! `cargo xtask test` names the programs in the environment and runs this by its name.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use plimsoll_cluster::Access;
use plimsoll_fetch::Settings;
use rcgen::{CertificateParams, KeyPair};

const HPA: &str = r#"{"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
  "metadata": {"name": "shop"},
  "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"},
    "minReplicas": 1, "maxReplicas": 9, "metrics": [
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}},
    {"type": "Pods", "pods": {"metric": {"name": "requests"}, "target": {"type": "AverageValue", "averageValue": "100"}}},
    {"type": "Object", "object": {"describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "front"},
      "metric": {"name": "hits"}, "target": {"type": "Value", "value": "50"}}},
    {"type": "External", "external": {"metric": {"name": "queue", "selector": {"matchLabels": {"of": "shop"}}},
      "target": {"type": "AverageValue", "averageValue": "30"}}}]}}"#;
const HPA_STATUS: &str = r#"{"status": {"currentReplicas": 2, "desiredReplicas": 2,
  "lastScaleTime": "2024-05-01T11:00:00Z",
  "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 50, "averageValue": "100m"}}}],
  "conditions": [{"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale", "message": "m", "lastTransitionTime": "2024-05-01T10:00:00Z"}]}}"#;
const DEPLOYMENT: &str = r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"},
  "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "shop"}},
    "template": {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [{"name": "app", "image": "shop:1"}]}}}}"#;
const EVENT: &str = r#"{"apiVersion": "v1", "kind": "Event", "metadata": {"name": "shop.1", "namespace": "web"},
  "involvedObject": {"kind": "HorizontalPodAutoscaler", "namespace": "web", "name": "shop"}, "type": "Normal",
  "reason": "SuccessfulRescale", "message": "New size: 2; reason: All metrics below target",
  "firstTimestamp": "2024-05-01T11:00:00Z", "lastTimestamp": "2024-05-01T11:00:00Z", "count": 1}"#;
const USAGE: &str = r#"{"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": [
  {"metadata": {"name": "shop-1", "namespace": "web"}, "timestamp": "2024-05-01T12:00:00Z", "window": "15s",
   "containers": [{"name": "app", "usage": {"cpu": "180m", "memory": "1Mi"}}]},
  {"metadata": {"name": "shop-2", "namespace": "web"}, "timestamp": "2024-05-01T12:00:00Z", "window": "15s",
   "containers": [{"name": "app", "usage": {"cpu": "220m", "memory": "1Mi"}}]}]}"#;
const REQUESTS: &str = r#"{"kind": "MetricValueList", "apiVersion": "custom.metrics.k8s.io/v1beta2", "metadata": {}, "items": [
  {"describedObject": {"kind": "Pod", "name": "shop-1"}, "metric": {"name": "requests"}, "timestamp": "2024-05-01T12:00:00Z", "value": "120"},
  {"describedObject": {"kind": "Pod", "name": "shop-2"}, "metric": {"name": "requests"}, "timestamp": "2024-05-01T12:00:00Z", "value": "100"}]}"#;
const HITS: &str = r#"{"kind": "MetricValueList", "apiVersion": "custom.metrics.k8s.io/v1beta2", "metadata": {}, "items": [
  {"describedObject": {"kind": "Ingress", "name": "front"}, "metric": {"name": "hits"}, "timestamp": "2024-05-01T12:00:00Z", "value": "60"}]}"#;
const QUEUE: &str = r#"{"kind": "ExternalMetricValueList", "apiVersion": "external.metrics.k8s.io/v1beta1", "metadata": {}, "items": [
  {"metricName": "queue", "metricLabels": {"of": "shop"}, "timestamp": "2024-05-01T12:00:00Z", "value": "150"}]}"#;

fn pod(name: &str) -> String {
    format!(
        r#"{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "{name}", "labels": {{"app": "shop"}}}},
        "spec": {{"containers": [{{"name": "app", "image": "shop:1", "resources": {{"requests": {{"cpu": "200m"}}}}}}]}}}}"#
    )
}

const POD_STATUS: &str = r#"{"status": {"phase": "Running", "startTime": "2024-05-01T10:00:00Z",
  "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2024-05-01T10:01:00Z"}]}}"#;

/// A user that may see everything that an HPA looks at but for what pods use.
const VIEWER: &str = r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "viewer"},
  "rules": [{"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["get", "list"]},
    {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]}"#;
const BINDING: &str = r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "viewer"},
  "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "viewer"},
  "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann"}]}"#;

fn program(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable);
    path.unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask test`"))
        .into()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// etcd, an API server and a server of metrics, with everything that they write.
struct Cluster {
    folder: PathBuf,
    port: u16,
    running: Vec<Child>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in self.running.iter_mut().rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Cluster {
    fn start() -> Self {
        let name = format!("plimsoll-apiserver-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("answers")).expect("a folder");
        let mut cluster = Self {
            folder,
            port: free_port(),
            running: Vec::new(),
        };
        cluster.etcd_and_server();
        for _ in 0..240 {
            // Roles that everybody has are made after the server began to answer.
            let ready = ["/readyz", "/api/v1/namespaces/default"]
                .iter()
                .all(|path| cluster.curl("GET", path, None).status.success());
            if ready {
                return cluster;
            }
            sleep(Duration::from_millis(500));
        }
        panic!(
            "the API server is not ready: {}",
            fs::read_to_string(cluster.path("apiserver.log")).unwrap_or_default()
        );
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn spawn(&mut self, log: &str, command: &mut Command) {
        let out = fs::File::create(self.path(log)).expect("a log");
        let also = out.try_clone().expect("the same");
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(also)
            .spawn();
        self.running.push(child.expect("it runs"));
    }

    fn etcd_and_server(&mut self) {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
        fs::write(self.path("sa.key"), key.serialize_pem()).expect("written");
        fs::write(self.path("sa.pub"), key.public_key_pem()).expect("written");
        let tokens = "admintoken,admin,u1,\"system:masters\"\nanntoken,ann,u2\n";
        fs::write(self.path("tokens.csv"), tokens).expect("written");
        let etcd = format!("http://127.0.0.1:{}", free_port());
        let peer = format!("http://127.0.0.1:{}", free_port());
        let mut command = Command::new("etcd");
        command
            .arg("--data-dir")
            .arg(self.path("etcd"))
            .args(["--listen-client-urls", &etcd])
            .args(["--advertise-client-urls", &etcd])
            .args(["--listen-peer-urls", &peer])
            .args(["--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("default={peer}")])
            .arg("--unsafe-no-fsync");
        self.spawn("etcd.log", &mut command);
        let path = |name: &str| self.path(name).display().to_string();
        let mut command = Command::new(program("PLIMSOLL_TEST_APISERVER"));
        command
            .arg(format!("--etcd-servers={etcd}"))
            .arg("--bind-address=127.0.0.1")
            .arg("--advertise-address=127.0.0.1")
            .arg(format!("--secure-port={}", self.port))
            .arg(format!("--cert-dir={}", path("pki")))
            .arg("--service-account-issuer=https://kubernetes.default.svc")
            .arg(format!("--service-account-key-file={}", path("sa.pub")))
            .arg(format!(
                "--service-account-signing-key-file={}",
                path("sa.key")
            ))
            .arg("--service-cluster-ip-range=10.0.0.0/24")
            .arg("--authorization-mode=RBAC")
            .arg(format!("--token-auth-file={}", path("tokens.csv")))
            .arg("--endpoint-reconciler-type=none")
            // No controller makes the accounts and classes that these look for.
            .arg("--disable-admission-plugins=ServiceAccount,Priority");
        self.spawn("apiserver.log", &mut command);
    }

    fn curl(&self, method: &str, path: &str, body: Option<&str>) -> Output {
        self.curl_as("admintoken", method, path, body)
    }

    fn curl_as(&self, token: &str, method: &str, path: &str, body: Option<&str>) -> Output {
        let mut command = Command::new("curl");
        let kind = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        command
            .args([
                "-s",
                "-k",
                "-S",
                "--fail-with-body",
                "--noproxy",
                "*",
                "-X",
                method,
            ])
            .args(["-H", &format!("Authorization: Bearer {token}")])
            .args(["-H", &format!("Content-Type: {kind}")])
            .arg(format!("https://127.0.0.1:{}{path}", self.port))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if body.is_some() {
            command.args(["--data-binary", "@-"]);
        }
        let mut child = command.spawn().expect("curl runs");
        let mut input = child.stdin.take().expect("piped");
        // It may have given up already.
        let _ = input.write_all(body.unwrap_or_default().as_bytes());
        drop(input);
        child.wait_with_output().expect("it ends")
    }

    fn send(&self, method: &str, path: &str, body: &str) {
        let done = self.curl(method, path, Some(body));
        let said = String::from_utf8_lossy(&done.stdout);
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{method} {path}: {said} {error}");
    }

    /// A namespace with a workload that is as if someone ran it.
    fn fill(&self) {
        let namespace = "/api/v1/namespaces/web";
        self.send(
            "POST",
            "/api/v1/namespaces",
            r#"{"metadata": {"name": "web"}}"#,
        );
        for name in ["shop-1", "shop-2"] {
            self.send("POST", &format!("{namespace}/pods"), &pod(name));
            let status = format!("{namespace}/pods/{name}/status");
            self.send("PATCH", &status, POD_STATUS);
        }
        let deployments = "/apis/apps/v1/namespaces/web/deployments";
        self.send("POST", deployments, DEPLOYMENT);
        let status = format!("{deployments}/shop/status");
        self.send("PATCH", &status, r#"{"status": {"replicas": 2}}"#);
        let hpas = "/apis/autoscaling/v2/namespaces/web/horizontalpodautoscalers";
        self.send("POST", hpas, HPA);
        self.send("PATCH", &format!("{hpas}/shop/status"), HPA_STATUS);
        self.send("POST", &format!("{namespace}/events"), EVENT);
        let roles = "/apis/rbac.authorization.k8s.io/v1";
        self.send("POST", &format!("{roles}/clusterroles"), VIEWER);
        self.send("POST", &format!("{roles}/clusterrolebindings"), BINDING);
        // The authorizer hears of roles a moment later.
        for path in ["/apis/apps/v1", &format!("{hpas}/shop")] {
            let may = || self.curl_as("anntoken", "GET", path, None).status.success();
            let there = (0..120).any(|_| {
                let there = may();
                if !there {
                    sleep(Duration::from_millis(250));
                }
                there
            });
            assert!(there, "ann may not read {path}");
        }
    }

    /// Serves the APIs for metrics, which the API server finds behind a name.
    fn metrics(&mut self) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
        let certificate = params.self_signed(&key).expect("signed");
        fs::write(self.path("stub.pem"), certificate.pem()).expect("written");
        fs::write(self.path("stub.key"), key.serialize_pem()).expect("written");
        let answers = [
            ("metrics.k8s.io_v1beta1_namespaces_web_pods", USAGE),
            ("metrics.k8s.io_v1beta1_pods", USAGE),
            (
                "custom.metrics.k8s.io_v1beta2_namespaces_web_pods_*_requests",
                REQUESTS,
            ),
            (
                "custom.metrics.k8s.io_v1beta2_namespaces_web_ingresses.networking.k8s.io_front_hits",
                HITS,
            ),
            (
                "external.metrics.k8s.io_v1beta1_namespaces_web_queue",
                QUEUE,
            ),
        ];
        let groups = [
            ("metrics.k8s.io", "v1beta1"),
            ("custom.metrics.k8s.io", "v1beta2"),
            ("external.metrics.k8s.io", "v1beta1"),
        ];
        for (name, text) in answers {
            let path = self.path("answers").join(format!("apis_{name}.json"));
            fs::write(path, text).expect("written");
        }
        for (group, version) in groups {
            let path = self
                .path("answers")
                .join(format!("apis_{group}_{version}.json"));
            let kinds = format!(
                r#"{{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "{group}/{version}", "resources": []}}"#
            );
            fs::write(path, kinds).expect("written");
        }
        let mut child = Command::new(program("PLIMSOLL_TEST_SERVER"))
            .arg("answers")
            .arg("-dir")
            .arg(self.path("answers"))
            .arg("-cert")
            .arg(self.path("stub.pem"))
            .arg("-key")
            .arg(self.path("stub.key"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server runs");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("piped"))
            .read_line(&mut address)
            .expect("an address");
        self.running.push(child);
        let port = address
            .trim()
            .rsplit(':')
            .next()
            .expect("a port")
            .to_owned();
        let service = format!(
            r#"{{"metadata": {{"name": "metrics"}}, "spec": {{"type": "ExternalName", "externalName": "localhost", "ports": [{{"port": {port}}}]}}}}"#
        );
        self.send("POST", "/api/v1/namespaces/web/services", &service);
        for (group, version) in groups {
            let api = format!(
                r#"{{"metadata": {{"name": "{version}.{group}"}}, "spec": {{"group": "{group}", "version": "{version}",
                "service": {{"name": "metrics", "namespace": "web", "port": {port}}}, "insecureSkipTLSVerify": true,
                "groupPriorityMinimum": 100, "versionPriority": 100}}}}"#
            );
            self.send("POST", "/apis/apiregistration.k8s.io/v1/apiservices", &api);
        }
        for (group, version) in groups {
            let path = format!("/apis/{group}/{version}");
            let is_there = || self.curl("GET", &path, None).status.success();
            let there = (0..120).any(|_| {
                let there = is_there();
                if !there {
                    sleep(Duration::from_millis(500));
                }
                there
            });
            assert!(there, "{path} is not served");
        }
    }

    /// Explains an HPA as a user of a kubeconfig.
    fn explain(&self, user: &str, name: &str) -> (i32, String, String) {
        let at = ["--at", "2024-05-01T12:00:30Z"];
        self.run(&[&["autoscale", "explain", name, "--context", user], &at[..]].concat())
    }

    /// Runs Plimsoll with a kubeconfig.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let ca = self.path("pki/apiserver.crt");
        let config = format!(
            "current-context: admin\n\
             clusters: [{{name: a, cluster: {{server: 'https://127.0.0.1:{}', certificate-authority: '{}'}}}}]\n\
             users:\n- {{name: admin, user: {{token: admintoken}}}}\n\
             - {{name: ann, user: {{token: anntoken}}}}\n\
             - {{name: nobody, user: {{token: wrong}}}}\n\
             - {{name: plugin, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, \
             args: [-c, 'echo \"{{\\\"status\\\": {{\\\"token\\\": \\\"admintoken\\\"}}}}\"']}}}}}}\n\
             contexts:\n{}",
            self.port,
            ca.display(),
            ["admin", "ann", "nobody", "plugin"]
                .map(|user| format!(
                    "- {{name: {user}, context: {{cluster: a, user: {user}, namespace: web}}}}\n"
                ))
                .concat()
        );
        let path = self.path("config");
        fs::write(&path, config).expect("written");
        let done = Command::new(Path::new(env!("CARGO_BIN_EXE_plimsoll")))
            .args(args)
            .current_dir(self.path("answers"))
            .env("KUBECONFIG", &path)
            .env("TZ", "UTC")
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = done.status.code().unwrap_or(-1);
        (code, text(&done.stdout), text(&done.stderr))
    }
}

const NODE: &str = r#"{"metadata": {"name": "n1"}}"#;
const NODE_STATUS: &str = r#"{"status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110"},
  "capacity": {"cpu": "2", "memory": "4Gi", "pods": "110"}}}"#;

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers: [{name: app, image: shop:1, resources: {requests: {cpu: 1500m}}}]
";

/// `size` and `fit` of what runs, and what a pod may see by its service account.
fn live(cluster: &Cluster) {
    cluster.send("POST", "/api/v1/nodes", NODE);
    cluster.send("PATCH", "/api/v1/nodes/n1/status", NODE_STATUS);
    // No kubelet says that it is ready, and no controller takes the taint away.
    cluster.send("PATCH", "/api/v1/nodes/n1", r#"{"spec": {"taints": null}}"#);
    let large = pod("large").replace("200m", "3");
    cluster.send("POST", "/api/v1/namespaces/web/pods", &large);
    let (code, out, error) = cluster.run(&["fit", "--live", "--context", "admin"]);
    assert_eq!((code, error.as_str()), (1, ""), "{out}");
    assert!(out.contains("Insufficient cpu"), "{out}");
    let (code, _, error) = cluster.run(&["fit", "--live", "--context", "ann"]);
    assert_eq!(code, 2);
    assert!(
        error.contains("refuses (403): nodes is forbidden"),
        "{error}"
    );
    let (code, _, error) = cluster.run(&["fit", "--context", "admin"]);
    assert_eq!(code, 2);
    assert!(error.contains("`--live`"), "{error}");

    let size = ["size", "--live", "--sample", "0", "--context"];
    let (code, out, error) = cluster.run(&[&size[..], &["admin"]].concat());
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("web/shop"), "{out}");
    let (code, _, error) = cluster.run(&[&size[..], &["ann"]].concat());
    assert_eq!(code, 2);
    assert!(error.contains("refuses (403)"), "{error}");
    assert!(error.contains("must be allowed"), "{error}");
    live_nodes(cluster);
    service_account(cluster);
}

/// `size` places what a manifest has on the nodes of the cluster, beside what waits there.
fn live_nodes(cluster: &Cluster) {
    fs::write(cluster.path("shop.yaml"), SHOP).expect("written");
    let manifest = cluster.path("shop.yaml").to_string_lossy().into_owned();
    let args = ["size", &manifest, "--live", "--sample", "0", "--live-nodes"];
    let (code, out, error) =
        cluster.run(&[&args[..], &["--context", "admin", "--format", "json"]].concat());
    assert_eq!(code, 0, "{error}");
    let all: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let packing = &all["packing"];
    assert_eq!(packing["cluster"]["nodes"], 1, "{out}");
    assert_eq!(packing["sized"], 1, "{out}");
    // Two pods of 1500m do not fit on two cores, and one of others waits for more than there is.
    assert_eq!(packing["cluster"]["otherPods"], 3, "{out}");
    assert_eq!(packing["before"]["pendingPods"], 2, "{out}");
    assert_eq!(packing["after"]["pendingPods"], 1, "{out}");
    let usage = "time,workload,container,cpu_m\n1714521600,shop,app,200\n";
    fs::write(cluster.path("usage.csv"), usage).expect("written");
    let usage = cluster.path("usage.csv").to_string_lossy().into_owned();
    let usage = ["size", &manifest, "--usage", &usage, "--context", "admin"];
    let (code, _, error) = cluster.run(&usage);
    assert_eq!(code, 2);
    assert!(error.contains("`--live-nodes`"), "{error}");
}

/// What the kubelet mounts for a pod, written by hand.
fn service_account(cluster: &Cluster) {
    let accounts = "/api/v1/namespaces/web/serviceaccounts";
    cluster.send("POST", accounts, r#"{"metadata": {"name": "sizer"}}"#);
    let binding = BINDING
        .replace("\"viewer\"},\n  \"roleRef\"", "\"sizer\"},\n  \"roleRef\"")
        .replace(
            r#"{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann"}"#,
            r#"{"kind": "ServiceAccount", "name": "sizer", "namespace": "web"}"#,
        );
    let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    cluster.send("POST", bindings, &binding);
    let path = format!("{accounts}/sizer/token");
    let answer = cluster.curl(
        "POST",
        &path,
        Some(r#"{"spec": {"expirationSeconds": 3600}}"#),
    );
    let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("a token request");
    let token = answer["status"]["token"].as_str().expect("a token");
    let folder = cluster.path("account");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("token"), token).expect("written");
    fs::write(folder.join("namespace"), "web").expect("written");
    fs::copy(cluster.path("pki/apiserver.crt"), folder.join("ca.crt")).expect("copied");
    let port = cluster.port.to_string();
    let variable = |name: &str| match name {
        "KUBERNETES_SERVICE_HOST" => Some("127.0.0.1".to_owned()),
        "KUBERNETES_SERVICE_PORT" => Some(port.clone()),
        _ => None,
    };
    let access = Access::of_pod(&variable, &folder).expect("an account");
    assert_eq!(access.namespace.as_deref(), Some("web"));
    let api = access.connect(Settings::default()).expect("a server");
    // The authorizer hears of roles a moment later.
    let pods = (0..120).find_map(|_| {
        let answer = api.get("/api/v1/namespaces/web/pods", &[]).ok();
        if answer.is_none() {
            sleep(Duration::from_millis(250));
        }
        answer
    });
    assert!(pods.is_some_and(|text| text.contains("shop-1")));
    let refused = api.get("/api/v1/nodes", &[]).expect_err("not allowed");
    assert!(
        refused
            .to_string()
            .contains("system:serviceaccount:web:sizer"),
        "{refused}"
    );
}

#[test]
fn an_hpa_of_a_real_api_server_is_explained() {
    let mut cluster = Cluster::start();
    cluster.fill();

    // Before there is any API for metrics.
    let (code, out, error) = cluster.explain("admin", "shop");
    assert_eq!(code, 0, "{error}");
    for words in [
        "what pods use cannot be read, and every running pod is taken to use the mean in the status: \
         the API server refuses (404)",
        "requests of the pods cannot be read, and the status has no value of it: the API server \
         refuses (404)",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(out.contains("50 %"), "{out}");

    cluster.metrics();
    let (code, out, error) = cluster.explain("admin", "shop");
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let expected = "web/shop: 2 of 1 to 9 replicas of Deployment shop, at 2024-05-01 12:00:30\n";
    assert!(out.starts_with(expected), "{out}");
    let mut lines = out.lines();
    let mut row = |name: &str| {
        let line = lines.find(|line| line.starts_with(name));
        let words = line
            .unwrap_or_else(|| panic!("{name}: {out}"))
            .split_whitespace();
        words.map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("cpu "), "cpu 100 % 80 % 1.250 3");
    assert!(row("requests of the pods").ends_with("110 a pod 100 a pod 1.100 2"));
    assert!(row("hits of ").contains("60 50 1.200 3"));
    assert!(row("queue from outside").ends_with('5'), "{out}");
    assert!(out.contains("SuccessfulRescale: New size: 2"), "{out}");
    assert!(out.contains("AbleToScale True ReadyForNewScale"), "{out}");

    // The same by a program that says who asks, and by the namespace in the name.
    let (_, same, _) = cluster.explain("plugin", "web/shop");
    assert_eq!(same, out);

    // Who may not see what pods use gets what there is.
    let (code, out, error) = cluster.explain("ann", "shop");
    assert_eq!(code, 0, "{error}");
    for words in [
        "refuses (403): pods.metrics.k8s.io is forbidden: User \"ann\" cannot list resource",
        "events cannot be read: the API server refuses (403)",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(out.contains("50 %"), "{out}");

    let (code, _, error) = cluster.explain("nobody", "shop");
    assert_eq!(code, 2);
    assert!(error.contains("refuses (401)"), "{error}");
    let (code, _, error) = cluster.explain("admin", "till");
    assert_eq!(code, 2);
    assert!(error.contains("there are `shop`"), "{error}");

    live(&cluster);
}
