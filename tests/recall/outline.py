"""A rough outline of block-style YAML by lines: enough to edit foreign files as a person would.

It is written independently of Plimsoll's own parser on purpose. What it does not understand
(flow collections over several lines, tabs) it refuses, and the file is not used.
"""

import re

KEY = re.compile(
    r"""("[^"]*"|'[^']*'|[^\s\-#:\[\]{},&*!|>'"%@`?][^#:]*?|-[^\s:][^#:]*?|[^\s:#]+?(?::[^\s:#]+?)*)\s*:(?=\s|$)"""
)


class Refused(Exception):
    """The file is written in a way that the outline does not cover."""


class Node:
    """A mapping entry or a sequence item, with the lines that it covers."""

    def __init__(self, line, col, key=None, value=""):
        self.line = line
        self.end = line + 1
        self.col = col
        self.key = key
        self.value = value
        self.parent = None
        self.children = []

    def is_item(self):
        return self.key is None

    def get(self, *path):
        node = self
        for key in path:
            node = next((c for c in node.children if c.key == key), None)
            if node is None:
                return None
        return node

    def items(self):
        return [c for c in self.children if c.is_item()]

    def text(self, *path):
        node = self.get(*path) if path else self
        return unquote(node.value) if node is not None else None

    def walk(self):
        for child in self.children:
            yield child
            yield from child.walk()

    def first_on_line(self):
        """Whether the entry shares its line with the dash of its item."""
        return self.parent is not None and self.parent.is_item() and self.parent.line == self.line


def unquote(text):
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text


def without_comment(text):
    if not text or text[0] == "#":
        return ""
    quote = None
    for at, c in enumerate(text):
        if quote:
            quote = None if c == quote else quote
        elif c in "'\"" and (at == 0 or text[at - 1] in " [{,:("):
            quote = c
        elif c == "#" and text[at - 1] in " \t":
            return text[:at].rstrip()
    return text.rstrip()


class Outline:
    """The documents of a file."""

    def __init__(self, text):
        self.lines = text.splitlines(keepends=True)
        if self.lines and not self.lines[-1].endswith("\n"):
            self.lines[-1] += "\n"
        self.eol = "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"
        self.documents = []
        self.parse()

    def parse(self):
        root = Node(0, -1, key="")
        self.documents.append(root)
        stack = [root]
        scalar = None
        for number, raw in enumerate(self.lines):
            line = raw.rstrip("\r\n")
            body = line.lstrip(" ")
            col = len(line) - len(body)
            if scalar is not None:
                if not body.strip() or col > scalar:
                    if body.strip():
                        for node in stack:
                            node.end = number + 1
                    continue
                scalar = None
            if not body.strip() or body.startswith("#"):
                continue
            if body.startswith("\t"):
                raise Refused("a tab")
            if re.match(r"---(\s|$)", line) or line.startswith("..."):
                if re.match(r"---\s+[^#\s]", line):
                    raise Refused("text beside the document's mark")
                root = Node(number + 1, -1, key="")
                self.documents.append(root)
                stack = [root]
                continue
            if line.startswith("%"):
                raise Refused("a directive")
            self.read(number, body, col, stack)
            top = stack[-1]
            value = re.sub(r"^(&\S+|!\S+)\s*", "", top.value)
            if value[:1] in "|>" and value[:1]:
                scalar = top.col
            elif value[:1] in ("{", "[") and value.count("{") + value.count("[") != value.count(
                "}"
            ) + value.count("]"):
                raise Refused("a flow collection over several lines")
            elif value[:1] in ("'", '"') and (len(value) < 2 or not value.endswith(value[0])):
                raise Refused("a quoted text over several lines")
        self.documents = [d for d in self.documents if d.children]

    def read(self, number, body, col, stack):
        while body == "-" or body.startswith("- "):
            while stack[-1].col > col or (stack[-1].col == col and stack[-1].is_item()):
                stack.pop()
            item = Node(number, col)
            self.attach(item, stack)
            rest = body[1:].lstrip(" ")
            col += len(body) - len(rest)
            body = rest
            if not body:
                return
        match = KEY.match(body)
        if body[:1] in "{[" or not match:
            if stack[-1].is_item() and stack[-1].line == number:
                stack[-1].value = without_comment(body)
                return
            # A plain text that goes on over the line.
            if len(stack) < 2 or col <= stack[-1].col:
                raise Refused("a line that is no entry")
            for node in stack:
                node.end = number + 1
            return
        while stack[-1].col >= col:
            stack.pop()
        value = without_comment(body[match.end() :].strip())
        key = unquote(match.group(1))
        if any(c.key == key for c in stack[-1].children):
            raise Refused("a key that is there twice")
        self.attach(Node(number, col, key, value), stack)

    def attach(self, node, stack):
        parent = stack[-1]
        node.parent = parent
        parent.children.append(node)
        for other in stack:
            other.end = node.line + 1
        stack.append(node)

    # Edits give the whole text anew. `number` counts from 0.

    def edited(self, changes):
        """`changes`: (start, end, new lines without line ends), not overlapping."""
        lines = list(self.lines)
        for start, end, new in sorted(changes, key=lambda c: (-c[0], -c[1])):
            lines[start:end] = [line + self.eol for line in new]
        return "".join(lines)

    def line(self, number):
        return self.lines[number].rstrip("\r\n")

    def marked(self, number, mark):
        return (number, number + 1, [self.line(number) + mark])

    def with_value(self, node, value, mark=""):
        """The change that gives an entry or item of one line another value."""
        line = self.line(node.line)
        if node.is_item():
            head = re.match(r"\s*(?:- +)+", line).group(0)
        else:
            at = node.col + KEY.match(line[node.col :]).end()
            head = line[:at] + " "
        return (node.line, node.end, [head + value + mark])

    def deleted(self, node):
        return (node.line, node.end, [])

    def indent_of_children(self, node):
        entries = [c for c in node.children]
        return entries[0].col if entries else node.col + 2
