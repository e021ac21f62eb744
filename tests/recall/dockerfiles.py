"""Defects of Dockerfiles that one file shows."""

import json
import os
import re

from defects import MARK, Case, defect

D = "dockerfiles"

SLIM = re.compile(r"^(python|node|ruby):(\d[\w.]*)((?:-\w+)*-(?:slim|alpine)[\w.]*(?:-\w+)?)$")


def is_plain_image(image):
    return (
        re.fullmatch(r"[a-z0-9][a-z0-9./_-]*(:[\w][\w.-]*)?(@sha256:[0-9a-f]{64})?", image)
        and image.lower() != "scratch"
    )


def stage_names(file):
    return {name.lower() for _, _, name in file.froms() if name}


def base_froms(file):
    """FROM lines that name an image of a registry in so many words."""
    names = stage_names(file)
    return [
        (i, image)
        for i, image, _ in file.froms()
        if is_plain_image(image) and image.lower() not in names and i.end == i.start + 1
    ]


def bare(image):
    image = image.split("@")[0]
    head, slash, last = image.rpartition("/")
    return head + slash + last.split(":")[0]


def put_from(file, i, image, new):
    return file.edited([file.replaced(i.start, image, new, MARK)])


@defect("unpinned-base-image", D)
def unpinned_base_image(file, rng):
    tagged = [(i, image) for i, image in base_froms(file) if ":" in image.rsplit("/", 1)[-1]]
    if tagged:
        i, image = rng.choice(tagged)
        yield Case("no tag", put_from(file, i, image, bare(image)))
        yield Case("latest", put_from(file, i, image, bare(image) + ":latest"))
        line = file.line(i.start)
        first = file.froms()[0][0].start
        changes = [
            (first, first, [f"ARG BASE={bare(image)}" + MARK]),
            (i.start, i.end, [line.replace(image, "${BASE}", 1) + MARK]),
        ]
        yield Case("in an ARG", file.edited(changes))
        new = re.sub(
            r"(?i)^(\s*FROM\s+)(?!--)",
            r"\1--platform=linux/amd64 ",
            line.replace(image, bare(image), 1),
        )
        yield Case("with a platform", file.edited([(i.start, i.end, [new + MARK])]))
    if file.instructions and file.final("FROM"):
        at = file.final("FROM")[0].end
        line = "COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/" + MARK
        yield Case("COPY --from latest", file.edited([(at, at, [line])]))


@defect("mutable-base-image", D)
def mutable_base_image(file, rng):
    for i, image in base_froms(file):
        if "@" in image:
            without = image.split("@")[0]
            new = without if ":" in without else without + ":3.22"
            yield Case("digest removed", put_from(file, i, image, new))
            return
    scratch = [
        i for i, image, _ in file.froms() if image.lower() == "scratch" and i.end == i.start + 1
    ]
    if scratch:
        line = file.line(scratch[0].start)
        new = re.sub("scratch", "alpine:3.22", line, count=1, flags=re.I)
        yield Case(
            "a tag for scratch", file.edited([(scratch[0].start, scratch[0].end, [new + MARK])])
        )
        new = re.sub(
            "scratch", "gcr.io/distroless/static-debian12:nonroot", line, count=1, flags=re.I
        )
        yield Case(
            "distroless for scratch",
            file.edited([(scratch[0].start, scratch[0].end, [new + MARK])]),
        )


