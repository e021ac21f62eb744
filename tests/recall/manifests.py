"""Defects of Kubernetes manifests."""

import base64
import re

from defects import MARK, Case, defect
from outline import Node, Outline

K = "manifests"
LASTING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
PODS = LASTING + ("Job", "CronJob", "Pod")
SIDE_PORT = re.compile(r"metrics|prom|debug|jmx|monitor|pprof|profil|tracing")


class Workload:
    def __init__(self, document, kind, pod):
        self.document = document
        self.kind = kind
        self.pod = pod
        self.name = document.text("metadata", "name")

    def containers(self):
        node = self.pod.get("containers")
        return [c for c in node.items() if c.get("image")] if node else []


def workloads(file, kinds=PODS):
    found = []
    for document in file.documents:
        kind = document.text("kind")
        if kind not in kinds:
            continue
        path = {"Pod": ["spec"], "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"]}
        pod = document.get(*path.get(kind, ["spec", "template", "spec"]))
        if pod is not None and pod.get("containers") is not None:
            found.append(Workload(document, kind, pod))
    return found


def choose(file, rng, kinds, wanted):
    """A container of a workload that is not switched off, and its workload."""
    pairs = [
        (w, c)
        for w in workloads(file, kinds)
        if w.document.text("spec", "replicas") != "0"
        for c in w.containers()
        if wanted(w, c)
    ]
    return rng.choice(pairs) if pairs else (None, None)


def name_line(container):
    return (container.get("name") or container.children[0]).line


def mark(file, number):
    return file.marked(number, MARK)


def whole_block(node):
    """An entry with children that does not share its line with a dash."""
    return node is not None and node.children and not node.first_on_line()


def indent(node, extra=0):
    return " " * (node + extra if isinstance(node, int) else node.col + extra)


def insert_in_container(file, container, lines):
    """The change that adds entries at the container's end."""
    col = container.children[0].col
    at = container.end
    return (at, at, [" " * col + line for line in lines])


def insert_below(file, node, lines):
    """The change that adds entries as the first children of a block mapping."""
    col = file.indent_of_children(node)
    return (node.line + 1, node.line + 1, [" " * col + line for line in lines])


def pod_has_no(workload, *keys):
    return all(workload.pod.get(key) is None for key in keys)


# Resources.


def has_quantity(container, field, resource):
    node = container.get("resources", field, resource)
    return node is not None and node.value and not node.children


def without_resource(file, container, fields, resource):
    """Takes the resource out of the fields; an emptied mapping goes with it. Returns the changes
    and the line where it would go."""
    resources = container.get("resources")
    gone, left = [], []
    for field in resources.children:
        if field.key in fields and field.get(resource) is not None:
            if len(field.children) == 1:
                gone.append(field)
            else:
                gone.append(field.get(resource))
                left.append(field)
        else:
            left.append(field)
    return gone, left


def block_resources(container):
    resources = container.get("resources")
    return (
        whole_block(resources)
        and "&" not in resources.value
        and all(f.children and not f.value for f in resources.children)
    )


def missing_request(rule, resource):
    @defect(rule, K)
    def inject(file, rng):
        def wanted(w, c):
            return (
                block_resources(c)
                and pod_has_no(w, "resources")
                and (has_quantity(c, "requests", resource) or has_quantity(c, "limits", resource))
            )

        w, c = choose(file, rng, PODS, wanted)
        if c is None:
            return
        resources = c.get("resources")
        name = name_line(c)
        yield Case("resources removed", file.edited([file.deleted(resources), mark(file, name)]))
        yield Case(
            "resources: {}",
            file.edited([(resources.line, resources.end, [indent(resources) + "resources: {}" + MARK])]),
        )
        gone, left = without_resource(file, c, ("requests", "limits"), resource)
        place = next((f for f in left if f.key == "requests"), resources)
        if gone and left:
            changes = [file.deleted(n) for n in gone] + [mark(file, place.line)]
            yield Case(f"{resource} removed from requests and limits", file.edited(changes))
        if has_quantity(c, "requests", resource) and not has_quantity(c, "limits", resource):
            node = c.get("resources", "requests", resource)
            if len(node.parent.children) > 1:
                line = indent(node) + f"# {resource}: {node.value}"
                yield Case(
                    f"{resource} commented out",
                    file.edited([(node.line, node.end, [line]), mark(file, node.parent.line)]),
                )
            typo = {"cpu": "CPU", "memory": "mem"}[resource]
            changes = [(node.line, node.end, [indent(node) + f"{typo}: {node.value}"])]
            yield Case(f"{resource} misspelt `{typo}`", file.edited(changes + [mark(file, node.parent.line)]))

    return inject


