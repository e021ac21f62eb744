"""Defects of Compose files."""

import re

from defects import MARK, Case, defect

C = "compose"

DATABASES = {
    "postgres": "/var/lib/postgresql/data",
    "mysql": "/var/lib/mysql",
    "mariadb": "/var/lib/mysql",
    "mongo": "/data/db",
}


def services(file):
    """The services that are written as block mappings without merges."""
    if len(file.documents) != 1:
        return []
    node = file.documents[0].get("services")
    if node is None:
        return []
    return [
        s
        for s in node.children
        if s.key
        and s.children
        and not s.value
        and s.get("<<") is None
        and not s.key.startswith("x-")
    ]


def own_name(image):
    image = image.split("@")[0]
    head, slash, last = image.rpartition("/")
    return head + slash + last.split(":")[0]


def image_of(service):
    return service.text("image") or ""


def database_of(service):
    name = re.sub(r"^(docker\.io/)?(library/)?", "", own_name(image_of(service)))
    return name if name in DATABASES and service.get("build") is None else None


def add(file, service, lines):
    """The change that adds entries at the service's end."""
    col = file.indent_of_children(service)
    return (service.end, service.end, [" " * col + line for line in lines])


def is_list(node):
    return bool(node.items())


def plain_block(node):
    return (
        node is not None
        and node.children
        and not node.value
        and not any(c.key == "<<" for c in node.children)
    )


def word(rng, length=20):
    letters = "abcdefghkmnpqrstuvwxyzABCDEFGHKLMNPQRSTUVWXYZ23456789"
    return "".join(rng.choice(letters) for _ in range(length))


def with_variable(file, service, name, value):
    """The changes that set a variable in the manner of the service."""
    node = service.get("environment")
    if node is None:
        return [add(file, service, ["environment:", f"  - {name}={value}" + MARK])]
    if not plain_block(node):
        return None
    if any((c.key or c.value.split("=")[0]) == name for c in node.children):
        return None
    pad = " " * node.children[0].col
    line = f"{pad}- {name}={value}" if is_list(node) else f"{pad}{name}: {value}"
    return [(node.end, node.end, [line + MARK])]


@defect("compose-inline-secret", C)
def compose_inline_secret(file, rng):
    found = services(file)
    if not found:
        return
    s = rng.choice(found)
    for variant, name, value in (
        ("a password", "DB_PASSWORD", word(rng)),
        ("a key", "STRIPE_API_KEY", "sk_" + "live_" + word(rng, 24)),
        ("a JWT secret", "JWT_SECRET", word(rng, 32)),
        ("camel case", "stripeApiKey", word(rng, 24)),
        ("an address", "DATABASE_URL", f"postgresql://app:{word(rng)}@db:5432/app"),
        ("a Redis address", "CELERY_BROKER_URL", f"redis://:{word(rng)}@redis:6379/0"),
        (
            "a connection string",
            "ConnectionStrings__Default",
            f"Server=db;Database=app;User=sa;Password={word(rng)}Aa1;",
        ),
        ("an AWS key", "AWS_SECRET_ACCESS_KEY", word(rng, 40)),
        ("a GitHub token", "GH_AUTH", "ghp_" + word(rng, 36)),
        (
            "a Rails key",
            "SECRET_KEY_BASE",
            "".join(rng.choice("0123456789abcdef") for _ in range(64)),
        ),
        ("a weak password", "MYSQL_ROOT_PASSWORD", "root"),
    ):
        changes = with_variable(file, s, name, value)
        if changes:
            yield Case(variant, file.edited(changes))
    if s.get("command") is None:
        put = add(file, s, [f"command: redis-server --requirepass {word(rng)}" + MARK])
        yield Case("in the command", file.edited([put]))
        put = add(file, s, ["command:", "  - serve", f"  - --db-password={word(rng)}" + MARK])
        yield Case("in a word of the command", file.edited([put]))
    build = s.get("build")
    if plain_block(build) and build.get("args") is None:
        col = build.children[0].col
        lines = [" " * col + "args:", " " * col + f"  NPM_TOKEN: npm_{word(rng, 36)}" + MARK]
        yield Case("in build arguments", file.edited([(build.end, build.end, lines)]))
    for t in found:
        env = t.get("environment")
        for c in env.children if plain_block(env) else []:
            if (
                c.key
                and re.fullmatch(r"\w*(PASSWORD|SECRET|TOKEN)", c.key)
                and re.fullmatch(r"\$\{\w+\}", c.text())
            ):
                yield Case(
                    "written in the place of a variable",
                    file.edited([file.with_value(c, word(rng), MARK)]),
                )
                return