@defect("end-of-life-image", D)
def end_of_life_image(file, rng):
    old = {
        "alpine": ["3.12", "3.9.6", "3.16"],
        "debian": ["jessie", "stretch-slim", "9"],
        "ubuntu": ["16.04", "xenial", "18.04"],
        "node": ["12", "14-alpine", "16.20.2-bullseye-slim"],
        "python": ["3.6", "2.7-slim", "3.8-slim-buster"],
        "golang": ["1.13", "1.17-alpine", "1.20.5"],
        "php": ["7.2-apache", "7.4-fpm-alpine", "8.0"],
        "ruby": ["2.5", "2.7-slim", "3.0-alpine"],
        "postgres": ["9.6", "11-alpine", "10"],
    }
    choices = [(i, image) for i, image in base_froms(file) if bare(image) in old]
    if not choices:
        return
    i, image = rng.choice(choices)
    for tag in old[bare(image)]:
        yield Case(f"{bare(image)}:{tag}", put_from(file, i, image, f"{bare(image)}:{tag}"))
    tag = old[bare(image)][0]
    line, first = file.line(i.start), file.froms()[0][0].start
    changes = [
        (first, first, [f"ARG VERSION={tag}" + MARK]),
        (i.start, i.end, [line.replace(image, bare(image) + ":${VERSION}", 1) + MARK]),
    ]
    yield Case("in an ARG", file.edited(changes))
    lines = [line.replace(image, f"docker.io/library/{bare(image)}:{tag}", 1) + MARK]
    yield Case("with the registry", file.edited([(i.start, i.end, lines)]))


@defect("heavy-base-image", D)
def heavy_base_image(file, rng):
    if not file.final("CMD", "ENTRYPOINT"):
        return
    lineage = file.lineage()
    if not lineage:
        return
    _, i, image, _ = lineage[-1]
    match = SLIM.match(image)
    if i.end != i.start + 1 or not match:
        return
    own, release, variant = match.groups()
    yield Case("variant dropped", put_from(file, i, image, f"{own}:{release}"))
    suite = next((s for s in ("trixie", "bookworm", "bullseye") if s in variant), "bookworm")
    yield Case("full variant of a suite", put_from(file, i, image, f"{own}:{release}-{suite}"))


# Users.

ROOTS = {
    "alpine",
    "debian",
    "ubuntu",
    "python",
    "node",
    "golang",
    "ruby",
    "php",
    "openjdk",
    "eclipse-temurin",
    "fedora",
    "rust",
    "maven",
}


def start_line(file):
    """The first instruction of the final stage that says what runs."""
    starts = file.final("ENTRYPOINT", "CMD")
    return starts[0] if starts else None


@defect("image-runs-as-root", D)
def image_runs_as_root(file, rng):
    users = file.final("USER")
    start = start_line(file)
    if not start or re.search(
        r"gosu|su-exec|setpriv|s6|fixuid|runuser|setuidgid", "".join(file.lines)
    ):
        return
    base = file.lineage()[-1][2] if file.lineage() else ""
    others = [u for n, *_ in file.lineage()[1:] for u in file.all("USER", stage=n)]
    if users:
        last = users[-1]
        if bare(base) in ROOTS and not others:
            # The last CMD and ENTRYPOINT count; the first line that starts the process is where
            # the USER would have to stand above.
            gone = [(u.start, u.end, []) for u in users]
            yield Case(
                "USER removed",
                file.edited(
                    gone + [(start.start, start.start + 1, [file.line(start.start) + MARK])]
                ),
            )
            commented = [(u.start, u.end, ["# " + file.line(u.start)]) for u in users]
            yield Case(
                "USER commented out",
                file.edited(
                    commented + [(start.start, start.start + 1, [file.line(start.start) + MARK])]
                ),
            )
        yield Case(
            "USER root at the end", file.edited([(last.start, last.end, ["USER root" + MARK])])
        )
        at = max(last.end, start.start)
        yield Case("USER 0 after it", file.edited([(at, at, ["USER 0:0" + MARK])]))
    elif bare(base) not in ROOTS:
        yield Case(
            "USER root added", file.edited([(start.start, start.start, ["USER root" + MARK])])
        )


@defect("non-numeric-user", D)
def non_numeric_user(file, rng):
    start = start_line(file)
    if not start:
        return
    users = file.final("USER")
    for name in ("app", "nonroot:nonroot", "www-data"):
        if users:
            change = (users[-1].start, users[-1].end, [f"USER {name}" + MARK])
        else:
            change = (start.start, start.start, [f"USER {name}" + MARK])
        yield Case(f"USER {name}", file.edited([change]))


