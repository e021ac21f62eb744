#!/usr/bin/env python3
"""Compares verdicts on manifests with those of `kubernetes-validate` in strict mode.

    python3 tests/schema/compare.py FOLDER… --plimsoll target/release/plimsoll [--mutants N]

Every document of a built-in group below the folders is taken by itself (foreign files are read
and never written), and asked of both: is it refused? With `--mutants`, so many documents that
both take are changed in one place each, as a seed decides, and asked again.

The script needs the Python package `kubernetes-validate`; `--kube-version` is 1.37 where nothing
else is said. Differences are counted by class, and shown with `--show CLASS`.
"""

import argparse
import copy
import functools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict

import jsonschema
import kubernetes_validate
import yaml
from kubernetes_validate import utils


class Loader(yaml.SafeLoader):
    """YAML as the API server reads it: a date is a string."""


Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# A number with an exponent and no dot is one for Go's decoder.
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)

# Each schema file is read once for a thousand documents.
utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)

GROUPS = {
    "", "apps", "batch", "autoscaling", "policy", "extensions", "events.k8s.io",
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
    "authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io",
    "discovery.k8s.io", "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io",
    "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
}
MARKS = re.compile(r"\{\{|\$\{|<%|\$\(|__[A-Z]|<[a-z_-]+>")


def documents(folders):
    """(path, number, document) of what is an object of Kubernetes' own, each once."""
    seen = set()
    for folder in folders:
        for at, inner, names in sorted(os.walk(folder)):
            inner.sort()
            for name in sorted(names):
                if not name.endswith((".yaml", ".yml", ".json")) or "kustomization" in name:
                    continue
                path = os.path.join(at, name)
                try:
                    with open(path, encoding="utf-8") as text:
                        text = text.read()
                except (UnicodeDecodeError, OSError):
                    continue
                if len(text) > 300_000 or MARKS.search(text) or "apiVersion" not in text:
                    continue
                try:
                    loaded = list(yaml.load_all(text, Loader))
                except (yaml.YAMLError, ValueError, RecursionError, TypeError):
                    continue
                for number, document in enumerate(loaded):
                    if not is_object(document):
                        continue
                    key = json.dumps(document, sort_keys=True, default=str)
                    if key not in seen:
                        seen.add(key)
                        yield path, number, document


def is_object(document):
    if not isinstance(document, dict):
        return False
    version, kind = document.get("apiVersion"), document.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str) or kind.endswith("List"):
        return False
    if kind in ("Config", "Policy", "Template", "ClusterConfiguration") or "sops" in document:
        return False
    group = version.split("/")[0] if "/" in version else ""
    try:
        json.dumps(document)
    except TypeError:
        return False
    return group in GROUPS


def theirs(document, version):
    """Nothing, or the class of the schema's complaint with its words."""
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        if error.validator == "additionalProperties":
            return "unknown field", error.message
        if error.validator == "required":
            return "missing", error.message
        if error.validator == "enum":
            return "unknown kind", error.message
        return "wrong type", error.message
    except kubernetes_validate.SchemaNotFoundError as error:
        return "unknown kind", error.message
    except (jsonschema.exceptions.SchemaError, KeyError) as error:
        return "unknown kind", str(error)
    return None


CLASSES = [
    ("removed API", r"was removed in Kubernetes"),
    ("unknown kind", r"has no kind|lacks `apiVersion`|lacks `kind`"),
    ("unknown field", r"is no field of"),
    ("wrong type", r"must be (a|one|true|`true`)|whole number|too large|each item of"),
    ("missing", r"lacks|has no name|is empty|needs the key|how much storage|has no volume|needs `values`|needs exactly"),
    ("duplicate", r"two of|twice|two ports|have the same|container are called|is in `data`"),
]


def ours(folder, binary, version):
    """The classes of our errors by file."""
    done = subprocess.run(
        [binary, "check", folder, "--format", "json", "--fail-on", "never", "--kube-version",
         version, "--select", "schema,deprecated-api,syntax,invalid-secret-encoding"],
        capture_output=True, text=True, check=True,
    )
    found = defaultdict(list)
    for finding in json.loads(done.stdout)["findings"]:
        if finding["severity"] != "error":
            continue
        message = finding["message"]
        name = next((name for name, words in CLASSES if re.search(words, message)), "value")
        found[os.path.basename(finding["file"])].append((name, message))
    return found


def compare(items, args, title):
    """Asks both about (label, document) pairs and prints what they say."""
    with tempfile.TemporaryDirectory(prefix="plimsoll-compare-") as folder:
        for n, (_, document) in enumerate(items):
            # One folder each: a file is a set of its own.
            os.makedirs(os.path.join(folder, f"{n}"))
            with open(os.path.join(folder, f"{n}", f"{n}.yaml"), "w", encoding="utf-8") as out:
                json.dump(document, out)
        found = ours(folder, args.plimsoll, args.kube_version)
    counts, differences = Counter(), defaultdict(list)
    for n, (label, document) in enumerate(items):
        mine = found.get(f"{n}.yaml", [])
        other = theirs(document, args.kube_version)
        verdict = ("refused" if mine else "taken", "refused" if other else "taken")
        counts[verdict] += 1
        if bool(mine) != bool(other):
            name = f"only ours: {mine[0][0]}" if mine else f"only theirs: {other[0]}"
            detail = mine[0][1] if mine else other[1][:200]
            differences[name].append((label, detail))
    print(f"{title}: {len(items)} documents")
    print(f"  both take {counts['taken', 'taken']}, both refuse {counts['refused', 'refused']}, "
          f"only ours refuses {counts['refused', 'taken']}, "
          f"only theirs {counts['taken', 'refused']}")
    for name, cases in sorted(differences.items(), key=lambda pair: -len(pair[1])):
        print(f"  {name}: {len(cases)}")
        words = Counter(re.sub(r"`[^`]*`|'[^']*'", "…", detail) for _, detail in cases)
        for word, count in words.most_common(12):
            print(f"      {count:4} {word[:150]}")
        if args.show and args.show in name:
            for label, detail in cases:
                print(f"        {label}: {detail}")
    return found


