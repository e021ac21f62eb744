"""Defects between the objects of one set of manifests."""

import re

from defects import MARK, Case, defect
from manifests import K, LASTING, choose, mark, name_line, workloads

SLIP = re.compile(r"[a-z][a-z0-9-]{4,}")


def slip(text, rng):
    """A name as a person mistypes it: two neighbours swapped, a letter lost or doubled."""
    spots = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i + 1].isalpha()]
    spots = [i for i in spots if text[i] != text[i + 1]] or spots
    if not spots:
        return None
    i = rng.choice(spots)
    return rng.choice(
        [
            text[:i] + text[i + 1] + text[i] + text[i + 2 :],
            text[:i] + text[i + 1 :],
            text[:i] + text[i] + text[i:],
        ]
    )


def plain(node):
    return node is not None and node.value and SLIP.fullmatch(node.value)


def documents(file, *kinds):
    return [d for d in file.documents if d.text("kind") in kinds and d.text("metadata", "name")]


def labels_of(workload):
    path = {
        "Pod": ("metadata", "labels"),
        "CronJob": ("spec", "jobTemplate", "spec", "template", "metadata", "labels"),
    }
    node = workload.document.get(*path.get(workload.kind, ("spec", "template", "metadata", "labels")))
    return {c.key: c.value for c in node.children} if node else {}


def served(file):
    """Services with a selector and the workloads that they select."""
    found = []
    for service in documents(file, "Service"):
        selector = service.get("spec", "selector")
        if selector is None or not selector.children:
            continue
        wanted = {c.key: c.value for c in selector.children}
        mine = [w for w in workloads(file) if wanted.items() <= labels_of(w).items()]
        if mine:
            found.append((service, selector, mine))
    return found


def appended(file, lines):
    """The file with a document more."""
    count = len(file.lines)
    return file.edited([(count, count, ["---"] + lines)])


@defect("service-selects-nothing", K)
def service_selects_nothing(file, rng):
    pairs = [(s, n, w) for s, n, w in served(file) if len(w) == 1]
    if not pairs:
        return
    service, selector, _ = rng.choice(pairs)
    entries = [c for c in selector.children if plain(c) and not c.key.startswith("app.kubernetes.io/part")]
    if not entries:
        return
    entry = rng.choice(entries)
    other = slip(entry.value, rng)
    if other:
        yield Case("a slip in the selector", file.edited([file.with_value(entry, other, MARK)]))
    if service.text("metadata", "name") == pairs[0][2][0].name:
        yield Case(
            "another value under the same name",
            file.edited([file.with_value(entry, "something-else", MARK)]),
        )


@defect("network-policy-selects-nothing", K)
def network_policy_selects_nothing(file, rng):
    usable = []
    for w in workloads(file, LASTING):
        labels = [(k, v) for k, v in labels_of(w).items() if SLIP.fullmatch(v)]
        if labels and w.name:
            usable.append((w, labels))
    if not usable:
        return
    workload, labels = rng.choice(usable)
    key, value = rng.choice(labels)
    other = slip(value, rng)
    if not other:
        return
    space = workload.document.text("metadata", "namespace")
    for variant, name, wanted in (
        ("a slip in the selector", "deny-all", other),
        ("another value under the same name", workload.name, "something-else"),
    ):
        lines = [
            "apiVersion: networking.k8s.io/v1",
            "kind: NetworkPolicy",
            "metadata:",
            f"  name: {name}",
            *([f"  namespace: {space}"] if space else []),
            "spec:",
            "  podSelector:",
            "    matchLabels:",
            f"      {key}: {wanted}" + MARK,
            "  policyTypes: [Ingress]",
        ]
        yield Case(variant, appended(file, lines))


