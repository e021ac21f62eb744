//! # What it does
//! Finds Ingresses with a public host and no `tls`.
//!
//! # Why it matters
//! The host is served over plain HTTP, or over HTTPS with the controller's own certificate, which
//! no browser trusts. Passwords and session cookies go through every network on the way as they
//! are.
//!
//! Silent where TLS ends before the Ingress or is set up by its class or annotations (a
//! certificate of AWS, GKE or Azure, Traefik's router, Tailscale, a Cloudflare tunnel), and for
//! hosts that only a private network knows: under endings that are not public, or written into
//! the hosts file, as a text of the repository says. So are files for `minikube`, `kind` and the
//! like. An Ingress without any host is reported in pedantic reviews, as is one whose host another
//! manifest names with `https://`: something before it ends TLS then, most likely.
//!
//! # Example
//! ```yaml bad
//! apiVersion: networking.k8s.io/v1
//! kind: Ingress
//! metadata: {name: payments}
//! spec:
//!   ingressClassName: nginx
//!   rules:
//!     - host: api.acme.io
//!       http:
//!         paths:
//!           - {path: /, pathType: Prefix, backend: {service: {name: payments, port: {number: 80}}}}
//! ```
//! ```yaml good
//! apiVersion: networking.k8s.io/v1
//! kind: Ingress
//! metadata:
//!   name: payments
//!   annotations: {cert-manager.io/cluster-issuer: letsencrypt}
//! spec:
//!   ingressClassName: nginx
//!   tls: [{hosts: [api.acme.io], secretName: api-tls}]
//!   rules:
//!     - host: api.acme.io
//!       http:
//!         paths:
//!           - {path: /, pathType: Prefix, backend: {service: {name: payments, port: {number: 80}}}}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/services-networking/ingress/#tls>

use std::collections::HashSet;

use plimsoll_k8s::Object;
use plimsoll_project::{ManifestRole, Project};
use plimsoll_source::files::parent;
use plimsoll_source::{Confidence, FileId, Severity};
use plimsoll_yaml::Node;

use super::reach::is_mapped_by_hand;
use crate::workload::local_clusters::is_for_one_machine;
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "ingress-without-tls",
    summary: "an Ingress serves a public host without TLS",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Object(check)],
};

/// What annotations are called, or begin with, by which TLS is set up, or which say that it is
/// somebody else's affair.
const TLS_ANNOTATIONS: &[&str] = &[
    "alb.ingress.kubernetes.io/certificate-arn",
    "alb.ingress.kubernetes.io/group.name",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "appgw.ingress.kubernetes.io/ssl-redirect",
    "external-dns.alpha.kubernetes.io/cloudflare-proxied",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "konghq.com/https-redirect-status-code",
    "kubernetes.azure.com/tls-cert-keyvault-uri",
    "kubernetes.digitalocean.com/load-balancer-id",
    "networking.gke.io/managed-certificates",
    "networking.gke.io/v1beta1.FrontendConfig",
    "nginx.ingress.kubernetes.io/ssl-passthrough",
    "nginx.org/ssl-services",
    "route.openshift.io/termination",
    "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
    "traefik.ingress.kubernetes.io/frontend-entry-points",
    "traefik.ingress.kubernetes.io/redirect-entry-point",
    "traefik.ingress.kubernetes.io/router.tls",
    "yandex.cloud/",
];

