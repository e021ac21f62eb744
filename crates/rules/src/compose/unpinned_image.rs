//! # What it does
//! Finds services and containers that run an image without a tag or with the tag `latest` (and no
//! digest).
//!
//! # Why it matters
//! `latest` is whatever was pushed last. The same file starts another release next month: a
//! database that refuses the data of the one before, an application whose bug nobody can
//! reproduce. In a cluster two pods of one Deployment may run different code, and a rollback
//! rolls nothing back.
//!
//! Silent for images that the file builds itself, for images that are never pulled
//! (`pull_policy: never`, `imagePullPolicy: Never`), and where a Kustomize overlay or Skaffold sets
//! the image. `${TAG:-latest}`, and a bare name that is none of Docker Hub's official images and so
//! stands for something built elsewhere, are for `--strictness pedantic`; so are images of charts
//! whose tag a script or pipeline gives with `--set`, and those that it sets with `kustomize edit
//! set image`.
//!
//! # Example
//! ```compose bad
//! services:
//!   cache:
//!     image: redis
//! ```
//! ```compose good
//! services:
//!   cache:
//!     image: redis:8.2-alpine3.22
//! ```
//! ```yaml bad
//! apiVersion: v1
//! kind: Pod
//! metadata:
//!   name: cache
//! spec:
//!   containers:
//!     - name: redis
//!       image: redis:latest
//! ```
//! ```yaml good
//! apiVersion: v1
//! kind: Pod
//! metadata:
//!   name: cache
//! spec:
//!   containers:
//!     - name: redis
//!       image: redis:8.2-alpine3.22
//! ```
//!
//! # References
//! - <https://docs.docker.com/reference/compose-file/services/#image>
//! - <https://kubernetes.io/docs/concepts/containers/images/#image-names>

use std::collections::BTreeSet;

use plimsoll_compose::{ComposeFile, Service, Value};
use plimsoll_k8s::{Role, Workload};
use plimsoll_oci::Reference;
use plimsoll_project::Project;
use plimsoll_source::files::file_name;
use plimsoll_source::{Confidence, Place, Severity, ValueRole};

use super::database_without_volume::POSTGRES_TO_17;
use super::images::{Used, used};
use crate::chart::given::behind;
use crate::deploys::deploys;
use crate::dockerfile::example_tags::example;
use crate::{Alias, Check, ComposeInput, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "unpinned-image",
    summary: "an image has no tag, or the tag `latest`",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "dclint",
            id: "service-image-require-explicit-tag",
        },
        Alias {
            tool: "kube-linter",
            id: "latest-tag",
        },
        Alias {
            tool: "kube-score",
            id: "container-image-tag",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_14",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0013",
        },
    ],
    checks: &[Check::Compose(compose), Check::Container(container)],
};

fn compose(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    let told: Vec<(Used<'_>, Unpinned)> = used(cx, input)
        .into_iter()
        .filter(|image| !is_never_pulled(image.service))
        .filter_map(|image| {
            let unpinned = Unpinned::read(&image.name)?;
            Some((image, unpinned))
        })
        .collect();
    if told.is_empty() {
        return;
    }
    let built = cx.objects.built_by_compose(|| built(cx.project));
    for (image, unpinned) in told {
        if built.contains(&unpinned.image.full_name()) {
            continue;
        }
        let by_default = image.value.literal().is_none();
        let draft = cx.report(image.value.range(), unpinned.message());
        draft
            .note("the next pull may start another release, and the file does not say which")
            .help(if keeps_old_data(image.service, &unpinned.image) {
                "name the release that you run, such as `postgres:17`, or its digest; from 18 on the data \
                 lie elsewhere than where they are mounted here"
                    .to_owned()
            } else {
                unpinned.help()
            });
        image.show(draft);
        if by_default || unpinned.is_bare() {
            draft.strictness(Strictness::Pedantic);
        }
    }
}

/// Whether a service of PostgreSQL mounts its data where releases up to 17 have them: later ones do not
/// start with that.
fn keeps_old_data(service: Service<'_>, image: &Reference) -> bool {
    let mut mounts = service.mounts().filter_map(|mount| mount.target());
    image.is_official()
        && image.name() == "postgres"
        && mounts.any(|target| target.trim_end_matches('/') == POSTGRES_TO_17)
}

fn is_never_pulled(service: Service<'_>) -> bool {
    service
        .pull_policy()
        .and_then(Value::with_defaults)
        .is_some_and(|policy| matches!(policy.as_ref(), "never" | "build"))
}

/// The images that services of the project build, without their tags.
pub(crate) fn built(project: &Project) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let files = project
        .composes
        .iter()
        .filter_map(|unit| ComposeFile::new(&unit.tree));
    for service in files.flat_map(ComposeFile::services) {
        let Some(build) = service.build() else {
            continue;
        };
        for image in service.image().into_iter().chain(build.tags()) {
            if let Some(text) = image.with_defaults()
                && let Ok(image) = Reference::parse(text.trim())
            {
                names.insert(image.full_name());
            }
        }
    }
    names
}