@defect("service-target-port-unknown", K)
def service_target_port_unknown(file, rng):
    for service, _, mine in served(file):
        ports = service.get("spec", "ports")
        if not ports or len(mine) != 1 or len(mine[0].containers()) != 1:
            continue
        container = mine[0].containers()[0]
        declared = container.get("ports")
        if not declared:
            continue
        names = [p.text("name") for p in declared.items() if p.text("name")]
        for port in ports.items():
            target = port.get("targetPort")
            if target is None:
                continue
            if target.value in names and SLIP.fullmatch(target.value):
                other = slip(target.value, rng)
                if other:
                    yield Case("a slip in the name", file.edited([file.with_value(target, other, MARK)]))
            if len(ports.items()) == 1 and len(declared.items()) == 1 and target.value.isdigit():
                number = "9" + target.value[-3:]
                if declared.items()[0].text("containerPort") == target.value and number != target.value:
                    yield Case("another number", file.edited([file.with_value(target, number, MARK)]))
        return


@defect("ingress-backend-unknown", K)
def ingress_backend_unknown(file, rng):
    services = {s.text("metadata", "name"): s for s in documents(file, "Service")}
    for ingress in documents(file, "Ingress"):
        for node in ingress.walk():
            service = node.get("service") if node.key == "backend" else None
            if service is None:
                continue
            name, number = service.get("name"), service.get("port", "number")
            if not plain(name) or name.value not in services:
                continue
            other = slip(name.value, rng)
            if other and other not in services:
                yield Case("a slip in the name", file.edited([file.with_value(name, other, MARK)]))
            if number is not None and number.value:
                yield Case("a port that it lacks", file.edited([file.with_value(number, "4711", MARK)]))
            return
    # Most files have no Ingress of their own.
    usable = [s for s in services.values() if SLIP.fullmatch(s.text("metadata", "name"))]
    usable = [s for s in usable if s.get("spec", "ports") and s.text("spec", "type") != "ExternalName"]
    if not usable:
        return
    service = rng.choice(usable)
    name = service.text("metadata", "name")
    space = service.text("metadata", "namespace")
    port = service.get("spec", "ports").items()[0].text("port")
    other = slip(name, rng)
    if not other or other in services or not port:
        return
    for variant, backend, number, places in (
        ("an Ingress beside it, a slip in the name", other, port, (0,)),
        ("an Ingress beside it, a port that it lacks", name, "4711", (1,)),
    ):
        lines = [
            "apiVersion: networking.k8s.io/v1",
            "kind: Ingress",
            "metadata:",
            f"  name: {name}",
            *([f"  namespace: {space}"] if space else []),
            "spec:",
            "  rules:",
            "  - http:",
            "      paths:",
            "      - path: /",
            "        pathType: Prefix",
            "        backend:",
            "          service:",
            f"            name: {backend}" + (MARK if 0 in places else ""),
            "            port:",
            f"              number: {number}" + (MARK if 1 in places else ""),
        ]
        yield Case(variant, appended(file, lines))


@defect("ingress-without-tls", K)
def ingress_without_tls(file, rng):
    services = [s for s in documents(file, "Service") if s.get("spec", "ports")]
    if not services:
        return
    service = rng.choice(services)
    name = service.text("metadata", "name")
    port = service.get("spec", "ports").items()[0].text("port")
    if not port or not port.isdigit():
        return
    host = rng.choice(["shop.acme.io", "api.initech.com", "www.hooli.co.uk"])
    for variant, extra in (
        ("a host", []),
        ("a class and an issuer, no tls", ["  ingressClassName: nginx"]),
    ):
        lines = [
            "apiVersion: networking.k8s.io/v1",
            "kind: Ingress",
            "metadata:",
            f"  name: {name}",
            "spec:",
            *extra,
            "  rules:",
            f"  - host: {host}" + MARK,
            "    http:",
            "      paths:",
            "      - {path: /, pathType: Prefix, backend: {service: {name: %s, port: {number: %s}}}}" % (name, port),
        ]
        yield Case(variant, appended(file, lines))