/// Classes whose controllers bring TLS by themselves or stand behind something that does.
const TLS_CLASSES: &[&str] = &[
    "cloudflare-tunnel",
    "gce-internal",
    "ngrok",
    "tailscale",
    "internal",
];

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    let ingress = object.is("networking.k8s.io", "Ingress") || object.is("extensions", "Ingress");
    if !ingress || unit.role == ManifestRole::Patch {
        return;
    }
    let Some(spec) = object.spec() else { return };
    let class = class_of(object);
    let ends_tls = spec.get("tls").is_some_and(|tls| !tls.is_empty());
    if ends_tls || tls_elsewhere(object) || !cx.reports_missing(unit, object, &["spec", "tls"]) {
        return;
    }
    let hosts: Vec<Node<'_>> = spec
        .get("rules")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|rule| rule.present("host"))
        .collect();
    let name = object.name().unwrap_or_default();
    let public = hosts
        .iter()
        .find(|host| host.as_str().is_some_and(|host| is_public(&host)));
    if let Some(host) = public {
        let text = host.text().unwrap_or_default();
        if is_for_one_machine(cx.project.path(unit.file))
            || has_tls_beside(cx, unit.file, object)
            || is_mapped_by_hand(cx, unit.file, text.trim_start_matches("*."))
        {
            return;
        }
        let fillers = cx.fillers(unit, object.node(), &["spec", "tls"]);
        let strictness = if is_reached_with_tls(cx, &text) {
            Strictness::Pedantic
        } else {
            Strictness::Default
        };
        cx.report(
            host.range(),
            format!("Ingress `{name}` serves `{text}` without TLS"),
        )
        .strictness(strictness)
        .note("what is sent to it can be read and changed on the way")
        .filled_by(fillers)
        .help(advice(&class));
    } else if hosts.is_empty() && spec.present("rules").is_some() {
        let fillers = cx.fillers(unit, object.node(), &["spec", "tls"]);
        cx.report(
            object.missing_at(&["spec", "tls"]),
            format!("Ingress `{name}` has no TLS"),
        )
        .strictness(Strictness::Pedantic)
        .note("what is sent to it can be read and changed on the way")
        .filled_by(fillers)
        .help("add a host, and `tls` with a certificate's Secret for it");
    }
}

/// Whether another manifest names the host with `https://`: then something ends TLS before the Ingress,
/// most likely.
fn is_reached_with_tls(cx: &Cx<'_>, host: &str) -> bool {
    cx.objects
        .with_tls(|| reached_with_tls(cx.project))
        .contains(host)
}

/// What stands between `https://` and what can be of no host, in all manifests.
fn reached_with_tls(project: &Project) -> HashSet<String> {
    const SCHEME: &str = "https://";
    let texts = project.manifests.iter().map(|unit| unit.tree.text());
    let hosts = texts.flat_map(|text| {
        text.match_indices(SCHEME).map(move |(at, _)| {
            let rest = &text[at + SCHEME.len()..];
            let is_of_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*');
            rest.split(|c| !is_of_host(c)).next().unwrap_or(rest)
        })
    });
    hosts.map(str::to_owned).collect()
}

/// The class of an Ingress, by its field or the annotation of old.
fn class_of(object: Object<'_>) -> String {
    let field = object.spec().and_then(|spec| spec.get("ingressClassName"));
    let annotations = object.annotations();
    let class = field
        .and_then(Node::as_str)
        .or_else(|| annotations.get("kubernetes.io/ingress.class"));
    class.unwrap_or_default().into_owned()
}

/// How the controller of a class comes by a certificate.
fn advice(class: &str) -> &'static str {
    match class {
        // Load balancers of AWS hold no Secrets.
        "alb" => {
            "name a certificate of AWS Certificate Manager for the host in the annotation \
             `alb.ingress.kubernetes.io/certificate-arn`"
        }
        "gce" => {
            "add `tls` with a certificate's Secret, or name a ManagedCertificate for the host in \
             the annotation `networking.gke.io/managed-certificates`"
        }
        _ => "add `tls` with the host and a certificate's Secret; cert-manager makes one",
    }
}

/// Whether class or annotations show that TLS is set up otherwise or ends before the Ingress.
fn tls_elsewhere(object: Object<'_>) -> bool {
    let annotations = object.annotations();
    let class = class_of(object);
    if TLS_CLASSES
        .iter()
        .any(|known| *class == **known || class.ends_with(&format!("-{known}")))
    {
        return true;
    }
    annotations.iter().any(|(key, value)| {
        let named = TLS_ANNOTATIONS.iter().any(|known| key.starts_with(known));
        // `websecure`, `[{"HTTPS": 443}]`.
        let entry = key.ends_with("router.entrypoints") && value.contains("secure")
            || key.ends_with("listen-ports") && value.contains("HTTPS")
            || key.ends_with("/scheme") && value == "internal";
        // Only who ends TLS before the controller tells it not to redirect.
        let unredirected = key == "nginx.ingress.kubernetes.io/ssl-redirect" && value == "false";
        named && value != "false" || entry || unredirected
    })
}

