"""Our cases for the API server: small objects with one thing changed each.

`CASES` is a list of (name, manifest); manifests are JSON, or YAML where its typing matters.
"""

import copy
import json

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a"},
    "spec": {
        "containers": [
            {
                "name": "web",
                "image": "web:1",
                "ports": [{"containerPort": 80, "name": "http"}],
                "env": [{"name": "A", "value": "b"}],
                "resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": "1"}},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "readinessProbe": {"httpGet": {"port": 80}},
            }
        ],
        "volumes": [{"name": "data", "emptyDir": {}}],
    },
}
TEMPLATE = {
    "metadata": {"labels": {"app": "a"}},
    "spec": {"containers": [{"name": "web", "image": "web:1"}]},
}


def workload(kind, spec):
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}


SELECTED = {"selector": {"matchLabels": {"app": "a"}}, "template": TEMPLATE}
DEPLOYMENT = workload("Deployment", {"replicas": 2, **SELECTED})
STATEFUL = workload("StatefulSet", {"serviceName": "a", **SELECTED})
DAEMON = workload("DaemonSet", SELECTED)
JOB_SPEC = {
    "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a:1"}]}}
}
JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": JOB_SPEC}
CRON = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "a"},
    "spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": JOB_SPEC}},
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "a"},
    "spec": {"selector": {"app": "a"}, "ports": [{"port": 80, "targetPort": 8080}]},
}
INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "a"},
    "spec": {
        "rules": [
            {
                "host": "a.example",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "a", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ]
    },
}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "a"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
VOLUME = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "a"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
        "hostPath": {"path": "/a"},
    },
}
SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "a"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
        "minReplicas": 1,
        "maxReplicas": 3,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 80},
                },
            }
        ],
    },
}
BUDGET = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "a"},
    "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}},
}
POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "a"},
    "spec": {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80, "protocol": "TCP"}]}],
    },
}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "a"},
    "data": {"a": "b"},
}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "a"},
    "stringData": {"a": "b"},
}
ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "a"},
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
}
BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "metadata": {"name": "a"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
    "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "a"}],
}
STORAGE = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "a"},
    "provisioner": "a.example/b",
}
ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}}
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
PRIORITY = {
    "apiVersion": "scheduling.k8s.io/v1",
    "kind": "PriorityClass",
    "metadata": {"name": "a"},
    "value": 5,
}
WEBHOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "a"},
    "webhooks": [
        {
            "name": "a.b.example",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "clientConfig": {"service": {"name": "a", "namespace": "a"}},
            "rules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "resources": ["pods"],
                    "operations": ["CREATE"],
                }
            ],
        }
    ],
}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "as.a.example"},
    "spec": {
        "group": "a.example",
        "scope": "Namespaced",
        "names": {"plural": "as", "singular": "a", "kind": "A"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    },
}
QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "a"},
    "spec": {"hard": {"pods": "5", "requests.cpu": "1"}},
}
RANGE = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "a"},
    "spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]},
}

GONE = object()


def changed(base, *changes):
    """The object with values at dotted paths replaced or, with GONE, removed."""
    out = copy.deepcopy(base)
    for path, value in changes:
        at = out
        *way, last = path.split(".")
        for step in way:
            at = at[int(step)] if step.isdigit() else at.setdefault(step.replace("~", "."), {})
        last = int(last) if last.isdigit() else last.replace("~", ".")
        if value is GONE:
            del at[last]
        elif isinstance(at, list) and last == len(at):
            at.append(copy.deepcopy(value))
        else:
            at[last] = copy.deepcopy(value)
    return out


CASES = []


def case(name, base, *changes):
    CASES.append((name, json.dumps(changed(base, *changes))))


def text(name, manifest):
    CASES.append((name, manifest))


for name, base in [
    ("pod", POD), ("deployment", DEPLOYMENT), ("statefulset", STATEFUL), ("daemonset", DAEMON),
    ("job", JOB), ("cronjob", CRON), ("service", SERVICE), ("ingress", INGRESS), ("claim", CLAIM),
    ("volume", VOLUME), ("autoscaler", SCALER), ("budget", BUDGET), ("policy", POLICY),
    ("config", CONFIG), ("secret", SECRET), ("role", ROLE), ("binding", BINDING),
    ("storage", STORAGE), ("account", ACCOUNT), ("namespace", NAMESPACE), ("priority", PRIORITY),
    ("webhook", WEBHOOK), ("definition", DEFINITION), ("quota", QUOTA), ("range", RANGE),
]:
    case(f"{name}: as it should be", base)
    case(f"{name}: no name", base, ("metadata.name", GONE))
    case(f"{name}: a field that is not there", base, ("metadata.lables", {"a": "b"}))
    case(f"{name}: a name in capitals", base, ("metadata.name", "Abc"))
    case(f"{name}: a name with an underscore", base, ("metadata.name", "a_b"))

C = "spec.containers.0"
for path in ["name", "image"]:
    case(f"container: no {path}", POD, (f"{C}.{path}", GONE))
case("container: name in capitals", POD, (f"{C}.name", "Web"))
case("container: name with a dot", POD, (f"{C}.name", "a.b"))
case("container: image empty", POD, (f"{C}.image", ""))
for value in ["always", "Always", "Sometimes", ""]:
    case(f"container: imagePullPolicy {value!r}", POD, (f"{C}.imagePullPolicy", value))
case("container: terminationMessagePolicy", POD, (f"{C}.terminationMessagePolicy", "Log"))
case("containers: none", POD, ("spec.containers", []))
case("containers: missing", POD, ("spec.containers", GONE))
case("containers: two of one name", POD, ("spec.containers.1", {"name": "web", "image": "b"}))
case("containers: init of one name", POD, ("spec.initContainers", [{"name": "web", "image": "b"}]))
case("containers: null", POD, ("spec.containers", None))
case("spec: missing", POD, ("spec", GONE))
for value in ["always", "Sometimes", "OnFailure"]:
    case(f"pod: restartPolicy {value}", POD, ("spec.restartPolicy", value))
    case(f"deployment: restartPolicy {value}", DEPLOYMENT, ("spec.template.spec.restartPolicy", value))
