#!/usr/bin/env python3
"""Asks helm which flags its commands about charts have, and writes flags.json.

Usage: run.py HELM (4.3.1). A flag is its name, its letter or nothing, and the kind of its value, or
nothing for a switch; in brackets stands what it is without a value. Those that every command has
are listed once, under no name.
"""

import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = """template, lint, create, package, pull, push, show all, show chart, show crds, show readme,
show values, dependency build, dependency list, dependency update, repo add, repo index, repo list,
repo remove, repo update, registry login, registry logout, verify"""
FLAG = re.compile(r"^ +(?:-(\w), )?--([\w-]+)(?: (\w+))?(\[=\S+)?(?:  |$)")


def flags(text):
    found = (FLAG.match(line) for line in text.splitlines())
    named = ([one[2], one[1] or "", (one[3] or "") + (one[4] or "")] for one in found if one)
    return [one for one in named if one[0] != "help"]


def main():
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
