#!/usr/bin/env python3
"""Asks helm what its duration functions answer to cases.json and writes answers.json.

Usage: run.py HELM (4.3.1). Each case is rendered as a template of a chart of its own making.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LINE = '{{- $r := %s }}\nanswer: {{ printf "%%T %%v" $r $r | quote }}\n'


def ask(helm, chart, case):
    with open(os.path.join(chart, "templates", "case.yaml"), "w") as template:
        template.write(LINE % case)
    ran = subprocess.run(
        [helm, "template", "release", chart], capture_output=True, text=True, check=False
    )
    answer = re.search(r'^answer: (".*")$', ran.stdout, re.M)
    if answer:
        return {"o": json.loads(answer.group(1))}
    error = re.search(r"error calling \w+:\s*(.*)", ran.stderr)
    return {"e": error.group(1).strip()}


def main():
    with open(os.path.join(HERE, "cases.json")) as file:
        cases = json.load(file)
    with tempfile.TemporaryDirectory() as chart:
        os.mkdir(os.path.join(chart, "templates"))
        with open(os.path.join(chart, "Chart.yaml"), "w") as file:
            file.write("apiVersion: v2\nname: durations\nversion: 0.1.0\n")
        answers = [ask(sys.argv[1], chart, case) for case in cases]
    with open(os.path.join(HERE, "answers.json"), "w") as file:
        lines = (json.dumps(answer, ensure_ascii=False) for answer in answers)
        file.write("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