for value in ["clusterFirst", "Default"]:
    case(f"pod: dnsPolicy {value}", POD, ("spec.dnsPolicy", value))
case("pod: dnsPolicy None without config", POD, ("spec.dnsPolicy", "None"))
case("pod: grace negative", POD, ("spec.terminationGracePeriodSeconds", -1))
case("pod: deadline zero", POD, ("spec.activeDeadlineSeconds", 0))
case("pod: hostname with a dot", POD, ("spec.hostname", "a.b"))
case("pod: subdomain with a dot", POD, ("spec.subdomain", "a.b"))
case("pod: serviceAccountName", POD, ("spec.serviceAccountName", "A_b"))
case("pod: nodeName", POD, ("spec.nodeName", "A_b"))
case("pod: nodeSelector key", POD, ("spec.nodeSelector", {"a b": "c"}))
case("pod: nodeSelector value", POD, ("spec.nodeSelector", {"a": "b c"}))
case("pod: priorityClassName", POD, ("spec.priorityClassName", "A_b"))
case("pod: runtimeClassName", POD, ("spec.runtimeClassName", "A_b"))
case("pod: hostAliases ip", POD, ("spec.hostAliases", [{"ip": "a", "hostnames": ["a"]}]))
case("pod: hostAliases host", POD, ("spec.hostAliases", [{"ip": "1.1.1.1", "hostnames": ["A_b"]}]))
case("pod: hostAliases no ip", POD, ("spec.hostAliases", [{"hostnames": ["a"]}]))
case("pod: hostAliases twice", POD, ("spec.hostAliases", [{"ip": "1.1.1.1", "hostnames": ["a"]}] * 2))
case("pod: imagePullSecrets twice", POD, ("spec.imagePullSecrets", [{"name": "a"}] * 2))
case("pod: imagePullSecrets no name", POD, ("spec.imagePullSecrets", [{}]))
case("pod: imagePullSecrets strings", POD, ("spec.imagePullSecrets", ["a"]))

P = f"{C}.ports"
case("port: missing containerPort", POD, (f"{P}.0.containerPort", GONE))
case("port: zero", POD, (f"{P}.0.containerPort", 0))
case("port: too large", POD, (f"{P}.0.containerPort", 70000))
case("port: string", POD, (f"{P}.0.containerPort", "80"))
case("port: name in capitals", POD, (f"{P}.0.name", "HTTP"))
case("port: name too long", POD, (f"{P}.0.name", "abcdefghijklmnop"))
case("port: name without letters", POD, (f"{P}.0.name", "8080"))
case("port: name with two dashes", POD, (f"{P}.0.name", "a--b"))
case("port: protocol lower", POD, (f"{P}.0.protocol", "tcp"))
case("port: protocol HTTP", POD, (f"{P}.0.protocol", "HTTP"))
case("port: hostPort zero", POD, (f"{P}.0.hostPort", 0))
case("port: hostIP", POD, (f"{P}.0.hostIP", "localhost"))
case("ports: two of one number", POD, (f"{P}.1", {"containerPort": 80}))
case("ports: two of one name", POD, (f"{P}.1", {"containerPort": 81, "name": "http"}))
case("ports: one number, two protocols", POD, (f"{P}.1", {"containerPort": 80, "protocol": "UDP"}))
case("port: hostPort on hostNetwork", POD, ("spec.hostNetwork", True), (f"{P}.0.hostPort", 81))

E = f"{C}.env"
case("env: no name", POD, (f"{E}.0.name", GONE))
case("env: value number", POD, (f"{E}.0.value", 1))
case("env: value bool", POD, (f"{E}.0.value", True))
case("env: value null", POD, (f"{E}.0.value", None))
case("env: name with =", POD, (f"{E}.0.name", "A=B"))
case("env: name with a space", POD, (f"{E}.0.name", "A B"))
case("env: name with a dot", POD, (f"{E}.0.name", "a.b"))
case("env: name begins with a digit", POD, (f"{E}.0.name", "1A"))
case("env: twice", POD, (f"{E}.1", {"name": "A", "value": "c"}))
FIELD = {"fieldRef": {"fieldPath": "metadata.name"}}
case("env: value and valueFrom", POD, (f"{E}.0.valueFrom", FIELD))
case("env: empty value and valueFrom", POD, (f"{E}.0", {"name": "A", "value": "", "valueFrom": FIELD}))
case("env: valueFrom empty", POD, (f"{E}.0", {"name": "A", "valueFrom": {}}))
KEY = {"secretKeyRef": {"name": "a", "key": "b"}}
case("env: two sources", POD, (f"{E}.0", {"name": "A", "valueFrom": {**FIELD, **KEY}}))
case("env: key missing", POD, (f"{E}.0", {"name": "A", "valueFrom": {"secretKeyRef": {"name": "a"}}}))
case("env: name of ref missing", POD, (f"{E}.0", {"name": "A", "valueFrom": {"secretKeyRef": {"key": "a"}}}))
case("env: key with a slash", POD, (f"{E}.0", {"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b/c"}}}))
case("env: a mapping", POD, (E, {"A": "b"}))
case("envFrom: empty item", POD, (f"{C}.envFrom", [{}]))
case("envFrom: two sources", POD, (f"{C}.envFrom", [{"configMapRef": {"name": "a"}, "secretRef": {"name": "b"}}]))
case("envFrom: no name", POD, (f"{C}.envFrom", [{"configMapRef": {}}]))

