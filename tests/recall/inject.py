#!/usr/bin/env python3
"""Measures recall: injects the defect of each rule into foreign files and looks whether
`plimsoll check` finds it on the right line.

    python3 tests/recall/inject.py CORPUS --plimsoll target/release/plimsoll

CORPUS holds the folders `manifests`, `compose` and `dockerfiles`, each with files under any
names, and `services` with what bundles.py cuts out of repositories. Foreign files are read and
never written; each case runs in a temporary folder.

For each rule, files in which Plimsoll reports nothing of that rule are taken in an order that
the seed decides, until 20 were found in which the defect can occur. Into each of them every
variant of the defect is injected that applies, one at a time.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import outline
import dockerlines
from defects import MARK, REGISTRY

import composes  # noqa: F401  (each registers its defects)
import contexts  # noqa: F401
import docker_steps  # noqa: F401
import dockerfiles  # noqa: F401
import manifest_probes  # noqa: F401
import manifest_security  # noqa: F401
import manifests  # noqa: F401
import services
import sets  # noqa: F401
import schemas  # noqa: F401

NAMES = {"manifests": "app.yaml", "compose": "compose.yaml", "dockerfiles": "Dockerfile"}
READERS = {
    "manifests": outline.Outline,
    "compose": outline.Outline,
    "dockerfiles": dockerlines.Dockerfile,
}
REFUSED = (outline.Refused, dockerlines.Refused)


def split_marks(files):
    """The files without marks, and the places where the finding may stand."""
    clean, places = {}, set()
    for path, text in files.items():
        if isinstance(text, int):
            clean[path] = text
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if MARK in line:
                places.add((path, number))
        clean[path] = text.replace(MARK, "")
    return clean, places


def as_windows_saves(files):
    """CRLF and a byte order mark in what people edit."""

    def saved(path, text):
        edited = path.endswith((".yaml", ".yml")) or os.path.basename(path) == "Dockerfile"
        if not edited or not isinstance(text, str):
            return text
        return "\ufeff" + text.lstrip("\ufeff").replace("\r\n", "\n").replace("\n", "\r\n")

    return {path: saved(path, text) for path, text in files.items()}


class Runner:
    def __init__(self, binary):
        self.binary = os.path.abspath(binary)
        self.syntax = {}

    def run(self, files, rules):
        """The findings of the rules, as (rule, file, line), and the number of files reviewed."""
        with tempfile.TemporaryDirectory(prefix="recall-") as folder:
            for path, text in files.items():
                full = os.path.join(folder, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8", newline="") as out:
                    if isinstance(text, int):
                        # Of a large file only its size counts.
                        out.truncate(text)
                    else:
                        out.write(text)
            command = [self.binary, "check", "--format", "json", "--fail-on", "never"]
            command += [word for rule in rules for word in ("--select", rule)]
            done = subprocess.run(
                [*command, folder], capture_output=True, text=True, timeout=60, check=False
            )
            if done.returncode != 0:
                raise RuntimeError(f"{rules}: exit {done.returncode}: {done.stderr.strip()[:300]}")
            report = json.loads(done.stdout)
        findings = [(f["rule"], f["file"], f["line"]) for f in report["findings"]]
        # Several variants of one workload that lack the same are one finding with all places.
        findings += [
            (f["rule"], place["file"], place["line"])
            for f in report["findings"]
            for place in f["related"]
            if place["message"] == "not given here either"
        ]
        return findings, report["summary"]["files"]

    def reads(self, corpus, path, text):
        """Whether the file is reviewed (templates are not) and has no error of syntax."""
        if isinstance(text, dict):
            return True
        if path not in self.syntax:
            found, files = self.run({NAMES[corpus]: text}, ["syntax"])
            self.syntax[path] = files > 0 and not found
        return self.syntax[path]


class Tally:
    def __init__(self):
        self.files = self.injected = self.found = self.right = 0
        self.misses = []
        self.variants = defaultdict(lambda: [0, 0])

    def add(self, path, variant, places, findings):
        self.injected += 1
        lines = {(file, line) for _, file, line in findings}
        self.found += bool(lines)
        right = bool(lines & places)
        self.right += right
        self.variants[variant][0] += 1
        self.variants[variant][1] += right
        if not right:
            self.misses.append((path, variant, sorted(places), sorted(lines)))


def candidates(rule, corpus, inject, files, seed):
    """Files in which the defect can occur, with their cases: at random, but so that files of
    each set of variants take turns, lest the common variants leave no room for the rare ones."""
    names = sorted(files)
    random.Random(f"{seed}/{rule}/{corpus}").shuffle(names)
    by_variants = defaultdict(list)
    for name in names:
        rng = random.Random(f"{seed}/{rule}/{name}")
        try:
            cases = [case for case in inject(files[name][1], rng) if case is not None]
        except REFUSED:
            continue
        if cases:
            by_variants[tuple(sorted({case.variant for case in cases}))].append((name, cases))
    turns = list(by_variants.values())
    while turns:
        for group in turns:
            yield group.pop(0)
        turns = [group for group in turns if group]


def measure(rule, injectors, files, runner, options):
    """Injects one rule's defect until enough files were found for each of its injectors."""
    tally = Tally()
    problems = []
    for corpus, inject in injectors:
        used = 0
        for name, cases in candidates(rule, corpus, inject, files[corpus], options.seed):
            if used >= options.files:
                break
            text = files[corpus][name][0]
            if not runner.reads(corpus, name, text):
                continue
            clean = text if isinstance(text, dict) else {NAMES[corpus]: text}
            rng = random.Random(f"{options.seed}/{name}")
            if any(case.clean is None for case in cases) and runner.run(clean, [rule])[0]:
                cases = [case for case in cases if case.clean is not None]
            counted = False
            for case in cases:
                before = clean if case.clean is None else split_marks(case.clean)[0]
                if case.clean is not None and runner.run(before, [rule])[0]:
                    continue
                bad = case.bad if isinstance(case.bad, dict) else {NAMES[corpus]: case.bad}
                bad, places = split_marks(bad)
                if not places or bad == before:
                    problems.append((name, case.variant, "nothing was injected"))
                    continue
                if rng.random() < 1 / 8:
                    bad = as_windows_saves(bad)
                findings = runner.run(bad, sorted({rule, "syntax"}))[0]
                broken = [f for f in findings if f[0] == "syntax" and rule != "syntax"]
                if broken:
                    problems.append((name, case.variant, f"does not parse: {broken[0][1:]}"))
                    continue
                tally.add(name, case.variant, places, [f for f in findings if f[0] == rule])
                if options.keep and tally.misses and tally.misses[-1][:2] == (name, case.variant):
                    keep(options.keep, rule, name, case.variant, bad)
                counted = True
            used += counted
        tally.files += used
    return rule, tally, problems