missing_request("missing-cpu-request", "cpu")
missing_request("missing-memory-request", "memory")


@defect("missing-memory-limit", K)
def missing_memory_limit(file, rng):
    def wanted(w, c):
        return block_resources(c) and has_quantity(c, "limits", "memory") and pod_has_no(w, "resources")

    w, c = choose(file, rng, PODS, wanted)
    if c is None:
        return
    resources, limits = c.get("resources"), c.get("resources", "limits")
    yield Case("resources removed", file.edited([file.deleted(resources), mark(file, name_line(c))]))
    if len(resources.children) > 1:
        yield Case("limits removed", file.edited([file.deleted(limits), mark(file, resources.line)]))
    if len(limits.children) > 1:
        memory = limits.get("memory")
        yield Case("memory removed from limits", file.edited([file.deleted(memory), mark(file, limits.line)]))


def bytes_of(text):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|k|M|G|)", text)
    if not match:
        return None
    unit = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    return float(match.group(1)) * unit[match.group(2)]


@defect("memory-limit-without-headroom", K)
def memory_limit_without_headroom(file, rng):
    if re.search(r"Xm[sx]|RAMPercentage|old.space|HEAP|java|jvm|node", "".join(file.lines), re.I):
        return

    def wanted(w, c):
        return has_quantity(c, "limits", "memory") and has_quantity(c, "requests", "memory")

    w, c = choose(file, rng, PODS, wanted)
    if c is None:
        return
    limit, request = c.get("resources", "limits", "memory"), c.get("resources", "requests", "memory")
    if limit.first_on_line() or not bytes_of(request.text() or ""):
        return
    yield Case("limit as the request", file.edited([file.with_value(limit, request.value, MARK)]))
    yield Case(
        "request as the limit",
        file.edited([file.with_value(request, limit.value), mark(file, limit.line)]),
    )
    match = re.fullmatch(r"(\d+)Gi", request.text())
    small = re.fullmatch(r"(\d+)Mi", request.text())
    if match:
        other = f"{int(match.group(1)) * 1024}Mi"
    elif small and int(small.group(1)) % 1024 == 0:
        other = f"{int(small.group(1)) // 1024}Gi"
    elif small:
        other = f"{int(small.group(1)) * 1024}Ki"
    else:
        return
    yield Case("the same in another unit", file.edited([file.with_value(limit, other, MARK)]))


@defect("limit-below-request", K)
def limit_below_request(file, rng):
    def wanted(w, c):
        return has_quantity(c, "limits", "memory") and has_quantity(c, "requests", "memory")

    w, c = choose(file, rng, PODS, wanted)
    if c is None:
        return
    limit, request = c.get("resources", "limits", "memory"), c.get("resources", "requests", "memory")
    most, least = bytes_of(limit.text()), bytes_of(request.text())
    if not most or not least:
        return
    if most > least:
        yield Case(
            "memory swapped",
            file.edited([file.with_value(limit, request.value, MARK), file.with_value(request, limit.value)]),
        )
    match = re.fullmatch(r"(\d+)Mi", limit.text())
    if match:
        yield Case("`m` for `Mi`", file.edited([file.with_value(limit, match.group(1) + "m", MARK)]))
    if re.fullmatch(r"\d+(Mi|Gi)", request.text()):
        yield Case("`M` against `Mi`", file.edited([file.with_value(limit, request.text()[:-1], MARK)]))
        yield Case("unit forgotten", file.edited([file.with_value(limit, re.sub(r"\D", "", request.text()), MARK)]))
    if has_quantity(c, "limits", "cpu") and has_quantity(c, "requests", "cpu"):
        cpu_limit, cpu = c.get("resources", "limits", "cpu"), c.get("resources", "requests", "cpu")
        yield Case(
            "cpu of a whole core",
            file.edited([file.with_value(cpu_limit, "500m", MARK), file.with_value(cpu, "1")]),
        )


# Probes.


def serves(container):
    ports = container.get("ports")
    return ports is not None and any(
        p.get("containerPort") is not None and not SIDE_PORT.search(p.text("name") or "")
        for p in ports.items()
    )