R = f"{C}.resources"
for unit in ["1GB", "1gb", "1 Gi", "1G", "1Gi", "500m", "-1", "", 1.5, 2, "1e3", "0.5"]:
    case(f"resources: memory {unit!r}", POD, (f"{R}.limits.memory", unit))
case("resources: mem", POD, (f"{R}.limits", {"mem": "1Gi"}))
case("resources: gpu", POD, (f"{R}.limits", {"nvidia~com/gpu".replace("~", "."): 1}))
case("resources: storage", POD, (f"{R}.requests", {"storage": "1Gi"}))
case("resources: ephemeral", POD, (f"{R}.requests", {"ephemeral-storage": "1Gi"}))
case("resources: limit without group", POD, (f"{R}.limits", {"gpu": 1}))
case("resources: a field of the container", POD, (f"{C}.limits", {"cpu": "1"}))

B = f"{C}.readinessProbe"
case("probe: no handler", POD, (f"{B}.httpGet", GONE))
case("probe: two handlers", POD, (f"{B}.tcpSocket", {"port": 80}))
case("probe: port string number", POD, (f"{B}.httpGet.port", "80"))
case("probe: port name", POD, (f"{B}.httpGet.port", "http"))
case("probe: port unknown name", POD, (f"{B}.httpGet.port", "other"))
case("probe: port zero", POD, (f"{B}.httpGet.port", 0))
case("probe: port missing", POD, (f"{B}.httpGet", {"path": "/"}))
case("probe: scheme lower", POD, (f"{B}.httpGet.scheme", "http"))
for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]:
    case(f"probe: {field} negative", POD, (f"{B}.{field}", -1))
    case(f"probe: {field} zero", POD, (f"{B}.{field}", 0))
case("probe: liveness successThreshold", POD, (f"{C}.livenessProbe", {"tcpSocket": {"port": 80}, "successThreshold": 2}))
case("probe: grpc without port", POD, (f"{B}", {"grpc": {}}))
case("probe: exec without command", POD, (f"{B}", {"exec": {}}))
case("probe: exec string", POD, (f"{B}", {"exec": {"command": "true"}}))
case("probe: header name", POD, (f"{B}.httpGet.httpHeaders", [{"name": "a b", "value": "c"}]))
case("lifecycle: empty hook", POD, (f"{C}.lifecycle", {"preStop": {}}))
case("lifecycle: two", POD, (f"{C}.lifecycle", {"preStop": {"exec": {"command": ["a"]}, "sleep": {"seconds": 1}}}))
case("command: string", POD, (f"{C}.command", "run"))
case("args: numbers", POD, (f"{C}.args", ["--port", 80]))

V = "spec.volumes"
case("mount: unknown volume", POD, (f"{C}.volumeMounts.0.name", "date"))
case("mount: no path", POD, (f"{C}.volumeMounts.0.mountPath", GONE))
case("mount: path with colon", POD, (f"{C}.volumeMounts.0.mountPath", "/a:b"))
case("mount: one path twice", POD, (f"{C}.volumeMounts.1", {"name": "data", "mountPath": "/data"}))
case("mount: subPath absolute", POD, (f"{C}.volumeMounts.0.subPath", "/a"))
case("mount: subPath up", POD, (f"{C}.volumeMounts.0.subPath", "a/../../b"))
case("mount: subPath and expr", POD, (f"{C}.volumeMounts.0.subPath", "a"), (f"{C}.volumeMounts.0.subPathExpr", "b"))
case("mount: propagation", POD, (f"{C}.volumeMounts.0.mountPropagation", "Shared"))
case("volume: no source", POD, (f"{V}.0.emptyDir", GONE))
case("volume: two sources", POD, (f"{V}.0.hostPath", {"path": "/a"}))
case("volume: two of one name", POD, (f"{V}.1", {"name": "data", "emptyDir": {}}))
case("volume: name in capitals", POD, (f"{V}.0.name", "Data"))
case("volume: hostPath type", POD, (f"{V}.0", {"name": "data", "hostPath": {"path": "/a", "type": "Dir"}}))
case("volume: hostPath up", POD, (f"{V}.0", {"name": "data", "hostPath": {"path": "/a/../b"}}))
case("volume: hostPath no path", POD, (f"{V}.0", {"name": "data", "hostPath": {}}))
case("volume: configMap no name", POD, (f"{V}.0", {"name": "data", "configMap": {}}))
case("volume: secret no name", POD, (f"{V}.0", {"name": "data", "secret": {}}))
case("volume: secret with name", POD, (f"{V}.0", {"name": "data", "secret": {"name": "a"}}))
case("volume: mode too large", POD, (f"{V}.0", {"name": "data", "configMap": {"name": "a", "defaultMode": 644}}))
case("volume: item path up", POD, (f"{V}.0", {"name": "data", "configMap": {"name": "a", "items": [{"key": "a", "path": "../b"}]}}))
case("volume: item without path", POD, (f"{V}.0", {"name": "data", "configMap": {"name": "a", "items": [{"key": "a"}]}}))
case("volume: claim no name", POD, (f"{V}.0", {"name": "data", "persistentVolumeClaim": {}}))
case("volume: emptyDir null", POD, (f"{V}.0", {"name": "data", "emptyDir": None}))
case("volume: emptyDir medium", POD, (f"{V}.0", {"name": "data", "emptyDir": {"medium": "Ram"}}))
case("volume: sizeLimit", POD, (f"{V}.0", {"name": "data", "emptyDir": {"sizeLimit": "1GB"}}))
case("volume: projected empty source", POD, (f"{V}.0", {"name": "data", "projected": {"sources": [{}]}}))
case("volume: projected two", POD, (f"{V}.0", {"name": "data", "projected": {"sources": [{"secret": {"name": "a"}, "configMap": {"name": "b"}}]}}))