/// What Kubebuilder writes for the image that `make deploy` sets. No registry has it.
const STAND_IN: &str = "controller:latest";

fn container(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let container = input.container;
    let Some(node) = container.image() else {
        return;
    };
    let Some(text) = node.as_str() else { return };
    let Some(unpinned) = Unpinned::read(&text) else {
        return;
    };
    let pull_policy = container
        .image_pull_policy()
        .and_then(plimsoll_yaml::Node::as_str);
    if pull_policy.as_deref() == Some("Never")
        || !says_it_all(cx, input)
        || text == STAND_IN
        || is_built_by_skaffold(cx, &unpinned.image)
        || has_released_copy(cx, input, &unpinned.image)
    {
        return;
    }
    let is_set = is_set_on_install(cx, Place::new(input.unit.file, node.range()))
        || deploys(cx)
            .iter()
            .any(|deploy| deploy.sets_image(text.trim_end_matches(":latest")));
    let draft = cx.report(node.range(), unpinned.message());
    if is_set {
        draft.strictness(Strictness::Pedantic);
    }
    draft
        .note("two pods of one workload may run different code, and a rollback rolls nothing back")
        .help(unpinned.help());
    if unpinned.is_bare() {
        draft.strictness(Strictness::Pedantic);
    }
}

/// Whether the image in the file is the one that is applied: no patch, and nothing sets another.
pub(crate) fn says_it_all(cx: &Cx<'_>, input: &ContainerInput<'_>) -> bool {
    let field = match input.container.role() {
        Role::App => "containers",
        Role::Init | Role::Sidecar => "initContainers",
        Role::Ephemeral => "ephemeralContainers",
    };
    cx.reports_missing_in_pod(input.unit, input.workload, &[field, "image"])
}

/// Whether a script or pipeline that installs the chart gives the value that says the tag.
fn is_set_on_install(cx: &Cx<'_>, image: Place) -> bool {
    let Some(behind) = behind(cx, image) else {
        return false;
    };
    let says_it = |path: &&str| path.ends_with("ag") || path.ends_with("mage");
    let paths = behind.values(ValueRole::Content).map(|value| &*value.path);
    let mut paths = paths.filter(says_it);
    paths.any(|path| deploys(cx).iter().any(|deploy| deploy.sets(path)))
}

/// Whether the same object stands in a file of the same name elsewhere, with a release of the image:
/// then this one is what the other is made from.
fn has_released_copy(cx: &Cx<'_>, input: &ContainerInput<'_>, image: &Reference) -> bool {
    let object = input.workload.object();
    let Some(name) = object.name() else {
        return false;
    };
    let path = cx.project.path(input.unit.file);
    let objects = cx.links.objects();
    let mut copies = objects
        .named(&object.kind(), &name)
        .filter(|copy| copy.file != input.unit.file)
        .filter(|copy| file_name(cx.project.path(copy.file)) == file_name(path))
        .filter_map(|copy| Workload::new(objects.get(copy.object?)))
        .filter_map(Workload::pod);
    copies.any(|pod| {
        pod.all_containers().any(|container| {
            let text = container.image().and_then(plimsoll_yaml::Node::text);
            let other = text.and_then(|text| Reference::parse(&text).ok());
            other.is_some_and(|other| {
                other.full_name() == image.full_name()
                    && (other.digest().is_some() || other.tag().is_some_and(|tag| tag != "latest"))
            })
        })
    })
}