def missing_probe(rule, key):
    @defect(rule, K)
    def inject(file, rng):
        w, c = choose(
            file, rng, LASTING, lambda w, c: whole_block(c.get(key)) and not c.get(key).value and serves(c)
        )
        if c is None:
            return
        probe = c.get(key)
        yield Case("removed", file.edited([file.deleted(probe), mark(file, name_line(c))]))
        commented = [
            indent(probe) + "# " + file.line(n)[probe.col :] for n in range(probe.line, probe.end)
        ]
        yield Case(
            "commented out",
            file.edited([(probe.line, probe.end, commented), mark(file, name_line(c))]),
        )

    return inject


missing_probe("missing-readiness-probe", "readinessProbe")
missing_probe("missing-liveness-probe", "livenessProbe")


def block_probe(container, key):
    probe = container.get(key)
    return whole_block(probe) and not probe.value


def handler_of(probe):
    return next((probe.get(k) for k in ("httpGet", "tcpSocket", "exec", "grpc") if probe.get(k)), None)


def tuned(file, probe, settings):
    """Sets integer fields of a probe; a mark where the value is a pair of value and mark."""
    changes, extra = [], []
    for key, value in settings.items():
        value, at = value if isinstance(value, tuple) else (value, "")
        node = probe.get(key)
        if node is not None and value is None:
            changes.append(file.deleted(node))
        elif node is not None:
            changes.append(file.with_value(node, str(value), at))
        elif value is not None:
            extra.append(" " * probe.children[0].col + f"{key}: {value}{at}")
    if extra:
        changes.append((probe.end, probe.end, extra))
    return changes


@defect("eager-liveness-probe", K)
def eager_liveness_probe(file, rng):
    w, c = choose(
        file, rng, PODS, lambda w, c: block_probe(c, "livenessProbe") and handler_of(c.get("livenessProbe"))
    )
    if c is None:
        return
    probe = c.get("livenessProbe")
    for variant, settings in (
        ("every 5 s", {"periodSeconds": (5, MARK), "failureThreshold": None}),
        ("one failure", {"periodSeconds": None, "failureThreshold": (1, MARK)}),
        ("two failures, 5 s", {"periodSeconds": (5, MARK), "failureThreshold": (2, MARK)}),
        ("ten failures, 1 s", {"periodSeconds": (1, MARK), "failureThreshold": 10}),
    ):
        yield Case(variant, file.edited(tuned(file, probe, settings)))


@defect("liveness-same-as-readiness", K)
def liveness_same_as_readiness(file, rng):
    w, c = choose(
        file, rng, PODS, lambda w, c: block_probe(c, "readinessProbe") and handler_of(c.get("readinessProbe"))
    )
    if c is None:
        return
    ready = c.get("readinessProbe")
    body = [file.line(n) for n in range(ready.line + 1, ready.end)]
    live = c.get("livenessProbe")
    if live is not None and not whole_block(live):
        return
    head = indent(ready) + "livenessProbe:" + MARK

    def put(lines):
        if live is not None:
            return [(live.line, live.end, lines)]
        return [(ready.line, ready.line, lines)]

    yield Case("copied", file.edited(put([head] + body)))
    col = ready.children[0].col
    delay = ready.get("initialDelaySeconds")
    rest = [
        file.line(n)
        for n in range(ready.line + 1, ready.end)
        if delay is None or n != delay.line
    ]
    yield Case(
        "copied with another delay",
        file.edited(put([head] + rest + [" " * col + "initialDelaySeconds: 45"])),
    )
    handler = handler_of(ready)
    threshold = ready.text("failureThreshold") or "3"
    period = ready.text("periodSeconds") or "10"
    if threshold.isdigit() and period.isdigit() and int(threshold) * int(period) >= 30:
        only = [file.line(n) for n in range(handler.line, handler.end)]
        yield Case("the handler alone, with the defaults", file.edited(put([head] + only)))


