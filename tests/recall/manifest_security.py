"""Defects of security contexts, of what pods share with their node, and of Secrets."""

import base64

from defects import MARK, Case, defect
from manifests import (
    K,
    PODS,
    choose,
    indent,
    insert_below,
    insert_in_container,
    mark,
    name_line,
    whole_block,
    workloads,
)


def contexts(workload):
    """The security contexts of the pod and of its containers."""
    nodes = [workload.pod.get("securityContext")] + [
        c.get("securityContext") for c in workload.containers()
    ]
    return [n for n in nodes if n is not None]


def is_plain(workload):
    return (
        workload.pod.get("initContainers") is None
        and all(c.children and not c.value for c in contexts(workload))
        and all(
            c.get("securityContext") is None or whole_block(c.get("securityContext"))
            for c in workload.containers()
        )
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
    yield Case(
        "user and runAsNonRoot removed",
        file.edited(removed(file, nodes) + [mark(file, name_line(first))]),
    )
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
        yield Case(
            "root in the container's own",
            file.edited([insert_below(file, context, ["runAsUser: 0" + MARK])]),
        )


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
        if context.text("privileged") == "true" or "SYS_ADMIN" in "".join(
            file.lines[context.line : context.end]
        ):
            return
        yield Case(f"{key}: {wrong}", file.edited([file.with_value(node, wrong, MARK)]))
        if len(context.children) > 1:
            yield Case("line removed", file.edited([file.deleted(node), mark(file, context.line)]))
        yield Case(
            "context removed", file.edited([file.deleted(context), mark(file, name_line(c))])
        )

    return inject


boolean_of_container("privilege-escalation", "allowPrivilegeEscalation", "true")
boolean_of_container("writable-root-filesystem", "readOnlyRootFilesystem", "false")


@defect("capabilities-kept", K)
def capabilities_kept(file, rng):
    def wanted(w, c):
        node = c.get("securityContext", "capabilities")
        return (
            node is not None
            and (node.children or node.value)
            and c.text("securityContext", "privileged") != "true"
        )

    w, c = choose(file, rng, PODS, wanted)
    if c is None:
        return
    context = c.get("securityContext")
    node = context.get("capabilities")
    if node.first_on_line():
        return
    if len(context.children) > 1:
        yield Case(
            "capabilities removed", file.edited([file.deleted(node), mark(file, context.line)])
        )
    pad = indent(node)
    for variant, lines in (
        (
            "SYS_ADMIN added",
            ["capabilities:", "  drop:", "    - ALL", "  add:", "    - SYS_ADMIN" + MARK],
        ),
        (
            "NET_ADMIN among others",
            [
                "capabilities:",
                "  drop: [ALL]",
                "  add:",
                "  - NET_BIND_SERVICE",
                "  - NET_ADMIN" + MARK,
            ],
        ),
        (
            "only NET_RAW dropped",
            ["capabilities:" + MARK, "  drop:" + MARK, "    - NET_RAW" + MARK],
        ),
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
    if not w.containers():
        return
    first = w.containers()[0]
    # It could go into the pod's context as well as into the first container's.
    places = {name_line(first)} | {
        n.line for n in (w.pod.get("securityContext"), first.get("securityContext")) if n
    }
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
            put = (
                file.with_value(old, value, MARK)
                if old
                else insert_below(file, context, [f"privileged: {value}" + MARK])
            )
            yield Case(f"privileged: {value}", file.edited([put]))


@defect("read-only-root-without-tmp", K)
def read_only_root_without_tmp(file, rng):
    w, c = choose(
        file,
        rng,
        PODS,
        lambda w, c: c.get("volumeMounts") is None
        and c.get("securityContext") is None
        and c.get("command") is None,
    )
    if c is not None:
        lines = ["securityContext:", "  readOnlyRootFilesystem: true" + MARK]
        yield Case("added without a mount", file.edited([insert_in_container(file, c, lines)]))
        image = rng.choice(
            ["nginx:1.29", "nginx:1.27-alpine", "httpd:2.4", "docker.io/library/tomcat:10.1-jre21"]
        )
        changes = [file.with_value(c.get("image"), image), insert_in_container(file, c, lines)]
        yield Case("a program known to write", file.edited(changes))
    w, c = choose(
        file,
        rng,
        PODS,
        lambda w, c: c.text("securityContext", "readOnlyRootFilesystem") == "true"
        and whole_block(c.get("volumeMounts")),
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
    for key, value in (
        ("hostNetwork", "true"),
        ("hostPID", "true"),
        ("hostIPC", "yes"),
        ("hostNetwork", "True"),
    ):
        if w.pod.get(key) is not None:
            continue
        yield Case(
            f"{key}: {value}", file.edited([insert_below(file, w.pod, [f"{key}: {value}" + MARK])])
        )


@defect("host-path", K)
def host_path(file, rng):
    found = workloads(file)
    if not found:
        return
    w = rng.choice(found)
    volumes = w.pod.get("volumes")
    if volumes is None:
        for variant, lines in (
            (
                "docker.sock",
                [
                    "volumes:",
                    "- name: docker",
                    "  hostPath:",
                    "    path: /var/run/docker.sock" + MARK,
                    "    type: Socket",
                ],
            ),
            (
                "data folder",
                ["volumes:", "  - hostPath:", "      path: /mnt/data" + MARK, "    name: data"],
            ),
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
        yield Case(
            "one more volume",
            file.edited([(volumes.end, volumes.end, [" " * col + line for line in lines])]),
        )


# Secrets.


def b64(text):
    return base64.b64encode(text.encode()).decode()


@defect("plain-secret-committed", K)
def plain_secret_committed(file, rng):
    if not workloads(file):
        return
    word = "".join(
        rng.choice("abcdefghkmnpqrstuvwxyzABCDEFGHKLMNPQRSTUVWXYZ23456789") for _ in range(18)
    )
    head = [
        "---",
        "apiVersion: v1",
        "kind: Secret",
        "metadata:",
        "  name: app-credentials",
        "type: Opaque",
    ]
    for variant, lines in (
        ("base64", ["data:", f"  DB_PASSWORD: {b64(word)}" + MARK]),
        (
            "two values",
            ["data:", f"  username: {b64('appuser')}" + MARK, f'  password: "{b64(word)}"' + MARK],
        ),
        ("stringData", ["stringData:", f"  api-key: {word}" + MARK]),
        (
            "a connection string",
            ["stringData:", f"  DATABASE_URL: postgres://app:{word}@db:5432/app" + MARK],
        ),
        (
            "a file",
            ["stringData:", "  config.yaml: |" + MARK, "    user: app", f"    password: {word}"],
        ),
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
                    [
                        "---",
                        "apiVersion: v1",
                        "data:",
                        f"  token: {b64(word)}" + MARK,
                        "kind: Secret",
                        "metadata:",
                        "  creationTimestamp: null",
                        "  name: token",
                    ],
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
        if n.value
        and not n.children
        and not n.first_on_line()
        and "$" not in n.value
        and n.value[0] not in "|>*&"
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
        for variant, line in (
            ("a secret with plain text", "  password: changeme1!"),
            ("a secret with a quoted word", "  user: 'admin'"),
        ):
            end = len(file.lines)
            yield Case(variant, file.edited([(end, end, head + [line + MARK])]))