/// Whether a file of the same folder has the same Ingress with TLS: this one is the step before it.
fn has_tls_beside(cx: &Cx<'_>, file: FileId, object: Object<'_>) -> bool {
    let Some(name) = object.name() else {
        return false;
    };
    let objects = cx.links.objects();
    let folder = |file| parent(cx.project.path(file));
    objects
        .named(&object.kind(), &name)
        .filter_map(|definition| definition.object)
        .filter(|&other| objects.file(other) != file && folder(objects.file(other)) == folder(file))
        .map(|other| objects.get(other))
        .filter(|other| other.namespace() == object.namespace())
        .filter_map(|other| other.spec()?.get("tls"))
        .any(|tls| !tls.is_empty())
}

/// Whether the public internet may know a host.
fn is_public(host: &str) -> bool {
    let host = host.trim_start_matches("*.").to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    let private = [
        "local",
        "localhost",
        "internal",
        "lan",
        "home",
        "intranet",
        "corp",
        "private",
        "test",
        "example",
        "invalid",
        "localdomain",
        "svc",
        "arpa",
        "dev-local",
        // Made up: nobody can have a certificate for a name below these.
        "cluster",
        "demo",
        "docker",
        "k3d",
        "k8s",
        "kube",
        "kubernetes",
        "localnet",
        "mesh",
        "minikube",
        "vagrant",
        "vm",
    ];
    // Addresses, and names that lead to them.
    let address = host.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        || [
            ".nip.io",
            ".sslip.io",
            ".xip.io",
            ".lvh.me",
            ".localtest.me",
            "mydomain.com",
            "yourdomain.com",
            "domain.com",
            "sample.com",
            "foo.com",
            "bar.com",
            "example.com",
            "example.org",
            "example.net",
        ]
        .iter()
        .any(|end| host.ends_with(end));
    host.contains('.')
        && !private.contains(&last)
        && !stands_in(&host)
        && is_top_level(last)
        && !address
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}