@defect("slow-start-without-startup-probe", K)
def slow_start_without_startup_probe(file, rng):
    w, c = choose(
        file,
        rng,
        PODS,
        lambda w, c: block_probe(c, "livenessProbe")
        and handler_of(c.get("livenessProbe"))
        and not c.get("startupProbe"),
    )
    if c is not None:
        for seconds in (60, 120, 300):
            changes = tuned(file, c.get("livenessProbe"), {"initialDelaySeconds": (seconds, MARK)})
            yield Case(f"waits {seconds} s", file.edited(changes))
    w, c = choose(
        file, rng, PODS, lambda w, c: block_probe(c, "startupProbe") and block_probe(c, "livenessProbe")
    )
    if c is not None:
        startup, live = c.get("startupProbe"), c.get("livenessProbe")
        changes = [file.deleted(startup)] + tuned(file, live, {"initialDelaySeconds": (90, MARK)})
        yield Case("startup probe given up for a delay", file.edited(changes))
    w, c = choose(
        file, rng, ("Deployment", "StatefulSet"), lambda w, c: not c.get("startupProbe") and not c.get("livenessProbe")
    )
    if c is not None:
        image = rng.choice(["jenkins/jenkins:2.516.2-jdk21", "sonarqube:10.7-community", "sonatype/nexus3:3.70.1"])
        lines = ["livenessProbe:" + MARK, "  httpGet:", "    path: /", "    port: 8080"]
        changes = [file.with_value(c.get("image"), image), insert_in_container(file, c, lines)]
        yield Case("a slow starter with a default probe", file.edited(changes))


@defect("probe-port-unknown", K)
def probe_port_unknown(file, rng):
    def probes(c):
        found = []
        for key in ("livenessProbe", "readinessProbe", "startupProbe"):
            probe = c.get(key)
            for handler in ("httpGet", "tcpSocket"):
                port = probe and probe.get(handler, "port")
                if port and port.value and not port.first_on_line():
                    found.append(port)
        return found

    w, c = choose(file, rng, PODS, lambda w, c: any(not p.text().isdigit() for p in probes(c)))
    if c is not None:
        named = [p for p in probes(c) if not p.text().isdigit()]
        port = rng.choice(named)
        yield Case("another name", file.edited([file.with_value(port, "web-ui", MARK)]))
        typo = port.text()[:-1] + "x"
        yield Case("misspelt", file.edited([file.with_value(port, typo, MARK)]))
        declared = [p for p in (c.get("ports") or Node(0, 0)).items() if p.text("name") == port.text()]
        others = [p for p in named if p.text() == port.text()]
        if declared:
            changes = [file.with_value(declared[0].get("name"), "renamed")]
            yield Case("declaration renamed", file.edited(changes + [mark(file, p.line) for p in others]))
    w, c = choose(file, rng, PODS, lambda w, c: any(re.fullmatch(r"\d+", p.value) for p in probes(c)))
    if c is not None:
        port = rng.choice([p for p in probes(c) if re.fullmatch(r"\d+", p.value)])
        yield Case("a number in quotes", file.edited([file.with_value(port, f'"{port.value}"', MARK)]))
        yield Case("a name for a number", file.edited([file.with_value(port, "http-main", MARK)]))


# Replicas and rollouts.


@defect("single-replica", K)
def single_replica(file, rng):
    if re.search(r"HorizontalPodAutoscaler|ScaledObject|Recreate|persistentVolumeClaim", "".join(file.lines)):
        return
    found = [
        w
        for w in workloads(file, ("Deployment",))
        if (w.document.text("spec", "replicas") or "").isdigit() and int(w.document.text("spec", "replicas")) > 1
    ]
    if not found:
        return
    w = rng.choice(found)
    replicas = w.document.get("spec", "replicas")
    yield Case("replicas: 1", file.edited([file.with_value(replicas, "1", MARK)]))
    yield Case("replicas removed", file.edited([file.deleted(replicas), mark(file, w.document.get("spec").line)]))


@defect("rollout-loses-capacity", K)
def rollout_loses_capacity(file, rng):
    found = [
        w
        for w in workloads(file, ("Deployment",))
        if w.document.get("spec", "selector") and not w.document.get("spec", "selector").first_on_line()
    ]
    if not found or re.search("persistentVolumeClaim|HorizontalPodAutoscaler|ScaledObject", "".join(file.lines)):
        return
    w = rng.choice(found)
    spec = w.document.get("spec")
    gone = [file.deleted(n) for n in (spec.get("strategy"), spec.get("replicas")) if n is not None]
    if any(n is not None and n.first_on_line() for n in (spec.get("strategy"), spec.get("replicas"))):
        return

    def put(*lines):
        at = spec.line + 1
        return file.edited(gone + [(at, at, [" " * spec.children[0].col + line for line in lines])])

    rolling = ("strategy:", "  type: RollingUpdate", "  rollingUpdate:")
    for variant, lines in (
        ("Recreate with three pods", ("replicas: 3", "strategy:", "  type: Recreate" + MARK)),
        ("all at once", ("replicas: 3", *rolling, "    maxSurge: 1", "    maxUnavailable: 100%" + MARK)),
        ("two of three", ("replicas: 3", *rolling, "    maxUnavailable: 2" + MARK, "    maxSurge: 0")),
        ("the only pod", ("replicas: 1", *rolling, "    maxSurge: 0", "    maxUnavailable: 1" + MARK)),
        ("75 % without a type", ("replicas: 4", "strategy:", "  rollingUpdate:", "    maxUnavailable: 75%" + MARK)),
        ("half", ("replicas: 2", *rolling, "    maxUnavailable: 1" + MARK)),
        ("flow style", ("replicas: 2", "strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 2}}" + MARK)),
    ):
        yield Case(variant, put(*lines))