def configured(file):
    """References of containers to ConfigMaps and Secrets of the file: (name node, key node)."""
    known = {
        (d.text("kind"), d.text("metadata", "name")): d for d in documents(file, "ConfigMap", "Secret")
    }
    found = []
    for document in file.documents:
        for node in document.walk():
            for field, kind in (
                ("configMapKeyRef", "ConfigMap"),
                ("secretKeyRef", "Secret"),
                ("configMapRef", "ConfigMap"),
                ("secretRef", "Secret"),
                ("configMap", "ConfigMap"),
            ):
                if node.key != field or node.text("optional") == "true":
                    continue
                name = node.get("name")
                if name is not None and (kind, name.value) in known:
                    found.append((name, node.get("key"), known[(kind, name.value)]))
    return found


@defect("config-reference-unknown", K)
def config_reference_unknown(file, rng):
    found = configured(file)
    uses = {}
    for name, _, _ in found:
        uses[name.value] = uses.get(name.value, 0) + 1
    alone = [name for name, _, _ in found if plain(name) and uses[name.value] == 1]
    long = [n for n in alone if max(len(w) for w in re.split(r"[-._]", n.value)) > 4]
    if long:
        name = rng.choice(long)
        words = re.split(r"([-._])", name.value)
        i = max(range(len(words)), key=lambda i: len(words[i]))
        other = slip(words[i], rng)
        if other:
            words[i] = other
            yield Case("a slip in the name", file.edited([file.with_value(name, "".join(words), MARK)]))
    keys = [(k, d) for _, k, d in found if k is not None and k.value]
    keys = [(k, d) for k, d in keys if d.get("data") is not None or d.get("stringData") is not None]
    if keys:
        key, _ = rng.choice(keys)
        yield Case("a key that is not there", file.edited([file.with_value(key, "no-such-key", MARK)]))


def scaler(workload, target=None, kind=None, bounds=("2", "10"), extra=()):
    """A HorizontalPodAutoscaler for a workload; marks stand in its parts."""
    space = workload.document.text("metadata", "namespace")
    low, high = bounds
    return [
        "apiVersion: autoscaling/v2",
        "kind: HorizontalPodAutoscaler",
        "metadata:",
        f"  name: {workload.name}",
        *([f"  namespace: {space}"] if space else []),
        "spec:",
        "  scaleTargetRef:",
        "    apiVersion: apps/v1",
        f"    kind: {kind or workload.kind}",
        f"    name: {target or workload.name}",
        f"  minReplicas: {low}",
        f"  maxReplicas: {high}",
        "  metrics:",
        "  - type: Resource",
        "    resource:",
        "      name: cpu",
        "      target: {type: Utilization, averageUtilization: 70}",
        *extra,
    ]


def scalable(file, rng, wanted=lambda w: True):
    found = [
        w
        for w in workloads(file, ("Deployment", "StatefulSet"))
        if w.name and re.fullmatch(r"[a-z0-9-]+", w.name) and len(w.containers()) == len(w.pod.get("containers").items())
        if wanted(w)
    ]
    return rng.choice(found) if found else None


@defect("hpa-without-requests", K)
def hpa_without_requests(file, rng):
    def bare(w):
        return w.pod.get("resources") is None and any(c.get("resources") is None for c in w.containers())

    w = scalable(file, rng, bare)
    if w is None:
        return
    first = next(c for c in w.containers() if c.get("resources") is None)
    count = len(file.lines)
    several = [c for c in w.containers() if c.get("resources") is None]
    marks = [mark(file, name_line(c)) for c in several[:1] or [first]]
    yield Case(
        "an autoscaler over containers without requests",
        file.edited(marks + [(count, count, ["---"] + scaler(w))]),
    )


