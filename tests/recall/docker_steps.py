"""Defects of the steps of a Dockerfile: RUN and what it calls."""

import re

from defects import MARK, Case, defect
from dockerfiles import (
    D,
)


def runs(file, pattern, stage=None):
    """(instruction, line number, match) of shell-form RUNs that the pattern matches."""
    found = []
    for i in file.all("RUN", stage=stage):
        if i.args().startswith("[") or i.flags():
            continue
        number, match = file.find(i, pattern)
        if match:
            found.append((i, number, match))
    return found


def is_final(file, i):
    return i.stage in {n for n, *_ in file.lineage()}


def posix(file):
    return (
        not file.all("SHELL")
        and "windows" not in "".join(file.lines).lower()
        and "powershell" not in "".join(file.lines).lower()
    )


@defect("package-cache-left", D)
def package_cache_left(file, rng):
    for i, number, _ in runs(file, r"rm -rf /var/lib/apt/lists"):
        if not is_final(file, i) or not re.search(r"apt(-get)? update", i.text):
            continue
        update, _ = file.find(i, r"apt(-get)?\s.*\binstall\b")
        if update is None or len(re.findall(r"\binstall\b", i.text)) != 1:
            continue
        line = file.line(number)
        lines = [file.line(n) for n in range(i.start, i.end)]
        # The removal goes, with the `&&` that joins it.
        pattern = r"(?:&&|;)?\s*(?:sudo )?rm -rf /var/lib/apt/lists/?\*?(?: /[\w./*-]+)*\s*"
        if (
            re.fullmatch(r"\s*(&&|;)?\s*rm -rf /var/lib/apt/lists[^&;|]*\\?\s*", line)
            and number == i.end - 1
        ):
            before = re.sub(r"\s*(&&|;)?\s*\\\s*$", "", file.line(number - 1))
            if before.strip().startswith("#"):
                continue
            lines = lines[: number - i.start - 1] + [before] if number > i.start else None
        elif re.search(pattern + r"$", line) and number == i.end - 1 and number == i.start:
            lines = [re.sub(r"\s*" + pattern + r"$", "", line)]
        else:
            continue
        if not lines or update - i.start >= len(lines) or "/var/lib/apt" in "\n".join(lines):
            continue
        lines[update - i.start] += MARK
        yield Case("lists left", file.edited([(i.start, i.end, lines)]))
        break
    for i, number, match in runs(
        file, r"apk add(?: -U| -u| --update)? --no-cache|apk --no-cache add"
    ):
        if is_final(file, i) and i.text.count("apk") == 1 and "/var/cache/apk" not in i.text:
            line = file.line(number)
            yield Case(
                "--no-cache forgotten",
                file.edited([(number, number + 1, [line.replace(" --no-cache", "", 1) + MARK])]),
            )
            yield Case(
                "apk update before",
                file.edited(
                    [
                        (
                            number,
                            number + 1,
                            [line.replace(match.group(0), "apk update && apk add", 1) + MARK],
                        )
                    ]
                ),
            )
            break
    for i, number, _ in runs(file, r"pip3? install.*--no-cache-dir"):
        if (
            is_final(file, i)
            and len(re.findall(r"pip3? install", i.text)) == 1
            and "cache" not in "".join(file.lines).replace("--no-cache", "")
        ):
            new = (
                file.line(number)
                .replace(" --no-cache-dir", "", 1)
                .replace("--no-cache-dir ", "", 1)
            )
            if "--no-cache" not in new and "PIP_NO" not in "".join(file.lines):
                yield Case(
                    "--no-cache-dir forgotten", file.edited([(number, number + 1, [new + MARK])])
                )
            break
    for i, number, match in runs(file, r"\s*&& (?:dnf|yum|microdnf) clean all$"):
        head, _ = file.find(i, r"(?:dnf|yum|microdnf)\s.*\binstall\b")
        if is_final(file, i) and head == number and i.start + 1 == i.end and "cache" not in i.text:
            yield Case(
                "clean all forgotten",
                file.edited([file.replaced(number, match.group(0), "", MARK)]),
            )
            break
    final = file.final("FROM")
    if final and posix(file):
        base = file.lineage()[-1][2]
        at = final[0].end
        if re.match(
            r"(debian|ubuntu|python:.*slim|node:.*slim)", base
        ) and "docker-clean" not in "".join(file.lines):
            lines = [
                "RUN apt-get update && apt-get install -y \\" + MARK,
                "    ca-certificates \\",
                "    tzdata",
            ]
            yield Case("a step of one's own", file.edited([(at, at, lines)]))
            lines = ["RUN apt update -y && apt install -y vim && apt-get clean" + MARK]
            yield Case("apt-get clean only", file.edited([(at, at, lines)]))
        if re.match(r"(alpine:|\w+:.*alpine)", base):
            yield Case("apk add", file.edited([(at, at, ["RUN apk add bash tzdata" + MARK])]))
            yield Case("apk add -U", file.edited([(at, at, ["RUN apk add -U tzdata" + MARK])]))