@defect("selector-mismatch", K)
def selector_mismatch(file, rng):
    def usable(w):
        match = w.document.get("spec", "selector", "matchLabels")
        labels = w.document.get("spec", "template", "metadata", "labels")
        return (
            match is not None
            and labels is not None
            and match.children
            and labels.children
            and all(n.value and n.value[0] not in "*&" and not n.first_on_line() for n in match.children)
            and not labels.value
            and not match.value
        )

    found = [w for w in workloads(file, LASTING) if usable(w)]
    if not found:
        return
    w = rng.choice(found)
    match = w.document.get("spec", "selector", "matchLabels")
    labels = w.document.get("spec", "template", "metadata", "labels")
    wanted = rng.choice(match.children)
    label = labels.get(wanted.key)
    if label is None:
        return
    yield Case("label renamed", file.edited([file.with_value(label, label.text() + "-v2"), mark(file, wanted.line)]))
    yield Case("selector renamed", file.edited([file.with_value(wanted, "my-app", MARK)]))
    if len(labels.children) > 1 and not label.first_on_line():
        yield Case("label removed", file.edited([file.deleted(label), mark(file, wanted.line)]))
    extra = " " * wanted.col + "tier: backend" + MARK
    if labels.get("tier") is None:
        yield Case("one label more", file.edited([(match.end, match.end, [extra])]))


# Security.


def contexts(workload):
    """The security contexts of the pod and of its containers."""
    nodes = [workload.pod.get("securityContext")] + [c.get("securityContext") for c in workload.containers()]
    return [n for n in nodes if n is not None]


def is_plain(workload):
    return (
        workload.pod.get("initContainers") is None
        and all(c.children and not c.value for c in contexts(workload))
        and all(c.get("securityContext") is None or whole_block(c.get("securityContext")) for c in workload.containers())
    )


def removed(file, nodes):
    """The changes that take entries out, and the contexts that become empty with them."""
    changes, done = [], set()
    for node in nodes:
        rest = [n for n in node.parent.children if n not in nodes]
        target = node if rest else node.parent
        if id(target) not in done:
            done.add(id(target))
            changes.append(file.deleted(target))
    return changes


@defect("run-as-root", K)
def run_as_root(file, rng):
    found = [w for w in workloads(file) if is_plain(w) and w.containers()]
    if not found:
        return
    w = rng.choice(found)
    keys = ("runAsNonRoot", "runAsUser")
    nodes = [n for c in contexts(w) for n in (c.get(k) for k in keys) if n is not None]
    if not nodes or any(n.first_on_line() for n in nodes):
        return
    first = w.containers()[0]
    yield Case("user and runAsNonRoot removed", file.edited(removed(file, nodes) + [mark(file, name_line(first))]))
    whole = [file.deleted(c) for c in contexts(w)]
    yield Case("security contexts removed", file.edited(whole + [mark(file, name_line(first))]))
    user = next((n for n in nodes if n.key == "runAsUser"), None)
    if user is not None:
        yield Case("runAsUser: 0", file.edited([file.with_value(user, "0", MARK)]))
    flag = next((n for n in nodes if n.key == "runAsNonRoot"), None)
    if flag is not None and len(nodes) == 1:
        yield Case("runAsNonRoot: false", file.edited([file.with_value(flag, "false", MARK)]))
    context = first.get("securityContext")
    if context is not None and not any(n.parent is context for n in nodes):
        yield Case("root in the container's own", file.edited([insert_below(file, context, ["runAsUser: 0" + MARK])]))