@defect("hpa-target-unknown", K)
def hpa_target_unknown(file, rng):
    w = scalable(file, rng, lambda w: SLIP.fullmatch(w.name))
    if w is None:
        return
    other = slip(w.name, rng)
    if other:
        yield Case("a slip in the name", appended(file, scaler(w, target=other + MARK)))
    kind = "StatefulSet" if w.kind == "Deployment" else "Deployment"
    yield Case("another kind", appended(file, scaler(w, kind=kind, target=w.name + MARK)))


@defect("hpa-fixed-replicas", K)
def hpa_fixed_replicas(file, rng):
    def fixed(w):
        value = w.document.text("spec", "replicas")
        return value is not None and value.isdigit() and value != "0"

    w = scalable(file, rng, fixed)
    if w is None:
        return
    line = w.document.get("spec", "replicas").line
    count = len(file.lines)
    yield Case(
        "an autoscaler over a fixed number",
        file.edited([mark(file, line), (count, count, ["---"] + scaler(w))]),
    )


@defect("hpa-bounds", K)
def hpa_bounds(file, rng):
    w = scalable(file, rng)
    if w is None:
        return
    yield Case("more at least than at most", appended(file, scaler(w, bounds=("10" + MARK, "2"))))
    yield Case("as many at least as at most", appended(file, scaler(w, bounds=("3" + MARK, "3"))))
    yield Case("none at most", appended(file, scaler(w, bounds=("1", "0" + MARK))))


def budget(workload, bound, labels):
    space = workload.document.text("metadata", "namespace")
    return [
        "apiVersion: policy/v1",
        "kind: PodDisruptionBudget",
        "metadata:",
        f"  name: {workload.name}",
        *([f"  namespace: {space}"] if space else []),
        "spec:",
        f"  {bound}" + MARK,
        "  selector:",
        "    matchLabels:",
        *[f"      {k}: {v}" for k, v in labels.items()],
    ]


@defect("pod-disruption-budget-blocks", K)
def pod_disruption_budget_blocks(file, rng):
    def usable(w):
        return labels_of(w) and all(re.fullmatch(r"[a-z0-9.-]*[a-z][a-z0-9.-]*", v or "") for v in labels_of(w).values())

    w = scalable(file, rng, usable)
    if w is None:
        return
    labels = labels_of(w)
    if sum(labels.items() <= labels_of(o).items() for o in workloads(file)) != 1:
        return
    replicas = w.document.text("spec", "replicas") or "1"
    yield Case("none may go", appended(file, budget(w, "maxUnavailable: 0", labels)))
    yield Case("all must stay", appended(file, budget(w, "minAvailable: 100%", labels)))
    if replicas.isdigit() and replicas != "0":
        yield Case("as many as there are", appended(file, budget(w, f"minAvailable: {replicas}", labels)))


@defect("missing-pod-disruption-budget", K)
def missing_pod_disruption_budget(file, rng):
    w = scalable(file, rng, lambda w: w.document.text("spec", "replicas") in (None, "1"))
    if w is None:
        return
    kind = w.document.get("kind")
    replicas = w.document.get("spec", "replicas")
    spec = w.document.get("spec")
    if replicas is not None:
        change = file.with_value(replicas, "3")
    elif spec.children:
        change = (spec.line + 1, spec.line + 1, [" " * file.indent_of_children(spec) + "replicas: 3"])
    else:
        return
    yield Case("several replicas", file.edited([mark(file, kind.line), change]))


@defect("duplicate-object", K)
def duplicate_object(file, rng):
    found = [d for d in documents(file, "ConfigMap", "Service", "Secret", "ServiceAccount") if re.fullmatch(r"[a-z0-9.-]+", d.text("metadata", "name"))]
    if not found:
        return
    d = rng.choice(found)
    space = d.text("metadata", "namespace")
    lines = [
        f"apiVersion: {d.text('apiVersion')}",
        f"kind: {d.text('kind')}",
        "metadata:",
        f"  name: {d.text('metadata', 'name')}" + MARK,
        *([f"  namespace: {space}"] if space else []),
    ]
    yield Case("once more at the end", appended(file, lines))