@defect("apt-recommends-installed", D)
def apt_recommends_installed(file, rng):
    # Where apt is configured for the image, or the option is given twice, nothing is injected.
    if any("Install-Recommends" in i.text for i in file.all("RUN")):
        return
    for i, number, match in runs(file, r" ?--no-install-recommends"):
        if i.text.count("--no-install-recommends") != 1:
            continue
        if len(re.findall(r"(?<![-\w])install\b(?!-)", i.text)) != 1:
            continue
        head, _ = file.find(i, r"apt(-get)?\b.*\sinstall\b(?!-)")
        if head is None:
            continue
        line = file.line(number).replace(match.group(0), "", 1)
        if re.fullmatch(r"\s*\\?", line):
            changes = [(number, number + 1, [])]
        else:
            changes = [(number, number + 1, [line + (MARK if head == number else "")])]
        if head != number:
            changes.append((head, head + 1, [file.line(head) + MARK]))
        yield Case("option removed", file.edited(changes))
        return
    final = file.final("FROM")
    if (
        final
        and re.match(r"(debian|ubuntu)", file.lineage()[-1][2])
        and not runs(file, "recommends")
    ):
        at = final[0].end
        lines = [
            "RUN apt-get update && apt-get -y install \\" + MARK,
            "      python3-pip && \\",
            "    rm -rf /var/lib/apt/lists/*",
        ]
        yield Case("a step of one's own", file.edited([(at, at, lines)]))
        lines = [
            "RUN set -eux; \\",
            "\tapt-get update; \\",
            "\tapt-get install -yq git; \\" + MARK,
            "\trm -rf /var/lib/apt/lists/*",
        ]
        yield Case("a step with set -eux", file.edited([(at, at, lines)]))


@defect("update-without-install", D)
def update_without_install(file, rng):
    joined = runs(file, r"(apt-get|apt|apk) (-\w+ )*update( -\w+)*\s*(&&|;)")
    for i, number, match in joined:
        if number != i.start or i.text.count("update") != 1 or "set -" in i.text:
            continue
        line = file.line(number)
        head, tail = line[: match.end()], line[match.end() :]
        first = re.sub(r"\s*(&&|;)$", "", head)
        rest = [file.line(n) for n in range(number + 1, i.end)]
        if tail.strip() == "\\":
            if not rest or rest[0].strip().startswith("#"):
                continue
            new = [first + MARK, "RUN " + re.sub(r"^\s*(&&)?\s*", "", rest[0])] + rest[1:]
        else:
            new = [first + MARK, "RUN " + tail.strip()] + rest
        yield Case("split", file.edited([(i.start, i.end, new)]))
        break
    final = file.final("FROM")
    if final and posix(file):
        base, at = file.lineage()[-1][2], final[0].end
        if re.match(r"(debian|ubuntu|python|node):?.*", base) and "alpine" not in base:
            yield Case(
                "a step of one's own", file.edited([(at, at, ["RUN apt-get update -y" + MARK])])
            )
            yield Case(
                "with upgrade of the certificates",
                file.edited([(at, at, ["RUN apt update && rm -rf /tmp/*" + MARK])]),
            )
            lines = [
                "RUN apt-get -qq update" + MARK,
                "RUN apt-get install -y --no-install-recommends curl",
            ]
            yield Case("quiet, and an install", file.edited([(at, at, lines)]))
        elif re.match(r"alpine:|\w+:.*alpine", base):
            yield Case(
                "apk update",
                file.edited([(at, at, ["RUN apk update" + MARK, "RUN apk add --no-cache curl"])]),
            )