S = f"{C}.securityContext"
case("security: runAsUser negative", POD, (f"{S}", {"runAsUser": -1}))
case("security: runAsUser string", POD, (f"{S}", {"runAsUser": "1000"}))
case("security: no escalation but privileged", POD, (f"{S}", {"privileged": True, "allowPrivilegeEscalation": False}))
case("security: no escalation but SYS_ADMIN", POD, (f"{S}", {"capabilities": {"add": ["SYS_ADMIN"]}, "allowPrivilegeEscalation": False}))
case("security: no escalation but CAP_SYS_ADMIN", POD, (f"{S}", {"capabilities": {"add": ["CAP_SYS_ADMIN"]}, "allowPrivilegeEscalation": False}))
case("security: seccomp lower", POD, (f"{S}", {"seccompProfile": {"type": "runtimeDefault"}}))
case("security: seccomp local without file", POD, (f"{S}", {"seccompProfile": {"type": "Localhost"}}))
case("security: seccomp default with file", POD, (f"{S}", {"seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "a"}}))
case("security: procMount", POD, (f"{S}", {"procMount": "unmasked"}))
case("security: fsGroup of container", POD, (f"{S}", {"fsGroup": 1}))
case("security: fsGroupChangePolicy", POD, ("spec.securityContext", {"fsGroupChangePolicy": "Never"}))
case("security: capabilities of pod", POD, ("spec.securityContext", {"capabilities": {"drop": ["ALL"]}}))

case("toleration: operator", POD, ("spec.tolerations", [{"key": "a", "operator": "equal"}]))
case("toleration: effect", POD, ("spec.tolerations", [{"key": "a", "effect": "Noschedule"}]))
case("toleration: exists with value", POD, ("spec.tolerations", [{"key": "a", "operator": "Exists", "value": "b"}]))
case("toleration: no key", POD, ("spec.tolerations", [{"value": "b"}]))
case("toleration: empty", POD, ("spec.tolerations", [{}]))
case("toleration: seconds", POD, ("spec.tolerations", [{"key": "a", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 5}]))
SPREAD = {"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}
case("spread: as it should be", POD, ("spec.topologySpreadConstraints", [SPREAD]))
case("spread: skew zero", POD, ("spec.topologySpreadConstraints", [{**SPREAD, "maxSkew": 0}]))
case("spread: unsatisfiable", POD, ("spec.topologySpreadConstraints", [{**SPREAD, "whenUnsatisfiable": "Schedule"}]))
case("spread: twice", POD, ("spec.topologySpreadConstraints", [SPREAD, SPREAD]))


def affinity(term):
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}


TERM = {"weight": 1, "podAffinityTerm": {"topologyKey": "a", "labelSelector": {}}}
case("affinity: as it should be", POD, ("spec.affinity", affinity(TERM)))
case("affinity: weight zero", POD, ("spec.affinity", affinity({**TERM, "weight": 0})))
case("affinity: weight 200", POD, ("spec.affinity", affinity({**TERM, "weight": 200})))
case("affinity: no topologyKey", POD, ("spec.affinity", affinity({"weight": 1, "podAffinityTerm": {}})))
case("affinity: term without wrapper", POD, ("spec.affinity", affinity({"topologyKey": "a"})))


def node(expression):
    term = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}


case("affinity: node operator", POD, ("spec.affinity", node({"key": "a", "operator": "in", "values": ["b"]})))
case("affinity: In without values", POD, ("spec.affinity", node({"key": "a", "operator": "In"})))
case("affinity: Exists with values", POD, ("spec.affinity", node({"key": "a", "operator": "Exists", "values": ["b"]})))
case("affinity: Gt two values", POD, ("spec.affinity", node({"key": "a", "operator": "Gt", "values": ["1", "2"]})))

for key, value in [("a b", "c"), ("a", "b c"), ("a/b/c", "d"), ("app.kubernetes~io/name".replace("~", "."), "a"), ("a", "x" * 64), ("a", "-b"), ("A.B/c", "d"), ("a", "")]:
    case(f"labels: {key}: {value[:20]}", CONFIG, ("metadata.labels", {key: value}))
case("labels: number", CONFIG, ("metadata.labels", {"a": 1}))
case("labels: bool", CONFIG, ("metadata.labels", {"a": True}))
case("labels: null", CONFIG, ("metadata.labels", {"a": None}))
case("labels: list", CONFIG, ("metadata.labels", ["a"]))
case("annotations: number", CONFIG, ("metadata.annotations", {"a": 1}))
case("annotations: bool", CONFIG, ("metadata.annotations", {"a": True}))
case("annotations: key", CONFIG, ("metadata.annotations", {"a b": "c"}))
case("annotations: key in capitals", CONFIG, ("metadata.annotations", {"A.B/c": "d"}))
case("annotations: mapping", CONFIG, ("metadata.annotations", {"a": {"b": "c"}}))
case("namespace: capitals", CONFIG, ("metadata.namespace", "Abc"))
case("namespace: dot", CONFIG, ("metadata.namespace", "a.b"))
case("generateName", CONFIG, ("metadata.name", GONE), ("metadata.generateName", "a-"))
case("finalizers: twice", CONFIG, ("metadata.finalizers", ["a.example/b", "a.example/b"]))
case("creationTimestamp: null", CONFIG, ("metadata.creationTimestamp", None))
case("creationTimestamp: no time", CONFIG, ("metadata.creationTimestamp", "yesterday"))

case("deployment: no selector", DEPLOYMENT, ("spec.selector", GONE))
case("deployment: no template", DEPLOYMENT, ("spec.template", GONE))
case("deployment: no spec", DEPLOYMENT, ("spec", GONE))
case("deployment: replicas string", DEPLOYMENT, ("spec.replicas", "2"))
case("deployment: replicas negative", DEPLOYMENT, ("spec.replicas", -1))
case("deployment: replicas fraction", DEPLOYMENT, ("spec.replicas", 1.5))
case("deployment: replicas huge", DEPLOYMENT, ("spec.replicas", 3000000000))
case("deployment: replicas null", DEPLOYMENT, ("spec.replicas", None))
case("deployment: replica", DEPLOYMENT, ("spec.replica", 2))
case("deployment: Replicas", DEPLOYMENT, ("spec.Replicas", 2))
case("deployment: labels of another", DEPLOYMENT, ("spec.selector.matchLabels", {"app": "b"}))
case("deployment: selector plain", DEPLOYMENT, ("spec.selector", {"app": "a"}))
case("deployment: strategy type", DEPLOYMENT, ("spec.strategy", {"type": "rollingUpdate"}))
case("deployment: Recreate with rollingUpdate", DEPLOYMENT, ("spec.strategy", {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}))
case("deployment: both zero", DEPLOYMENT, ("spec.strategy", {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}))
case("deployment: surge string number", DEPLOYMENT, ("spec.strategy", {"rollingUpdate": {"maxSurge": "1"}}))
case("deployment: surge percent", DEPLOYMENT, ("spec.strategy", {"rollingUpdate": {"maxSurge": "25%"}}))
case("deployment: surge fraction percent", DEPLOYMENT, ("spec.strategy", {"rollingUpdate": {"maxSurge": "2.5%"}}))
case("deployment: surge negative", DEPLOYMENT, ("spec.strategy", {"rollingUpdate": {"maxSurge": -1}}))
case("deployment: strategy a string", DEPLOYMENT, ("spec.strategy", "Recreate"))
case("deployment: deadline", DEPLOYMENT, ("spec.progressDeadlineSeconds", 10), ("spec.minReadySeconds", 20))
case("deployment: serviceName", DEPLOYMENT, ("spec.serviceName", "a"))
case("deployment: status", DEPLOYMENT, ("status", {"replicas": 1}))
case("deployment: status unknown", DEPLOYMENT, ("status", {"a": 1}))
case("deployment: condition without type", DEPLOYMENT, ("status", {"conditions": [{"status": "True"}]}))
case("statefulset: no serviceName", STATEFUL, ("spec.serviceName", GONE))
case("statefulset: update type", STATEFUL, ("spec.updateStrategy", {"type": "Recreate"}))
case("statefulset: podManagementPolicy", STATEFUL, ("spec.podManagementPolicy", "parallel"))
case("statefulset: retention", STATEFUL, ("spec.persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Keep"}))
case("statefulset: claim without modes", STATEFUL, ("spec.volumeClaimTemplates", [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}]))
case("statefulset: claim without size", STATEFUL, ("spec.volumeClaimTemplates", [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]))
case("statefulset: claim without name", STATEFUL, ("spec.volumeClaimTemplates", [{"metadata": {}, "spec": CLAIM["spec"]}]))
case("statefulset: mount of a claim", STATEFUL, ("spec.volumeClaimTemplates", [{"metadata": {"name": "data"}, "spec": CLAIM["spec"]}]), ("spec.template.spec.containers.0.volumeMounts", [{"name": "data", "mountPath": "/a"}]))
case("daemonset: replicas", DAEMON, ("spec.replicas", 1))
case("daemonset: update type", DAEMON, ("spec.updateStrategy", {"type": "Recreate"}))

