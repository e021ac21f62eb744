"""A project whose services need others beside them: written by `plimsoll init`, started by docker compose.

Its Dockerfile is built as it is and its Compose file is run as it is; the images of PostgreSQL and
Redis come from the registry on loopback under the names that the Compose file has for them.
"""

import json
import os
import shutil
import time
import urllib.request

from service import Failure, Service, expect, output, run

HERE = os.path.dirname(os.path.abspath(__file__))


class Project(Service):
    """One project: its sources, what `init` wrote for it, and its containers."""

    def __init__(self, name, work, builder, docker):
        self.name = name
        self.builder = builder
        self.docker = docker
        self.context = written(name, work)
        self.archive = os.path.join(work, name + ".tar")
        # Nothing but the context's own files may reach the builder.
        with open(os.path.join(self.context, ".env"), "w", encoding="utf-8") as file:
            file.write(f"POSTGRES_PASSWORD={os.urandom(12).hex()}\n")
        self.compose = [os.environ["DOCKER_COMPOSE"], "--progress", "quiet"]
        self.compose += ["--project-directory", self.context]
        self.options = {"env": {**os.environ, "DOCKER_HOST": docker[-1]}}
        self.project = json.loads(self.ask("config", "--format", "json"))

    def ask(self, *words):
        return run([*self.compose, *words], **self.options).strip()

    def prove(self):
        started = time.monotonic()
        name = self.project["name"]
        for target in ["dev", "runtime"]:
            self.build(target, f"{name}-{self.name}")
        run([*self.docker, "load", "--quiet", "--input", self.archive])
        os.remove(self.archive)
        for service, said in self.project["services"].items():
            if said.get("build", {}).get("target") == "runtime" and service != self.name:
                run([*self.docker, "tag", f"{name}-{self.name}", f"{name}-{service}"])
        built = time.monotonic() - started
        try:
            healthy, stopped = self.lives()
        except Failure as error:
            raise Failure(f"{error}\n{self.ask('logs', '--no-color', '--tail', '40')}") from error
        finally:
            self.ask("down", "--volumes", "--timeout", "5")
        return f"built in {built:.0f} s, healthy after {healthy:.1f} s, stopped in {stopped:.1f} s"

    def lives(self):
        """From the first start to a second one, which finds what the first one kept."""
        healthy = self.up()
        container = self.container(self.name)
        migration = self.container(f"{self.name}-migrate")
        template = "{{.State.Status}} {{.State.ExitCode}}"
        ended = output([*self.docker, "inspect", "--format", template, migration])
        expect("the migration", ended, "exited 0")
        self.strict(container)
        self.answer("first", ["first"], 1)
        self.answer("second", ["first", "second"], 2)
        # Not the service alone says so.
        rows = 'PGPASSWORD=$POSTGRES_PASSWORD psql -U visits -tAc "SELECT count(*) FROM visits"'
        expect("rows", self.ask("exec", "-T", "postgres", "sh", "-c", rows), "2")
        expect("count", self.ask("exec", "-T", "redis", "redis-cli", "get", "visits"), "2")
        stopped = self.stops(container)
        self.up()
        self.answer("third", ["first", "second", "third"], 3)
        return healthy, stopped

    def up(self):
        started = time.monotonic()
        self.ask("up", "--no-build", "--detach")
        self.healthy(self.container(self.name))
        return time.monotonic() - started

    def container(self, service):
        return self.ask("ps", "--all", "--quiet", service)

    def answer(self, who, kept, counted):
        """It answers on the port that the Compose file publishes, through both services."""
        port = self.project["services"][self.name]["ports"][0]
        url = f"http://{port['host_ip']}:{port['published']}/?who={who}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            expect("answer", json.load(answer), {"kept": kept, "counted": counted})

    @property
    def running(self):
        """What the image and the Compose file say, in the words of the other proofs."""
        tag = f"{self.project['name']}-{self.name}"
        image = json.loads(output([*self.docker, "image", "inspect", tag]))[0]["Config"]
        user, group = image["User"].split(":")
        grace = self.project["services"][self.name]["stop_grace_period"]
        return {"user": user, "group": group, "grace": seconds(grace)}

    def strict(self, container):
        super().strict(container)
        pid = output([*self.docker, "inspect", "--format", "{{.State.Pid}}", container])
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        expect("bounding capabilities", int(status["CapBnd"], 16), 0)
        expect("no new privileges", status["NoNewPrivs"], "1")


def written(name, work):
    """A copy of the project with what `init` writes for it."""
    folder = os.path.join(work, "projects", name)
    if not os.path.isdir(folder):
        shutil.copytree(os.path.join(HERE, "projects", name), folder)
        run([os.environ["PLIMSOLL"], "init", "--yes"], cwd=folder)
    return folder


def seconds(text):
    """Of a duration such as `1m30s`."""
    minutes, _, rest = text.rpartition("m")
    return int(minutes or 0) * 60 + int(rest.removesuffix("s") or 0)