/// Top-level domains of more than two letters that hosts of services are found below. There
/// are some 1,200; these are in use, and what a made-up host ends in is none of them.
const TOP_LEVEL: &[&str] = &[
    "academy",
    "agency",
    "app",
    "art",
    "asia",
    "associates",
    "audio",
    "auto",
    "bank",
    "bar",
    "best",
    "bet",
    "bike",
    "bio",
    "biz",
    "black",
    "blog",
    "blue",
    "business",
    "cab",
    "cafe",
    "camp",
    "capital",
    "care",
    "careers",
    "cash",
    "cat",
    "center",
    "chat",
    "church",
    "city",
    "click",
    "clinic",
    "cloud",
    "club",
    "coach",
    "codes",
    "coffee",
    "com",
    "community",
    "company",
    "computer",
    "consulting",
    "cool",
    "coop",
    "credit",
    "dating",
    "day",
    "deals",
    "delivery",
    "design",
    "dev",
    "digital",
    "direct",
    "directory",
    "dog",
    "domains",
    "download",
    "edu",
    "education",
    "email",
    "energy",
    "engineering",
    "equipment",
    "estate",
    "events",
    "exchange",
    "expert",
    "express",
    "family",
    "fans",
    "farm",
    "fashion",
    "finance",
    "financial",
    "fish",
    "fit",
    "fitness",
    "flights",
    "foo",
    "foundation",
    "fun",
    "fund",
    "fyi",
    "gallery",
    "game",
    "games",
    "garden",
    "gift",
    "gmbh",
    "gold",
    "golf",
    "gov",
    "green",
    "group",
    "guide",
    "guru",
    "health",
    "help",
    "holdings",
    "host",
    "hosting",
    "house",
    "immo",
    "info",
    "ink",
    "institute",
    "insure",
    "int",
    "international",
    "jobs",
    "kitchen",
    "land",
    "law",
    "legal",
    "life",
    "limited",
    "link",
    "live",
    "loan",
    "lol",
    "love",
    "ltd",
    "management",
    "market",
    "marketing",
    "mba",
    "media",
    "men",
    "mil",
    "mobi",
    "moe",
    "money",
    "museum",
    "name",
    "net",
    "network",
    "news",
    "ngo",
    "ninja",
    "observer",
    "one",
    "ong",
    "online",
    "ooo",
    "org",
    "page",
    "partners",
    "parts",
    "pet",
    "photo",
    "photography",
    "photos",
    "pics",
    "pink",
    "pizza",
    "place",
    "plus",
    "post",
    "press",
    "pro",
    "productions",
    "properties",
    "pub",
    "pw",
    "racing",
    "radio",
    "realty",
    "red",
    "rent",
    "rentals",
    "repair",
    "report",
    "rest",
    "restaurant",
    "review",
    "reviews",
    "rip",
    "rocks",
    "run",
    "sale",
    "school",
    "science",
    "security",
    "services",
    "sex",
    "shop",
    "show",
    "singles",
    "site",
    "ski",
    "social",
    "software",
    "solar",
    "solutions",
    "space",
    "storage",
    "store",
    "stream",
    "studio",
    "style",
    "support",
    "supply",
    "surf",
    "swiss",
    "systems",
    "taxi",
    "team",
    "tech",
    "technology",
    "tel",
    "tennis",
    "theater",
    "tips",
    "today",
    "tokyo",
    "tools",
    "top",
    "tours",
    "town",
    "toys",
    "trade",
    "trading",
    "training",
    "travel",
    "tube",
    "university",
    "vacations",
    "ventures",
    "vet",
    "video",
    "vip",
    "vision",
    "watch",
    "webcam",
    "website",
    "wedding",
    "wiki",
    "win",
    "wine",
    "work",
    "works",
    "world",
    "wtf",
    "xxx",
    "xyz",
    "yoga",
    "zone",
];

/// Whether the last label of a host is a top-level domain; those of two letters are of countries.
fn is_top_level(label: &str) -> bool {
    label.starts_with("xn--")
        || label.len() == 2 && label.bytes().all(|b| b.is_ascii_alphabetic())
        || TOP_LEVEL.contains(&label)
        // Of cities, and of trade marks that are in use.
        || ["amsterdam", "berlin", "cologne", "google", "hamburg", "koeln", "london", "nyc",
            "paris", "wien", "microsoft"]
            .contains(&label)
}

/// Whether a host stands in for one that whoever copies the file has: `www.mysite.com`, `foo1.com`,
/// `shop.yourdomain.tld`, `api.tudominio.com`.
fn stands_in(host: &str) -> bool {
    let mut labels = host.rsplit('.');
    let last = labels.next().unwrap_or_default();
    let name = labels.next().unwrap_or_default();
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
    last == "tld"
        || name.starts_with("your")
        || matches!(
            plain,
            "foo" | "bar" | "mysite" | "mydomain" | "mycompany" | "myorg" | "mywebsite"
        )
        || is_owned_elsewhere(plain)
}

/// Whether a name says "your domain" or "my company" in another language than English: `tudominio`,
/// `ihre-firma`.
fn is_owned_elsewhere(name: &str) -> bool {
    const OWN: &[&str] = &[
        "deine", "ihre", "meine", "meu", "mi", "mon", "seu", "su", "tu", "votre",
    ];
    const WHAT: &[&str] = &[
        "domain", "domaine", "dominio", "empresa", "firma", "site", "sitio",
    ];
    let mut owned = OWN.iter().filter_map(|own| name.strip_prefix(own));
    owned.any(|what| WHAT.contains(&what.trim_start_matches('-')))
}

#[cfg(test)]
mod tests;