J = "spec.template.spec"
case("job: no restartPolicy", JOB, (f"{J}.restartPolicy", GONE))
case("job: restartPolicy Always", JOB, (f"{J}.restartPolicy", "Always"))
case("job: backoff negative", JOB, ("spec.backoffLimit", -1))
case("job: completionMode", JOB, ("spec.completionMode", "indexed"))
case("job: indexed without completions", JOB, ("spec.completionMode", "Indexed"))
case("job: selector", JOB, ("spec.selector", {"matchLabels": {"app": "a"}}))
case("job: ttl negative", JOB, ("spec.ttlSecondsAfterFinished", -1))
case("job: failure policy action", JOB, ("spec.podFailurePolicy", {"rules": [{"action": "Fail", "onExitCodes": {"operator": "In", "values": [1]}}]}))
for value in ["* * * *", "60 * * * *", "@hourly", "@every 5m", "0 0 * * 7", "TZ=UTC 0 0 * * *", "* * * * * *", "0 0 * JAN MON", "", "0 0 ? * *", "5/15 * * * *", "0 */0 * * *", "@reboot", "0 0 31 2 *", " 0 0 * * * ", "0-10/2 1,2 * * sun-tue"]:
    case(f"cronjob: schedule {value!r}", CRON, ("spec.schedule", value))
case("cronjob: no schedule", CRON, ("spec.schedule", GONE))
case("cronjob: concurrency", CRON, ("spec.concurrencyPolicy", "forbid"))
case("cronjob: timeZone", CRON, ("spec.timeZone", "Local"))
case("cronjob: timeZone empty", CRON, ("spec.timeZone", ""))
case("cronjob: timeZone known", CRON, ("spec.timeZone", "Europe/London"))
case("cronjob: history negative", CRON, ("spec.successfulJobsHistoryLimit", -1))
case("cronjob: long name", CRON, ("metadata.name", "a" * 53))
case("cronjob: template without spec", CRON, ("spec.jobTemplate", {}))