def insert_step(file, lines, rng):
    """A step after a random instruction of a random stage that has some."""
    runs_ = [i for i in file.all("RUN", "COPY", "WORKDIR", "ENV", "FROM") if i.stage >= 0]
    if not runs_:
        return None
    i = rng.choice(runs_)
    return file.edited([(i.end, i.end, lines)])


@defect("pipe-hides-failure", D)
def pipe_hides_failure(file, rng):
    if not posix(file) or not file.all("RUN"):
        return
    # Readers that fail on an empty or cut stream (`tar xz`, `gpg --dearmor`) hide nothing.
    url = "https://example.com"
    for variant, lines in (
        (
            "unpacked on the way",
            [f"RUN curl -sSL {url}/tool-1.2.tar | tar -x -C /usr/local" + MARK],
        ),
        (
            "over several lines",
            [
                "RUN mkdir -p /opt/app && \\",
                f"    wget -qO- {url}/app.tar \\" + MARK,
                "    | tar xf - --strip-components=1 -C /opt/app && \\",
                "    ls /opt/app",
            ],
        ),
        (
            "a list of packages",
            [f"RUN curl -fsSL {url}/packages.txt | sort -u > /packages.txt" + MARK],
        ),
        ("a key", [f"RUN wget -q -O - {url}/key.asc | tee /etc/apt/keyrings/example.asc" + MARK]),
        ("a log", ["RUN make -j4 2>&1 | tee build.log" + MARK]),
        ("decompressed", ["RUN gunzip -c /tmp/dump.sql.gz | psql -U app" + MARK]),
        (
            "with a list of steps",
            [
                "RUN set -ex; \\",
                "  cd /tmp; \\",
                f"  curl -sL {url}/x.json | jq -r .tag > /version; \\" + MARK,
                "  rm -rf /tmp/*",
            ],
        ),
        (
            "a version in a variable",
            [f'RUN VERSION=1.2 && curl -L "{url}/v${{VERSION}}.txt" | grep -v "^#" > /list' + MARK],
        ),
    ):
        text = insert_step(file, lines, rng)
        if text:
            yield Case(variant, text)
    for i in file.all("RUN"):
        number, match = file.find(i, r"set -(\w*)o pipefail\s*(&&|;)")
        if match and re.search(r"(curl|wget)[^&;|]*\|", i.text):
            new = file.line(number).replace(
                match.group(0), f"set -{match.group(1) or 'e'} {match.group(2)}", 1
            )
            place, _ = file.find(i, r"(curl|wget)\b")
            changes = [(number, number + 1, [new + (MARK if place == number else "")])]
            if place != number:
                changes.append((place, place + 1, [file.line(place) + MARK]))
            yield Case("pipefail removed", file.edited(changes))
            break