@defect("unpinned-image", C)
def unpinned_image(file, rng):
    found = [
        s
        for s in services(file)
        if s.get("build") is None
        and re.fullmatch(r"[a-z0-9][a-z0-9./_-]*:[\w.-]+(@sha256:[0-9a-f]{64})?", image_of(s))
        and not image_of(s).startswith("localhost")
        and s.get("pull_policy") is None
    ]
    if not found:
        return
    s = rng.choice(found)
    node, bare = s.get("image"), own_name(image_of(s))
    yield Case("no tag", file.edited([file.with_value(node, bare, MARK)]))
    yield Case("latest", file.edited([file.with_value(node, bare + ":latest", MARK)]))
    yield Case(
        "latest by default", file.edited([file.with_value(node, bare + ":${TAG:-latest}", MARK)])
    )
    yield Case("in quotes", file.edited([file.with_value(node, f'"{bare}"', MARK)]))


@defect("database-without-volume", C)
def database_without_volume(file, rng):
    if re.search(r"\b(test|tests|e2e|ci|PGDATA|tmpfs)\b", "".join(file.lines)):
        return
    found = [
        s
        for s in services(file)
        if database_of(s)
        and plain_block(s.get("volumes"))
        and is_list(s.get("volumes"))
        and s.get("extends") is None
        and all(
            re.fullmatch(r"[\"']?[\w./~-]+:[\w./-]+(:\w+)?[\"']?", v.value)
            for v in s.get("volumes").items()
        )
    ]
    if not found:
        return
    s = rng.choice(found)
    name = database_of(s)
    volumes = s.get("volumes")
    data = [
        v
        for v in volumes.items()
        if DATABASES[name].startswith(v.text().split(":")[1].rstrip("/")[:14])
    ]
    if len(data) != 1:
        return
    yield Case("volumes removed", file.edited([file.deleted(volumes), file.marked(s.line, MARK)]))
    commented = [
        " " * volumes.col + "# " + file.line(n)[volumes.col :]
        for n in range(volumes.line, volumes.end)
    ]
    yield Case(
        "commented out",
        file.edited([(volumes.line, volumes.end, commented), file.marked(s.line, MARK)]),
    )
    source = data[0].text().split(":")[0]
    wrong = {
        "postgres": "/var/lib/postgres",
        "mysql": "/var/lib/mysql-data",
        "mariadb": "/data",
        "mongo": "/var/lib/mongodb",
    }[name]
    yield Case(
        "mounted elsewhere",
        file.edited(
            [file.with_value(data[0], f"{source}:{wrong}", MARK), file.marked(s.line, MARK)]
            if data[0].line != s.line
            else []
        ),
    )
    if len(volumes.items()) == 1:
        yield Case(
            "a script alone",
            file.edited(
                [
                    file.with_value(data[0], "./init.sql:/docker-entrypoint-initdb.d/init.sql"),
                    file.marked(s.line, MARK),
                ]
            ),
        )
    if name == "postgres":
        image = s.get("image")
        yield Case(
            "18 at the old place",
            file.edited(
                [
                    file.with_value(image, "postgres:18"),
                    file.with_value(data[0], f"{source}:/var/lib/postgresql/data", MARK),
                ]
            ),
        )
        yield Case(
            "17 at the new place",
            file.edited(
                [
                    file.with_value(image, "postgres:17-alpine"),
                    file.with_value(data[0], f"{source}:/var/lib/postgresql", MARK),
                ]
            ),
        )