# How it starts.


def exec_form(i):
    try:
        words = json.loads(i.args())
    except ValueError:
        return None
    plain = isinstance(words, list) and words and all(isinstance(w, str) and w for w in words)
    return words if plain else None


def quoted(word):
    return word if re.fullmatch(r"[\w./:=@%+,-]+", word) else '"' + word + '"'


@defect("shell-form-entrypoint", D)
def shell_form_entrypoint(file, rng):
    if file.all("SHELL"):
        return
    for keyword in ("CMD", "ENTRYPOINT"):
        found = file.final(keyword)
        if not found:
            continue
        words = exec_form(found[-1])
        if (
            not words
            or any(c in "".join(words) for c in '"\\$`')
            or words[0] in ("exec", "tini", "dumb-init")
        ):
            continue
        if words[0].rsplit("/", 1)[-1] in ("tini", "dumb-init", "sh", "bash", "catatonit"):
            continue
        line = " ".join(map(quoted, words))
        if keyword == "CMD" and file.final("ENTRYPOINT"):
            continue
        i = found[-1]
        yield Case(
            f"{keyword} as a line", file.edited([(i.start, i.end, [f"{keyword} {line}" + MARK])])
        )
        yield Case(
            f"{keyword} with a step before it",
            file.edited([(i.start, i.end, [f"{keyword} cd /app && {line}" + MARK])]),
        )
        yield Case(
            f"{keyword} with a variable",
            file.edited([(i.start, i.end, [f"{keyword} {line} --port=$PORT" + MARK])]),
        )
        yield Case(
            f"{keyword} of a script",
            file.edited([(i.start, i.end, [f"{keyword} ./start.sh" + MARK])]),
        )
        yield Case(
            f"{keyword} over two lines",
            file.edited(
                [(i.start, i.end, [f"{keyword} npm run migrate && \\" + MARK, "    npm start"])]
            ),
        )
        yield Case(
            f"{keyword} with single quotes",
            file.edited([(i.start, i.end, [f"{keyword} ['{words[0]}', '--verbose']" + MARK])]),
        )


@defect("overridden-instruction", D)
def overridden_instruction(file, rng):
    for keyword, other in (("CMD", 'CMD ["bash"]'), ("ENTRYPOINT", 'ENTRYPOINT ["/start.sh"]')):
        found = file.final(keyword)
        if not found:
            continue
        i = found[-1]
        yield Case(f"another {keyword} before", file.edited([(i.start, i.start, [other + MARK])]))
        yield Case(
            f"another {keyword} at the end",
            file.edited(
                [
                    (i.start, i.start + 1, [file.line(i.start) + MARK]),
                    (len(file.lines), len(file.lines), [other]),
                ]
            ),
        )
    if file.final("CMD"):
        at = file.final("CMD")[-1].start
        lines = ["HEALTHCHECK NONE" + MARK, "HEALTHCHECK CMD wget -qO- http://localhost/ || exit 1"]
        if not file.final("HEALTHCHECK"):
            yield Case("two health checks", file.edited([(at, at, lines)]))


@defect("missing-healthcheck", D)
def missing_healthcheck(file, rng):
    checks = file.final("HEALTHCHECK")
    start = start_line(file)
    if not start or len(file.lineage()) > 1:
        return
    place = [(start.start, start.start + 1, [file.line(start.start) + MARK])]
    if checks and file.final("EXPOSE"):
        yield Case("removed", file.edited([(c.start, c.end, []) for c in checks] + place))
        commented = [
            (c.start, c.end, ["# " + file.line(n) for n in range(c.start, c.end)]) for c in checks
        ]
        yield Case("commented out", file.edited(commented + place))
    elif not file.final("EXPOSE") and not checks:
        at = start.start
        yield Case("EXPOSE added", file.edited([(at, at, ["EXPOSE 8080"])] + place))