def boolean_of_container(rule, key, wrong, extra=()):
    """A boolean of the container's security context that is wrong, or missing."""

    @defect(rule, K)
    def inject(file, rng):
        def wanted(w, c):
            context = c.get("securityContext")
            return whole_block(context) and not context.value and context.get(key) is not None

        w, c = choose(file, rng, PODS, wanted)
        if c is None:
            return
        context = c.get("securityContext")
        node = context.get(key)
        # The API server wants it to be so for these.
        if context.text("privileged") == "true" or "SYS_ADMIN" in "".join(file.lines[context.line : context.end]):
            return
        yield Case(f"{key}: {wrong}", file.edited([file.with_value(node, wrong, MARK)]))
        if len(context.children) > 1:
            yield Case("line removed", file.edited([file.deleted(node), mark(file, context.line)]))
        yield Case("context removed", file.edited([file.deleted(context), mark(file, name_line(c))]))

    return inject


boolean_of_container("privilege-escalation", "allowPrivilegeEscalation", "true")
boolean_of_container("writable-root-filesystem", "readOnlyRootFilesystem", "false")


@defect("capabilities-kept", K)
def capabilities_kept(file, rng):
    def wanted(w, c):
        node = c.get("securityContext", "capabilities")
        return node is not None and (node.children or node.value) and c.text("securityContext", "privileged") != "true"

    w, c = choose(file, rng, PODS, wanted)
    if c is None:
        return
    context = c.get("securityContext")
    node = context.get("capabilities")
    if node.first_on_line():
        return
    if len(context.children) > 1:
        yield Case("capabilities removed", file.edited([file.deleted(node), mark(file, context.line)]))
    pad = indent(node)
    for variant, lines in (
        ("SYS_ADMIN added", ["capabilities:", "  drop:", "    - ALL", "  add:", "    - SYS_ADMIN" + MARK]),
        ("NET_ADMIN among others", ["capabilities:", "  drop: [ALL]", "  add:", "  - NET_BIND_SERVICE", "  - NET_ADMIN" + MARK]),
        ("only NET_RAW dropped", ["capabilities:" + MARK, "  drop:" + MARK, "    - NET_RAW" + MARK]),
        ("flow style", ['capabilities: {add: ["SYS_PTRACE"], drop: ["ALL"]}' + MARK]),
        ("everything", ["capabilities:", "  add: ['ALL']" + MARK]),
    ):
        yield Case(variant, file.edited([(node.line, node.end, [pad + line for line in lines])]))


@defect("missing-seccomp-profile", K)
def missing_seccomp_profile(file, rng):
    found = [
        w
        for w in workloads(file)
        if is_plain(w) and any(c.get("seccompProfile") is not None for c in contexts(w))
    ]
    bare = [w for w in workloads(file) if not contexts(w) and w.pod.get("initContainers") is None]
    if "seccomp.security.alpha" in "".join(file.lines):
        return
    if not found and len(bare) == 1 and len(file.documents) < 4:
        # Hardly anybody sets a profile: a file that does, by our hand, and then the wrong one.
        def put(kind):
            lines = ["securityContext:", "  seccompProfile:", f"    type: {kind}"]
            return file.edited([insert_below(file, bare[0].pod, lines)])

        clean = {"app.yaml": put("RuntimeDefault")}
        yield Case("Unconfined for the whole pod", {"app.yaml": put("Unconfined" + MARK)}, clean)
    if not found:
        return
    w = rng.choice(found)
    nodes = [c.get("seccompProfile") for c in contexts(w) if c.get("seccompProfile") is not None]
    if any(n.first_on_line() for n in nodes):
        return
    first = w.containers()[0]
    # It could go into the pod's context as well as into the first container's.
    places = {name_line(first)} | {n.line for n in (w.pod.get("securityContext"), first.get("securityContext")) if n}
    gone = removed(file, nodes)
    lines = {n for start, end, _ in gone for n in range(start, end)}
    yield Case("profile removed", file.edited(gone + [mark(file, n) for n in places - lines]))
    whole = [file.deleted(c) for c in contexts(w)]
    yield Case("security contexts removed", file.edited(whole + [mark(file, name_line(first))]))
    kind = nodes[0].get("type")
    if kind is not None:
        yield Case("Unconfined", file.edited([file.with_value(kind, "Unconfined", MARK)]))


