"""Defects of structure: fields and values that an object or a Compose file cannot have."""

import re

from composes import services
from defects import MARK, Case, defect
from manifests import K, PODS, mark, name_line, workloads

C = "compose"

# Fields of pods and workloads that are misspelt where they stand.
FIELDS = {
    "containers", "image", "ports", "containerPort", "env", "resources", "volumeMounts",
    "mountPath", "replicas", "selector", "matchLabels", "template", "imagePullPolicy",
    "livenessProbe", "readinessProbe", "initialDelaySeconds", "serviceAccountName", "volumes",
    "configMap", "targetPort", "schedule", "jobTemplate", "restartPolicy", "securityContext",
}
# Values of which there are few, and a wrong one of each.
ENUMS = {
    "imagePullPolicy": "IfNotPresnt",
    "restartPolicy": "Allways",
    "protocol": "TPC",
    "pathType": "prefix",
    "concurrencyPolicy": "Forbidden",
    "whenUnsatisfiable": "DoNotScheduled",
    "terminationMessagePolicy": "Files",
    "dnsPolicy": "clusterFirst",
}
OTHER_KINDS = ("Service", "ConfigMap", "Ingress", "CronJob", "Deployment", "StatefulSet", "Job",
               "DaemonSet", "Pod")
# Lists and maps whose keys are the author's own.
FREE = {"labels", "annotations", "matchLabels", "data", "stringData", "nodeSelector", "limits",
        "requests"}


def builtin(file):
    """The documents of kinds that every cluster has, under their present versions."""
    found = []
    for document in file.documents:
        version, kind = document.text("apiVersion"), document.text("kind")
        if kind in OTHER_KINDS and version in ("v1", "apps/v1", "batch/v1", "networking.k8s.io/v1"):
            if document.get("metadata", "name") is not None:
                found.append(document)
    return found


def fields(file, names):
    """Entries of these names that stand in a structure, not among the author's own keys."""
    for document in builtin(file):
        for node in document.walk():
            at = node.parent
            while at is not None and at.key not in FREE:
                at = at.parent
            if at is None and node.key in names:
                yield node


def renamed(file, node, name):
    """The change that gives an entry another key."""
    line = file.line(node.line)
    head, tail = line[: node.col], line[node.col :]
    return (node.line, node.line + 1, [head + re.sub(r"^[\w\"']+", name, tail, count=1) + MARK])


def slip(name, rng):
    """The name with a letter left out, doubled, or swapped with the next, or in another case."""
    at = rng.randrange(1, len(name) - 1)
    return rng.choice([
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        name[0].upper() + name[1:],
        name.lower() if name.lower() != name else name + "s",
    ])


@defect("schema", K)
def structure(file, rng):
    found = list(fields(file, FIELDS))
    if found:
        node = rng.choice(found)
        name = slip(node.key, rng)
        if name != node.key and node.value[:1] not in "|>&*":
            yield Case("a field misspelt", file.edited([renamed(file, node, name)]))
    pods = [w for w in workloads(file, PODS) if w.document in builtin(file)]
    for workload in rng.sample(pods, min(1, len(pods))):
        containers = workload.containers()
        if not containers:
            continue
        container = rng.choice(containers)
        image = container.get("image")
        if len(container.children) > 1 and not image.first_on_line() and container.get("name"):
            lines = [file.deleted(image), mark(file, name_line(container))]
            yield Case("a container without image", file.edited(lines))
        name = container.get("name")
        if name is not None and not name.first_on_line() and image.first_on_line():
            yield Case("a container without name",
                       file.edited([file.deleted(name), mark(file, image.line)]))
        if name is not None and re.fullmatch(r"[a-z0-9-]+", name.text()):
            col = container.col
            twin = [" " * col + f"- name: {name.text()}" + MARK,
                    " " * (col + 2) + "image: twin:1"]
            yield Case("two containers of one name",
                       file.edited([(container.end, container.end, twin)]))
            yield Case("a name with capitals",
                       file.edited([file.with_value(name, name.text().title() + "_1", MARK)]))
        for port in (container.get("ports") or container).walk():
            if port.key == "containerPort" and port.value.isdigit():
                yield Case("a number in quotes",
                           file.edited([file.with_value(port, f'"{port.value}"', MARK)]))
                yield Case("a port out of range",
                           file.edited([file.with_value(port, "70000", MARK)]))
                break
        mount = next((n for n in container.walk() if n.key == "mountPath"), None)
        if mount is not None:
            sibling = mount.parent.get("name")
            if sibling is not None and sibling.value and "{" not in sibling.value:
                yield Case("a mount of another volume",
                           file.edited([file.with_value(sibling, "no-such-volume", MARK)]))
        memory = [n for n in container.walk() if n.key == "memory" and n.value]
        if memory:
            node = rng.choice(memory)
            yield Case("a quantity in another unit",
                       file.edited([file.with_value(node, "512MB", MARK)]))
            yield Case("a resource under another name", file.edited([renamed(file, node, "mem")]))
        value = next(
            (n for n in container.walk()
             if n.key == "value" and n.value and n.parent.get("name") is not None), None)
        if value is not None and value.value[:1] not in "|>&*":
            yield Case("a number for a string",
                       file.edited([file.with_value(value, rng.choice(["8080", "true"]), MARK)]))
    found = list(fields(file, set(ENUMS)))
    if found:
        node = rng.choice(found)
        yield Case("a value that is none",
                   file.edited([file.with_value(node, ENUMS[node.key], MARK)]))
    found = [n for n in fields(file, {"replicas"}) if n.value.isdigit()]
    if found:
        yield Case("replicas in quotes",
                   file.edited([file.with_value(found[0], f"'{found[0].value}'", MARK)]))
    documents = [d for d in builtin(file) if d.get("metadata").children]
    if documents:
        document = rng.choice(documents)
        metadata = document.get("metadata")
        if not metadata.value and document.text("kind") != "List":
            col = file.indent_of_children(metadata)
            lines = [" " * col + "lables:" + MARK, " " * (col + 2) + "extra: field"]
            at = metadata.line + 1
            yield Case("a field that is not there", file.edited([(at, at, lines)]))
        kind = document.get("kind")
        yield Case("a kind misspelt",
                   file.edited([file.with_value(kind, kind.text()[:-1] + "x", MARK)]))
    selectors = [d.get("spec", "selector") for d in builtin(file)
                 if d.text("kind") in ("Deployment", "StatefulSet", "DaemonSet")]
    selectors = [s for s in selectors if s is not None and s.children and not s.value]
    if selectors:
        selector = rng.choice(selectors)
        yield Case("no selector", file.edited(
            [file.deleted(selector), mark(file, selector.parent.line)]))