@defect("depends-on-unready", C)
def depends_on_unready(file, rng):
    found = services(file)
    by_name = {s.key: s for s in found}
    for s in found:
        node = s.get("depends_on")
        if not plain_block(node) or is_list(node):
            continue
        for c in node.children:
            target = by_name.get(c.key)
            check = target.get("healthcheck") if target is not None else None
            if (
                c.text("condition") == "service_healthy"
                and check is not None
                and database_of(target)
            ):
                yield Case(
                    "health check removed",
                    file.edited([file.deleted(check), file.marked(c.get("condition").line, MARK)]),
                )
                if (
                    s.get("build") is not None
                    and s.get("restart") is None
                    and s.get("deploy") is None
                ):
                    yield Case(
                        "waits for the start alone",
                        file.edited(
                            [
                                file.with_value(c.get("condition"), "service_started", MARK),
                                file.marked(c.line, MARK),
                            ]
                        ),
                    )
                return
    # MongoDB's drivers look for their server for half a minute: nothing is lost by starting early.
    databases = [
        s for s in found if database_of(s) not in (None, "mongo") and s.get("extends") is None
    ]
    if not databases:
        return
    database = rng.choice(databases)
    lines = [
        "  recall-app:",
        "    build: ./app",
        "    depends_on:",
    ]
    pad = " " * (database.col - 2) if database.col >= 2 else None
    if pad is None or any(s.key == "recall-app" for s in found):
        return
    end = file.documents[0].get("services").end

    def put(rest, changes=()):
        return file.edited([(end, end, [pad + line for line in lines + rest]), *changes])

    yield Case("a list", put([f"      - {database.key}" + MARK]))
    if database.get("healthcheck") is None:
        rest = [f"      {database.key}:", "        condition: service_healthy" + MARK]
        yield Case("health that is never checked", put(rest))
        yield Case(
            "flow style", put([f"      {database.key}: {{condition: service_healthy}}" + MARK])
        )


