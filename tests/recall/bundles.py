#!/usr/bin/env python3
"""Cuts services out of whole repositories: the folder that an image is built from, the Compose
file that builds or runs it, the manifests that deploy it.

    python3 tests/recall/bundles.py REPOSITORIES CORPUS/services

REPOSITORIES holds checkouts. Each service becomes a folder of CORPUS/services with the paths that
its files have in the repository, and a file beside it that says which file is what. What belongs together is told by names alone (the last part of
an image's name, the folder of a Dockerfile, the service of a Compose file), and nothing of
Plimsoll is asked.
"""

import argparse
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import outline
from composes import services as compose_services
from manifests import LASTING, workloads

SKIPPED = {
    ".git",
    "node_modules",
    "vendor",
    "target",
    "dist",
    ".venv",
    "__pycache__",
    "testdata",
    "fixtures",
}
PATCHES = {"kustomization.yaml", "kustomization.yml", "Kustomization"}
GENERIC = {"docker", "build", "deploy", "src", "app", "main", "image", "images", "container"}
GENERIC |= {"web", "api", "server", "backend", "frontend", "db", "database", "worker", "service"}
MAX_FILE = 60_000
MAX_FILES = 250
MAX_BYTES = 1_500_000
BUILDERS = {
    "Makefile",
    "Taskfile.yml",
    "Tiltfile",
    "azure.yaml",
    "build.sh",
    "cloudbuild.yaml",
    "docker-bake.hcl",
    "justfile",
    "kustomization.yaml",
    "skaffold.yaml",
}


def text_of(path):
    try:
        with open(path, encoding="utf-8", newline="") as source:
            text = source.read()
    except (OSError, UnicodeDecodeError):
        return None
    return text if len(text) < 400_000 else None


def read(path):
    text = text_of(path)
    if text is None:
        return None
    try:
        return outline.Outline(text)
    except outline.Refused:
        return None


def files_below(top):
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(f for f in folders if f not in SKIPPED)
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, top)


def last(image):
    name = image.split("@")[0]
    head, _, tail = name.rpartition("/")
    return tail.split(":")[0].lower().replace("_", "-")


def is_of(built, image, manifest):
    """Whether a Compose service builds the image of a manifest: its image is called so, or, where
    it names none, the service itself is, by a name that says something or in the same part."""
    compose, service, name, *_ = built
    if name:
        return name == image
    part = lambda path: path.split("/")[0]
    return service == image and (service not in GENERIC or part(compose) == part(manifest))


