"""Defects of probes."""

import re

from defects import MARK, Case, defect
from manifests import (
    K,
    LASTING,
    PODS,
    SIDE_PORT,
    choose,
    indent,
    insert_in_container,
    mark,
    name_line,
    whole_block,
)
from outline import Node


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
            file,
            rng,
            LASTING,
            lambda w, c: whole_block(c.get(key)) and not c.get(key).value and serves(c),
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
    return next(
        (probe.get(k) for k in ("httpGet", "tcpSocket", "exec", "grpc") if probe.get(k)), None
    )


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
        file,
        rng,
        PODS,
        lambda w, c: block_probe(c, "livenessProbe") and handler_of(c.get("livenessProbe")),
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
        file,
        rng,
        PODS,
        lambda w, c: block_probe(c, "readinessProbe") and handler_of(c.get("readinessProbe")),
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
        file.line(n) for n in range(ready.line + 1, ready.end) if delay is None or n != delay.line
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
        file,
        rng,
        PODS,
        lambda w, c: block_probe(c, "startupProbe") and block_probe(c, "livenessProbe"),
    )
    if c is not None:
        startup, live = c.get("startupProbe"), c.get("livenessProbe")
        changes = [file.deleted(startup)] + tuned(file, live, {"initialDelaySeconds": (90, MARK)})
        yield Case("startup probe given up for a delay", file.edited(changes))
    w, c = choose(
        file,
        rng,
        ("Deployment", "StatefulSet"),
        lambda w, c: not c.get("startupProbe") and not c.get("livenessProbe"),
    )
    if c is not None:
        image = rng.choice(
            ["jenkins/jenkins:2.516.2-jdk21", "sonarqube:10.7-community", "sonatype/nexus3:3.70.1"]
        )
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
        declared = [
            p for p in (c.get("ports") or Node(0, 0)).items() if p.text("name") == port.text()
        ]
        others = [p for p in named if p.text() == port.text()]
        if declared:
            changes = [file.with_value(declared[0].get("name"), "renamed")]
            yield Case(
                "declaration renamed", file.edited(changes + [mark(file, p.line) for p in others])
            )
    w, c = choose(
        file, rng, PODS, lambda w, c: any(re.fullmatch(r"\d+", p.value) for p in probes(c))
    )
    if c is not None:
        port = rng.choice([p for p in probes(c) if re.fullmatch(r"\d+", p.value)])
        yield Case(
            "a number in quotes", file.edited([file.with_value(port, f'"{port.value}"', MARK)])
        )
        yield Case("a name for a number", file.edited([file.with_value(port, "http-main", MARK)]))