@defect("privileged-container", K)
def privileged_container(file, rng):
    w, c = choose(file, rng, PODS, lambda w, c: True)
    if c is None:
        return
    context = c.get("securityContext")
    if context is None:
        put = insert_in_container(file, c, ["securityContext:", "  privileged: true" + MARK])
        yield Case("context added", file.edited([put]))
        put = insert_in_container(file, c, ["securityContext: {privileged: true}" + MARK])
        yield Case("flow style", file.edited([put]))
    elif whole_block(context):
        old = context.get("privileged")
        for value in ("true", "yes"):
            put = file.with_value(old, value, MARK) if old else insert_below(file, context, [f"privileged: {value}" + MARK])
            yield Case(f"privileged: {value}", file.edited([put]))


@defect("read-only-root-without-tmp", K)
def read_only_root_without_tmp(file, rng):
    w, c = choose(
        file,
        rng,
        PODS,
        lambda w, c: c.get("volumeMounts") is None and c.get("securityContext") is None and c.get("command") is None,
    )
    if c is not None:
        lines = ["securityContext:", "  readOnlyRootFilesystem: true" + MARK]
        yield Case("added without a mount", file.edited([insert_in_container(file, c, lines)]))
        image = rng.choice(["nginx:1.29", "nginx:1.27-alpine", "httpd:2.4", "docker.io/library/tomcat:10.1-jre21"])
        changes = [file.with_value(c.get("image"), image), insert_in_container(file, c, lines)]
        yield Case("a program known to write", file.edited(changes))
    w, c = choose(
        file,
        rng,
        PODS,
        lambda w, c: c.text("securityContext", "readOnlyRootFilesystem") == "true" and whole_block(c.get("volumeMounts")),
    )
    if c is not None:
        flag = c.get("securityContext", "readOnlyRootFilesystem")
        changes = [file.deleted(c.get("volumeMounts")), mark(file, flag.line)]
        yield Case("mounts removed", file.edited(changes))


@defect("host-namespace", K)
def host_namespace(file, rng):
    found = workloads(file)
    if not found:
        return
    w = rng.choice(found)
    for key, value in (("hostNetwork", "true"), ("hostPID", "true"), ("hostIPC", "yes"), ("hostNetwork", "True")):
        if w.pod.get(key) is not None:
            continue
        yield Case(f"{key}: {value}", file.edited([insert_below(file, w.pod, [f"{key}: {value}" + MARK])]))


@defect("host-path", K)
def host_path(file, rng):
    found = workloads(file)
    if not found:
        return
    w = rng.choice(found)
    volumes = w.pod.get("volumes")
    if volumes is None:
        for variant, lines in (
            ("docker.sock", ["volumes:", "- name: docker", "  hostPath:", "    path: /var/run/docker.sock" + MARK, "    type: Socket"]),
            ("data folder", ["volumes:", "  - hostPath:", "      path: /mnt/data" + MARK, "    name: data"]),
            ("flow style", ["volumes:", "- {name: root, hostPath: {path: /}}" + MARK]),
        ):
            yield Case(variant, file.edited([insert_below(file, w.pod, lines)]))
    elif volumes.items():
        for volume in volumes.items():
            empty = volume.get("emptyDir")
            if empty is not None and not empty.first_on_line():
                lines = ["hostPath:", "  path: /var/log/app" + MARK, "  type: DirectoryOrCreate"]
                changes = [(empty.line, empty.end, [indent(empty) + line for line in lines])]
                yield Case("in the place of emptyDir", file.edited(changes))
                return
        col = volumes.items()[0].col
        lines = ["- name: kubelet", "  hostPath:", '    path: "/var/lib/kubelet"' + MARK]
        yield Case("one more volume", file.edited([(volumes.end, volumes.end, [" " * col + line for line in lines])]))


# Images.


@defect("unpinned-image", K)
def unpinned_image(file, rng):
    def wanted(w, c):
        image = c.text("image") or ""
        return (
            re.fullmatch(r"[a-z0-9./_-]+(:\d+/[a-z0-9./_-]+)?(:[\w.-]+)?(@sha256:[0-9a-f]{64})?", image)
            and (":" in image.rsplit("/", 1)[-1])
            and not image.startswith("localhost")
            and c.text("imagePullPolicy") != "Never"
        )

    w, c = choose(file, rng, PODS, wanted)
    if c is None:
        return
    node = c.get("image")
    image = node.text().split("@")[0]
    head, _, last = image.rpartition("/")
    bare = (head + "/" if head else "") + last.split(":")[0]
    yield Case("no tag", file.edited([file.with_value(node, bare, MARK)]))
    yield Case("latest", file.edited([file.with_value(node, bare + ":latest", MARK)]))
    yield Case("latest in quotes", file.edited([file.with_value(node, f'"{bare}:latest"', MARK)]))


