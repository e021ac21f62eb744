"""Defects of Kubernetes manifests."""

import re

from defects import MARK, Case, defect

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
        if pod is None or pod.get("containers") is None:
            continue
        workload = Workload(document, kind, pod)
        # One without an image is a patch or a pattern.
        if workload.containers():
            found.append(workload)
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
            file.edited(
                [(resources.line, resources.end, [indent(resources) + "resources: {}" + MARK])]
            ),
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
            changes = [(node.line, node.end, [indent(node) + f"{typo}: {node.value}" + MARK])]
            yield Case(f"{resource} misspelt `{typo}`", file.edited(changes))

    return inject


missing_request("missing-cpu-request", "cpu")
missing_request("missing-memory-request", "memory")


@defect("missing-memory-limit", K)
def missing_memory_limit(file, rng):
    def wanted(w, c):
        return (
            block_resources(c)
            and has_quantity(c, "limits", "memory")
            and pod_has_no(w, "resources")
        )

    w, c = choose(file, rng, PODS, wanted)
    if c is None:
        return
    resources, limits = c.get("resources"), c.get("resources", "limits")
    yield Case(
        "resources removed", file.edited([file.deleted(resources), mark(file, name_line(c))])
    )
    if len(resources.children) > 1:
        yield Case(
            "limits removed", file.edited([file.deleted(limits), mark(file, resources.line)])
        )
    if len(limits.children) > 1:
        memory = limits.get("memory")
        yield Case(
            "memory removed from limits",
            file.edited([file.deleted(memory), mark(file, limits.line)]),
        )


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
    limit, request = c.get("resources", "limits", "memory"), c.get(
        "resources", "requests", "memory"
    )
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
    limit, request = c.get("resources", "limits", "memory"), c.get(
        "resources", "requests", "memory"
    )
    most, least = bytes_of(limit.text()), bytes_of(request.text())
    if not most or not least:
        return
    if most > least:
        yield Case(
            "memory swapped",
            file.edited(
                [file.with_value(limit, request.value, MARK), file.with_value(request, limit.value)]
            ),
        )
    match = re.fullmatch(r"(\d+)Mi", limit.text())
    if match:
        yield Case(
            "`m` for `Mi`", file.edited([file.with_value(limit, match.group(1) + "m", MARK)])
        )
    if re.fullmatch(r"\d+(Mi|Gi)", request.text()):
        yield Case(
            "`M` against `Mi`", file.edited([file.with_value(limit, request.text()[:-1], MARK)])
        )
        yield Case(
            "unit forgotten",
            file.edited([file.with_value(limit, re.sub(r"\D", "", request.text()), MARK)]),
        )
    if has_quantity(c, "limits", "cpu") and has_quantity(c, "requests", "cpu"):
        cpu_limit, cpu = c.get("resources", "limits", "cpu"), c.get("resources", "requests", "cpu")
        yield Case(
            "cpu of a whole core",
            file.edited([file.with_value(cpu_limit, "500m", MARK), file.with_value(cpu, "1")]),
        )


# Replicas and rollouts.


@defect("single-replica", K)
def single_replica(file, rng):
    if re.search(
        r"HorizontalPodAutoscaler|ScaledObject|Recreate|persistentVolumeClaim", "".join(file.lines)
    ):
        return
    found = [
        w
        for w in workloads(file, ("Deployment",))
        if (w.document.text("spec", "replicas") or "").isdigit()
        and int(w.document.text("spec", "replicas")) > 1
    ]
    if not found:
        return
    w = rng.choice(found)
    replicas = w.document.get("spec", "replicas")
    yield Case("replicas: 1", file.edited([file.with_value(replicas, "1", MARK)]))
    yield Case(
        "replicas removed",
        file.edited([file.deleted(replicas), mark(file, w.document.get("spec").line)]),
    )


