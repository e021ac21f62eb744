#!/usr/bin/env python3
"""Compares `plimsoll compose config` with `docker compose config` on real projects, in place.

    tests/compose/parity.py DIR… [--docker-compose PATH] [--plimsoll PATH] [--list] [--show N]

Below each DIR every folder with a Compose file is a project (its override file included), and
every other Compose file is one by itself (`-f FILE`). Both programs run in the folder with an
environment of PATH and HOME only, so that both see the same files and variables. A project is
equal if both give the same JSON document and the same YAML text, or if both refuse it. The table
says how many; the first difference of each other project follows.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

MAIN = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
OVER = ["compose.override.yml", "compose.override.yaml",
        "docker-compose.override.yml", "docker-compose.override.yaml"]
NAMED = re.compile(r"(^|[._-])(docker-?)?compose([._-]|$)", re.I)

# What the reference says, by the category that plimsoll gives the same refusal.
CATEGORIES = [
    (r"no configuration file provided|compose file \".*is invalid|failed to pull|"
     r"remote resource|failed to access repository", "file"),
    (r"^stat .*no such file", "env-file"),
    (r"^open .*no such file or directory$", "file"),
    (r"top-level object must be a mapping|cannot construct .* into cli", "yaml"),
    (r"env file .* not found|label file .* not found|couldn't find env file|failed to read |"
     r"failed to parse env_file|unsupported env_file", "env-file"),
    (r"invalid interpolation format|error while interpolating|required variable|"
     r"Invalid template", "interpolation"),
    (r"include cycle", "include"),
    (r"cannot extend service|Circular reference|extends\..*is required", "extends"),
    (r"cannot override|missing a mount target|missing a target port|cannot merge|"
     r"missing a target|environment path attribute", "merge"),
    (r"dependency cycle", "cycle"),
    (r"undefined|depends on unknown|unknown service|neither an image|no such service|"
     r"is disabled|not found for network_mode", "reference"),
    (r"conflicting parameters|mutual|exclusive|distinct values|already mounted|"
     r"must be unique|must declare either|one of .* must be set|MUST include|target is required|"
     r"already in use|external.name|non-buildable|cannot depend on job", "conflict"),
    (r"project name", "name"),
    (r"validating |must be a list|additional properties|unexpected type|invalid type|unsupported value|"
     r"unconvertible type|expected a map|interface conversion|unsupported expose|must be a mapping$|"
     r"cannot convert|cannot use .* as a mapping key|cannot construct .* into string", "schema"),
    (r"failed to parse|yaml: |go-yaml|non-string key|empty compose file", "yaml"),
    (r"no such file or directory$|is a directory", "file"),
]


def category(text):
    # Warnings name files, whose names hold words of the patterns.
    text = "\n".join(line for line in text.splitlines() if "level=warning" not in line)
    for pattern, name in CATEGORIES:
        if re.search(pattern, text, re.M):
            return name
    return "value"


def looks_like_compose(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return re.search(r"^(services|include|version|volumes|networks|x-[^:]*):", file.read(),
                         re.M) is not None


def projects(root):
    found = []
    for folder, dirs, files in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in (".git", "node_modules"))
        names = set(files)
        main = next((name for name in MAIN if name in names), None)
        over = next((name for name in OVER if name in names), None) if main else None
        if main:
            found.append((folder, []))
        for name in sorted(files):
            if name in (main, over) or not name.endswith((".yml", ".yaml")):
                continue
            if NAMED.search(name.rsplit(".", 1)[0]) \
                    and looks_like_compose(os.path.join(folder, name)):
                found.append((folder, ["-f", name]))
    return found


def run(command, folder):
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    before = os.times()
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=120)
    wall = time.monotonic() - started
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user \
        - before.children_system
    return done.returncode, done.stdout.decode("utf-8", "replace"), \
        done.stderr.decode("utf-8", "replace"), cpu, wall


def first_difference(one, two, path="$"):
    if type(one) is not type(two):
        return f"{path}: {json.dumps(one)[:120]} / {json.dumps(two)[:120]}"
    if isinstance(one, dict):
        for key in sorted(set(one) | set(two)):
            if key not in one:
                return f"{path}.{key}: nothing / {json.dumps(two[key])[:120]}"
            if key not in two:
                return f"{path}.{key}: {json.dumps(one[key])[:120]} / nothing"
            found = first_difference(one[key], two[key], f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(one, list):
        for number, (a, b) in enumerate(zip(one, two)):
            found = first_difference(a, b, f"{path}[{number}]")
            if found:
                return found
        if len(one) != len(two):
            return f"{path}: {len(one)} items / {len(two)} items"
        return None
    return None if one == two else f"{path}: {json.dumps(one)[:120]} / {json.dumps(two)[:120]}"


def first_line(one, two):
    for number, (a, b) in enumerate(zip(one.splitlines(), two.splitlines()), 1):
        if a != b:
            return f"YAML line {number}: {a!r} / {b!r}"
    return f"YAML: {len(one.splitlines())} lines / {len(two.splitlines())} lines"


def compare(project, options):
    folder, files = project
    theirs = [options.docker_compose, *files, "config"]
    ours = [options.plimsoll, "compose", *files, "config"]
    their = run([*theirs, "--format", "json"], folder)
    our = run([*ours, "--format", "json"], folder)
    result = {"project": os.path.join(folder, *files[1:]), "their": their, "our": our}
    if their[0] != 0 or our[0] != 0:
        result["their_category"] = category(their[2]) if their[0] else None
        result["our_category"] = re.findall(r"^error\[([a-z-]+)\]", our[2], re.M)
        if their[0] != 0 and our[0] == 1:
            same = result["their_category"] in result["our_category"]
            result["verdict"] = "both refuse" if same else "refused otherwise"
            result["difference"] = f"{result['their_category']} / {result['our_category']}: " \
                f"{their[2].strip().splitlines()[-1:]} / {our[2].strip().splitlines()[:1]}"
        elif their[0] != 0:
            result["verdict"] = "only they refuse"
            result["difference"] = their[2].strip().splitlines()[-1:]
        else:
            result["verdict"] = "only we refuse"
            result["difference"] = our[2].strip().splitlines()
        return result
    difference = first_difference(json.loads(their[1]), json.loads(our[1]))
    if difference:
        result["verdict"] = "JSON differs"
        result["difference"] = difference
        return result
    their_yaml, our_yaml = run(theirs, folder)[1], run(ours, folder)[1]
    if their_yaml != our_yaml:
        result["verdict"] = "YAML differs"
        result["difference"] = first_line(their_yaml, our_yaml)
    else:
        result["verdict"] = "equal"
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dirs", nargs="+", metavar="DIR")
    parser.add_argument("--docker-compose", default="docker-compose")
    parser.add_argument("--plimsoll", default="target/release/plimsoll")
    parser.add_argument("--list", action="store_true", help="name every project")
    parser.add_argument("--refusals", action="store_true", help="show what both say of refusals")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    for name in ("docker_compose", "plimsoll"):
        path = getattr(options, name)
        if os.sep in path:
            setattr(options, name, os.path.abspath(path))
    found = [project for root in options.dirs for project in projects(root)]
    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda project: compare(project, options), found))
    counts = {}
    for result in results:
        counts[result["verdict"]] = counts.get(result["verdict"], 0) + 1
    print(f"{len(results)} projects")
    for verdict in ["equal", "both refuse", "refused otherwise", "JSON differs", "YAML differs", "only they refuse",
                    "only we refuse"]:
        print(f"{counts.get(verdict, 0):6}  {verdict}")
    refused = [r for r in results if r["verdict"] == "both refuse"]
    categories = {}
    for result in refused:
        name = result["their_category"]
        categories[name] = categories.get(name, 0) + 1
    ordered = sorted(categories.items(), key=lambda pair: -pair[1])
    print("refused: " + ", ".join(f"{name} {count}" for name, count in ordered))
    if options.jobs == 1:
        their = sum(r["their"][3] for r in results), sum(r["their"][4] for r in results)
        our = sum(r["our"][3] for r in results), sum(r["our"][4] for r in results)
        print(f"CPU  theirs {their[0]:.2f} s, ours {our[0]:.2f} s, "
              f"ratio {their[0] / max(our[0], 0.001):.0f}")
        print(f"wall theirs {their[1]:.2f} s, ours {our[1]:.2f} s, "
              f"ratio {their[1] / max(our[1], 0.001):.0f}")
    for result in results:
        is_same = result["verdict"] in ("equal", "both refuse")
        if not is_same or options.list:
            print(f"{result['verdict']}: {result['project']}")
            if not is_same:
                print(f"    {result['difference']}")
    if options.refusals:
        for result in refused:
            print(f"refused [{result['their_category']}]: {result['project']}")
            print("    theirs:", " | ".join(result["their"][2].strip().splitlines()[-3:])[:300])
            lines = [line for line in result["our"][2].splitlines() if "warning" not in line]
            print("    ours:  ", " | ".join(lines[:3])[:300])
    sys.exit(0 if counts.get("equal", 0) + counts.get("both refuse", 0) == len(results) else 1)


if __name__ == "__main__":
    main()