/// Whether a `skaffold.yaml` of the project builds an image of this name, whose tag it then sets.
fn is_built_by_skaffold(cx: &Cx<'_>, image: &Reference) -> bool {
    ["skaffold.yaml", "skaffold.yml"].iter().any(|path| {
        let Ok(bytes) = cx.project.tree.read(path) else {
            return false;
        };
        let text = String::from_utf8_lossy(&bytes);
        text.lines().any(|line| {
            let line = line.trim().trim_start_matches("- ");
            line.strip_prefix("image:").is_some_and(|name| {
                Reference::parse(name.trim().trim_matches(['"', '\'']))
                    .is_ok_and(|other| other.name() == image.name())
            })
        })
    })
}

/// Whether Docker Hub has an official image of this name, one long out of use apart.
pub(crate) fn is_known_official(name: &str) -> bool {
    OFFICIAL.split_ascii_whitespace().any(|known| known == name)
}

/// Docker Hub's official images, those long out of use left out.
const OFFICIAL: &str = "\
adminer aerospike almalinux alpine amazoncorretto amazonlinux apache arangodb archlinux backdrop \
bash busybox caddy cassandra centos chronograf clickhouse clojure composer consul couchbase \
couchdb crate dart debian docker dragonfly drupal eclipse-mosquitto eclipse-temurin elasticsearch \
elixir emqx erlang fedora flink fluentd friendica gcc geonetwork ghost golang gradle groovy \
haproxy haskell hello-world httpd hylang influxdb jenkins jetty joomla jruby julia kapacitor \
kibana kong liquibase logstash mariadb matomo maven mediawiki memcached mongo mongo-express \
monica mysql nats neo4j neurodebian nextcloud nginx node odoo open-liberty openjdk oraclelinux \
orientdb percona perl photon php phpmyadmin postfixadmin postgres pypy python r-base rabbitmq \
redis redmine registry rethinkdb rockylinux ros ruby rust sapmachine sentry solr sonarqube spark \
storm swift swipl telegraf tomcat tomee traefik ubuntu unit valkey varnish vault websphere-liberty \
wordpress xwiki yourls zookeeper";

/// An image whose release is not said.
struct Unpinned {
    image: Reference,
    written: String,
}

impl Unpinned {
    fn read(text: &str) -> Option<Self> {
        let image = Reference::parse(text).ok()?;
        let local = image.domain().starts_with("localhost");
        // `auto` is filled in by Istio's injection.
        let placeholder = text == "auto"
            || (text.chars().any(|c| c.is_ascii_uppercase()) && image.tag().is_none());
        let unpinned = image.digest().is_none() && matches!(image.tag(), None | Some("latest"));
        (unpinned && !local && !placeholder).then(|| Self {
            image,
            written: text.to_owned(),
        })
    }

    /// Whether the name stands for something that is built or filled in elsewhere: `web`.
    fn is_bare(&self) -> bool {
        self.image.tag().is_none()
            && self.image.is_official()
            && !is_known_official(self.image.name())
    }

    fn message(&self) -> String {
        match self.image.tag() {
            None => format!("image `{}` has no tag, so it is `latest`", self.written),
            Some(_) => format!("image `{}` is whatever was pushed last", self.written),
        }
    }

