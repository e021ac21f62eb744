"""The cases: source trees of `cases/*.txt` and of the services that are run (tests/scaffold).

A file of cases holds, for each case:

    == name
    > flags of `plimsoll init`, as a shell splits them; a line for each time that it is run
    -- path of a file
    its text
"""

import os
import shlex
import shutil

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = os.path.join(HERE, "..", "..", "scaffold")


def lay_out(folder):
    """Writes each case into a folder of its own for each time that it is run; gives their flags."""
    flags = {}
    for kind in ["services", "projects"]:
        above = os.path.join(RUN, kind)
        for name in sorted(os.listdir(above)):
            target = "run-" + name
            shutil.copytree(os.path.join(above, name), os.path.join(folder, target))
            flags[target] = []
    for name in sorted(os.listdir(os.path.join(HERE, "cases"))):
        with open(os.path.join(HERE, "cases", name), encoding="utf-8") as file:
            for case in read(file.read()):
                for number, words in enumerate(case["flags"] or [[]]):
                    target = case["name"] + (f"-{number}" if number else "")
                    write(os.path.join(folder, target), case["files"])
                    flags[target] = words
    return flags


def read(text):
    """The cases of one file."""
    cases, path = [], None
    for line in text.splitlines():
        if line.startswith("== "):
            cases.append({"name": line[3:], "flags": [], "files": {}})
            path = None
        elif line.startswith("-- "):
            path = line[3:]
            cases[-1]["files"][path] = []
        elif line.startswith("> ") and path is None:
            cases[-1]["flags"].append(shlex.split(line[2:]))
        elif path is not None:
            cases[-1]["files"][path].append(line)
    return cases


def write(folder, files):
    for path, lines in files.items():
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        # The empty line before the next case is no part of a file.
        text = "\n".join(lines).rstrip("\n")
        with open(target, "w", encoding="utf-8") as file:
            file.write(text + "\n" if text else "")