@defect("healthcheck-tool-missing", D)
def healthcheck_tool_missing(file, rng):
    start = start_line(file)
    if (
        not start
        or file.final("HEALTHCHECK")
        or re.search(r"curl|wget|busybox|\$\w*(PKG|PACK|DEP)", "".join(file.lines), re.I)
    ):
        return
    # A folder that becomes the root may hold anything: nobody can say that the tool is missing.
    for i in file.all("COPY", "ADD"):
        words = i.args().split()
        if words[-1:] == ["/"] and any("." not in os.path.basename(w.rstrip("/")) for w in words[:-1]):
            return
    lineage = file.lineage()
    if not lineage:
        return
    base = lineage[-1][2]
    tools = []
    if re.match(r"(python|node|ruby):.*slim|debian:|ubuntu:|gcr.io/distroless/(?!.*debug)", base):
        tools = ["curl", "wget"]
    elif re.match(r"(python|node|ruby|golang):.*alpine|alpine:", base):
        tools = ["curl"]
    for tool in tools:
        call = {
            "curl": "curl -f http://localhost:8000/health || exit 1",
            "wget": "wget --spider -q http://localhost/ || exit 1",
        }[tool]
        at = start.start
        yield Case(f"{tool}", file.edited([(at, at, [f"HEALTHCHECK CMD {call}" + MARK])]))
        lines = ["HEALTHCHECK --interval=30s --timeout=3s \\", f"  CMD {call}" + MARK]
        yield Case(f"{tool} on a line of its own", file.edited([(at, at, lines)]))
        words = json.dumps([tool, "http://localhost:8080/healthz"])
        yield Case(
            f"{tool} in exec form", file.edited([(at, at, [f"HEALTHCHECK CMD {words}" + MARK])])
        )
        lines = [f'HEALTHCHECK CMD ["sh", "-c", "{tool} -q localhost || exit 1"]' + MARK]
        yield Case(f"{tool} in a shell's argument", file.edited([(at, at, lines)]))


# Copies.


def is_plain_source(word):
    return re.fullmatch(
        r"[\w./-]+\.(py|sh|js|json|conf|txt|yml|yaml|xml|toml|cfg|ini|html|jar|pem|mod|sum)|\.|\./|(src|app|config|conf|public|scripts)/?",
        word,
    )


@defect("add-instead-of-copy", D)
def add_instead_of_copy(file, rng):
    found = [
        i
        for i in file.all("COPY")
        if not any(f.startswith(("from", "parents", "link")) for f in i.flags())
        and not i.args().startswith("[")
        and all(is_plain_source(w) for w in i.args().split()[:-1])
    ]
    if found:
        i = rng.choice(found)
        line = file.line(i.start)
        new = re.sub(r"(?i)\bCOPY\b", "ADD", line, count=1)
        yield Case("ADD for COPY", file.edited([(i.start, i.start + 1, [new + MARK])]))
    if file.final("FROM"):
        at = file.final("FROM")[0].end
        yield Case("ADD . /app", file.edited([(at, at, ["ADD . /app" + MARK])]))
        yield Case(
            "JSON form",
            file.edited([(at, at, ['ADD ["entrypoint.sh", "/usr/local/bin/"]' + MARK])]),
        )
        yield Case(
            "several", file.edited([(at, at, ["add package.json package-lock.json ./" + MARK])])
        )
        yield Case(
            "with an owner",
            file.edited([(at, at, ["ADD --chown=1000:1000 requirements.txt /app/" + MARK])]),
        )


@defect("relative-workdir", D)
def relative_workdir(file, rng):
    froms = {
        n
        for n, (i, image, name) in enumerate(file.froms())
        if is_plain_image(image) and image.lower() not in stage_names(file)
    }
    for n in sorted(froms):
        dirs = file.all("WORKDIR", stage=n)
        if dirs and re.fullmatch(r"/[\w][\w/.-]*", dirs[0].args()):
            w = dirs[0]
            path = w.args()
            yield Case(
                "slash forgotten", file.edited([(w.start, w.end, [f"WORKDIR {path[1:]}" + MARK])])
            )
            yield Case("with a dot", file.edited([(w.start, w.end, [f"WORKDIR .{path}" + MARK])]))
            yield Case("home", file.edited([(w.start, w.end, [f"WORKDIR ~{path}" + MARK])]))
            return