@defect("schema", C)
def compose(file, rng):
    found = [s for s in services(file) if s.get("image") or s.get("build")]
    if not found:
        return
    service = rng.choice(found)
    names = {"image", "ports", "volumes", "environment", "depends_on", "command", "restart",
             "networks", "container_name", "build", "healthcheck", "env_file"}
    keys = [n for n in service.children if n.key in names and n.value[:1] not in "&*"]
    if keys:
        node = rng.choice(keys)
        at = rng.randrange(1, len(node.key) - 1)
        name = node.key[:at] + node.key[at + 1 :]
        if name not in ("port", "volume", "network"):
            yield Case("a key misspelt", file.edited([renamed(file, node, name)]))
    col = file.indent_of_children(service)
    end = service.end

    def added(*lines):
        return file.edited([(end, end, [" " * col + line for line in lines])])

    if service.get("user") is None:
        yield Case("a number for a string", added("user: 1000" + MARK))
    if service.get("cap_add") is None:
        yield Case("a text for a list", added("cap_add: NET_ADMIN" + MARK))
    if service.get("healthcheck") is None:
        yield Case("a key that a healthcheck does not have",
                   added("healthcheck:", "  test: [CMD, true]".replace("true", '"true"'),
                         "  intervall: 30s" + MARK))
        yield Case("a duration without unit",
                   added("healthcheck:", '  test: [CMD, "true"]', "  interval: 30" + MARK))
    if service.get("labels") is None:
        yield Case("a key without a value", added("labels:" + MARK))
    if service.get("pull_policy") is None:
        yield Case("a value that is none", added("pull_policy: sometimes" + MARK))
    if service.get("deploy") is None:
        yield Case("a limit under another name",
                   added("deploy:", "  resources:", "    limits:", "      mem: 512m" + MARK))
    ports = service.get("ports")
    if ports is not None and ports.items() and not ports.value:
        item = ports.items()[0]
        if not item.children:
            lines = [" " * item.col + "- published: 8123" + MARK]
            yield Case("a port without target", file.edited([(item.line, item.end, lines)]))


OLD = {
    "Deployment": ["extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"],
    "StatefulSet": ["apps/v1beta1", "apps/v1beta2"],
    "DaemonSet": ["extensions/v1beta1", "apps/v1beta2"],
    "Ingress": ["extensions/v1beta1", "networking.k8s.io/v1beta1"],
    "CronJob": ["batch/v1beta1", "batch/v2alpha1"],
    "HorizontalPodAutoscaler": ["autoscaling/v2beta1", "autoscaling/v2beta2"],
    "PodDisruptionBudget": ["policy/v1beta1"],
    "NetworkPolicy": ["extensions/v1beta1"],
    "Role": ["rbac.authorization.k8s.io/v1beta1"],
    "RoleBinding": ["rbac.authorization.k8s.io/v1beta1"],
    "ClusterRole": ["rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1"],
    "ClusterRoleBinding": ["rbac.authorization.k8s.io/v1beta1"],
    "CustomResourceDefinition": ["apiextensions.k8s.io/v1beta1"],
    "StorageClass": ["storage.k8s.io/v1beta1"],
    "PriorityClass": ["scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1alpha1"],
    "ValidatingWebhookConfiguration": ["admissionregistration.k8s.io/v1beta1"],
    "MutatingWebhookConfiguration": ["admissionregistration.k8s.io/v1beta1"],
}


@defect("deprecated-api", K)
def removed(file, rng):
    documents = [
        d for d in file.documents
        if d.text("kind") in OLD and d.get("apiVersion") is not None
    ]
    if not documents:
        return
    document = rng.choice(documents)
    version = document.get("apiVersion")
    for old in OLD[document.text("kind")]:
        yield Case(f"{document.text('kind')} of {old}",
                   file.edited([file.with_value(version, old, MARK)]))
        yield Case(f"{document.text('kind')} of {old}, in quotes",
                   file.edited([file.with_value(version, f'"{old}"', MARK)]))