case("service: no ports", SERVICE, ("spec.ports", GONE))
case("service: headless without ports", SERVICE, ("spec.ports", GONE), ("spec.clusterIP", "None"))
case("service: no spec", SERVICE, ("spec", GONE))
case("service: type lower", SERVICE, ("spec.type", "nodePort"))
case("service: type unknown", SERVICE, ("spec.type", "External"))
case("service: external name missing", SERVICE, ("spec.type", "ExternalName"))
case("service: external name", SERVICE, ("spec", {"type": "ExternalName", "externalName": "a.example"}))
case("service: external name with ports", SERVICE, ("spec.type", "ExternalName"), ("spec.externalName", "a.example"))
case("service: external name capital", SERVICE, ("spec", {"type": "ExternalName", "externalName": "A_b.example"}))
case("service: headless NodePort", SERVICE, ("spec.type", "NodePort"), ("spec.clusterIP", "None"))
case("service: nodePort without type", SERVICE, ("spec.ports.0.nodePort", 30080))
case("service: nodePort out of range", SERVICE, ("spec.type", "NodePort"), ("spec.ports.0.nodePort", 80))
case("service: nodePort in range", SERVICE, ("spec.type", "NodePort"), ("spec.ports.0.nodePort", 30080))
case("service: two ports unnamed", SERVICE, ("spec.ports.1", {"port": 81}))
case("service: two ports one name", SERVICE, ("spec.ports.0.name", "a"), ("spec.ports.1", {"port": 81, "name": "a"}))
case("service: two ports of one number", SERVICE, ("spec.ports.0.name", "a"), ("spec.ports.1", {"port": 80, "name": "b"}))
case("service: number in two protocols", SERVICE, ("spec.ports.0.name", "a"), ("spec.ports.1", {"port": 80, "name": "b", "protocol": "UDP"}))
case("service: port missing", SERVICE, ("spec.ports.0", {"targetPort": 80}))
case("service: port string", SERVICE, ("spec.ports.0.port", "80"))
case("service: port zero", SERVICE, ("spec.ports.0.port", 0))
case("service: port name capitals", SERVICE, ("spec.ports.0.name", "HTTP"))
case("service: port name long", SERVICE, ("spec.ports.0.name", "abcdefghijklmnopqrst"))
case("service: targetPort string number", SERVICE, ("spec.ports.0.targetPort", "8080"))
case("service: targetPort name", SERVICE, ("spec.ports.0.targetPort", "http"))
case("service: targetPort name capitals", SERVICE, ("spec.ports.0.targetPort", "HTTP"))
case("service: targetPort zero", SERVICE, ("spec.ports.0.targetPort", 0))
case("service: targetPort fraction", SERVICE, ("spec.ports.0.targetPort", 1.5))
case("service: protocol lower", SERVICE, ("spec.ports.0.protocol", "tcp"))
case("service: selector number", SERVICE, ("spec.selector", {"app": 1}))
case("service: selector matchLabels", SERVICE, ("spec.selector", {"matchLabels": {"app": "a"}}))
case("service: selector value", SERVICE, ("spec.selector", {"app": "a b"}))
case("service: affinity", SERVICE, ("spec.sessionAffinity", "clientIP"))
case("service: traffic policy", SERVICE, ("spec.externalTrafficPolicy", "Local"))
case("service: traffic policy of balancer", SERVICE, ("spec.type", "LoadBalancer"), ("spec.externalTrafficPolicy", "local"))
case("service: clusterIP none", SERVICE, ("spec.clusterIP", "none"))
case("service: externalIPs", SERVICE, ("spec.externalIPs", ["a"]))
case("service: name begins with a digit", SERVICE, ("metadata.name", "1a"))
case("service: name with a dot", SERVICE, ("metadata.name", "a.b"))

I = "spec.rules.0.http.paths.0"
case("ingress: no pathType", INGRESS, (f"{I}.pathType", GONE))
case("ingress: pathType lower", INGRESS, (f"{I}.pathType", "prefix"))
case("ingress: path relative", INGRESS, (f"{I}.path", "a"))
case("ingress: path relative implementation", INGRESS, (f"{I}.path", "a"), (f"{I}.pathType", "ImplementationSpecific"))
case("ingress: path missing", INGRESS, (f"{I}.path", GONE))
case("ingress: path double slash", INGRESS, (f"{I}.path", "/a//b"))
case("ingress: path pattern", INGRESS, (f"{I}.path", "/a(/|$)(.*)"))
case("ingress: path dots", INGRESS, (f"{I}.path", "/a/../b"))
case("ingress: no backend", INGRESS, (f"{I}.backend", GONE))
case("ingress: backend empty", INGRESS, (f"{I}.backend", {}))
case("ingress: old backend", INGRESS, (f"{I}.backend", {"serviceName": "a", "servicePort": 80}))
case("ingress: no port", INGRESS, (f"{I}.backend.service", {"name": "a"}))
case("ingress: port empty", INGRESS, (f"{I}.backend.service.port", {}))
case("ingress: port both", INGRESS, (f"{I}.backend.service.port.name", "http"))
case("ingress: port name is a number", INGRESS, (f"{I}.backend.service.port", {"name": "80"}))
case("ingress: port plain", INGRESS, (f"{I}.backend.service.port", 80))
case("ingress: service name capitals", INGRESS, (f"{I}.backend.service.name", "Abc"))
case("ingress: host capitals", INGRESS, ("spec.rules.0.host", "A.example"))
case("ingress: host wildcard", INGRESS, ("spec.rules.0.host", "*.a.example"))
case("ingress: host star", INGRESS, ("spec.rules.0.host", "*"))
case("ingress: host with port", INGRESS, ("spec.rules.0.host", "a.example:80"))
case("ingress: host ip", INGRESS, ("spec.rules.0.host", "10.0.0.1"))
case("ingress: host with scheme", INGRESS, ("spec.rules.0.host", "http://a.example"))
case("ingress: nothing", INGRESS, ("spec", {}))
case("ingress: no spec", INGRESS, ("spec", GONE))
case("ingress: rule without http", INGRESS, ("spec.rules.0", {"host": "a.example"}))
case("ingress: no paths", INGRESS, ("spec.rules.0.http", {"paths": []}))
case("ingress: tls hosts", INGRESS, ("spec.tls", [{"hosts": ["A_b"], "secretName": "a"}]))
case("ingress: tls mapping", INGRESS, ("spec.tls", {"hosts": ["a"]}))