# Names.


@defect("unknown-stage", D)
def unknown_stage(file, rng):
    copies = [
        (i, f.partition("=")[2])
        for i in file.all("COPY")
        for f in i.flags()
        if f.startswith("from=") and f[5:].lower() in stage_names(file)
        # Without the stage, `--from=maven` is the image of that name.
        and f[5:].lower() not in ROOTS | {"gradle", "composer", "nginx", "redis", "postgres"}
    ]
    if copies:
        i, name = rng.choice(copies)
        number, _ = file.find(i, r"--from=" + re.escape(name))
        if number is None:
            return
        old = f"--from={name}"
        typo = name[0] + name[2:] if len(name) > 4 else name + "s"
        if typo.lower() not in stage_names(file):
            yield Case(
                "misspelt", file.edited([file.replaced(number, old, f"--from={typo}", MARK)])
            )
        # The stage is renamed, and one use is forgotten.
        froms = [f for f, _, n in file.froms() if n and n.lower() == name.lower()]
        same = [j for j, n in copies if n.lower() == name.lower()]
        others = [f for f, image, _ in file.froms() if image.lower() == name.lower()]
        if (
            froms
            and len(same) == 1
            and not others
            and not re.search(r"from=" + name, " ".join(r.text for r in file.all("RUN")))
        ):
            f = froms[0]
            line = re.sub(r"(?i)(\bAS\s+)\S+", r"\1compile-step", file.line(f.start))
            if f.end == f.start + 1:
                changes = [
                    (f.start, f.end, [line]),
                    (number, number + 1, [file.line(number) + MARK]),
                ]
                yield Case("stage renamed", file.edited(changes))
                bare_line = re.sub(r"(?i)\s+AS\s+\S+", "", file.line(f.start))
                changes = [
                    (f.start, f.end, [bare_line]),
                    (number, number + 1, [file.line(number) + MARK]),
                ]
                yield Case("AS removed", file.edited(changes))


