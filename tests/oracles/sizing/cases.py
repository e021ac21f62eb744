#!/usr/bin/env python3
"""Writes cases.json: pods to ask about, and groups of them under memory pressure."""

import json
import random

rng = random.Random(20261126)
pick = rng.choice

CPU = ["100m", "250m", "0.5", "1", "1.0", "1000m", "2", "33m", "0.1", "1500u", "0", 1, 0.5, 2, "1e-1", "2e0"]
MEMORY = ["64Mi", "128Mi", "256Mi", "1Gi", "1024Mi", "300M", "128974848", "1.5Gi", "2Gi", "0", "1e9", "100m", 268435456, "123456789"]
GREAT = ["64Gi", "1Ti", "3Pi", "10Pi", "9.5Pi"]
OTHER = {
    "ephemeral-storage": ["1Gi", "500M", "2Gi", "0"],
    "hugepages-2Mi": ["2Mi", "64Mi", "128Mi"],
    "hugepages-1Gi": ["1Gi", "2Gi"],
    "nvidia.com/gpu": ["1", 2],
    "example.kubernetes.io/thing": ["3"],
}
CLASSES = ["", "system-node-critical", "system-cluster-critical", "gold"]
PRIORITIES = [0, 0, 1, 10, 1000, -5, -2147483648, 1999999999, 2000000000, 2000001000]


def chance(percent):
    return rng.random() * 100 < percent


def amount(name, great):
    if name == "cpu":
        return pick(CPU)
    if name == "memory":
        return pick(GREAT) if chance(great) else pick(MEMORY)
    return pick(OTHER[name])


def resources(style, great, pod_level=False):
    """Requests and limits of one container or pod."""
    if style == "none":
        return pick([None, None, {}, {"requests": {}}, {"limits": {}}, {"limits": None}])
    names = ["cpu", "memory"]
    requests, limits = {}, {}
    if style == "guaranteed":
        for name in names:
            limits[name] = amount(name, great)
            if chance(60):
                requests[name] = limits[name]
    else:
        for name in names:
            if chance(65):
                requests[name] = amount(name, great)
            if chance(50):
                limits[name] = amount(name, great)
    for name in OTHER:
        # Extended resources on a whole pod are refused; they are asked about all the same.
        if chance(3 if pod_level else 7):
            limits[name] = amount(name, great)
            if chance(50):
                requests[name] = limits[name]
    result = {}
    if requests:
        result["requests"] = requests
    if limits:
        result["limits"] = limits
    return result


def container(style, great):
    one = {}
    if style == "mixed":
        style = pick(["none", "guaranteed", "burstable"])
    found = resources(style, great)
    if found is not None:
        one["resources"] = found
    return one


def pod():
    style = pick(["none", "guaranteed", "guaranteed", "burstable", "burstable", "burstable", "mixed", "mixed"])
    great = 20 if chance(6) else 0
    spec = {"containers": [container(style, great) for _ in range(pick([1, 1, 1, 2, 2, 3, 5]))]}
    inits = []
    for _ in range(pick([0, 0, 1, 2, 3, 4]) if chance(60) else 0):
        one = container(style if chance(80) else "mixed", great)
        if chance(50):
            one["restartPolicy"] = "Always"
        elif chance(5):
            one["restartPolicy"] = pick(["Never", "OnFailure"])
        inits.append(one)
    if inits:
        spec["initContainers"] = inits
    if chance(35):
        own = resources(pick(["none", "guaranteed", "burstable", "burstable"]), great, pod_level=True)
        if own is not None:
            spec["resources"] = own
    if chance(25):
        spec["overhead"] = {
            name: amount(name, great) for name in ["cpu", "memory", "ephemeral-storage"] if chance(70)
        }
    if chance(60):
        spec["priority"] = pick(PRIORITIES)
    if chance(30):
        spec["priorityClassName"] = pick(CLASSES)
    one = {"spec": spec, "capacity": pick([1 << 30, 4_000_000_000, 16 << 30, 67_430_912_000, 1 << 40])}
    if chance(12):
        one["source"] = pick(["api", "file", "mirror"])
    return one


UNITS = {"": 1, "m": 1e-3, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "M": 10**6}


def value(quantity):
    text = str(quantity)
    digits = text.rstrip("mMGTPi")
    return int(float(digits) * UNITS[text[len(digits):]])


def usage(one):
    """Around what the pod asks for, so that all branches are taken."""
    base = 0
    for each in one["spec"]["containers"]:
        asked = (each.get("resources") or {}).get("requests") or {}
        base += value(asked.get("memory", 0))
    if chance(7):
        return ""
    if chance(5):
        return -1
    if chance(25):
        return pick([0, 1, 64 << 20, 300 << 20, 1 << 30])
    return max(0, base + pick([-(32 << 20), -1, 0, 1, 4096, 32 << 20, 100 << 20, 1 << 30]))


def main():
    pods = [pod() for _ in range(1500)]
    pressure = []
    for _ in range(500):
        count = pick([1, 2, 3, 4, 6, 8, 12, 13, 20, 40])
        few = rng.sample(range(len(pods)), min(count, pick([2, 5, 40])))
        members = [pick(few) for _ in range(count)]
        pressure.append(" ".join(f"{n}:{usage(pods[n])}" for n in members))
    with open("cases.json", "w") as out:
        out.write('{"pods": [\n')
        out.write(",\n".join(json.dumps(one, separators=(",", ":")) for one in pods))
        out.write('\n], "pressure": [\n')
        out.write(",\n".join(json.dumps(one, separators=(",", ":")) for one in pressure))
        out.write("\n]}\n")


if __name__ == "__main__":
    main()