class Repository:
    def __init__(self, top):
        self.top = top
        self.paths = list(files_below(top))
        self.dockerfiles = [
            p for p in self.paths if os.path.basename(p).lower() in ("dockerfile", "containerfile")
        ]
        self.composes, self.manifests = [], []
        for path in self.paths:
            if not path.endswith((".yml", ".yaml")) or "/templates/" in path:
                continue
            name = os.path.basename(path)
            if "compose" in name:
                self.composes.append(path)
            else:
                self.manifests.append(path)

    def built(self):
        """(Compose file, service, image's last part, Dockerfile, context)."""
        for path in self.composes:
            file = read(os.path.join(self.top, path))
            if file is None:
                continue
            for service in compose_services(file):
                build = service.get("build")
                if build is None:
                    continue
                context = build.text("context") if build.children else outline.unquote(build.value)
                named = build.text("dockerfile") if build.children else None
                if not context or "$" in context or "://" in context:
                    continue
                folder = os.path.normpath(os.path.join(os.path.dirname(path), context))
                dockerfile = os.path.normpath(os.path.join(folder, named or "Dockerfile"))
                if dockerfile in self.dockerfiles:
                    image = service.text("image")
                    target = build.text("target") if build.children else None
                    yield path, service.key, last(image) if image else None, dockerfile, folder, target

    def by_folder(self):
        found = {}
        for path in self.dockerfiles:
            folder = os.path.dirname(path)
            name = os.path.basename(folder).lower().replace("_", "-")
            if name in GENERIC:
                name = os.path.basename(os.path.dirname(folder)).lower().replace("_", "-")
            found.setdefault(name, []).append((path, folder))
        return {name: one[0] for name, one in found.items() if len(one) == 1 and name}

    def bundles(self):
        built = list(self.built())
        folders = self.by_folder()
        seen = set()
        for path in self.manifests:
            file = read(os.path.join(self.top, path))
            if file is None:
                continue
            for workload in workloads(file, LASTING):
                for container in workload.containers():
                    written = container.text("image") or ""
                    if written.rpartition("/")[0] != written.rpartition("/")[0].lower():
                        # `YOUR_NAME/app` is no image.
                        continue
                    image = last(written)
                    name = workload.name or ""
                    match = next((b for b in built if is_of(b, image, path)), None)
                    compose = target = None
                    if match:
                        compose, _, _, dockerfile, context, target = match
                    elif image in folders:
                        dockerfile, folder = folders[image]
                        context = self.context_of(dockerfile, folder)
                    else:
                        continue
                    key = (path, name, dockerfile)
                    if key not in seen:
                        seen.add(key)
                        yield name or image, path, compose, dockerfile, context, image, target

    def context_of(self, dockerfile, folder):
        """The nearest folder above a Dockerfile that has all that it copies; its own where none has."""
        text = text_of(os.path.join(self.top, dockerfile)) or ""
        copied = []
        for line in re.sub(r"\\[ \t]*\r?\n", " ", text).splitlines():
            match = re.match(r"\s*(?:COPY|ADD)\s+(?!.*--from)(?:--\S+\s+)*(\S.*)", line, re.I)
            words = re.sub(r"[\[\]\",]", " ", match.group(1)).split() if match else []
            copied += [w for w in words[:-1] if not re.search(r"[$*?<]|://", w)]
        at = folder
        while True:
            if all(os.path.exists(os.path.join(self.top, at, w.lstrip("/"))) for w in copied):
                return at
            if not at:
                return folder
            at = os.path.dirname(at)

    def applied_with(self, manifest):
        """The files that kustomizations apply together with a manifest: their own, and what lies
        beside them, patches above all."""
        kustomizations = [p for p in self.paths if os.path.basename(p) in PATCHES]
        named = {}
        for path in kustomizations:
            text = text_of(os.path.join(self.top, path)) or ""
            folder = os.path.dirname(path)
            words = re.findall(r"^\s*-\s*[\"']?([\w./@-]+)[\"']?\s*(?:#.*)?$", text, re.M)
            named[path] = {os.path.normpath(os.path.join(folder, word)) for word in words}
        reached = {manifest}
        while True:
            more = {p for p, words in named.items() if p not in reached and words & reached}
            more |= {os.path.dirname(p) for p in more}
            if more <= reached:
                break
            reached |= more
        found = set()
        for path in reached & set(kustomizations):
            folder = os.path.dirname(path)
            patches = [
                p for p in self.manifests if p in named[path] or os.path.dirname(p) == folder
            ]
            patches += [
                p
                for p in self.manifests
                if re.search(
                    rf"path:\s*[\"']?{re.escape(os.path.relpath(p, folder or '.'))}",
                    text_of(os.path.join(self.top, path)) or "",
                )
            ]
            found |= {path} | set(patches[:40])
        return found

    def files_of(self, bundle):
        manifest, compose, dockerfile, context = bundle[1:5]
        wanted = {manifest, dockerfile} | ({compose} if compose else set())
        wanted |= self.applied_with(manifest)
        # Services and configuration beside the workload.
        beside = os.path.dirname(manifest)
        same = [p for p in self.manifests if os.path.dirname(p) == beside]
        wanted |= set(same[:30])
        # What tells how images are built, wherever it stands.
        for path in self.paths:
            name = os.path.basename(path)
            tells = name in BUILDERS or path.startswith(".github/workflows/")
            if tells and len(wanted) < MAX_FILES and text_of(os.path.join(self.top, path)) is not None:
                wanted.add(path)
        inside = "" if context in ("", ".") else context + "/"
        size = 0
        # Of a context with many programs what lies beside the Dockerfile, and what it names, first;
        # then what lies below the folders that it names.
        home = os.path.dirname(dockerfile)
        words = re.findall(r"[\w./-]+", text_of(os.path.join(self.top, dockerfile)) or "")
        named = {os.path.normpath(word.lstrip("/")) for word in words if word.strip("/")}

        def distance(path):
            rest = path[len(inside) :] if path.startswith(inside) else path
            if home and path.startswith(home + "/") or path in named or rest in named:
                return 0
            parts = rest.split("/")
            return 1 if any("/".join(parts[:n]) in named for n in range(1, len(parts))) else 2

        for path in sorted(self.paths, key=distance):
            if not path.startswith(inside) or len(wanted) > MAX_FILES:
                continue
            # What else deploys or builds something is another service's.
            other = path in self.manifests or path in self.composes or path in self.dockerfiles
            full = os.path.join(self.top, path)
            length = os.path.getsize(full)
            if other or length > MAX_FILE or size + length > MAX_BYTES:
                continue
            if text_of(full) is not None:
                size += length
                wanted.add(path)
        return sorted(wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("repositories")
    parser.add_argument("out")
    parser.add_argument("--most", type=int, default=4, help="services taken of one repository")
    options = parser.parse_args()
    total = 0
    for name in sorted(os.listdir(options.repositories)):
        repository = Repository(os.path.join(options.repositories, name))
        taken = 0
        for bundle in repository.bundles():
            if taken >= options.most:
                break
            place = re.sub(r"[^A-Za-z0-9.+-]", "-", f"{name}@{bundle[0]}")
            out = os.path.join(options.out, place)
            if os.path.exists(out):
                continue
            for path in repository.files_of(bundle):
                target = os.path.join(out, path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copyfile(os.path.join(repository.top, path), target)
            keys = ("workload", "manifest", "compose", "dockerfile", "context", "image", "target")
            with open(f"{out}.json", "w", encoding="utf-8") as about:
                json.dump(dict(zip(keys, bundle)), about, indent=1)
            taken += 1
        total += taken
        if taken:
            print(f"{name}: {taken}")
    print(f"{total} services")


if __name__ == "__main__":
    main()
