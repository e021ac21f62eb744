#!/usr/bin/env python3
"""Compares verdicts on Compose files with those of `docker compose config`.

    python3 tests/schema/compare_compose.py FOLDER… --plimsoll BIN --compose docker-compose

Each file is taken by itself, copied into a temporary folder as `compose.yaml`. Files that need
others (`include`, `extends` with `file`, `label_file`) or variables that must be set (`${X:?…}`)
are left out. Compose is asked with `--no-consistency --no-env-resolution`: whether names that
services refer to exist, and what env files hold, is not the schema's business.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

NEEDS_OTHERS = re.compile(r"^\s*(include|label_file):|^\s+file: *\S+\.ya?ml|\$\{\w+:?\?", re.M)


COMPOSE = re.compile(r"^services:|^[\w-]+:\n +(image|build):", re.M)


def files(folders):
    for folder in folders:
        for at, inner, names in sorted(os.walk(folder)):
            inner.sort()
            for name in sorted(names):
                path = os.path.join(at, name)
                try:
                    with open(path, encoding="utf-8") as text:
                        text = text.read()
                except (UnicodeDecodeError, OSError):
                    continue
                is_compose = COMPOSE.search(text) and "{%" not in text
                if name.endswith((".yml", ".yaml")) and is_compose and not NEEDS_OTHERS.search(text):
                    yield path, text


def theirs(binary, path):
    done = subprocess.run(
        [binary, "-f", path, "config", "-q", "--no-consistency", "--no-env-resolution"],
        capture_output=True, text=True, check=False, cwd=os.path.dirname(path),
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COMPOSE_PROJECT_NAME": "a"},
    )
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if "level=warning" not in line]
    return " ".join(lines).replace(path, "compose.yaml")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--plimsoll", required=True)
    parser.add_argument("--compose", required=True)
    args = parser.parse_args()
    items = list(files(args.folders))
    with tempfile.TemporaryDirectory(prefix="plimsoll-compose-") as folder:
        paths = []
        for n, (_, text) in enumerate(items):
            at = os.path.join(folder, str(n))
            os.makedirs(at)
            paths.append(os.path.join(at, "compose.yaml"))
            with open(paths[-1], "w", encoding="utf-8") as out:
                out.write(text)
        done = subprocess.run(
            [os.path.abspath(args.plimsoll), "check", folder, "--format", "json", "--fail-on",
             "never", "--select", "schema,obsolete-compose-key,syntax"],
            capture_output=True, text=True, check=True,
        )
        report = json.loads(done.stdout)
        found = defaultdict(list)
        for finding in report["findings"]:
            if finding["severity"] == "error":
                found[int(finding["file"].split("/")[-2])].append(
                    f"{finding['line']}: {finding['message']}")
        left_alone = {int(file["path"].split("/")[-2]) for file in report.get("not_reviewed", [])}
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda path: theirs(args.compose, path), paths))
    counts, differences = Counter(), []
    for n, (path, _) in enumerate(items):
        if n in left_alone:
            counts["left alone"] += 1
            continue
        mine, other = found.get(n, []), answers[n]
        counts["refused" if mine else "taken", "refused" if other else "taken"] += 1
        if bool(mine) != bool(other):
            differences.append((path, mine[:3], other))
    print(f"{len(items)} files, {counts['left alone']} left alone as templates")
    print(f"  both take {counts['taken', 'taken']}, both refuse {counts['refused', 'refused']}, "
          f"only ours refuses {counts['refused', 'taken']}, "
          f"only theirs {counts['taken', 'refused']}")
    for path, mine, other in differences:
        print(f"  {path}\n      ours: {mine}\n      theirs: {(other or '')[:300]}")


if __name__ == "__main__":
    main()
