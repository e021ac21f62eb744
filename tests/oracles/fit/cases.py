#!/usr/bin/env python3
"""Writes cases.json: clusters with pods that run and pods that are to be placed."""

import json
import random
import sys

rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 20261127)
pick = rng.choice
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 500

ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"
ZONES = ["a", "b", "c"]
APPS = ["web", "db", "cache", "job"]
NAMESPACES = ["default", "shop", "ops"]
IMAGES = ["web:1", "reg.example/db", "reg.example:5000/cache:2", "job", "big:3"]
SIZES = {"web:1": 90, "reg.example/db:latest": 400, "reg.example:5000/cache:2": 30, "job:latest": 5, "big:3": 2400}
TAINTS = [("dedicated", "db"), ("dedicated", "gpu"), ("spot", ""), ("node.kubernetes.io/unschedulable", "")]
EFFECTS = ["NoSchedule", "NoSchedule", "NoExecute", "PreferNoSchedule", "PreferNoSchedule"]


def chance(percent):
    return rng.random() * 100 < percent


def some(items, most):
    return rng.sample(items, rng.randint(1, min(most, len(items))))


def node(number, style):
    name = f"n{number}"
    labels = {}
    if chance(95):
        labels[HOST] = name
    if style != "flat" and chance(92):
        labels[ZONE] = pick(ZONES)
    if chance(3):
        labels[ZONE] = ""
    if chance(60):
        labels["disk"] = pick(["ssd", "hdd"])
    if chance(50):
        labels["cores"] = pick(["4", "8", "16", "many"])
    if chance(50):
        labels["rack"] = pick(["r1", "r2"])
    allocatable = {
        "cpu": pick(["1", "2", "2", "4", "3920m", "7500m", "0"] if chance(10) else ["2", "4", "3920m", "8"]),
        "memory": pick(["2Gi", "4Gi", "8Gi", "15Gi", "7700Mi", "3.9e9"]),
        "pods": pick(["110", "110", "58", "8", "4"]),
    }
    if chance(70):
        allocatable["ephemeral-storage"] = pick(["20Gi", "5Gi", "100G"])
    if chance(15):
        allocatable["nvidia.com/gpu"] = pick(["1", "2", "4"])
    if chance(10):
        allocatable["hugepages-2Mi"] = "256Mi"
    result = {"metadata": {"name": name, "labels": labels}, "status": {"allocatable": allocatable}}
    spec = {}
    if chance(14):
        taints = []
        for _ in range(pick([1, 1, 2, 3])):
            key, value = pick(TAINTS)
            taints.append({"key": key, "value": value, "effect": pick(EFFECTS)})
        spec["taints"] = taints
    if chance(4):
        spec["unschedulable"] = True
    if spec:
        result["spec"] = spec
    if chance(50):
        images = []
        for name in some(IMAGES, 4):
            full = name if ":" in name.split("/")[-1] else name + ":latest"
            size = SIZES[full] if chance(85) else SIZES[full] + 50
            images.append({"names": [full], "sizeBytes": size * 1024 * 1024})
        result["status"]["images"] = images
    return result


def selector(kind="labels"):
    """A label selector of pods."""
    if chance(4):
        return {}
    result = {}
    if chance(70):
        result["matchLabels"] = {"app": pick(APPS)}
        if chance(15):
            result["matchLabels"]["tier"] = pick(["front", "back"])
    if chance(40) or not result:
        operator = pick(["In", "NotIn", "Exists", "DoesNotExist"])
        one = {"key": pick(["app", "tier", "canary"]), "operator": operator}
        if operator in ("In", "NotIn"):
            one["values"] = some(APPS + ["front", "back"], 3)
        result["matchExpressions"] = [one]
    return result


def affinity_term():
    term = {"topologyKey": pick([HOST, HOST, ZONE, ZONE, "rack", "disk"])}
    if chance(96):
        term["labelSelector"] = selector()
    if chance(15):
        term["namespaces"] = some(NAMESPACES, 2)
    if chance(15):
        term["namespaceSelector"] = pick([
            {}, {"matchLabels": {"team": "red"}},
            {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["red"]}]},
            {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
        ])
    if chance(12):
        term["matchLabelKeys"] = some(["version", "tier", "missing"], 2)
    if chance(8):
        term["mismatchLabelKeys"] = some(["tenant", "app"], 1)
    return term


def pod_affinity(own):
    result = {}
    for side in ("podAffinity", "podAntiAffinity"):
        if chance(45):
            continue
        rules = {}
        if chance(35 if side == "podAffinity" else 60):
            terms = [affinity_term() for _ in range(pick([1, 1, 2]))]
            if side == "podAffinity" and chance(60):
                for term in terms:
                    term["labelSelector"] = {"matchLabels": {"app": own}}
            rules["requiredDuringSchedulingIgnoredDuringExecution"] = terms
        if chance(60):
            rules["preferredDuringSchedulingIgnoredDuringExecution"] = [
                {"weight": rng.randint(1, 100), "podAffinityTerm": affinity_term()} for _ in range(pick([1, 2, 3]))
            ]
        result[side] = rules
    return result