@defect("undefined-reference", C)
def undefined_reference(file, rng):
    found = services(file)
    if not found or re.search(r"^include:", "".join(file.lines), re.M):
        return
    # A file with a service that says neither is a part of another one.
    if any(
        s.get("image") is None and s.get("build") is None
        for s in file.documents[0].get("services").children
    ):
        return
    names = [s.key for s in found]
    s = rng.choice(found)
    if s.get("depends_on") is None:
        put = add(file, s, ["depends_on:", "  - databse" + MARK])
        yield Case("depends_on of none", file.edited([put]))
        put = add(file, s, ["depends_on:", "  databse:" + MARK, "    condition: service_started"])
        yield Case("depends_on in long form", file.edited([put]))
    elif is_list(s.get("depends_on")):
        c = s.get("depends_on").items()[0]
        yield Case(
            "depends_on misspelt", file.edited([file.with_value(c, c.text() + "-svc", MARK)])
        )
    if s.get("volumes") is None:
        yield Case(
            "volume", file.edited([add(file, s, ["volumes:", "  - appdata-x:/srv/data" + MARK])])
        )
        lines = [
            "volumes:",
            "  - type: volume",
            "    source: appdata-x" + MARK,
            "    target: /srv/data",
        ]
        yield Case("volume in long form", file.edited([add(file, s, lines)]))
    if s.get("networks") is None and s.get("network_mode") is None:
        yield Case("network", file.edited([add(file, s, ["networks:", "  - backend-x" + MARK])]))
    if s.get("secrets") is None:
        yield Case("secret", file.edited([add(file, s, ["secrets:", "  - db_password_x" + MARK])]))
    if s.get("configs") is None:
        yield Case(
            "config",
            file.edited(
                [
                    add(
                        file,
                        s,
                        [
                            "configs:",
                            "  - source: nginx_conf_x" + MARK,
                            "    target: /etc/nginx.conf",
                        ],
                    )
                ]
            ),
        )
    if s.get("links") is None:
        yield Case("link", file.edited([add(file, s, ["links:", "  - cache-x:redis" + MARK])]))
    top = file.documents[0].get("volumes")
    if plain_block(top):
        used = [
            v
            for t in found
            for v in (t.get("volumes").items() if t.get("volumes") is not None else [])
            if v.value
        ]
        for volume in top.children:
            hits = [v for v in used if v.text().split(":")[0] == volume.key]
            if len(hits) == 1 and len(top.children) > 1:
                yield Case(
                    "declaration removed",
                    file.edited([file.deleted(volume), file.marked(hits[0].line, MARK)]),
                )
                break
    victims = [
        (v, t)
        for t in found
        for v in (t.get("depends_on").children if plain_block(t.get("depends_on")) else [])
        if (v.key or v.text()) in names
    ]
    if victims and len(found) > 1:
        v, t = victims[0]
        gone = next(x for x in found if x.key == (v.key or v.text()))
        uses = [w for w, _ in victims if (w.key or w.text()) == gone.key]
        text = "".join(line for n, line in enumerate(file.lines) if not gone.line <= n < gone.end)
        if (
            len(uses) == 1
            and len(re.findall(rf"\b{re.escape(gone.key)}\b", text)) == 1
            and not gone.line <= v.line < gone.end
        ):
            yield Case(
                "service removed", file.edited([file.deleted(gone), file.marked(v.line, MARK)])
            )


@defect("port-conflict", C)
def port_conflict(file, rng):
    found = [
        s
        for s in services(file)
        if s.get("network_mode") is None and s.get("profiles") is None and s.get("extends") is None
    ]
    ports = [
        (s, p)
        for s in found
        for p in (s.get("ports").items() if plain_block(s.get("ports")) else [])
        if re.fullmatch(r"\d+:\d+(/tcp)?", p.text())
    ]
    if ports:
        s, p = rng.choice(ports)
        host = p.text().split(":")[0]
        others = [t for t in found if t is not s and t.get("ports") is None]
        if others:
            t = rng.choice(others)
            for variant, lines in (
                ("the same port", ["ports:", f'  - "{host}:9090"' + MARK]),
                ("on an address", ["ports:", f"  - 127.0.0.1:{host}:9090" + MARK]),
                ("in long form", ["ports:", "  - target: 9090", f"    published: {host}" + MARK]),
                ("in a range", ["ports:", f'  - "{host}-{int(host) + 2}:9090-9092"' + MARK]),
                ("in flow style", [f'ports: ["{host}:80"]' + MARK]),
            ):
                yield Case(variant, file.edited([add(file, t, lines), file.marked(p.line, MARK)]))
        same = [(t, q) for t, q in ports if t is not s]
        if same:
            t, q = rng.choice(same)
            new = f'"{host}:{q.text().split(":")[1]}"'
            yield Case(
                "copied", file.edited([file.with_value(q, new, MARK), file.marked(p.line, MARK)])
            )
        if (
            s.get("build") is not None
            and s.get("deploy") is None
            and s.get("scale") is None
            and s.get("container_name") is None
        ):
            lines = ["deploy:", "  replicas: 3"]
            taken = [file.marked(q.line, MARK) for t, q in ports if t is s]
            yield Case("three containers", file.edited([add(file, s, lines), *taken]))