@defect("download-piped-to-shell", D)
def download_piped_to_shell(file, rng):
    if not posix(file):
        return
    for variant, lines in (
        ("curl | sh", ["RUN curl -fsSL https://get.example.com | sh" + MARK]),
        (
            "with arguments",
            [
                "RUN curl -sSL https://install.example.org/get.sh | bash -s -- --version 1.8.2"
                + MARK
            ],
        ),
        (
            "sudo -E bash -",
            ["RUN curl -sL https://deb.example.com/setup_20.x | sudo -E bash -" + MARK],
        ),
        (
            "in a chain",
            [
                "RUN apt-get update && \\",
                "    wget -qO- https://example.com/install.sh | bash && \\" + MARK,
                "    rm -rf /var/lib/apt/lists/*",
            ],
        ),
        ("python3 -", ["RUN curl -sSL https://install.example.org | python3 -" + MARK]),
        (
            "process substitution",
            ['RUN ["bash", "-c", "bash <(curl -s https://example.com/i.sh)"]' + MARK],
        ),
        ("sh -c", ['RUN sh -c "$(curl -fsSL https://raw.example.com/install.sh)"' + MARK]),
        (
            "with a variable before",
            ["RUN curl -sfL https://get.example.io | INSTALL_VERSION=v1.2 sh -" + MARK],
        ),
        ("wget -O -", ["RUN wget -O - https://example.com/bootstrap.sh | /bin/sh" + MARK]),
        (
            "over a continuation",
            [
                "RUN curl --proto '=https' --tlsv1.2 -sSf https://sh.example.rs \\" + MARK,
                "    | sh -s -- -y",
            ],
        ),
        ("eval", ['RUN eval "$(wget -qO- https://example.com/env.sh)"' + MARK]),
        (
            "source",
            [
                'SHELL ["/bin/bash", "-c"]',
                "RUN source <(curl -s https://example.com/env.sh)" + MARK,
            ],
        ),
        (
            "decompressed on the way",
            ["RUN curl -sL https://example.com/x.sh.gz | gunzip | bash" + MARK],
        ),
        (
            "with standard error",
            ["RUN curl -fsSL https://example.com/x.sh 2>/dev/null | bash -x" + MARK],
        ),
        ("with tee", ["RUN curl -fsSL https://example.com/x.sh | tee /tmp/x.sh | sh" + MARK]),
        (
            "PHP",
            [
                "RUN curl -sS https://getcomposer.example.org/installer | php -- --install-dir=/usr/bin"
                + MARK
            ],
        ),
    ):
        text = insert_step(file, lines, rng)
        if text:
            yield Case(variant, text)


@defect("sudo-in-image", D)
def sudo_in_image(file, rng):
    if not posix(file):
        return
    found = runs(file, r"RUN (?=(apt-get|apk|yum|mkdir|chmod|chown|rm|pip3?|npm) )")
    if found:
        i, number, match = rng.choice(found)
        yield Case(
            "before the first command",
            file.edited([file.replaced(number, match.group(0), "RUN sudo ", MARK)]),
        )
        yield Case(
            "with an option",
            file.edited([file.replaced(number, match.group(0), "RUN sudo -E ", MARK)]),
        )
    found = runs(file, r"&& (?=(apt-get|apk|yum|mkdir|chmod|chown|rm|npm) )")
    if found:
        i, number, match = rng.choice(found)
        yield Case(
            "in a chain", file.edited([file.replaced(number, match.group(0), "&& sudo ", MARK)])
        )
        yield Case(
            "as another user",
            file.edited([file.replaced(number, match.group(0), "&& sudo -u app ", MARK)]),
        )
    for variant, lines in (
        ("a condition", ["RUN if [ -d /app ]; then sudo rm -rf /app; fi" + MARK]),
        (
            "a pipe",
            [
                "RUN echo 'deb http://example.com/ stable main' | sudo tee /etc/apt/sources.list.d/x.list"
                + MARK
            ],
        ),
        ("a shell's words", ["RUN sudo sh -c 'echo 1 > /x'" + MARK]),
    ):
        text = insert_step(file, lines, rng)
        if text:
            yield Case(variant, text)


@defect("cd-instead-of-workdir", D)
def cd_instead_of_workdir(file, rng):
    if not posix(file):
        return
    dirs = [
        w
        for w in file.all("WORKDIR")
        if re.fullmatch(r"/[\w/.-]+", w.args()) and not w.args().startswith("/tmp")
    ]
    if dirs:
        w = rng.choice(dirs)
        yield Case("RUN cd", file.edited([(w.start, w.end, [f"RUN cd {w.args()}" + MARK])]))
    found = runs(
        file, r"^RUN (?=(npm|pip3?|make|go|mvn|yarn|cargo|\./|composer|bundle|cmake|dotnet) )"
    )
    if found:
        i, number, match = rng.choice(found)
        for variant, new in (
            ("&&", "RUN cd /usr/src/app && "),
            ("relative", "RUN cd backend && "),
            ("semicolon", "RUN cd /srv/www; "),
            ("quoted", 'RUN cd "/opt/my app" && '),
            ("home", "RUN cd ~ && "),
            ("up", "RUN cd .. && "),
        ):
            yield Case(
                f"before a step, {variant}",
                file.edited([file.replaced(number, match.group(0), new, MARK)]),
            )
