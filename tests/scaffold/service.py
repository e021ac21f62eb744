"""One service: written by `plimsoll init`, built of its Dockerfile as it is, started by docker compose.

The published ports are the Compose file's own, so only one project is up at a time; another one may
be built meanwhile.
"""

import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
# What else `plimsoll init` is told.
WORDS = {"manifests": ["--from", "manifests", "--only", "compose"]}
# Pages say where they come from: what answers has been built.
BUILT = {"pages": b"hello from production"}
# Who is up: most services publish the same port.
UP = threading.Lock()


class Failure(Exception):
    """Something that a service did not do."""


class Service:
    """One service: its sources, what `init` wrote for it, and its container."""

    folder = "services"
    # The last one is what runs.
    targets = ["dev", "runtime"]

    def __init__(self, name, work, builder, docker):
        self.name = name
        self.builder = builder
        self.docker = docker
        self.context = written(self.folder, name, work)
        self.archive = os.path.join(work, name + ".tar")
        # Nothing but the context's own files may reach the builder.
        with open(os.path.join(self.context, ".env"), "w", encoding="utf-8") as file:
            for key in ["POSTGRES_PASSWORD", *asked(self.context)]:
                file.write(f"{key}={os.urandom(12).hex()}\n")
        self.compose = [os.environ["DOCKER_COMPOSE"], "--progress", "quiet"]
        self.compose += ["--project-name", f"plimsoll-{name}", "--project-directory", self.context]
        self.options = {"env": {**os.environ, "DOCKER_HOST": docker[-1]}}
        self.project = json.loads(self.ask("config", "--format", "json"))
        built = [service for service, said in self.project["services"].items() if said.get("ports")]
        expect("services with ports", len(built), 1)
        self.service = built[0]
        self.said = self.project["services"][self.service]
        self.source = self.said["build"]["context"]
        self.tag = self.image_of(self.service)

    def image_of(self, service):
        """What docker compose calls the image that it would build."""
        return f"{self.project['name']}-{service}"

    def ask(self, *words):
        return run([*self.compose, *words], **self.options).strip()

    def prove(self):
        started = time.monotonic()
        for target in self.targets:
            self.build(target)
        built = time.monotonic() - started
        # The builder keeps what Dockerfiles ask it to keep for the next build, and nothing else.
        for kind in ["regular", "source.local", "internal", "frontend"]:
            run([*self.builder, "prune", "--all", "--filter", f"type=={kind}"])
        with UP:
            try:
                run([*self.docker, "load", "--quiet", "--input", self.archive])
                os.remove(self.archive)
                healthy, stopped = self.lives()
            except Failure as error:
                logs = self.ask("logs", "--no-color", "--tail", "40")
                raise Failure(f"{error}\n{logs}") from error
            finally:
                self.ask("down", "--volumes", "--timeout", "5")
                # The engine is ours, and nothing else is up.
                run([*self.docker, "image", "prune", "--all", "--force"])
        return f"built in {built:.0f} s, healthy after {healthy:.1f} s, stopped in {stopped:.1f} s"

    def build(self, target):
        """Builds a target of the Dockerfile; the last one, which has no name here, is kept."""
        command = [*self.builder, "build", "--frontend", "dockerfile.v0", "--progress", "plain"]
        command += ["--local", f"context={self.source}", "--local", f"dockerfile={self.source}"]
        if target == self.targets[-1]:
            command += ["--output", f"type=docker,name={self.tag},dest={self.archive}"]
        else:
            command += ["--opt", f"target={target}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        if done.returncode:
            raise Failure(f"the build of `{target}` fails:\n{done.stderr[-6000:]}")

    def lives(self):
        """From start to end; gives how long it took to become healthy and to stop."""
        healthy = self.up()
        container = self.container(self.service)
        self.strict(container)
        self.answers()
        return healthy, self.stops(container)

    def up(self):
        started = time.monotonic()
        self.ask("up", "--no-build", "--detach")
        self.healthy(self.container(self.service))
        return time.monotonic() - started

    def container(self, service):
        return self.ask("ps", "--all", "--quiet", service)

    def healthy(self, container):
        template = "{{.State.Status}} {{with .State.Health}}{{.Status}}{{else}}without a check{{end}}"
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            state = output([*self.docker, "inspect", "--format", template, container])
            if state == "running healthy":
                return
            if state not in ["running starting", "running unhealthy"]:
                raise Failure(f"the container is {state}")
            time.sleep(0.5)
        raise Failure(f"the container is {state} after 90 s")

    def get(self, path):
        """Asks on the port that the Compose file publishes."""
        port = self.said["ports"][0]
        url = f"http://{port['host_ip']}:{port['published']}{path}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read()

    def answers(self):
        page = self.get("/")
        said = BUILT.get(self.name, b"hello")
        if said not in page:
            raise Failure(f"it does not say {said.decode()}: {page[:500]}")
        # What a page names is there, too, and was built with it.
        for script in re.findall(rb'<script[^>]* src="([^"]+)"', page):
            if said.split()[-1] not in self.get(script.decode()):
                raise Failure(f"{script.decode()} was not built")

    def strict(self, container):
        """The kernel says what the image and the Compose file claim: the user, no capability, nothing
        to write to beside volumes; and no file that the builder must not see is in the image."""
        image = json.loads(output([*self.docker, "image", "inspect", self.tag]))[0]["Config"]
        user, group = image["User"].split(":")
        if not (user.isdigit() and group.isdigit() and int(user) and int(group)):
            raise Failure(f"the user of the image is {image['User']!r}")
        target = self.said["ports"][0]["target"]
        expect("ports of the image", list(image["ExposedPorts"]), [f"{target}/tcp"])
        pid = output([*self.docker, "inspect", "--format", "{{.State.Pid}}", container])
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        expect("user", status["Uid"].split(), [user] * 4)
        expect("group", status["Gid"].split(), [group] * 4)
        for capabilities in ["CapEff", "CapPrm", "CapBnd"]:
            expect(capabilities, int(status[capabilities], 16), 0)
        expect("no new privileges", status["NoNewPrivs"], "1")
        with open(f"/proc/{pid}/mounts", encoding="utf-8") as file:
            mounts = [line.split() for line in file]
        root = next(options for _, path, _, options, *_ in mounts if path == "/")
        if "ro" not in root.split(","):
            raise Failure("the root can be written")
        secrets = ["find", f"/proc/{pid}/root/", "-xdev", "-name", ".env"]
        expect("files that the builder must not see", output(secrets), "")

    def stops(self, container):
        """As docker compose stops it, with the grace period that the Compose file says."""
        started = time.monotonic()
        grace = seconds(self.said["stop_grace_period"])
        self.ask("stop", self.service)
        took = time.monotonic() - started
        code = output([*self.docker, "inspect", "--format", "{{.State.ExitCode}}", container])
        if took >= grace or code == "137":
            raise Failure(f"it had to be killed after {took:.1f} s")
        return took


def written(kind, name, work):
    """A copy of the sources with what `init` writes for them."""
    folder = os.path.join(work, kind, name)
    if not os.path.isdir(folder):
        shutil.copytree(os.path.join(HERE, kind, name), folder)
        run([os.environ["PLIMSOLL"], "init", *WORDS.get(kind, []), "--yes"], cwd=folder)
    return folder


def asked(folder):
    """The keys that the form of `.env` leaves open."""
    form = os.path.join(folder, ".env.example")
    if not os.path.exists(form):
        return []
    with open(form, encoding="utf-8") as file:
        keys = [line.strip().removesuffix("=") for line in file if line.strip().endswith("=")]
    return [key for key in keys if key.isidentifier() and key != "POSTGRES_PASSWORD"]


def seconds(text):
    """Of a duration such as `1m30s`."""
    minutes, _, rest = text.rpartition("m")
    return int(minutes or 0) * 60 + int(rest.removesuffix("s") or 0)


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
