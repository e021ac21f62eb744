//! # What it does
//! Finds backends of Ingresses, Gateway routes and the like that name a Service which is not
//! there, or a port that the Service does not have.
//!
//! # Why it matters
//! The object is accepted all the same. The controller answers 503 for the path, or drops the
//! rule, and says so only in its own log.
//!
//! A port of a backend is a port of the Service (its `port` or its `name`), not of the pods.
//!
//! Silent for a Service that nothing here resembles: it may come from a chart or another
//! repository.
//!
//! # Example
//! ```yaml bad
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   selector: {app: payments}
//!   ports: [{port: 80, targetPort: 8000}]
//! ---
//! apiVersion: networking.k8s.io/v1
//! kind: Ingress
//! metadata: {name: payments}
//! spec:
//!   tls: [{hosts: [api.example.com], secretName: api-tls}]
//!   rules:
//!     - host: api.example.com
//!       http:
//!         paths:
//!           - path: /payments
//!             pathType: Prefix
//!             backend: {service: {name: payments, port: {number: 8000}}}
//! ```
//! ```yaml good
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   selector: {app: payments}
//!   ports: [{port: 80, targetPort: 8000}]
//! ---
//! apiVersion: networking.k8s.io/v1
//! kind: Ingress
//! metadata: {name: payments}
//! spec:
//!   tls: [{hosts: [api.example.com], secretName: api-tls}]
//!   rules:
//!     - host: api.example.com
//!       http:
//!         paths:
//!           - path: /payments
//!             pathType: Prefix
//!             backend: {service: {name: payments, port: {number: 80}}}
//! ```
//!
//! # Fix safety
//! Given where one name is near enough to be the one meant.
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-rules>
//! - <https://gateway-api.sigs.k8s.io/reference/spec/#backendref>

use plimsoll_k8s::{IntOrString, Object};
use plimsoll_links::{By, Definition, LinkKind, Reference, Resolution, Target};
use plimsoll_project::{ManifestRole, ManifestUnit};
use plimsoll_source::{Confidence, Edit, Fix, Place, Safety, Severity};
use plimsoll_yaml::Node;

use super::reach::{defined_around, is_open, names, same_name, slip_of};
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "ingress-backend-unknown",
    summary: "an Ingress or route sends to a Service or port that is not there",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        crate::Alias {
            tool: "kube-linter",
            id: "dangling-ingress",
        },
        crate::Alias {
            tool: "kube-score",
            id: "ingress-targets-service",
        },
    ],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    if unit.role == ManifestRole::Patch {
        return;
    }
    let routes = cx.links.references().of(cx.this()).iter();
    let routes: Vec<&Reference<'_>> = routes
        .filter(|reference| reference.kind == LinkKind::Routes)
        .collect();
    for reference in routes {
        let Target::Named { kind, port, .. } = &reference.target else {
            continue;
        };
        if kind != "Service" {
            continue;
        }
        match cx.links.objects().resolve(reference) {
            Resolution::Absent => absent(cx, unit, object, reference),
            Resolution::Found(distance, found) => {
                if let (Some(port), true) = (port, distance.is_certain()) {
                    other_port(cx, object, *port, &found);
                }
            }
        }
    }
}

fn absent(cx: &mut Cx<'_>, unit: &ManifestUnit, object: Object<'_>, reference: &Reference<'_>) {
    let Target::Named {
        name, namespace, ..
    } = &reference.target
    else {
        return;
    };
    // Somewhere in the project it is defined after all: in another namespace or another set.
    if cx.links.objects().named("Service", name).next().is_some() || is_open(cx, unit.file) {
        return;
    }
    let own = object.name().unwrap_or_default();
    let around = defined_around(cx, unit.file, "Service");
    let known = names(&around);
    let near = slip_of(name, known.iter().copied());
    let beside = around.iter().any(|definition| {
        definition.file == unit.file
            && same_name(&own, &definition.name)
            && namespace.as_ref().is_none_or(|namespace| {
                definition
                    .namespace
                    .as_ref()
                    .is_none_or(|own| own == namespace)
            })
    });
    // Ingress controllers have backends of their own by these names.
    let made_up = matches!(
        &**name,
        "ssl-redirect" | USE_ANNOTATION | "response-503" | "noop"
    );
    if made_up || (near.is_none() && !beside) {
        return;
    }
    let kind = object.kind();
    let place = near.and_then(|near| {
        let definition = around.iter().find(|definition| definition.name == near)?;
        Some(definition.place())
    });
    let draft = cx.report(
        reference.range,
        format!("{kind} `{own}` sends to Service `{name}`, which is not there"),
    );
    draft.note("the controller answers 503 for what leads to a Service that does not exist");
    if let Some(near) = near {
        if let Some(place) = place {
            draft.related(place, format!("there is a `{near}`"));
        }
        draft.help(format!("write `{near}`")).fix(
            Fix::new(format!("write `{near}`"), Safety::Unsafe)
                .edit(unit.file, Edit::replace(reference.range, near)),
        );
    } else {
        draft.confidence(Confidence::Medium).help(format!(
            "create the Service, or name one that is here: `{}`",
            known.join("`, `")
        ));
    }
}

