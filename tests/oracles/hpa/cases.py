#!/usr/bin/env python3
"""Writes cases.json: cases for the replica calculator and for behaviors, and which replays."""

import json
import random

rng = random.Random(20260701)
pick = rng.choice


def chance(percent):
    return rng.random() * 100 < percent


def amount(resource):
    if resource == "memory":
        return pick(["64Mi", "256Mi", "1Gi", "300M", "128974848", "1.5Gi"])
    return pick(["100m", "250m", "0.5", "1", "1.0", "2", "33m", "0.1", "1500u"])


def pod(resource, init):
    start = pick([0, 1, 500, init - 1, init, init + 1, init * 3, 3600_000])
    since = max(0, pick([start, start - 1, start - 5_000, start - 30_000, start // 2, 0, 20_000, 60_000]))
    one = {
        "phase": pick(["Running"] * 12 + ["Pending", "Pending", "Failed", "Succeeded", "Unknown"]),
        "deleted": chance(6),
        "start": None if chance(4) else start,
        "ready": pick(["True"] * 8 + ["False"] * 3 + ["Unknown", ""]),
        "since": since,
        "containers": [amount(resource) for _ in range(pick([1, 1, 2, 3]))],
        "sidecars": [amount(resource)] if chance(15) else [],
        "inits": [amount(resource)] if chance(15) else [],
        "pod": amount(resource) if chance(10) else None,
        "overhead": amount(resource) if chance(10) else None,
    }
    return one


def calculation(number):
    function = pick(["utilization"] * 6 + ["raw"] * 3 + ["pods"] * 3 + ["object", "objectPerPod", "external", "externalPerPod"])
    resource = pick(["cpu", "cpu", "cpu", "memory"])
    init = pick([300_000, 120_000, 30_000, 0])
    count = pick([1, 2, 2, 3, 3, 4, 5, 6, 8]) if chance(92) else pick([0, 12, 30])
    container = pick(["c0", "c1", "s0", "nowhere"]) if chance(15) else ""
    # Which pod an error names is up to the order of a map: all fail alike, or one does.
    uniform = chance(60) or container
    pods = [pod(resource, init) for _ in range(count)]
    if uniform:
        for one in pods:
            one.update(containers=list(pods[0]["containers"]), sidecars=[], inits=[], pod=None, overhead=None)
    if pods and not container and chance(5):
        pick(pods)["containers"][-1] = None
    if chance(35):
        for one in pods:
            one.update(phase="Running", deleted=False, start=3600_000, since=3000_000, ready="True")
    scale = {"cpu": 1, "memory": 250_000_000}[resource] if function in ("utilization", "raw") else 1
    target = pick([1, 30, 50, 60, 70, 80, 100, 150, 300]) if function == "utilization" else pick([1, 100, 333, 500, 1000, 20000]) * scale
    base = target * pick([5, 6, 10]) * scale if function == "utilization" else target
    factor = pick([0, 0.1, 0.5, 0.85, 0.89, 0.9, 0.95, 1, 1.05, 1.09, 1.1, 1.11, 1.5, 2, 3, 9])
    samples = []
    for index in range(count):
        if chance(88):
            wobble = 1 if chance(40) else rng.uniform(0.6, 1.4)
            samples.append({
                "name": f"p{index}",
                "value": int(base * factor * wobble),
                "age": pick([0, 1000, 15_000, 30_000, 59_999, 60_000]),
                "window": pick([15_000, 30_000, 60_000]),
            })
    if chance(8):
        samples.append({"name": "stranger", "value": int(base * factor), "age": 0, "window": 60_000})
    if chance(2) and samples:
        samples[0]["value"] = pick([9_000_000_000_000_000_000, 200_000_000_000_000_000, -1, -5000])
    series = [int(target * factor * pick([1, 2, 3, 7, count or 1])) for _ in range(pick([1, 1, 2, 4]))]
    if chance(6):
        series = pick([[9_223_372_036_854_775_807], [9_223_372_036_854_775_000, 5000], [-5, 3], [0], [4_000_000_000_000_000]])
    current = count if chance(70) else pick([0, 1, 2, 5, 10, 100])
    tolerance = pick([0.1, 0.1, 0.1, 0.0, 0.01, 0.2, 0.36])
    return {
        "function": function,
        "current": current,
        "status": current if chance(80) else pick([0, 1, count]),
        "target": target,
        "down": tolerance,
        "up": tolerance if chance(70) else pick([0.0, 0.05, 2.0]),
        "resource": resource,
        "container": container,
        "init": init,
        "delay": pick([30_000, 10_000, 0]),
        "pods": pods,
        "samples": samples,
        "series": series,
        "error": "the server is busy" if chance(2) else "",
    }


PERIODS = [15, 30, 60, 120, 300, 600, 1800]


def aged(count, values):
    edges = [p * 1000 + d for p in PERIODS + [0] for d in (-1, 0, 1)]
    ages = [max(0, pick(edges) if chance(40) else rng.randrange(2_000_000)) for _ in range(count)]
    # Mostly in the order of time, but slots are taken again, so not always.
    if chance(70):
        ages.sort(reverse=True)
    return [[pick(values), age] for age in ages]


def rules(up):
    window = pick([0, 0, 15, 60, 300, 600, 1800])
    if not up and chance(30):
        window = None
    return {
        "window": window,
        "select": pick(["Max"] * 4 + ["Min"] * 3 + ["Disabled"]),
        "policies": [
            {"type": kind, "value": rng.randint(1, 12) if kind == "Pods" else pick([1, 5, 10, 50, 100, 150, 900]), "period": pick(PERIODS)}
            for kind in (pick(["Pods", "Percent"]) for _ in range(pick([1, 1, 2, 2, 3])))
        ],
        "tolerance": "",
    }


def behavior(number):
    least = pick([0, 1, 2, 5, 10])
    most = least + pick([0, 1, 5, 20, 100])
    current = rng.randint(max(0, least - 1), most + 1)
    near = [max(0, current + d) for d in (-30, -5, -2, -1, 0, 1, 2, 5, 30)]
    plain = chance(20)
    return {
        "current": current,
        "proposed": pick(near) if chance(80) else pick([0, 1, 100, 2_147_483_647]),
        "min": least,
        "max": most,
        "flag": pick([300, 60, 0]),
        "up": None if plain else rules(True),
        "down": None if plain else rules(False),
        "recent": aged(pick([0, 1, 2, 4, 8, 20]), near),
        "ups": aged(pick([0, 0, 1, 2, 5]), [1, 2, 4, 10]),
        "downs": aged(pick([0, 0, 1, 2, 5]), [1, 2, 4, 10]),
    }


def lean(case):
    """Writes pods and samples short, and leaves out what the function does not look at."""
    texts = []
    for one in case["pods"]:
        state = [one["phase"], int(one["deleted"]), "" if one["start"] is None else one["start"], one["ready"], one["since"]]
        requests = [",".join("-" if r is None else r for r in one[kind]) for kind in ("containers", "sidecars", "inits")]
        texts.append(";".join([",".join(map(str, state)), *requests, one["pod"] or "", one["overhead"] or ""]))
    case["pods"] = texts
    case["samples"] = [",".join(map(str, one.values())) for one in case["samples"]]
    keep = {"utilization": "pods samples", "raw": "pods samples", "pods": "pods samples", "object": "pods series", "external": "pods series"}
    kept = keep.get(case["function"], "series").split()
    return {k: v for k, v in case.items() if k in kept or (k not in ("pods", "samples", "series") and v != "")}


FLOATS = ["0", "0.1", "0.05", "50m", "150m", "0.15", "0.075", "75m", "1", "1.5", "2", "10m", "0.333", "333m", "0.0001", "100u", "5e-2", "1k", "007.70m", "0.1500"]

cases = {
    "calculator": [lean(calculation(n)) for n in range(1300)],
    "behavior": [behavior(n) for n in range(900)],
    "floats": FLOATS,
    "replays": {"first": 1, "count": 200, "steps": 500},
}
with open("cases.json", "w") as out:
    out.write("{\n")
    for kind in ("calculator", "behavior"):
        out.write(f'"{kind}": [\n')
        out.write(",\n".join(json.dumps(one, separators=(",", ":")) for one in cases[kind]))
        out.write("\n],\n")
    out.write(f'"floats": {json.dumps(cases["floats"])},\n"replays": {json.dumps(cases["replays"])}\n}}\n')