def node_requirement(nodes):
    operator = pick(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"])
    if operator in ("Gt", "Lt"):
        return {"key": "cores", "operator": operator, "values": [pick(["4", "6", "8", "x"])]}
    key, values = pick([("disk", ["ssd", "hdd"]), (ZONE, ZONES), ("cores", ["4", "8", "16"]), ("rack", ["r1", "r2"])])
    one = {"key": key, "operator": operator}
    if operator in ("In", "NotIn"):
        one["values"] = some(values, 2)
    return one


def node_term(nodes, fields=True):
    term = {}
    if chance(85):
        term["matchExpressions"] = [node_requirement(nodes) for _ in range(pick([1, 1, 2]))]
    if fields and chance(12):
        names = [f"n{rng.randint(0, len(nodes))}"]
        if chance(10):
            names.append("n0")
        term["matchFields"] = [{"key": "metadata.name", "operator": pick(["In", "In", "NotIn"]), "values": names}]
        if chance(10):
            term["matchFields"].append({"key": "metadata.name", "operator": "In", "values": ["n1"]})
    return term


def node_affinity(nodes):
    rules = {}
    if chance(60):
        rules["requiredDuringSchedulingIgnoredDuringExecution"] = {
            "nodeSelectorTerms": [node_term(nodes) for _ in range(pick([1, 1, 2]))]
        }
    if chance(60):
        rules["preferredDuringSchedulingIgnoredDuringExecution"] = [
            {"weight": rng.randint(1, 100), "preference": {"matchExpressions": [valid_requirement(nodes)]}}
            for _ in range(pick([1, 2, 3]))
        ]
    return rules


def valid_requirement(nodes):
    # The scheduler gives up on a pod whose preferences it cannot read.
    while True:
        one = node_requirement(nodes)
        if one.get("values") != ["x"]:
            return one


def spread(own):
    result = []
    for _ in range(pick([1, 1, 2, 3])):
        one = {
            "maxSkew": pick([1, 1, 2, 3, 5]),
            "topologyKey": pick([ZONE, ZONE, HOST, HOST, "rack"]),
            "whenUnsatisfiable": pick(["DoNotSchedule", "ScheduleAnyway"]),
        }
        if chance(95):
            one["labelSelector"] = {"matchLabels": {"app": own}} if chance(60) else selector()
        if one["whenUnsatisfiable"] == "DoNotSchedule" and chance(25):
            one["minDomains"] = pick([1, 2, 3, 4])
        if chance(25):
            one["nodeAffinityPolicy"] = pick(["Honor", "Ignore"])
        if chance(30):
            one["nodeTaintsPolicy"] = pick(["Honor", "Ignore"])
        if chance(20):
            one["matchLabelKeys"] = some(["version", "missing", "tier"], 2)
        result.append(one)
    return result


def tolerations():
    result = []
    for _ in range(pick([1, 1, 2])):
        if chance(10):
            result.append({"operator": "Exists"})
            continue
        key, value = pick(TAINTS)
        one = {"key": key}
        if chance(50):
            one["operator"] = "Exists"
        else:
            if chance(50):
                one["operator"] = "Equal"
            if value:
                one["value"] = value
        if chance(60):
            one["effect"] = pick(EFFECTS)
        result.append(one)
    return result


def container(name, image, light=False):
    result = {"name": name, "image": image}
    requests = {}
    if chance(75):
        requests["cpu"] = pick(["50m", "100m", "250m"] if light else ["100m", "250m", "500m", "1", "1500m"])
    if chance(75):
        requests["memory"] = pick(["64Mi", "128Mi"] if light else ["128Mi", "512Mi", "1Gi", "900M", "2Gi"])
    if chance(6):
        requests["ephemeral-storage"] = pick(["500M", "1Gi", "4Gi", "30Gi"])
    resources = {"requests": requests}
    if chance(6):
        resources["limits"] = {"nvidia.com/gpu": pick(["1", "2", "0"])}
    if chance(3):
        resources["limits"] = {"hugepages-2Mi": "64Mi"}
    if chance(10):
        resources.setdefault("limits", {})["cpu"] = "2"
    if chance(90):
        result["resources"] = resources
    if chance(6):
        port = {"containerPort": 8080, "hostPort": pick([80, 443, 8080])}
        if chance(30):
            port["protocol"] = pick(["TCP", "UDP"])
        if chance(30):
            port["hostIP"] = pick(["127.0.0.1", "10.0.0.1", "0.0.0.0"])
        result["ports"] = [port]
    return result


def pod(name, nodes, running):
    app = pick(APPS)
    namespace = pick(NAMESPACES) if chance(50) else "default"
    labels = {"app": app}
    for key, values in [("tier", ["front", "back"]), ("version", ["1", "2"]), ("tenant", ["x", "y"]), ("canary", ["yes"])]:
        if chance(30):
            labels[key] = pick(values)
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    spec = {"containers": [container(f"c{i}", pick(IMAGES), running) for i in range(pick([1, 1, 2]))]}
    if chance(12):
        inits = []
        for i in range(pick([1, 2])):
            one = container(f"i{i}", pick(IMAGES), running)
            if chance(50):
                one["restartPolicy"] = "Always"
            else:
                one.pop("ports", None)
            inits.append(one)
        spec["initContainers"] = inits
    if chance(6):
        spec["resources"] = {"requests": {pick(["cpu", "memory"]): pick(["1", "700Mi"])}}
        for one in spec["containers"] + spec.get("initContainers", []):
            one.pop("resources", None)
    if chance(5):
        spec["overhead"] = {"cpu": "120m", "memory": "40Mi"}
    if chance(4):
        spec["hostNetwork"] = True
        spec["containers"][0]["ports"] = [{"containerPort": pick([80, 9100])}]
    affinity = {}
    if chance(35):
        affinity.update(pod_affinity(app))
    if not running:
        if chance(22):
            affinity["nodeAffinity"] = node_affinity(nodes)
        if chance(10):
            spec["nodeSelector"] = pick([{"disk": "ssd"}, {ZONE: "a"}, {"cores": "8"}])
        if chance(35):
            spec["topologySpreadConstraints"] = spread(app)
        if chance(2):
            spec["nodeName"] = f"n{rng.randint(0, len(nodes))}"
        if chance(1):
            spec["schedulingGates"] = [{"name": "example.com/wait"}, {"name": "example.com/more"}][: pick([1, 2])]
        if chance(3):
            spec["volumes"] = [{"name": "v", "image": {"reference": pick(IMAGES)}}]
    if affinity:
        spec["affinity"] = affinity
    if chance(25):
        spec["tolerations"] = tolerations()
    if running and chance(4):
        metadata["deletionTimestamp"] = "2026-11-27T00:00:00Z"
    return {"metadata": metadata, "spec": spec}


def owner(pod, sets, kind):
    name = f"{pod['metadata']['labels']['app']}-{len(sets)}"
    api = "v1" if kind == "ReplicationController" else "apps/v1"
    pod["metadata"]["ownerReferences"] = [
        {"apiVersion": api, "kind": kind, "name": name, "uid": "o", "controller": True}
    ]
    labels = {"app": pod["metadata"]["labels"]["app"]}
    selecting = labels if kind == "ReplicationController" else {"matchLabels": labels}
    sets.append({
        "metadata": {"name": name, "namespace": pod["metadata"]["namespace"]},
        "spec": {"selector": selecting},
    })


def cluster():
    style = pick(["zones", "zones", "flat"])
    nodes = [node(i, style) for i in range(pick([1, 2, 3, 4, 6, 9, 13]))]
    running = []
    for i in range(rng.randint(0, len(nodes) + 3)):
        one = pod(f"r{i}", nodes, True)
        one["spec"]["nodeName"] = pick(nodes)["metadata"]["name"]
        running.append(one)
    pending = [pod(f"p{i}", nodes, False) for i in range(rng.randint(2, 4))]
    result = {"nodes": nodes, "running": running, "pending": []}
    sets = {"ReplicaSet": [], "StatefulSet": [], "ReplicationController": []}
    for one in pending:
        if chance(40):
            kind = pick(list(sets))
            owner(one, sets[kind], kind)
        result["pending"].append({"pod": one, "copies": pick([1, 1, 2, 4])})
    for key, kind in [("replicaSets", "ReplicaSet"), ("statefulSets", "StatefulSet"), ("replicationControllers", "ReplicationController")]:
        if sets[kind]:
            result[key] = sets[kind]
    services = []
    for app in APPS:
        if chance(15):
            services.append({
                "metadata": {"name": app, "namespace": pick(NAMESPACES)},
                "spec": {"selector": {"app": app}} if chance(90) else {},
            })
    if services:
        result["services"] = services
    result["namespaces"] = [
        {"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name, **({"team": pick(["red", "blue"])} if chance(60) else {})}}}
        for name in NAMESPACES
    ]
    return result


clusters = [cluster() for _ in range(COUNT)]
print("[")
print(",\n".join(json.dumps(one, separators=(",", ":")) for one in clusters))
print("]")