def places(document, at=()):
    """Every (path, value) of a document but its apiVersion, kind and status."""
    if isinstance(document, dict):
        for key, value in document.items():
            if at == () and key in ("apiVersion", "kind", "status"):
                continue
            yield (*at, key), value
            yield from places(value, (*at, key))
    elif isinstance(document, list):
        for n, value in enumerate(document):
            yield from places(value, (*at, n))


FREE = {"labels", "annotations", "data", "stringData", "matchLabels", "limits", "requests",
        "nodeSelector", "selector", "parameters", "binaryData", "hard", "capacity"}
ENUMS = {"imagePullPolicy", "restartPolicy", "protocol", "type", "pathType", "concurrencyPolicy",
         "operator", "effect", "scheme", "dnsPolicy", "sessionAffinity"}


def parent(document, path):
    for step in path[:-1]:
        document = document[step]
    return document


def mutant(document, dice):
    """A changed copy, what was done, or nothing where the kind of change has no place."""
    kind = dice.choice(["misspelt field", "wrong type", "removed", "repeated item", "wrong enum",
                        "quoted number", "moved up", "extra field"])
    fresh = copy.deepcopy(document)
    spots = [
        (path, value) for path, value in places(fresh)
        if not any(step in FREE for step in path[:-1]) and "openAPIV3Schema" not in path
    ]
    fields = [(path, value) for path, value in spots if isinstance(path[-1], str)]

    def pick(wanted):
        fitting = [spot for spot in wanted]
        return dice.choice(fitting) if fitting else (None, None)

    if kind == "misspelt field":
        path, value = pick(fields)
        if path and len(path[-1]) > 3:
            name = path[-1]
            n = dice.randrange(1, len(name) - 1)
            holder = parent(fresh, path)
            holder[name[:n] + name[n + 1:]] = holder.pop(name)
            return fresh, f"{kind} {'.'.join(map(str, path))}"
    elif kind == "wrong type":
        path, value = pick(fields)
        if path:
            swap = ["x"] if not isinstance(value, list) else {"x": "y"}
            parent(fresh, path)[path[-1]] = swap
            return fresh, f"{kind} {'.'.join(map(str, path))}"
    elif kind == "removed":
        path, _ = pick(fields)
        if path:
            parent(fresh, path).pop(path[-1])
            return fresh, f"{kind} {'.'.join(map(str, path))}"
    elif kind == "repeated item":
        path, value = pick((p, v) for p, v in spots if isinstance(v, list) and v)
        if path:
            value.append(copy.deepcopy(value[0]))
            return fresh, f"{kind} {'.'.join(map(str, path))}"
    elif kind == "wrong enum":
        path, value = pick((p, v) for p, v in fields if p[-1] in ENUMS and isinstance(v, str))
        if path:
            parent(fresh, path)[path[-1]] = value.swapcase()
            return fresh, f"{kind} {'.'.join(map(str, path))}"
    elif kind == "quoted number":
        path, value = pick((p, v) for p, v in spots if type(v) is int)
        if path:
            parent(fresh, path)[path[-1]] = str(value)
            return fresh, f"{kind} {'.'.join(map(str, path))}"
    elif kind == "moved up":
        path, value = pick((p, v) for p, v in fields if len(p) > 2 and isinstance(p[-2], str))
        if path and path[-1] not in parent(fresh, path[:-1]):
            holder = parent(fresh, path)
            parent(fresh, path[:-1])[path[-1]] = holder.pop(path[-1])
            return fresh, f"{kind} {'.'.join(map(str, path))}"
    elif kind == "extra field":
        path, value = pick((p, v) for p, v in spots if isinstance(v, dict) and p[-1] not in FREE)
        if path:
            value["enabled"] = True
            return fresh, f"{kind} {'.'.join(map(str, path))}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--plimsoll", required=True)
    parser.add_argument("--kube-version", default="1.37")
    parser.add_argument("--mutants", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--show", help="show the cases of classes with this in their name")
    args = parser.parse_args()
    items = [(f"{path}#{number}", document) for path, number, document in documents(args.folders)]
    dice = random.Random(args.seed)
    if args.limit and len(items) > args.limit:
        items = sorted(dice.sample(items, args.limit), key=lambda item: item[0])
    if not items:
        sys.exit("there are no manifests below these folders")
    found = compare(items, args, "as written")
    if not args.mutants:
        return
    clean = [
        (label, document) for n, (label, document) in enumerate(items)
        if not found.get(f"{n}.yaml") and theirs(document, args.kube_version) is None
    ]
    mutants, kinds = [], Counter()
    while len(mutants) < args.mutants:
        label, document = dice.choice(clean)
        made = mutant(document, dice)
        if made:
            mutants.append((f"{label} {made[1]}", made[0]))
            kinds[made[1].split(" ")[0] + " " + made[1].split(" ")[1].split(".")[0]
                  if made[1].startswith(("removed", "moved")) else made[1].rsplit(" ", 1)[0]] += 1
    compare(mutants, args, "mutants")


if __name__ == "__main__":
    main()