def keep(folder, rule, path, variant, files):
    """Writes a case that was missed to a folder, to look at it."""
    base = os.path.join(folder, rule, f"{variant} {path}".replace("/", "_")[:180])
    for name, text in files.items():
        full = os.path.join(base, name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8", newline="") as out:
            out.write(text if isinstance(text, str) else "")


def read_corpus(folder):
    files = {}
    for corpus in NAMES:
        files[corpus] = {}
        place = os.path.join(folder, corpus)
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else []:
            path = os.path.join(place, name)
            if not os.path.isfile(path) or name.endswith(".json"):
                continue
            with open(path, encoding="utf-8", errors="replace", newline="") as source:
                text = source.read()
            if len(text) > 40_000 or "\ufffd" in text or MARK in text:
                continue
            try:
                files[corpus][name] = (text, READERS[corpus](text))
            except REFUSED:
                continue
    files[services.S] = services.read_all(os.path.join(folder, services.S))
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus")
    parser.add_argument("--plimsoll", default="target/release/plimsoll")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--files", type=int, default=20, help="clean files for each rule")
    parser.add_argument("--rule", action="append", help="only these rules")
    parser.add_argument("--misses", type=int, default=5, help="misses to list for each rule")
    parser.add_argument("--variants", action="store_true", help="list all variants")
    parser.add_argument("--keep", help="a folder for the cases that were missed")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()

    runner = Runner(options.plimsoll)
    listed = subprocess.run(
        [runner.binary, "rules", "--format", "json"], capture_output=True, text=True, check=True
    )
    listed = json.loads(listed.stdout)
    known = {rule["id"] for rule in (listed if isinstance(listed, list) else listed["rules"])}
    by_rule = defaultdict(list)
    for rule, corpus, inject in REGISTRY:
        by_rule[rule].append((corpus, inject))
    unmeasured = sorted(known - set(by_rule))
    wanted = [r for r in sorted(by_rule) if r in known and (not options.rule or r in options.rule)]

    files = read_corpus(options.corpus)
    with ThreadPoolExecutor(options.jobs) as pool:
        jobs = [
            pool.submit(measure, rule, by_rule[rule], files, runner, options) for rule in wanted
        ]
        results = [job.result() for job in jobs]

    print("| rule | files | injected | found | right line | % |")
    print("|---|---:|---:|---:|---:|---:|")
    total = [0, 0, 0, 0]
    below = []
    for rule, tally, _ in results:
        share = 100 * tally.right / tally.injected if tally.injected else 0
        if share < 95:
            below.append(rule)
        total = [
            a + b for a, b in zip(total, (tally.files, tally.injected, tally.found, tally.right))
        ]
        print(
            f"| `{rule}` | {tally.files} | {tally.injected} | {tally.found} | {tally.right} | {share:.1f} |"
        )
    if total[1]:
        print(
            f"| all | {total[0]} | {total[1]} | {total[2]} | {total[3]} | {100 * total[3] / total[1]:.1f} |"
        )
    print()
    for rule, tally, problems in results:
        if options.variants:
            for variant, (injected, right) in tally.variants.items():
                print(f"{rule}: {variant}: {right} of {injected}")
            continue
        weak = {v: n for v, n in tally.variants.items() if n[1] < n[0]}
        for variant, (injected, right) in weak.items():
            print(f"{rule}: {variant}: {right} of {injected}")
        for path, variant, places, lines in tally.misses[: options.misses]:
            print(f"  missed: {path}: {variant}: wanted {places}, got {lines}")
        for problem in problems[: options.misses]:
            print(f"  not counted: {problem[0]}: {problem[1]}: {problem[2]}")
        few = tally.files < options.files
        if few:
            print(f"{rule}: only {tally.files} files")
    unbuilt = sorted(set(by_rule) - known)
    if unbuilt:
        print("injected, but not in this binary:", ", ".join(unbuilt))
    if unmeasured and not options.rule:
        print("in this binary, but not injected:", ", ".join(unmeasured))
    if below:
        print("below 95 %:", ", ".join(below))
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