case("claim: no modes", CLAIM, ("spec.accessModes", GONE))
case("claim: mode", CLAIM, ("spec.accessModes", ["ReadWriteonce"]))
case("claim: short mode", CLAIM, ("spec.accessModes", ["RWO"]))
case("claim: no resources", CLAIM, ("spec.resources", GONE))
case("claim: no storage", CLAIM, ("spec.resources.requests", {}))
case("claim: size", CLAIM, ("spec.resources.requests.storage", "10GB"))
case("claim: size zero", CLAIM, ("spec.resources.requests.storage", "0"))
case("claim: volumeMode", CLAIM, ("spec.volumeMode", "block"))
case("claim: capacity", CLAIM, ("spec.capacity", {"storage": "1Gi"}))
case("volume: no capacity", VOLUME, ("spec.capacity", GONE))
case("volume: no modes", VOLUME, ("spec.accessModes", GONE))
case("volume: no source of its own", VOLUME, ("spec.hostPath", GONE))
case("volume: two of its own", VOLUME, ("spec.nfs", {"server": "a", "path": "/"}))
case("volume: reclaim", VOLUME, ("spec.persistentVolumeReclaimPolicy", "delete"))
case("volume: local without affinity", VOLUME, ("spec.hostPath", GONE), ("spec.local", {"path": "/a"}))