@defect("rollout-loses-capacity", K)
def rollout_loses_capacity(file, rng):
    found = [
        w
        for w in workloads(file, ("Deployment",))
        if w.document.get("spec", "selector")
        and not w.document.get("spec", "selector").first_on_line()
    ]
    if not found or re.search(
        "persistentVolumeClaim|HorizontalPodAutoscaler|ScaledObject", "".join(file.lines)
    ):
        return
    w = rng.choice(found)
    spec = w.document.get("spec")
    gone = [file.deleted(n) for n in (spec.get("strategy"), spec.get("replicas")) if n is not None]
    if any(
        n is not None and n.first_on_line() for n in (spec.get("strategy"), spec.get("replicas"))
    ):
        return

    def put(*lines):
        at = spec.line + 1
        return file.edited(gone + [(at, at, [" " * spec.children[0].col + line for line in lines])])

    rolling = ("strategy:", "  type: RollingUpdate", "  rollingUpdate:")
    for variant, lines in (
        ("Recreate with three pods", ("replicas: 3", "strategy:", "  type: Recreate" + MARK)),
        (
            "all at once",
            ("replicas: 3", *rolling, "    maxSurge: 1", "    maxUnavailable: 100%" + MARK),
        ),
        (
            "two of three",
            ("replicas: 3", *rolling, "    maxUnavailable: 2" + MARK, "    maxSurge: 0"),
        ),
        (
            "the only pod",
            # With `maxSurge: 0` it would be made to be alone.
            ("replicas: 1", *rolling, "    maxSurge: 1", "    maxUnavailable: 1" + MARK),
        ),
        (
            "75 % without a type",
            ("replicas: 4", "strategy:", "  rollingUpdate:", "    maxUnavailable: 75%" + MARK),
        ),
        ("half", ("replicas: 2", *rolling, "    maxUnavailable: 1" + MARK)),
        (
            "flow style",
            (
                "replicas: 2",
                "strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 2}}" + MARK,
            ),
        ),
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
            and all(
                n.value and n.value[0] not in "*&" and not n.first_on_line() for n in match.children
            )
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
    yield Case(
        "label renamed",
        file.edited([file.with_value(label, label.text() + "-v2"), mark(file, wanted.line)]),
    )
    yield Case("selector renamed", file.edited([file.with_value(wanted, "my-app", MARK)]))
    if len(labels.children) > 1 and not label.first_on_line():
        yield Case("label removed", file.edited([file.deleted(label), mark(file, wanted.line)]))
    extra = " " * wanted.col + "tier: backend" + MARK
    if labels.get("tier") is None:
        yield Case("one label more", file.edited([(match.end, match.end, [extra])]))


# Images.


@defect("unpinned-image", K)
def unpinned_image(file, rng):
    def wanted(w, c):
        image = c.text("image") or ""
        return (
            re.fullmatch(
                r"[a-z0-9./_-]+(:\d+/[a-z0-9./_-]+)?(:[\w.-]+)?(@sha256:[0-9a-f]{64})?", image
            )
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


# Syntax.


@defect("syntax", K)
def syntax(file, rng):
    plain = [
        n
        for d in file.documents
        for n in d.walk()
        if not n.is_item()
        and re.fullmatch(r"[\w.-]+", n.value)
        and file.line(n.line).endswith(n.value)
        and not n.first_on_line()
        and n.col > 0
    ]
    # A file with templates in it is reviewed only as long as it is good YAML.
    if not plain or "{{" in "".join(file.lines):
        return
    node = rng.choice(plain)
    line = file.line(node.line)
    yield Case(
        "a quote that is not closed",
        file.edited(
            [
                (
                    node.line,
                    node.end,
                    [
                        line.replace(node.value, '"' + node.value) + MARK,
                    ],
                )
            ]
        ),
    )
    yield Case("a tab", file.edited([(node.line, node.end, ["\t" + line.lstrip() + MARK])]))
    yield Case("a colon too many", file.edited([(node.line, node.end, [line + ": x" + MARK])]))
    yield Case(
        "a bracket that is not closed",
        file.edited([(node.line, node.end, [line.replace(node.value, "[" + node.value) + MARK])]),
    )
    if node.parent.children[0] is not node and not node.parent.is_item():
        yield Case("one space too few", file.edited([(node.line, node.end, [line[1:] + MARK])]))
