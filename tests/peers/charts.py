#!/usr/bin/env python3
"""What other tools say of the objects of charts in which we find something.

    tests/peers/charts.py CHARTS... [--plimsoll BIN] [--helm BIN] [--checkov BIN]
                          [--kube-linter BIN] [--findings FILE] [--work DIR]

CHARTS are folders of charts. Each is rendered with its defaults (by `helm template`, or by
`plimsoll chart template`, which prints the same) and given to checkov and kube-linter, as far as
they are named. `--findings` is a list of findings as `plimsoll check --format json` writes them,
each with the folder of its chart as `chart`; without it all charts are reviewed at the pedantic
strictness. Of kubescape there is what its documentation says: the control for a rule, and no answer.

Prints a table in Markdown: of each rule the findings in objects that were rendered, and for each
tool whether it has a check for it, how often it says the same of the same object, and which place
it names. A checkov check counts as the same if it fails for the same kind and name; a kube-linter
check likewise. Containers are not told apart, since neither tool tells them apart in its report.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys

# rule: (checks of kube-linter, checks of checkov, controls of kubescape by its documentation)
SAME = {
    "capabilities-kept": ("drop-net-raw-capability", "CKV_K8S_37 CKV_K8S_28", "C-0055"),
    "config-reference-unknown": ("", "", ""),
    "eager-liveness-probe": ("", "", ""),
    "host-namespace": ("host-ipc host-network host-pid", "CKV_K8S_17 CKV_K8S_18 CKV_K8S_19", "C-0038 C-0041"),
    "host-path": ("sensitive-host-mounts docker-sock", "CKV_K8S_27", "C-0048"),
    "hpa-bounds": ("hpa-minimum-three-replicas", "", ""),
    "hpa-target-unknown": ("dangling-horizontalpodautoscaler", "", ""),
    "liveness-same-as-readiness": ("", "", ""),
    "missing-cpu-request": ("unset-cpu-requirements", "CKV_K8S_10", "C-0268"),
    "missing-default-resources": (
        "unset-cpu-requirements unset-memory-requirements",
        "CKV_K8S_10 CKV_K8S_11 CKV_K8S_12 CKV_K8S_13",
        "C-0268 C-0269 C-0270 C-0271",
    ),
    "missing-liveness-probe": ("no-liveness-probe", "CKV_K8S_8", "C-0056"),
    "missing-memory-limit": ("unset-memory-requirements", "CKV_K8S_13", "C-0271"),
    "missing-memory-request": ("unset-memory-requirements", "CKV_K8S_12", "C-0269"),
    "missing-pod-disruption-budget": ("", "", ""),
    "missing-readiness-probe": ("no-readiness-probe", "CKV_K8S_9", "C-0018"),
    "missing-seccomp-profile": ("", "CKV_K8S_31", "C-0055"),
    "plain-secret-committed": ("env-var-secret", "CKV_SECRET_6", "C-0012"),
    "pod-disruption-budget-blocks": ("pdb-max-unavailable pdb-min-available", "", ""),
    "privilege-escalation": ("privilege-escalation-container", "CKV_K8S_20", "C-0016"),
    "privileged-container": ("privileged-container", "CKV_K8S_16", "C-0057"),
    "rollout-loses-capacity": ("no-rolling-update-strategy", "", ""),
    "run-as-root": ("run-as-non-root", "CKV_K8S_23 CKV_K8S_40", "C-0013"),
    "schema": ("schema-validation", "", ""),
    "single-replica": ("minimum-three-replicas", "", ""),
    "unpinned-image": ("latest-tag", "CKV_K8S_14", "C-0075"),
    "writable-root-filesystem": ("no-read-only-root-fs", "CKV_K8S_22", "C-0017"),
}


def output(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", **more)
    return done.stdout, done.stderr


def rendered(chart, args):
    """The manifests of a chart with its defaults; None if they cannot be had."""
    tool = [args.helm, "template"] if args.helm else [args.plimsoll, "chart", "template"]
    done = subprocess.run(tool + [own_name(chart), chart], capture_output=True, text=True,
                          errors="replace")
    return done.stdout if done.returncode == 0 and done.stdout.strip() else None


def own_name(chart):
    """The name of a chart, which is that of the release in a review."""
    with open(os.path.join(chart, "Chart.yaml"), encoding="utf-8", errors="replace") as file:
        found = re.search(r"^name:\s*[\"']?([^\s\"'#]+)", file.read(), re.MULTILINE)
    return found.group(1) if found else "chart"


def by_checkov(folder, args):
    """Failed checks of all charts, by number, kind and name: {n: {(kind, name): {check: place}}}."""
    text, _ = output([args.checkov, "-d", folder, "--framework", "kubernetes", "--quiet",
                      "--compact", "-o", "json"])
    found = collections.defaultdict(lambda: collections.defaultdict(dict))
    try:
        reports = json.loads(text)
    except ValueError:
        return found
    for report in reports if isinstance(reports, list) else [reports]:
        for check in report.get("results", {}).get("failed_checks", []):
            kind, _, rest = check["resource"].partition(".")
            name = rest.partition(".")[2]
            lines = check["file_line_range"]
            number = os.path.basename(os.path.dirname(check["file_path"]))
            found[number][kind, name][check["check_id"]] = f"line {lines[0]} of the rendered text"
    return found


def by_kube_linter(chart, args):
    """The same of kube-linter, which is given the chart itself."""
    # Which of its checks are on by default is its users' affair.
    text, _ = output([args.kube_linter, "lint", "--add-all-built-in", "--format", "json", chart])
    found = collections.defaultdict(dict)
    try:
        reports = json.loads(text).get("Reports") or []
    except ValueError:
        return None
    for report in reports:
        its = report["Object"]["K8sObject"]
        path = report["Object"]["Metadata"].get("FilePath", "")
        where = "the template" if "/templates/" in path else "the chart"
        found[its["GroupVersionKind"]["Kind"], its["Name"]][report["Check"]] = where
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("charts", nargs="*")
    parser.add_argument("--plimsoll", default="plimsoll")
    parser.add_argument("--helm")
    parser.add_argument("--checkov")
    parser.add_argument("--kube-linter")
    parser.add_argument("--findings")
    parser.add_argument("--work", default="peers-work")
    args = parser.parse_args()
    findings = []
    if args.findings:
        with open(args.findings, encoding="utf-8") as file:
            findings = json.load(file)
    else:
        for chart in args.charts:
            text, _ = output([args.plimsoll, "check", chart, "--format", "json",
                              "--strictness", "pedantic", "--fail-on", "never"])
            for finding in json.loads(text)["findings"] if text else []:
                findings.append({**finding, "chart": chart})
    charts = sorted({finding["chart"] for finding in findings})
    checkov, linter, numbers = {}, {}, {}
    for number, chart in enumerate(charts):
        text = rendered(chart, args)
        if text is None:
            continue
        folder = os.path.join(args.work, str(number))
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "all.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        numbers[chart] = str(number)
        if args.kube_linter:
            answer = by_kube_linter(chart, args)
            if answer is not None:
                linter[chart] = answer
    if args.checkov:
        # It takes long to start.
        found = by_checkov(args.work, args)
        checkov = {chart: found[number] for chart, number in numbers.items()}
    rows = collections.defaultdict(collections.Counter)
    places = collections.defaultdict(collections.Counter)
    for finding in findings:
        row = rows[finding["rule"]]
        row["ours"] += 1
        if not finding.get("object") or finding["chart"] not in numbers:
            continue
        kind, _, rest = finding["object"].partition("/")
        name = rest.rpartition("/")[2]
        row["objects"] += 1
        for tool, answers, which in (("kube-linter", linter, 0), ("checkov", checkov, 1)):
            answer = answers.get(finding["chart"])
            if answer is None:
                continue
            row[tool + " asked"] += 1
            checks = SAME.get(finding["rule"], ("", "", ""))[which].split()
            said = {}
            for (its_kind, its_name), its in answer.items():
                if its_kind == kind and alike(its_name, name, finding["chart"]):
                    said.update(its)
            hits = [check for check in checks if check in said]
            if not hits and checks:
                print(f"{tool} has {' '.join(checks)} and does not say {finding['rule']} of "
                      f"{finding['object']} in {finding['chart']}", file=sys.stderr)
            if hits:
                row[tool] += 1
                places[tool][said[hits[0]]] += 1
    print("| rule | findings | in objects of the render | kube-linter | checkov | kubescape |")
    print("| --- | --- | --- | --- | --- | --- |")
    total = collections.Counter()
    for rule, row in sorted(rows.items(), key=lambda item: (-item[1]["ours"], item[0])):
        cells = [f"`{rule}`", str(row["ours"]), str(row["objects"])]
        names = SAME.get(rule, ("", "", ""))
        for tool, which in (("kube-linter", 0), ("checkov", 1)):
            asked = row[tool + " asked"]
            if not names[which]:
                cells.append("no check")
            else:
                cells.append(f"{row[tool]} of {asked}")
                total[tool + " has"] += asked
            total[tool] += row[tool]
        cells.append(names[2] or "no control")
        total["ours"] += row["ours"]
        total["objects"] += row["objects"]
        print("| " + " | ".join(cells) + " |")
    print(f"| all | {total['ours']} | {total['objects']} "
          f"| {total['kube-linter']} of {total['kube-linter has']} "
          f"| {total['checkov']} of {total['checkov has']} | |")
    print()
    print(f"{len(numbers)} of {len(charts)} charts rendered; kube-linter read {len(linter)}.")
    for tool in ("kube-linter", "checkov"):
        named = ", ".join(f"{place}: {count}" for place, count in kinds(places[tool]).items())
        print(f"Places that {tool} names: {named or 'none'}.")
    return 0


def kinds(places):
    """Places without their numbers."""
    found = collections.Counter()
    for place, count in places.items():
        found["a line of the rendered text" if place.startswith("line ") else place] += count
    return found


def alike(theirs, ours, chart):
    """Whether two names are of one object: kube-linter calls the release `test-release`."""
    own = own_name(chart)
    if theirs == ours.replace(own, "test-release"):
        return True
    # Charts leave the name of the release out, or their own, where they are alike.
    last = theirs.rpartition("-")[2]
    if theirs.startswith("test-release-") and ours.startswith(own) and ours.endswith("-" + last):
        return True
    name = theirs.removeprefix("test-release").lstrip("-")
    short = {name, name.removeprefix(own).lstrip("-")}
    return theirs == ours or theirs != name and bool(
        short & {ours, ours.removeprefix(own).lstrip("-")})


if __name__ == "__main__":
    sys.exit(main())
