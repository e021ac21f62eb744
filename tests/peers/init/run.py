"""Asks other tools about all that `plimsoll init` writes for our own cases.

    python3 run.py --plimsoll BIN --helm BIN --kubectl BIN --podsecurity BIN --tools FOLDER
                   [--kube-linter BIN] [--keep FOLDER] [CASE…]

TOOLS is where `pip install --target` put `requirements.txt`. Run by `cargo xtask peers`.

What a tool says has to be listed in exceptions.toml with a reason, and what is listed there has to
be said by some tool: so the list stays what is true. With names of cases only those are asked about,
and idle exceptions are not told. Of kube-linter, whose module cannot be had everywhere, answers are
kept by object in kube-linter.json; with `--kube-linter` they are made anew.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib

import cases
import compared

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = os.path.join(HERE, "kube-linter.json")
# The oldest and the newest release that manifests are held against.
RELEASES = ["1.30", "1.37"]

# What is said: by which tool, under which name, of what, in which words.
Said = collections.namedtuple("Said", "peer check where text")


def main():
    parser = argparse.ArgumentParser()
    for name in ["plimsoll", "helm", "kubectl", "podsecurity", "tools"]:
        parser.add_argument("--" + name, required=True, type=os.path.abspath)
    parser.add_argument("--kube-linter", type=os.path.abspath)
    parser.add_argument("--keep", type=os.path.abspath)
    parser.add_argument("cases", nargs="*")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plimsoll-peers-") as work:
        folder = args.keep or work
        asked = Asked(args, folder)
        said = asked.all()
    sys.exit(0 if judge(said, asked, not args.cases) else 1)


class Asked:
    """All cases with what was written for them, and the tools."""

    def __init__(self, args, folder):
        self.args = args
        self.trees = os.path.join(folder, "trees")
        # Objects as tools see them: one file for each way to get them.
        self.objects = os.path.join(folder, "objects")
        os.makedirs(self.objects)
        os.makedirs(self.trees)
        self.flags = cases.lay_out(self.trees)
        if args.cases:
            self.flags = {name: self.flags[name] for name in args.cases}
        sys.path.insert(0, args.tools)
        self.loaded = []
        self.unknown = []

    def all(self):
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            said = [one for some in pool.map(self.case, self.flags) for one in some]
            self.load()
            # checkov takes longest, and runs beside all others.
            checkov = pool.submit(self.checkov)
            others = [self.hadolint, self.pod_security, self.schema, self.kube_linter]
            for other in others:
                said += other()
            return said + checkov.result()

    def case(self, name):
        """Writes the files, and asks those tools that are asked about one project."""
        tree = os.path.join(self.trees, name)
        flags = self.flags[name]
        written = run([self.args.plimsoll, "init", "--yes", *flags], cwd=tree)
        if written.returncode:
            return [Said("plimsoll", "init", name, written.stdout + written.stderr)]
        words = ["check", "--strictness", "pedantic", "--format", "json"]
        review = run([self.args.plimsoll, *words], cwd=tree)
        said = [
            Said("plimsoll", one["rule"], name, one["message"])
            for one in json.loads(review.stdout)["findings"]
        ]
        said += self.compose(name, tree)
        k8s = os.path.join(tree, "k8s")
        if os.path.isdir(os.path.join(k8s, "base")):
            plain = self.built(name, "base", os.path.join(k8s, "base"))
            for overlay in sorted(os.listdir(os.path.join(k8s, "overlays"))):
                self.built(name, overlay, os.path.join(k8s, "overlays", overlay))
        else:
            # What a chart was made of stays where it was.
            given = os.path.join(tree, "manifests")
            plain = self.keep(name, "plain", joined(k8s if os.path.isdir(k8s) else given))
        charts = [os.path.join(tree, "chart")]
        if not os.path.isdir(charts[0]):
            above = os.path.join(tree, "charts")
            charts = [os.path.join(above, chart) for chart in sorted(os.listdir(above))]
        rendered = ""
        for chart in charts:
            said += self.lint(name, chart)
            with open(os.path.join(chart, "Chart.yaml"), encoding="utf-8") as file:
                release = next(line.split()[1] for line in file if line.startswith("name:"))
            one = run([self.args.helm, "template", release.strip('"'), chart])
            if one.returncode:
                said.append(Said("helm", "template", name, one.stderr))
            rendered += one.stdout + "\n---\n"
        path = self.keep(name, "chart", rendered)
        said += [Said("chart", what, f"{name}:{whose}", "") for whose, what in apart(plain, path)]
        return said

    def compose(self, name, tree):
        """The project as an engine would read it, with what `.env.example` asks for filled in."""
        variables = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        example = os.path.join(tree, ".env.example")
        if os.path.exists(example):
            with open(example, encoding="utf-8") as file:
                keys = [line.split("=")[0] for line in file if "=" in line and line[0] != "#"]
            variables.update({key: "given" for key in keys})
        said = []
        override = os.path.join(tree, "compose.override.example.yaml")
        for files in [["compose.yaml"], ["compose.yaml", override]]:
            if not all(os.path.exists(os.path.join(tree, file)) for file in files):
                continue
            command = [os.path.join(self.args.tools, "bin", "docker-compose")]
            for file in files:
                command += ["--file", file]
            command += ["--profile", "*", "config", "--quiet"]
            done = run(command, cwd=tree, env=variables)
            if done.returncode or done.stderr:
                said.append(Said("docker compose", "config", name, done.stderr))
        return said

    def lint(self, name, chart):
        done = run([self.args.helm, "lint", "--strict", chart])
        lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
        # It recommends an icon, which nobody has who only has a source tree.
        lines = [(line.split("]")[0][1:].lower() + ": " + line.split(": ", 1)[1]) for line in lines]
        if done.returncode and not lines:
            lines = ["failed"]
        return [Said("helm lint", line, name, done.stdout + done.stderr) for line in lines]

    def built(self, name, kind, folder):
        done = run([self.args.kubectl, "kustomize", folder])
        if done.returncode:
            raise SystemExit(f"{name}: `kubectl kustomize` of {kind} fails:\n{done.stderr}")
        return self.keep(name, kind, done.stdout)

    def keep(self, name, kind, text):
        path = os.path.join(self.objects, f"{name}.{kind}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def load(self):
        """All objects, each with a name to speak of it: `case.way:Kind/name`."""
        for file in sorted(os.listdir(self.objects)):
            for thing in compared.read(os.path.join(self.objects, file)):
                where = f"{file.removesuffix('.yaml')}:{thing['kind']}/{thing['metadata']['name']}"
                self.loaded.append((where, thing))

    def hadolint(self):
        files = []
        for folder, _, names in os.walk(self.trees):
            files += [os.path.join(folder, name) for name in names if name == "Dockerfile"]
        done = run([os.path.join(self.args.tools, "bin", "hadolint"), "--format", "json", *files])
        return [
            Said("hadolint", one["code"], os.path.relpath(one["file"], self.trees), one["message"])
            for one in json.loads(done.stdout)
        ]

    def checkov(self):
        """Manifests as files and Dockerfiles, in two runs of one reader each."""
        said = []
        for framework, folder in [("kubernetes", self.objects), ("dockerfile", self.trees)]:
            words = ["--framework", framework, "--directory", folder, "--skip-download"]
            words += ["--quiet", "--compact", "--output", "json"]
            program = "import sys; from checkov.main import Checkov; sys.exit(Checkov().run())"
            environment = {**os.environ, "PYTHONPATH": self.args.tools, "LOG_LEVEL": "ERROR"}
            done = run([sys.executable, "-c", program, *words], env=environment)
            start = done.stdout.find("{")
            answer = json.loads(done.stdout[start:]) if start >= 0 else {}
            if not answer.get("summary", {}).get("passed"):
                raise SystemExit(f"checkov says nothing of {framework}:\n{done.stdout}{done.stderr}")
            for error in answer["results"].get("parsing_errors", []):
                said.append(Said("checkov", "parsing", error, "it cannot be parsed"))
            for one in answer["results"]["failed_checks"]:
                file = one["file_path"].lstrip("/").removesuffix(".yaml")
                # `Kind.namespace.name`, and more behind it where pods are looked at.
                parts = one["resource"].split(".")
                whose = f"{parts[0]}/{parts[2]}" if framework == "kubernetes" else "image"
                said.append(Said("checkov", one["check_id"], f"{file}:{whose}", one["check_name"]))
        return said

    def pod_security(self):
        pods = [(where, pod(thing)) for where, thing in self.loaded]
        pods = [(where, pod) for where, pod in pods if pod]
        answer = run([self.args.podsecurity], input=json.dumps([pod for _, pod in pods]))
        said = json.loads(answer.stdout)
        assert len(said) == len(pods), "an answer for each pod"
        return [
            Said("Pod Security", check, where, "not `restricted`")
            for (where, _), checks in zip(pods, said)
            for check in checks
        ]

    def schema(self):
        import kubernetes_validate

        said = []
        for where, thing in self.loaded:
            for release in RELEASES:
                try:
                    kubernetes_validate.validate(thing, release, strict=True)
                except kubernetes_validate.SchemaNotFoundError:
                    said.append(Said("schema", "unknown", where, "no schema"))
                except kubernetes_validate.ValidationError as error:
                    said.append(Said("schema", "invalid", where, f"{release}: {error.message}"))
        return said

    def kube_linter(self):
        """What kube-linter says, or said of the same object."""
        by_print = {mark(self.loaded, file): file for file in sorted(os.listdir(self.objects))}
        with open(RECORD, encoding="utf-8") as file:
            record = json.load(file)
        if self.args.kube_linter:
            record = {key: self.linted(file) for key, file in sorted(by_print.items())}
            if not self.args.cases:
                with open(RECORD, "w", encoding="utf-8") as file:
                    json.dump(record, file, indent=1, sort_keys=True)
                    file.write("\n")
        said = []
        for key, file in by_print.items():
            if key not in record:
                self.unknown.append(file.removesuffix(".yaml"))
            for line in record.get(key, []):
                check, whose = line.split(" ", 1)
                said.append(Said("kube-linter", check, f"{file.removesuffix('.yaml')}:{whose}", ""))
        return said

    def linted(self, file):
        words = ["lint", "--format", "json", os.path.join(self.objects, file)]
        answer = json.loads(run([self.args.kube_linter, *words]).stdout)
        lines = set()
        for one in answer["Reports"] or []:
            whose = one["Object"]["K8sObject"]
            lines.add(f"{one['Check']} {whose['GroupVersionKind']['Kind']}/{whose['Name']}")
        return sorted(lines)


def mark(loaded, file):
    """Tells equal objects of a file without keeping them."""
    name = file.removesuffix(".yaml") + ":"
    things = [thing for where, thing in loaded if where.startswith(name)]
    text = json.dumps(things, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def joined(folder):
    """All manifests below a folder as one text."""
    texts = []
    for above, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            with open(os.path.join(above, name), encoding="utf-8") as file:
                texts.append(file.read())
    return "\n---\n".join(texts)


def apart(plain, chart):
    return compared.apart(compared.read(plain), compared.read(chart))


def pod(thing):
    """The pod that an object makes, if it makes one."""
    spec = thing.get("spec", {})
    if thing["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    made = thing if thing["kind"] == "Pod" else spec.get("template")
    if thing["kind"] not in ("Pod", "Deployment", "StatefulSet", "Job", "CronJob"):
        return None
    metadata = {"name": "pod", **made.get("metadata", {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": made["spec"]}


def judge(said, asked, all_cases):
    """Tells what is said and not listed, and what is listed and not said."""
    with open(os.path.join(HERE, "exceptions.toml"), "rb") as file:
        exceptions = tomllib.load(file)["exception"]
    for one in exceptions:
        if not one.get("why"):
            raise SystemExit(f"an exception needs a reason: {one}")
    counts = collections.Counter()
    stray = collections.defaultdict(list)
    for one in said:
        for number, exception in enumerate(exceptions):
            wheres = exception.get("where", ["*"])
            known = exception["peer"] == one.peer and one.check in exception["checks"]
            if known and any(fnmatch.fnmatchcase(one.where, pattern) for pattern in wheres):
                counts.update([(number, one.check), *[(number, pattern) for pattern in wheres
                                                      if fnmatch.fnmatchcase(one.where, pattern)]])
                break
        else:
            stray[one.peer, one.check].append(one)
    for (peer, check), some in sorted(stray.items()):
        print(f"{peer}: {check}: {len(some)} times, first of {some[0].where}: {some[0].text}")
    idle = []
    for number, exception in enumerate(exceptions):
        for part in exception["checks"] + exception.get("where", []):
            if all_cases and not counts[number, part]:
                # Of kube-linter too little may be known to say that.
                if exception["peer"] != "kube-linter" or not asked.unknown:
                    idle.append(f"{exception['peer']}: {part}")
    for one in idle:
        print(f"an exception that nothing needs: {one}")
    peers = collections.Counter(one.peer for one in said)
    print(f"{len(asked.flags)} projects, {len(asked.loaded)} objects; said and excepted: "
          + ", ".join(f"{peer} {count}" for peer, count in sorted(peers.items())))
    if asked.unknown:
        files = len({where.split(":")[0] for where, _ in asked.loaded})
        print(f"LEFT OUT: kube-linter was not asked about {len(asked.unknown)} of {files} files as "
              "they are now: cargo xtask peers --kube-linter PROGRAM")
    return not stray and not idle


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


if __name__ == "__main__":
    main()