@defect("undefined-variable", D)
def undefined_variable(file, rng):
    froms = file.all("FROM")
    if not froms:
        return
    for i in file.all("ARG"):
        if i.stage < 0 or i.end != i.start + 1:
            continue
        name = re.match(r"\w+", i.args())
        if not name or re.fullmatch(r"(?i)\w*_proxy|PATH|HOME", name.group(0)):
            continue
        name = name.group(0)
        sets = [
            j
            for j in file.instructions
            if j.keyword.upper() in ("ARG", "ENV")
            and re.search(rf"\b{name}\b", j.text.split("=")[0])
        ]
        if len(sets) != 1:
            continue
        use = [
            (j, *file.find(j, rf"\$\{{?{name}\b(?!:[-+])"))
            for j in file.instructions
            if j.start > i.start
            and j.stage == i.stage
            and j.keyword.upper()
            in ("WORKDIR", "COPY", "ADD", "ARG", "ENV", "LABEL", "EXPOSE", "USER", "RUN")
        ]
        use = [u for u in use if u[2]]
        if not use:
            continue
        j, number, match = use[0]
        place = (number, number + 1, [file.line(number) + MARK])
        if "=" in i.args():
            yield Case(
                "ARG above the first FROM",
                file.edited(
                    [
                        (i.start, i.end, []),
                        (froms[0].start, froms[0].start, [file.line(i.start).strip()]),
                        place,
                    ]
                ),
            )
        yield Case(
            "ARG below its use",
            file.edited([(i.start, i.end, []), place, (j.end, j.end, [file.line(i.start)])]),
        )
        if j.keyword.upper() not in ("RUN",) and len(use) == 1:
            typo = name[:-2] + name[-1] + name[-2] if name[-1] != name[-2] else name + "S"
            new = file.line(number).replace(name, typo, 1)
            yield Case("misspelt", file.edited([(number, number + 1, [new + MARK])]))
        return
    globals_ = [i for i in file.all("ARG") if i.stage < 0]
    if not globals_ and len(file.instructions) > 2:
        f = froms[-1]
        lines = ["ENV APP_VERSION=$VERSION" + MARK]
        yield Case(
            "a global ARG that is not repeated",
            (
                file.edited(
                    [
                        (f.start, f.start, []),
                        (f.end, f.end, lines),
                        (froms[0].start, froms[0].start, ["ARG VERSION=1.0"]),
                    ]
                )
                if f is not froms[0]
                else file.edited(
                    [
                        (
                            f.start,
                            f.end,
                            (
                                ["ARG VERSION=1.0", file.line(f.start)] + lines
                                if f.end == f.start + 1
                                else [file.line(n) for n in range(f.start, f.end)] + lines
                            ),
                        )
                    ]
                )
            ),
        )
        yield Case(
            "TARGETARCH without ARG",
            file.edited(
                [
                    (
                        f.end,
                        f.end,
                        ["ADD https://example.com/tool-${TARGETARCH} /usr/bin/tool" + MARK],
                    )
                ]
            ),
        )
        yield Case(
            "one ENV line",
            file.edited([(f.end, f.end, ["ENV APP_ROOT=/srv/app APP_BIN=$APP_ROOT/bin" + MARK])]),
        )


# Syntax.


@defect("syntax", D)
def syntax(file, rng):
    body = [i for i in file.instructions if i.stage >= 0 and i.keyword.upper() != "FROM"]
    if not body:
        return
    i = rng.choice(body)
    line = file.line(i.start)
    swapped = (
        i.keyword[0] + i.keyword[2] + i.keyword[1] + i.keyword[3:]
        if len(i.keyword) > 3
        else i.keyword + "S"
    )
    yield Case(
        "letters swapped",
        file.edited([(i.start, i.start + 1, [line.replace(i.keyword, swapped, 1) + MARK])]),
    )
    yield Case(
        "a colon after it",
        file.edited([(i.start, i.start + 1, [line.replace(i.keyword, i.keyword + ":", 1) + MARK])]),
    )
    at = i.start
    for variant, new in (
        ("COPY without a target", "COPY package.json"),
        ("a flag misspelt", "COPY --chwon=1000:1000 . /app"),
        ("EXPOSE of a word", "EXPOSE http-port"),
        ("WORKDIR without a path", "WORKDIR"),
        ("ENV without a value", "ENV DEBUG"),
        ("a shell command", "apt-get install -y curl"),
        ("HEALTHCHECK without CMD", "HEALTHCHECK curl -f http://localhost/"),
        ("a spaced assignment", "ENV A=b C"),
        ("a mount's type", "RUN --mount=type=cash,target=/root/.cache pip install x"),
        ("a C comment", "// install packages"),
    ):
        yield Case(variant, file.edited([(at, at, [new + MARK])]))
    long_runs = [r for r in file.all("RUN") if r.end - r.start > 2]
    if long_runs:
        r = rng.choice(long_runs)
        number = r.start
        nxt = file.line(number + 1).strip()
        if (
            file.line(number).rstrip().endswith("\\")
            and nxt
            and not nxt.startswith("#")
            and re.match(r"[a-z&-]", nxt)
            and not re.match(
                r"(?i)(run|copy|env|add|arg|label|user|cmd|expose|volume|shell|onbuild|from|workdir)\b",
                nxt,
            )
        ):
            new = re.sub(r"\s*\\\s*$", "", file.line(number))
            yield Case(
                "a backslash forgotten",
                file.edited([(number, number + 2, [new, file.line(number + 1) + MARK])]),
            )
