"""One image that was built of a generated Dockerfile, and its container."""

import json
import os
import shutil
import subprocess
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


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