@defect("obsolete-compose-key", C)
def obsolete_compose_key(file, rng):
    found = services(file)
    if (
        not found
        or file.documents[0].get("version") is not None
        or "deploy:" in "".join(file.lines)
    ):
        return
    first = min(c.line for c in file.documents[0].children)
    for value in ('"3.8"', "'3'", "2", "3.7"):
        yield Case(
            f"version {value}", file.edited([(first, first, [f"version: {value}" + MARK, ""])])
        )
    end = len(file.lines)
    yield Case("version at the end", file.edited([(end, end, ['version: "2.4"' + MARK])]))
    s = rng.choice(found)
    yield Case("net", file.edited([add(file, s, ['net: "host"' + MARK])]))
    yield Case("log_driver", file.edited([add(file, s, ["log_driver: syslog" + MARK])]))
    if file.documents[0].get("networks") is None:
        lines = ["networks:", "  proxy:", "    external:", "      name: traefik_proxy" + MARK]
        yield Case("name in external", file.edited([(end, end, lines)]))


@defect("healthcheck-tool-missing", C)
def healthcheck_tool_missing(file, rng):
    images = {
        "postgres:17": "curl",
        "redis:8-alpine": "curl",
        "mongo:8": "curl",
        "python:3.13-slim": "wget",
        "quay.io/keycloak/keycloak:26.0": "curl",
        "node:22-alpine": "curl",
    }
    found = [
        s
        for s in services(file)
        if s.get("build") is None
        and s.get("image") is not None
        and s.get("command") is None
        and s.get("extends") is None
    ]
    if not found:
        return
    s = rng.choice(found)
    image = rng.choice(sorted(images))
    tool = images[image]
    check = s.get("healthcheck")
    gone = [] if check is None else [file.deleted(check)]
    if check is not None and not whole(check):
        return
    for variant, lines in (
        (
            "in words",
            [
                f'  test: ["CMD", "{tool}", "-f", "http://localhost:8080/health"]' + MARK,
                "  interval: 10s",
            ],
        ),
        ("in a shell", [f'  test: ["CMD-SHELL", "{tool} -f http://localhost || exit 1"]' + MARK]),
        (
            "as a line",
            ["  interval: 30s", f"  test: {tool} --fail http://localhost:8080/ || exit 1" + MARK],
        ),
        (
            "as a list",
            ["  test:", "    - CMD" + MARK, f"    - {tool}" + MARK, "    - http://localhost"],
        ),
        ("with a limit", [f'  test: ["CMD-SHELL", "timeout 5 {tool} -s http://localhost"]' + MARK]),
        (
            "after another",
            [f'  test: ["CMD-SHELL", "test -f /ready && {tool} -s http://localhost"]' + MARK],
        ),
    ):
        changes = [file.with_value(s.get("image"), image), add(file, s, ["healthcheck:"] + lines)]
        yield Case(variant, file.edited(changes + gone))


def whole(node):
    return node.children and not node.value


@defect("syntax", C)
def syntax(file, rng):
    found = services(file)
    if not found:
        return
    s = rng.choice(found)
    line = file.line(s.line)
    yield Case(
        "a colon forgotten",
        file.edited(
            [(s.line, s.line + 1, [line.replace(":", "", 1) + MARK]), file.marked(s.line + 1, MARK)]
            if len(found) and s.children[0].line == s.line + 1
            else []
        ),
    )
    if s.get("image") is not None and re.fullmatch(r"[\w./:-]+", s.get("image").value):
        node = s.get("image")
        text = file.line(node.line)
        yield Case(
            "a quote that is not closed",
            file.edited(
                [(node.line, node.end, [text.replace(node.value, "'" + node.value) + MARK])]
            ),
        )
        yield Case("a tab", file.edited([(node.line, node.end, ["\t" + text.strip() + MARK])]))
    lists = [c for c in s.children if c.items() and c.items()[0].value]
    if lists:
        item = lists[0].items()[-1]
        text = file.line(item.line)
        yield Case(
            "a list that is not closed",
            file.edited([(item.line, item.end, [re.sub(r"- .*", '- ["a", "b"', text) + MARK])]),
        )
