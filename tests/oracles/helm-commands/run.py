#!/usr/bin/env python3
"""Asks helm which flags its commands about charts have, and what they answer to cases.json; writes
flags.json and answers.json.

Usage: run.py HELM (4.3.1). Each case runs in a folder of its own with the files of cases.json. Of an
answer are kept the exit code, standard output and what stands after `Error: `, with that folder as
WORLD. A flag is its name, its letter or nothing, and the kind of its value, or
nothing for a switch; in brackets stands what it is without a value. Those that every command has
are listed once, under no name.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = """template, lint, create, package, pull, push, show all, show chart, show crds, show readme,
show values, dependency build, dependency list, dependency update, repo add, repo index, repo list,
repo remove, repo update, registry login, registry logout, verify"""
FLAG = re.compile(r"^ +(?:-(\w), )?--([\w-]+)(?: (\w+))?(\[=\S+)?(?:  |$)")


def flags(text):
    found = (FLAG.match(line) for line in text.splitlines())
    named = ([one[2], one[1] or "", (one[3] or "") + (one[4] or "")] for one in found if one)
    return [one for one in named if one[0] != "help"]


def ask(files, case):
    with tempfile.TemporaryDirectory() as base:
        world = os.path.join(os.path.realpath(base), "world")
        for name, text in files.items():
            path = os.path.join(world, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        home = os.path.join(os.path.realpath(base), "home")
        env = {"PATH": os.environ["PATH"], "HOME": home, "TZ": "UTC"}
        words = case.replace("WORLD", world).split(" ")
        ran = subprocess.run(
            [sys.argv[1], *words],
            cwd=world,
            env=env,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    masked = [text.replace(world, "WORLD").replace(home, "HOME") for text in (ran.stdout, ran.stderr)]
    refused = masked[1].partition("Error: ")[2].strip() if ran.returncode else ""
    return [case, ran.returncode, masked[0], refused]


def record():
    with open(os.path.join(HERE, "cases.json")) as file:
        cases = json.load(file)
    answers = [ask(cases["files"], case) for case in cases["cases"]]
    with open(os.path.join(HERE, "answers.json"), "w") as file:
        file.write("[\n" + ",\n".join(map(json.dumps, answers)) + "\n]\n")


def main():
    record()
    answers = {}
    for command in re.split(r",\s*", COMMANDS):
        ran = subprocess.run(
            [sys.argv[1], *command.split(), "--help"], capture_output=True, text=True, check=True
        )
        own, everywhere = ran.stdout.split("\nGlobal Flags:\n")
        answers[""] = flags(everywhere)
        answers[command] = flags(own)
    with open(os.path.join(HERE, "flags.json"), "w") as file:
        listed = (
            json.dumps(name) + ": [\n  " + ",\n  ".join(map(json.dumps, answer)) + "\n]"
            for name, answer in answers.items()
        )
        file.write("{\n" + ",\n".join(listed) + "\n}\n")


if __name__ == "__main__":
    main()