/// What stands in the place of a port where AWS' load balancer controller takes the backend from
/// the annotation `alb.ingress.kubernetes.io/actions.NAME`, with the Service's place for the name.
const USE_ANNOTATION: &str = "use-annotation";

fn other_port(
    cx: &mut Cx<'_>,
    object: Object<'_>,
    port: IntOrString<'_>,
    found: &[&Definition<'_>],
) {
    if port.text() == USE_ANNOTATION {
        return;
    }
    let mut all = Vec::new();
    for definition in found {
        let Some(service) = definition
            .object
            .map(|object| cx.links.objects().get(object))
        else {
            return;
        };
        let spec = service.spec();
        let external = spec
            .and_then(|spec| spec.get("type"))
            .and_then(Node::as_str)
            .is_some_and(|kind| kind == "ExternalName");
        let unit = definition
            .object
            .map(|object| &cx.project.manifests[object.unit as usize]);
        let open = unit.is_none_or(|unit| !cx.reports_missing(unit, service, &["spec", "ports"]));
        if definition.by != By::Itself || external || open {
            return;
        }
        let ports = spec.and_then(|spec| spec.get("ports"));
        for item in ports.into_iter().flat_map(Node::items).map(Node::resolve) {
            let name = item.get("name").and_then(Node::as_str);
            let number = item.get("port").and_then(Node::as_int);
            let same = match port.number() {
                Some(wanted) => number == Some(wanted),
                None => name.as_deref() == Some(&*port.text()),
            };
            if same || number.is_none() {
                return;
            }
            let target = item.get("targetPort").and_then(Node::as_int);
            let place = Place::new(definition.file, item.range());
            all.push((number.unwrap_or_default(), name, target, place));
        }
    }
    if all.is_empty() {
        return;
    }
    let service = found.first().map_or("", |definition| &*definition.name);
    let (kind, own) = (object.kind(), object.name().unwrap_or_default());
    let text = port.text();
    let (what, numeric) = match port.number() {
        Some(number) => (format!("{number}"), true),
        None => (format!("`{text}`"), false),
    };
    let meant = all
        .iter()
        .find(|(_, _, target, _)| numeric && *target == port.number());
    let draft = cx.report(
        port.node().range(),
        format!(
            "{kind} `{own}` sends to port {what} of Service `{service}`, which has no such port"
        ),
    );
    for (number, name, _, place) in all.iter().take(3) {
        let name = name
            .as_ref()
            .map_or(String::new(), |name| format!(" (`{name}`)"));
        draft.related(*place, format!("it has {number}{name}"));
    }
    if let Some((number, ..)) = meant {
        draft
            .note(format!(
                "{what} is the port of the pods; a backend names that of the Service"
            ))
            .help(format!("write `{number}`"));
    } else {
        // What is asked by a name is answered by one: `port.name` takes no number.
        let names: Vec<String> = all
            .iter()
            .filter_map(|(_, name, ..)| Some(format!("`{}`", name.as_ref()?)))
            .collect();
        let numbers: Vec<String> = all
            .iter()
            .map(|(number, ..)| format!("`{number}`"))
            .collect();
        let is_field = port.node().key().and_then(Node::str) == Some("name");
        draft.help(match (numeric || !is_field, names.is_empty()) {
            (true, _) => format!("write {}", numbers.join(" or ")),
            (false, false) => format!("write {}", names.join(" or ")),
            (false, true) => format!("write `number: {}`", numbers[0].trim_matches('`')),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: payments}\nspec:\n  \
        ports: [{name: http, port: 80, targetPort: 8000}]\n";

    fn ingress(backend: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web}}\nspec:\n  rules:\n  - http:\n      paths:\n      - path: /\n        backend: {backend}\n"
        )
    }

    fn both(backend: &str) -> String {
        format!("{}---\n{SERVICE}", ingress(backend))
    }

    #[test]
    fn services_that_are_not_there_are_found() {
        on(&RULE)
            .manifest(&both("{service: {name: payment, port: {number: 80}}}"))
            .flags(&["9: payment"])
            .fixed(&both("{service: {name: payments, port: {number: 80}}}"));
        on(&RULE)
            .manifest(
                &both("{service: {name: frontend, port: {number: 80}}}")
                    .replace("name: web", "name: payments-ingress"),
            )
            .flags(&["9: frontend"]);
        on(&RULE)
            .files(&format!(
                "//- /k/ingress.yaml\n{}//- /k/service.yaml\n{SERVICE}",
                ingress("{serviceName: paymnets, servicePort: 80}")
            ))
            .flags(&["k/ingress.yaml:9: paymnets"]);
        on(&RULE)
            .manifest(&format!(
                "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r}}\nspec:\n  rules: [{{backendRefs: [{{name: paymnts, port: 80}}]}}]\n---\n{SERVICE}"
            ))
            .flags(&["5: paymnts"]);
    }

    #[test]
    fn a_name_is_answered_by_a_name() {
        let help = |backend: &str, service: &str| {
            let case = on(&RULE).manifest(&format!("{}---\n{service}", ingress(backend)));
            case.help()
        };
        let by_name = "{service: {name: payments, port: {name: web}}}";
        assert_eq!(help(by_name, SERVICE), "write `http`");
        let unnamed = SERVICE.replace("name: http, ", "");
        assert_eq!(help(by_name, &unnamed), "write `number: 80`");
        let old = "{serviceName: payments, servicePort: web}";
        assert_eq!(help(old, SERVICE), "write `80`");
    }

    #[test]
    fn ports_that_the_service_lacks_are_found() {
        on(&RULE)
            .manifest(&both("{service: {name: payments, port: {number: 8000}}}"))
            .flags(&["9: 8000"])
            .says(&[
                "Ingress `web` sends to port 8000 of Service `payments`, which has no such port",
            ]);
        on(&RULE)
            .manifest(&both("{service: {name: payments, port: {name: web}}}"))
            .flags(&["9: web"]);
        on(&RULE)
            .manifest(&both("{serviceName: payments, servicePort: 443}"))
            .flags(&["9: 443"]);
    }

    #[test]
    fn backends_that_may_be_there_are_left_alone() {
        on(&RULE)
            .manifest(&both("{service: {name: payments, port: {number: 80}}}"))
            .clean();
        on(&RULE)
            .manifest(&both("{service: {name: payments, port: {name: http}}}"))
            .clean();
        on(&RULE)
            .manifest(&ingress("{service: {name: payments, port: {number: 80}}}"))
            .clean();
        // Every name may end so.
        let text = both("{service: {name: valid-service, port: {number: 80}}}");
        on(&RULE)
            .manifest(&text.replace("name: payments", "name: api-service"))
            .clean();
        // Nothing tells that it should be here.
        on(&RULE)
            .manifest(&both("{service: {name: frontend, port: {number: 80}}}"))
            .clean();
        on(&RULE)
            .manifest(&both("{resource: {kind: StorageBucket, name: static}}"))
            .clean();
        // The controller takes these from an annotation.
        on(&RULE)
            .manifest(&both(
                "{service: {name: payments, port: {name: use-annotation}}}",
            ))
            .clean();
        on(&RULE)
            .manifest(&both(
                "{serviceName: payments, servicePort: use-annotation}",
            ))
            .clean();
        // A release beside it brings Services of its own.
        on(&RULE)
            .manifest(&format!(
                "{}---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: shop}}\n",
                both("{service: {name: payment, port: {number: 80}}}")
            ))
            .clean();
        on(&RULE)
            .manifest(
                &both("{service: {name: payments, port: {number: 443}}}")
                    .replace("spec:\n  ports", "spec:\n  type: ExternalName\n  ports"),
            )
            .clean();
    }
}
