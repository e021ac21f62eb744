"""A Dockerfile as instructions with their lines: enough to edit foreign files as a person would."""

import re


class Refused(Exception):
    """The file is written in a way that these edits do not cover."""


class Instruction:
    def __init__(self, keyword, start, end, text):
        self.keyword = keyword
        self.start = start
        self.end = end
        self.text = text
        self.stage = None

    def args(self):
        """What follows the keyword and its flags."""
        rest = self.text[len(self.keyword) :].strip()
        while rest.startswith("--"):
            rest = rest.partition(" ")[2].strip()
        return rest

    def flags(self):
        return re.findall(r"(?<=\s)--(\S+)", self.text[: len(self.text) - len(self.args())])


class Dockerfile:
    def __init__(self, text, target=None):
        if re.match(r"(#.*\n)*#\s*escape\s*=", text, re.I) or "<<" in text or "\ufeff" in text:
            raise Refused("heredocs or another escape")
        self.lines = text.splitlines(keepends=True)
        if self.lines and not self.lines[-1].endswith("\n"):
            self.lines[-1] += "\n"
        self.eol = "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"
        self.instructions = []
        start, parts = None, []
        for number in range(len(self.lines)):
            line = self.line(number)
            bare = line.strip()
            if not bare or bare.startswith("#"):
                continue
            if start is None:
                start = number
            goes_on = re.search(r"\\[ \t]*$", line)
            parts.append(re.sub(r"\\[ \t]*$", "", line).strip() if goes_on else bare)
            if not goes_on:
                self.close(start, number + 1, parts)
                start, parts = None, []
        if start is not None:
            raise Refused("a continuation at the end")
        stage = -1
        for instruction in self.instructions:
            stage += instruction.keyword.upper() == "FROM"
            instruction.stage = stage
        self.last_stage = stage
        if target:
            # What is built is not the last stage but this one.
            names = [(name or "").lower() for _, _, name in self.froms()]
            if target.lower() not in names:
                raise Refused("the stage is gone")
            self.last_stage = names.index(target.lower())

    def close(self, start, end, parts):
        text = " ".join(parts)
        keyword = text.split(None, 1)[0]
        self.instructions.append(Instruction(keyword, start, end, text))

    def line(self, number):
        return self.lines[number].rstrip("\r\n")

    def all(self, *keywords, stage=None):
        return [
            i
            for i in self.instructions
            if i.keyword.upper() in keywords and (stage is None or i.stage == stage)
        ]

    def final(self, *keywords):
        return self.all(*keywords, stage=self.last_stage)

    def froms(self):
        """(instruction, image, stage name) of each FROM."""
        found = []
        for i in self.all("FROM"):
            words = i.args().split()
            name = words[2] if len(words) > 2 and words[1].lower() == "as" else None
            found.append((i, words[0] if words else "", name))
        return found

    def lineage(self):
        """The FROMs of the stage that ships and of the stages that it is built on, nearest first."""
        froms = self.froms()
        at = self.last_stage
        line = []
        while at is not None and at >= 0:
            line.append((at, *froms[at]))
            image = froms[at][1].lower()
            at = next((n for n in range(at) if (froms[n][2] or "").lower() == image), None)
        return line

    def shipped(self):
        """The stages that the one that ships is made of: those it is built on, and those that it
        copies from."""
        froms = self.froms()
        names = {(name or "").lower(): n for n, (_, _, name) in enumerate(froms)}
        found, open_ = set(), [self.last_stage]
        while open_:
            at = open_.pop()
            if at in found or not 0 <= at < len(froms):
                continue
            found.add(at)
            below = froms[at][1].lower()
            if names.get(below, at) < at:
                open_.append(names[below])
            for copy in self.all("COPY", stage=at):
                for flag in copy.flags():
                    key, _, value = flag.partition("=")
                    if key == "from":
                        open_.append(int(value) if value.isdigit() else names.get(value.lower(), -1))
        return found

    def copied(self):
        """What the stage that ships takes from the build context, as written."""
        found = []
        for at in self.shipped():
            for copy in self.all("COPY", "ADD", stage=at):
                if any(flag.startswith("from=") for flag in copy.flags()):
                    continue
                words = re.sub(r"[\[\]\",]", " ", copy.args()).split()
                found += words[:-1]
        return found

    def edited(self, changes):
        lines = list(self.lines)
        for start, end, new in sorted(changes, key=lambda c: (-c[0], -c[1])):
            lines[start:end] = [line + self.eol for line in new]
        return "".join(lines)

    def replaced(self, number, old, new, mark):
        """The change of one line in which `old` stands; marks it."""
        line = self.line(number)
        assert old in line, (old, line)
        return (number, number + 1, [line.replace(old, new, 1) + mark])

    def find(self, instruction, pattern):
        """The first line of the instruction that the pattern matches."""
        for number in range(instruction.start, instruction.end):
            line = self.line(number)
            if line.lstrip().startswith("#"):
                continue
            match = re.search(pattern, line)
            if match:
                return number, match
        return None, None