    fn help(&self) -> String {
        match example(&self.image) {
            Some(example) => {
                format!("name the release that you run, such as `{example}`, or its digest")
            }
            None => format!(
                "name the release that you run, `{}:RELEASE`, or its digest",
                self.image.familiar()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn where_the_data_are_mounted_says_which_releases_start() {
        let help = |target: &str| {
            let case = on(&RULE).compose(&format!(
                "services:\n  db:\n    image: postgres\n    volumes: ['data:{target}']\nvolumes: {{data: }}\n"
            ));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(help("/var/lib/postgresql/data").contains("`postgres:17`"));
        assert!(help("/var/lib/postgresql").contains("`postgres:18`"));
    }

    #[test]
    fn services_without_a_release_are_found() {
        on(&RULE)
            .compose("services:\n  a:\n    image: postgres\n")
            .flags(&["3: postgres"]);
        on(&RULE)
            .compose("services:\n  a:\n    image: 'ghcr.io/acme/a:latest'\n")
            .flags(&["3: 'ghcr.io/acme/a:latest'"]);
        on(&RULE)
            .compose("services:\n  a:\n    image: redis:${TAG:-latest}\n")
            .flags(&["3: redis:${TAG:-latest}"])
            .quiet_by_default();
        on(&RULE)
            .compose("services:\n  a:\n    image: web\n")
            .flags(&["3: web"])
            .quiet_by_default();
        on(&RULE)
            .compose("x-a: &a\n  image: redis\nservices:\n  a: *a\n  b:\n    <<: *a\n")
            .says(&["image `redis` has no tag, so it is `latest`"]);
    }

    #[test]
    fn services_that_say_it_or_build_it_are_left_alone() {
        for image in [
            "postgres:18.1",
            "redis:${TAG}",
            "redis:${TAG:?}",
            "${IMAGE}",
            "localhost:5000/a",
            "a@sha256:0123456789012345678901234567890123456789012345678901234567890123",
        ] {
            on(&RULE)
                .compose(&format!("services:\n  a:\n    image: {image}\n"))
                .clean();
        }
        on(&RULE)
            .compose(
                "services:\n  a:\n    image: acme/a\n    build: .\n  b:\n    image: acme/a\n  \
                 c:\n    image: acme/c:latest\n    pull_policy: never\n",
            )
            .clean();
    }

    #[test]
    fn an_image_that_another_file_builds_is_left_alone() {
        on(&RULE)
            .files(
                "//- /compose.yaml\nservices:\n  a:\n    image: acme/a\n    build: .\n\
                 //- /prod/compose.yaml\nservices:\n  a:\n    image: acme/a\n",
            )
            .clean();
    }

    fn pod(lines: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - name: \
             a\n{lines}"
        )
    }

    #[test]
    fn containers_without_a_release_are_found() {
        on(&RULE)
            .manifest(&pod("      image: nginx\n"))
            .flags(&["7: nginx"]);
        on(&RULE)
            .manifest(&pod("      image: web\n"))
            .flags(&["7: web"])
            .quiet_by_default();
        on(&RULE)
            .manifest(&pod("      image: acme/a:latest\n"))
            .flags(&["7: acme/a:latest"]);
        on(&RULE)
            .manifest(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: \
                 {matchLabels: {a: a}}\n  template:\n    metadata: {labels: {a: a}}\n    spec:\n      \
                 initContainers:\n        - name: i\n          image: busybox\n      \
                 containers:\n        - {name: a, image: 'a:1'}\n",
            )
            .flags(&["11: busybox"]);
    }

    #[test]
    fn a_tag_that_a_pipeline_gives_is_left_to_pedantic_reviews() {
        let with = |pipeline: &str| {
            on(&RULE).files(&format!(
                "//- /helm/Chart.yaml\napiVersion: v2\nname: a\nversion: 1.0.0\n//- /helm/values.yaml\nimage: {{tag: latest}}\n\
                 //- /helm/templates/a.yaml\napiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    \
                 image: \"ghcr.io/acme/a:{{{{ .Values.image.tag }}}}\"\n//- /Jenkinsfile\n{pipeline}\n"
            ))
        };
        with("sh 'helm upgrade --install --set image.tag=${BUILD_ID} a ./helm'").quiet_by_default();
        with("sh 'helm upgrade --install a ./helm'").loud_by_default();
    }

    #[test]
    fn containers_that_say_it_are_left_alone() {
        on(&RULE)
            .manifest(&pod("      image: nginx:1.29\n"))
            .clean();
        on(&RULE)
            .manifest(&pod("      image: a\n      imagePullPolicy: Never\n"))
            .clean();
        on(&RULE)
            .manifest(&pod("      image: IMAGE_NAME\n"))
            .clean();
        on(&RULE)
            .manifest(&pod("      image: controller:latest\n"))
            .clean();
        on(&RULE).manifest(&pod("      image: $(IMAGE)\n")).clean();
        on(&RULE)
            .files(&format!(
                "//- /skaffold.yaml\napiVersion: skaffold/v4beta11\nkind: Config\nbuild:\n  \
                 artifacts:\n    - image: acme/a\n//- /pod.yaml\n{}",
                pod("      image: acme/a\n")
            ))
            .clean();
    }
}