# Secrets.


def b64(text):
    return base64.b64encode(text.encode()).decode()


@defect("plain-secret-committed", K)
def plain_secret_committed(file, rng):
    if not workloads(file):
        return
    word = "".join(rng.choice("abcdefghkmnpqrstuvwxyzABCDEFGHKLMNPQRSTUVWXYZ23456789") for _ in range(18))
    head = ["---", "apiVersion: v1", "kind: Secret", "metadata:", "  name: app-credentials", "type: Opaque"]
    for variant, lines in (
        ("base64", ["data:", f"  DB_PASSWORD: {b64(word)}" + MARK]),
        ("two values", ["data:", f"  username: {b64('appuser')}" + MARK, f'  password: "{b64(word)}"' + MARK]),
        ("stringData", ["stringData:", f"  api-key: {word}" + MARK]),
        ("a connection string", ["stringData:", f"  DATABASE_URL: postgres://app:{word}@db:5432/app" + MARK]),
        ("a file", ["stringData:", "  config.yaml: |" + MARK, "    user: app", f"    password: {word}"]),
        ("a weak password", ["data:", f"  mysql-root-password: {b64('P@ssw0rd')}" + MARK]),
        ("quoted on one line", ["data: {token: " + b64(word * 2) + "}" + MARK]),
    ):
        yield Case(variant, file.edited([(len(file.lines), len(file.lines), head + lines)]))
    # Data before kind, as kubectl writes it.
    yield Case(
        "as kubectl writes it",
        file.edited(
            [
                (
                    len(file.lines),
                    len(file.lines),
                    ["---", "apiVersion: v1", "data:", f"  token: {b64(word)}" + MARK, "kind: Secret", "metadata:", "  creationTimestamp: null", "  name: token"],
                )
            ]
        ),
    )


@defect("invalid-secret-encoding", K)
def invalid_secret_encoding(file, rng):
    found = [
        n
        for d in file.documents
        if d.text("kind") == "Secret" and d.get("data") is not None
        for n in d.get("data").children
        if n.value and not n.children and not n.first_on_line() and "$" not in n.value and n.value[0] not in "|>*&"
    ]
    if found:
        node = rng.choice(found)
        for variant, value in (
            ("plain text", "my-password"),
            ("plain text in quotes", '"s3cr3t!"'),
            ("an address", "https://example.com"),
            ("URL-safe base64", "YWJj_2RlZg=="),
        ):
            yield Case(variant, file.edited([file.with_value(node, value, MARK)]))
        good = b64("some-password")
        yield Case("padding lost", file.edited([file.with_value(node, good.rstrip("="), MARK)]))
        yield Case("made by echo", file.edited([file.with_value(node, b64("hunter42-x\n"), MARK)]))
    elif workloads(file):
        head = ["---", "apiVersion: v1", "kind: Secret", "metadata:", "  name: app", "data:"]
        for variant, line in (("a secret with plain text", "  password: changeme1!"), ("a secret with a quoted word", "  user: 'admin'")):
            end = len(file.lines)
            yield Case(variant, file.edited([(end, end, head + [line + MARK])]))


# Syntax.


@defect("syntax", K)
def syntax(file, rng):
    plain = [
        n
        for d in file.documents
        for n in d.walk()
        if not n.is_item() and re.fullmatch(r"[\w.-]+", n.value) and file.line(n.line).endswith(n.value) and not n.first_on_line() and n.col > 0
    ]
    # A file with templates in it is reviewed only as long as it is good YAML.
    if not plain or "{{" in "".join(file.lines):
        return
    node = rng.choice(plain)
    line = file.line(node.line)
    yield Case("a quote that is not closed", file.edited([(node.line, node.end, [line.replace(node.value, '"' + node.value) + MARK, ])]))
    yield Case("a tab", file.edited([(node.line, node.end, ["\t" + line.lstrip() + MARK])]))
    yield Case("a colon too many", file.edited([(node.line, node.end, [line + ": x" + MARK])]))
    yield Case("a bracket that is not closed", file.edited([(node.line, node.end, [line.replace(node.value, "[" + node.value) + MARK])]))
    if node.parent.children[0] is not node and not node.parent.is_item():
        yield Case("one space too few", file.edited([(node.line, node.end, [line[1:] + MARK])]))
