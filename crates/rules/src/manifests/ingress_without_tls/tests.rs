use super::{RULE, is_public};
use crate::testing::on;

fn ingress(annotations: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, annotations: {{{annotations}}}}}\nspec:\n{spec}"
    )
}

const RULES: &str = "  rules:\n  - host: shop.acme.io\n    http: {paths: []}\n";

#[test]
fn public_hosts_without_tls_are_found() {
    on(&RULE)
        .manifest(&ingress("", RULES))
        .flags(&["6: shop.acme.io"]);
    on(&RULE)
        .manifest(&ingress("", &format!("  tls: []\n{RULES}")))
        .flags(&["7: shop.acme.io"]);
    // An issuer makes a certificate for `tls` only.
    on(&RULE)
        .manifest(&ingress("cert-manager.io/cluster-issuer: le", RULES))
        .flags(&["6: shop.acme.io"]);
    let alb = on(&RULE).manifest(&ingress("", &format!("  ingressClassName: alb\n{RULES}")));
    assert!(
        alb.findings[0]
            .help
            .as_deref()
            .is_some_and(|help| help.contains("certificate-arn"))
    );
    on(&RULE)
        .manifest(&ingress("", "  rules:\n  - http: {paths: []}\n"))
        .flags(&["4: spec"])
        .quiet_by_default();
}

#[test]
fn tls_that_is_elsewhere_is_enough() {
    for text in [
        ingress("", &format!("  tls: [{{secretName: a}}]\n{RULES}")),
        ingress(
            "alb.ingress.kubernetes.io/certificate-arn: 'arn:aws:acm:x'",
            RULES,
        ),
        ingress(
            "traefik.ingress.kubernetes.io/router.entrypoints: websecure",
            RULES,
        ),
        ingress(
            "traefik.ingress.kubernetes.io/redirect-entry-point: https",
            RULES,
        ),
        ingress("alb.ingress.kubernetes.io/scheme: internal", RULES),
        ingress("", &format!("  ingressClassName: tailscale\n{RULES}")),
        ingress("", &RULES.replace("shop.acme.io", "shop.local")),
        ingress("", &RULES.replace("shop.acme.io", "shop.acme")),
        ingress("", &RULES.replace("shop.acme.io", "${HOST}")),
        ingress(
            "",
            "  defaultBackend: {service: {name: a, port: {number: 80}}}\n",
        ),
    ] {
        on(&RULE).manifest(&text).clean();
    }
}

#[test]
fn the_step_before_tls_is_left_alone() {
    let two = |folder: &str| {
        on(&RULE).files(&format!(
            "//- /a/web.yaml\n{}//- /{folder}/web-tls.yaml\n{}",
            ingress("", RULES),
            ingress("", &format!("  tls: [{{secretName: a}}]\n{RULES}")),
        ))
    };
    two("a").clean();
    assert_eq!(two("b").findings.len(), 1);
}

#[test]
fn hosts_of_one_machine_are_left_alone() {
    let beside = |path: &str, text: &str| {
        on(&RULE).files(&format!(
            "//- /{path}\n{}//- /README.md\n{text}\n",
            ingress("", RULES)
        ))
    };
    beside("k8s/web.yaml", "127.0.0.1 shop.acme.io").clean();
    beside("k8s/web.yaml", "In /etc/hosts:\n<MINIKUBE_IP> shop.acme.io").clean();
    beside(
        "k8s/web.yaml",
        "We do not own `shop.acme.io`, so put it into /etc/hosts",
    )
    .clean();
    beside("k8s/minikube-ingress.yml", "x").clean();
    beside("kind/web.yaml", "x").clean();
    beside("k8s/web.yaml", "Open shop.acme.io").flags(&["k8s/web.yaml:6: shop.acme.io"]);
    beside("k8s/web.yaml", "127.0.0.1 test.acme.io").flags(&["k8s/web.yaml:6: shop.acme.io"]);
    beside("by-kind/web.yaml", "x").flags(&["by-kind/web.yaml:6: shop.acme.io"]);
    on(&RULE)
        .files(&format!(
            "//- /k8s/web.yaml\n{}//- /scripts/up.sh\necho \"$(minikube ip) shop.acme.io\" >> \
                 /etc/hosts\n",
            ingress("", RULES)
        ))
        .clean();
}

#[test]
fn hosts_are_public_or_not() {
    for host in ["acme.io", "*.shop.acme.com", "a.b.co.uk"] {
        assert!(is_public(host), "{host}");
    }
    for host in [
        "localhost",
        "web",
        "web.local",
        "10.0.0.1.nip.io",
        "api.example.com",
        "x.internal",
        "servicemesh.demo",
        "web.k8s",
        "www.mysite.com",
        "foo1.com",
        "shop.yourdomain.tld",
        "monitoring-dev.tudominio.com",
        "ihre-firma.de",
        "{host}.io",
    ] {
        assert!(!is_public(host), "{host}");
    }
}

#[test]
fn who_ends_tls_before_the_controller_tells_it_not_to_redirect() {
    let text = |value: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n  annotations: {{nginx.ingress.kubernetes.io/ssl-redirect: \"{value}\"}}\nspec: {{rules: [{{host: shop.acme.io, http: {{paths: []}}}}]}}\n"
        )
    };
    on(&RULE).manifest(&text("false")).clean();
    on(&RULE).manifest(&text("true")).loud_by_default();
}

#[test]
fn what_a_kustomization_has_in_a_comment_is_not_applied() {
    let files = |line: &str| {
        format!(
            "//- /kustomization.yaml\nresources:\n  - web.yaml\n{line}\n//- /web.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n//- /ingress.yaml\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: a}}\nspec: {{rules: [{{host: shop.acme.io, http: {{paths: []}}}}]}}\n"
        )
    };
    on(&RULE).files(&files("#  - ingress.yaml")).clean();
    on(&RULE)
        .files(&files("  - ingress.yaml"))
        .loud_by_default();
}

#[test]
fn a_host_that_others_reach_with_tls_has_it_elsewhere() {
    let with = |address: &str| {
        on(&RULE).manifest(&format!(
            "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web}}\ndata: {{BASE_URL: \"{address}\"}}\n",
            ingress("", RULES)
        ))
    };
    with("https://shop.acme.io/login").quiet_by_default();
    for other in [
        "http://shop.acme.io",
        "https://shop.acme.io.test",
        "https://acme.io",
    ] {
        with(other).loud_by_default();
    }
}
