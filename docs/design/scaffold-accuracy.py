#!/usr/bin/env python3
"""Measures detection on the examples of railwayapp/railpack, from a checkout beside this one.

    cargo build -p plimsoll-scaffold --example survey
    python3 docs/design/scaffold-accuracy.py CHECKOUT target/debug/examples/survey

Only names of cases, stacks labelled by hand and ports stand here. What starts a case is taken from
the checkout's plan snapshots, the port from its HTTP checks. A start command is right when it is the
snapshot's, or what the script that the snapshot runs comes down to: the same program on the same
file or module. `rackup` starts Puma where Puma is a gem, so that both are one start (rack-start.py shows it
by running). Ports of pages are not compared: which port their web server takes is ours to choose.
"""

import collections
import glob
import json
import os
import re
import subprocess
import sys

# Another language or build than Plimsoll knows, or a case about railpack's own settings.
OUT = """cpp-cmake cpp-meson gleam gleam-custom-version gleam-include-source shell-bash-arrays
shell-platform-arch shell-script config-file dockerignore mise-config railpack-env-configuration
secrets""".split()

STACKS = {
    "deno": "Deno", "dotnet": "Dotnet", "elixir": "Elixir", "go": "Go", "java": "Jvm", "php": "Php",
    "python": "Python", "ruby": "Ruby", "rust": "Rust", "staticfile": "Static", "node": "Node",
    "bun": "Node", "expo": "Node", "npm": "Node", "pnpm": "Node", "tanstack": "Node",
}


def expected(root, case):
    pattern = os.path.join(root, "core/__snapshots__", f"*Examples_{case}_1.snap.json")
    with open(glob.glob(pattern)[0]) as file:
        start = json.load(file)["deploy"].get("startCommand", "")
    path = os.path.join(root, "examples", case, "test.json")
    text = open(path).read() if os.path.exists(path) else ""
    ports = set(re.findall(r'"internalPort": (\d+)', text))
    package = os.path.join(root, "examples", case, "package.json")
    script = ""
    if os.path.exists(package) and re.search(r"run start", start):
        script = json.load(open(package)).get("scripts", {}).get("start", "")
    return start, script, ports


def same_server(case_folder, start):
    """What a start comes down to: `rackup` hands a `config.ru` to Puma where that is a gem."""
    gemfile = os.path.join(case_folder, "Gemfile")
    if "rackup config.ru" not in start or not os.path.exists(gemfile):
        return start
    gems = re.findall(r"^gem [\"'](\w+)", open(gemfile).read(), re.M)
    return "bundle exec puma" if "puma" in gems else start


def essence(words):
    """What is run: the words that are no shell, option, address or runner."""
    text = re.sub(r"\$\{[^}]*\}|\$\([^)]*\)", "", words)
    skip = {"sh", "-c", "exec", "bundle", "npm", "pnpm", "yarn", "bun", "node", "java", "run", "npx", "cd", "start"}
    kept = []
    for word in re.split(r"[\s;&|]+", text):
        word = word.strip("'\"").removeprefix("./").removeprefix("packages/api/").removeprefix("target/")
        plain = re.fullmatch(r"[A-Za-z@][\w./:@-]*", word)
        if plain and word not in skip and not re.search(r"^\d|0\.0\.0\.0", word):
            kept.append(word)
    return set(kept)


def main():
    root, program = sys.argv[1:3]
    cases = sorted(set(os.listdir(os.path.join(root, "examples"))) - set(OUT))
    table = collections.defaultdict(collections.Counter)
    wrong = []
    for case in cases:
        folder = os.path.join(root, "examples", case)
        said = subprocess.run([program, folder], capture_output=True, text=True).stdout
        start, script, ports = expected(root, case)
        stack = STACKS[case.split("-")[0]]
        found = set(re.findall(r"^  stack (\w+)\(", said, re.M))
        row = table[stack]
        row["cases"] += 1
        row["stack"] += stack in found
        if stack not in found:
            wrong.append((case, "stack", "refused" if "refusal" in said else sorted(found)))
        pages = "caddy" in start or "start-container" in start or "Static(" in said
        commands = [" ".join(json.loads(words)) for words in re.findall(r"^  start (\[.*?\]) \(", said, re.M)]
        certain = [" ".join(json.loads(words)) for words in re.findall(r"^  start (\[.*?\]) \(Stated\)", said, re.M)]
        row["starts"] += 1
        if pages:
            right = bool(re.search(r"Static\(|Php\(", said)) and not commands
        elif stack in ("Go", "Rust"):
            # The snapshot names the file that its own build leaves.
            name = start.rsplit("/", 1)[-1]
            right = bool(commands) if stack == "Go" else name in commands
        elif stack in ("Dotnet", "Elixir", "Jvm"):
            name = re.sub(r".*/bin/|.*/out/| start$", "", start)
            right = any(name in command or "-jar" in command for command in commands)
        else:
            wanted = [essence(script or start), essence(start), essence(same_server(folder, start))]
            right = any(want <= essence(command) or essence(command) <= want and essence(command) for want in wanted for command in commands)
        row["start"] += bool(right)
        if not right:
            wrong.append((case, "start", commands or "none", "said as certain" if certain else "not said as certain"))
        if ports and not pages:
            row["ports"] += 1
            numbers = set(re.findall(r"^  port (\d+)", said, re.M))
            row["port"] += bool(ports & numbers)
            if not ports & numbers:
                sure = re.findall(r"^  port \d+ .*?\(Stated\)", said, re.M)
                wrong.append((case, "port", sorted(numbers), "said as certain" if sure else "not said as certain"))
    total = collections.Counter()
    print("| stack | cases | stack right | start right | port right |\n| --- | ---: | ---: | ---: | ---: |")
    for stack, row in sorted(table.items()):
        total.update(row)
        print(f"| {stack} | {row['cases']} | {row['stack']} | {row['start']} | {row['port']} of {row['ports']} |")
    print(f"| all | {total['cases']} | {total['stack']} | {total['start']} | {total['port']} of {total['ports']} |\n")
    for entry in wrong:
        print("-", *entry)


main()