case("autoscaler: no max", SCALER, ("spec.maxReplicas", GONE))
case("autoscaler: max zero", SCALER, ("spec.maxReplicas", 0))
case("autoscaler: min zero", SCALER, ("spec.minReplicas", 0))
case("autoscaler: max below min", SCALER, ("spec.minReplicas", 5))
case("autoscaler: no target", SCALER, ("spec.scaleTargetRef", GONE))
case("autoscaler: target without kind", SCALER, ("spec.scaleTargetRef.kind", GONE))
case("autoscaler: target without name", SCALER, ("spec.scaleTargetRef.name", GONE))
M = "spec.metrics.0"
case("autoscaler: type lower", SCALER, (f"{M}.type", "resource"))
case("autoscaler: type of another", SCALER, (f"{M}.type", "Pods"))
case("autoscaler: v1 target", SCALER, ("spec.targetCPUUtilizationPercentage", 80))
case("autoscaler: old metric", SCALER, (f"{M}.resource", {"name": "cpu", "targetAverageUtilization": 80}))
case("autoscaler: no value", SCALER, (f"{M}.resource.target", {"type": "Utilization"}))
case("autoscaler: target type missing", SCALER, (f"{M}.resource.target", {"averageUtilization": 80}))
case("autoscaler: target type wrong", SCALER, (f"{M}.resource.target.type", "Percent"))
case("autoscaler: utilization zero", SCALER, (f"{M}.resource.target.averageUtilization", 0))
case("autoscaler: policy period", SCALER, ("spec.behavior", {"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 3600}]}}))
case("autoscaler: policy type", SCALER, ("spec.behavior", {"scaleDown": {"policies": [{"type": "pods", "value": 1, "periodSeconds": 60}]}}))
case("autoscaler: window", SCALER, ("spec.behavior", {"scaleDown": {"stabilizationWindowSeconds": 4000}}))
case("budget: both", BUDGET, ("spec.maxUnavailable", 1))
case("budget: neither", BUDGET, ("spec.minAvailable", GONE))
case("budget: string number", BUDGET, ("spec.minAvailable", "1"))
case("budget: percent", BUDGET, ("spec.minAvailable", "50%"))
case("budget: percent over 100", BUDGET, ("spec.minAvailable", "150%"))
case("budget: no selector", BUDGET, ("spec.selector", GONE))
case("budget: negative", BUDGET, ("spec.minAvailable", -1))
case("budget: selector plain", BUDGET, ("spec.selector", {"app": "a"}))

case("policy: types lower", POLICY, ("spec.policyTypes", ["ingress"]))
case("policy: no selector", POLICY, ("spec.podSelector", GONE))
case("policy: protocol lower", POLICY, ("spec.ingress.0.ports.0.protocol", "tcp"))
case("policy: peer empty", POLICY, ("spec.ingress.0.from", [{}]))
case("policy: cidr", POLICY, ("spec.ingress.0.from", [{"ipBlock": {"cidr": "10.0.0.0"}}]))
case("policy: block and selector", POLICY, ("spec.ingress.0.from", [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]))
case("policy: endPort before", POLICY, ("spec.ingress.0.ports", [{"port": 80, "endPort": 70}]))
case("policy: port string number", POLICY, ("spec.ingress.0.ports", [{"port": "80"}]))
case("policy: from mapping", POLICY, ("spec.ingress.0.from", {"podSelector": {}}))

case("config: value number", CONFIG, ("data.a", 1))
case("config: value bool", CONFIG, ("data.a", True))
case("config: value mapping", CONFIG, ("data.a", {"b": "c"}))
case("config: value null", CONFIG, ("data.a", None))
case("config: key with a slash", CONFIG, ("data", {"a/b": "c"}))
case("config: key with a space", CONFIG, ("data", {"a b": "c"}))
case("config: key dots", CONFIG, ("data", {"..a": "c"}))
case("config: key in both", CONFIG, ("binaryData", {"a": "aGk="}))
case("config: spec", CONFIG, ("spec", {"a": "b"}))
case("config: stringData", CONFIG, ("stringData", {"a": "b"}))
case("secret: number", SECRET, ("stringData.a", 1))
case("secret: tls without key", SECRET, ("type", "kubernetes.io/tls"), ("stringData", {"tls.crt": "a"}))
case("secret: tls", SECRET, ("type", "kubernetes.io/tls"), ("stringData", {"tls.crt": "a", "tls.key": "b"}))
case("secret: docker without key", SECRET, ("type", "kubernetes.io/dockerconfigjson"))
case("secret: docker not JSON", SECRET, ("type", "kubernetes.io/dockerconfigjson"), ("stringData", {".dockerconfigjson": "a"}))
case("secret: basic auth", SECRET, ("type", "kubernetes.io/basic-auth"))
case("secret: own type", SECRET, ("type", "a.example/b"))
case("account: secrets twice", ACCOUNT, ("secrets", [{"name": "a"}, {"name": "a"}]))

case("role: no verbs", ROLE, ("rules.0.verbs", GONE))
case("role: no resources", ROLE, ("rules.0.resources", GONE))
case("role: no groups", ROLE, ("rules.0.apiGroups", GONE))
case("role: urls in a Role", ROLE, ("rules.0", {"nonResourceURLs": ["/a"], "verbs": ["get"]}))
case("role: name with colons", ROLE, ("metadata.name", "a:b"))
case("role: name with a slash", ROLE, ("metadata.name", "a/b"))
case("binding: no group", BINDING, ("roleRef.apiGroup", GONE))
case("binding: wrong group", BINDING, ("roleRef.apiGroup", "rbac.authorization.k8s.io/v1"))
case("binding: no kind", BINDING, ("roleRef.kind", GONE))
case("binding: kind", BINDING, ("roleRef.kind", "clusterrole"))
case("binding: no namespace", BINDING, ("subjects.0.namespace", GONE))
case("binding: subject kind", BINDING, ("subjects.0.kind", "Serviceaccount"))
case("binding: subject group", BINDING, ("subjects.0.apiGroup", "rbac.authorization.k8s.io"))
case("binding: user without group", BINDING, ("subjects", [{"kind": "User", "name": "a"}]))
case("binding: no subjects", BINDING, ("subjects", GONE))
case("binding: no roleRef", BINDING, ("roleRef", GONE))
case("storage: no provisioner", STORAGE, ("provisioner", GONE))
case("storage: reclaim", STORAGE, ("reclaimPolicy", "retain"))
case("storage: binding mode", STORAGE, ("volumeBindingMode", "waitForFirstConsumer"))
case("storage: parameter number", STORAGE, ("parameters", {"a": 1}))
case("priority: no value", PRIORITY, ("value", GONE))
case("priority: preemption", PRIORITY, ("preemptionPolicy", "never"))
case("priority: too high", PRIORITY, ("value", 1500000000))
W = "webhooks.0"
case("webhook: no sideEffects", WEBHOOK, (f"{W}.sideEffects", GONE))
case("webhook: sideEffects Some", WEBHOOK, (f"{W}.sideEffects", "Some"))
case("webhook: no versions", WEBHOOK, (f"{W}.admissionReviewVersions", GONE))
case("webhook: failurePolicy", WEBHOOK, (f"{W}.failurePolicy", "ignore"))
case("webhook: timeout", WEBHOOK, (f"{W}.timeoutSeconds", 60))
case("webhook: operation", WEBHOOK, (f"{W}.rules.0.operations", ["create"]))
case("webhook: no client", WEBHOOK, (f"{W}.clientConfig", {}))
case("webhook: two clients", WEBHOOK, (f"{W}.clientConfig.url", "https://a.example"))
D = "spec.versions.0"
case("definition: name", DEFINITION, ("metadata.name", "bs.a.example"))
case("definition: scope", DEFINITION, ("spec.scope", "namespaced"))
case("definition: no storage", DEFINITION, (f"{D}.storage", False))
case("definition: no schema", DEFINITION, (f"{D}.schema", GONE))
case("definition: no versions", DEFINITION, ("spec.versions", GONE))
case("definition: old schema", DEFINITION, ("spec.validation", {}))
case("definition: type of a property", DEFINITION, (f"{D}.schema.openAPIV3Schema.properties", {"spec": {"type": "map"}}))
case("quota: quantity", QUOTA, ("spec.hard.pods", "five"))
case("quota: negative", QUOTA, ("spec.hard.pods", "-1"))
case("range: no type", RANGE, ("spec.limits.0.type", GONE))
case("range: quantity", RANGE, ("spec.limits.0.default.cpu", "1 core"))
case("range: resource", RANGE, ("spec.limits.0.default", {"mem": "1Gi"}))

for version, kind in [
    ("v1", "Deployment"), ("apps/v2", "Deployment"), ("extensions/v1beta1", "Deployment"),
    ("apps/v1", "Deploymnet"), ("apps/v1", "deployment"), ("v1", "Ingress"), ("v2", "Pod"),
    ("policy/v1beta1", "PodDisruptionBudget"), ("autoscaling/v2beta2", "HorizontalPodAutoscaler"),
    ("batch/v1beta1", "CronJob"), ("networking.k8s.io/v1beta1", "Ingress"), ("batch/v1", "Cronjob"),
    ("rbac/v1", "Role"), ("v1", "Role"),
]:
    text(f"kind: {version} {kind}", json.dumps({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}}))
text("kind: missing", '{"apiVersion": "v1", "metadata": {"name": "a"}}')
text("apiVersion: missing", '{"kind": "Deployment", "metadata": {"name": "a"}}')

text("yaml: a key twice", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: b\n  a: c\n")
text("yaml: yes for a string", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: yes}\n")
text("yaml: yes for a boolean", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nimmutable: yes\n")
text("yaml: quoted boolean", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nimmutable: \"true\"\n")
text("yaml: octal", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a, image: a}]\n  volumes: [{name: a, configMap: {name: a, defaultMode: 0644}}]\n")
text("yaml: quoted octal", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a, image: a}]\n  volumes: [{name: a, configMap: {name: a, defaultMode: \"0644\"}}]\n")
text("yaml: whole float", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2.0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}\n")
text("yaml: a version for a string", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {version: 1.10}}\n")
text("yaml: a date for a string", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {day: 2024-01-01}}\n")
text("yaml: a number for a key", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {1: a}\n")
text("yaml: items empty", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a\n    env:\n    -\n")
