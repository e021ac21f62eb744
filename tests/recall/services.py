"""Defects across the files of one service: image, Compose file, manifests.

A bundle is what bundles.py cuts out of a repository. Each case is the whole bundle with one or two
files edited.
"""

import fnmatch
import json
import os
import re

import dockerlines
import outline
from composes import add, is_list, plain_block, services as compose_services
from defects import MARK, Case, defect
from manifests import LASTING, SIDE_PORT, insert_in_container, name_line, workloads
from sets import slip

S = "services"

ROOTS = re.compile(
    r"(docker\.io/)?(library/)?(python|node|golang|alpine|debian|ubuntu|eclipse-temurin|openjdk"
    r"|nginx|ruby|php|maven|amazoncorretto)(:|$)"
)
LOCAL = re.compile(
    r"DEBUG|_ENV$|^ENV|ENVIRONMENT|^PORT$|LOG|TZ|OTEL|TRAC|JAEGER|ZIPKIN|JAVA|PROFIL|^DD_|URLS$"
    r"|^HOST$|NODE_|PYTHON|COLLECTOR|DISABLE|ENABLE"
)


def last(image):
    name = image.split("@")[0].rpartition("/")[2]
    return name.split(":")[0].lower().replace("_", "-")


# Names that everybody pulls from Docker Hub: a folder called so in the repository is no evidence
# that the image of a manifest is built from it.
OFFICIAL = {
    "cassandra", "httpd", "mariadb", "memcached", "mongo", "mysql", "nginx", "node", "php",
    "postgres", "python", "rabbitmq", "redis", "ruby", "tomcat", "wordpress",
}


def is_of_others(about, written, files):
    """Whether the image of the manifest is evidently not what the Dockerfile of the bundle builds:
    then an edit of the two together is no defect of either, and nobody could see one. The bundles
    are made by names alone; what is asked here is asked of the files as a person would."""
    before = written.rpartition("/")[0]
    mirrored = "/" not in before and ("." in before or not before)
    if mirrored and about["image"] in OFFICIAL and not about["compose"]:
        return True
    # `FROM hashicorp/vault` beside a container that runs `hashicorp/vault`.
    bare = lambda image: re.sub(r"(@.*|:[^/]*)$", "", image)
    froms = re.findall(r"^FROM\s+(?:--\S+\s+)*(\S+)", files[about["dockerfile"]], re.M | re.I)
    if bare(written) in map(bare, froms):
        return True
    # What builds this very name somewhere else: `ads-service` beside `ads-service-fixed`.
    name = re.sub(r"(@.*|:[^/]*)$", "", written)
    owner = [part for part in name.split("/") if "." not in part and ":" not in part]
    home = os.path.dirname(about["dockerfile"])
    if len(owner) < 2 or not home:
        return False
    whole = re.compile(r"(?<![\w-])" + re.escape("/".join(owner[-2:])) + r"(?![\w/-])")
    builds = lambda text: re.search(r"docker (buildx )?build|build-push-action", text)
    elsewhere = here = False
    for path, text in files.items():
        if not (path.startswith(".github/") or path.endswith(".sh")) or not builds(text):
            continue
        if whole.search(text):
            folder = re.compile(r"(?<![\w-])" + re.escape(os.path.basename(home)) + r"(?![\w-])")
            mine = path.startswith(home + "/") or folder.search(text)
            here, elsewhere = here or bool(mine), elsewhere or not mine
    return elsewhere and not here


class Bundle:
    """The files of one service, with readers for the three that are edited."""

    def __init__(self, about, files):
        self.about = about
        self.files = files
        self.manifest = outline.Outline(files[about["manifest"]])
        self.dockerfile = dockerlines.Dockerfile(files[about["dockerfile"]], about.get("target"))
        pairs = [
            (w, c)
            for w in workloads(self.manifest, LASTING)
            for c in w.containers()
            if last(c.text("image")) == about["image"]
            and (w.name or "") in (about["workload"], "")
        ]
        if not pairs:
            raise outline.Refused("the container is gone")
        self.workload, self.container = pairs[0]
        if is_of_others(about, self.container.text("image") or "", files):
            raise outline.Refused("the image is built elsewhere")
        self.compose = self.service = None
        if about["compose"]:
            self.compose = outline.Outline(files[about["compose"]])
            found = [s for s in compose_services(self.compose) if self.is_mine(s)]
            # One image in several roles: the one that the workload is named after.
            if len(found) > 1:
                name = (self.workload.name or "").lower().replace("_", "-")
                ours = lambda key: re.split(r"[-_.]", key.lower())
                found = [s for s in found if s.key == name or set(ours(s.key)) & set(name.split("-"))]
            # A command of its own and another name are another role of the image.
            elif found and any(self.container.get(key) is not None for key in ("command", "args")):
                words = lambda name: set(re.split(r"[-_.]", (name or "").lower()))
                found = [s for s in found if words(s.key) & words(self.workload.name)]
            self.service = found[0] if len(found) == 1 else None

    def is_mine(self, service):
        build = service.get("build")
        if build is None:
            return False
        context = build.text("context") if build.children else outline.unquote(build.value)
        named = build.text("dockerfile") if build.children else None
        beside = os.path.dirname(self.about["compose"])
        folder = os.path.normpath(os.path.join(beside, context or "."))
        path = os.path.normpath(os.path.join(folder, named or "Dockerfile"))
        image = service.text("image")
        names = (service.key, last(image) if image else None)
        return path == self.about["dockerfile"] and self.about["image"] in names

    def is_rivalled(self):
        """Whether a Dockerfile for production lies beside the one of Compose: nobody can say that
        the workload runs the latter, so that an edit of it is no defect of the two."""
        folder, name = os.path.split(self.about["dockerfile"])
        beside = (p for p in self.files if os.path.dirname(p) == folder)
        named = re.compile(re.escape(name) + r"[._-]prod(uction)?$", re.I)
        return any(named.match(os.path.basename(p)) for p in beside)

    def case(self, variant, manifest=None, dockerfile=None, compose=None, more=None):
        if dockerfile and self.is_rivalled():
            return None
        files = dict(self.files)
        if manifest:
            files[self.about["manifest"]] = self.manifest.edited(manifest)
        if dockerfile:
            files[self.about["dockerfile"]] = self.dockerfile.edited(dockerfile)
        if compose:
            files[self.about["compose"]] = self.compose.edited(compose)
        files.update(more or {})
        return Case(variant, files)

    # What the files say of ports.

    def exposed(self):
        found = []
        for at, _, _, _ in self.dockerfile.lineage():
            for instruction in self.dockerfile.all("EXPOSE", stage=at):
                found += [int(p) for p in re.findall(r"(?<![\w$])(\d+)(?!/udp)\b", instruction.args())]
        return found

    def targets(self):
        ports = self.service.get("ports") if self.service else None
        found = []
        for item in ports.items() if ports else []:
            published = r"(?:\d+|\$\{\w+:?-\d+\})"
            match = re.fullmatch(rf"[\"']?(?:[\d.]+:)?{published}:(\d+)[\"']?", item.value or "")
            if match:
                found.append((item, int(match.group(1))))
        return found

    def container_ports(self):
        ports = self.container.get("ports")
        return [
            (p.get("containerPort"), int(p.text("containerPort")))
            for p in (ports.items() if ports else [])
            if re.fullmatch(r"\d+", p.text("containerPort") or "")
            and not SIDE_PORT.search(p.text("name") or "")
            and p.text("protocol") in (None, "TCP")
        ]

    def command_port(self):
        """The instruction that tells a well-known server its port, and the port."""
        for instruction in self.dockerfile.final("CMD", "ENTRYPOINT"):
            text = instruction.text
            if not re.search(r"uvicorn|gunicorn|flask|hypercorn|runserver|http-server|serve\b", text):
                continue
            match = re.search(r"(?:--port[=\s\",]+|(?:-b|--bind)[=\s\",]+[\w.\[\]]*:|-p[\s\",]+)(\d+)\b", text)
            if match:
                return instruction, int(match.group(1))
        return None, None

    def is_plain(self):
        """Whether nothing in the manifest decides what is started or on which port."""
        c = self.container
        names = [e.text("name") or "" for e in (c.get("env").items() if c.get("env") else [])]
        spoken = any(re.search(r"PORT|ADDR|LISTEN|BIND|URLS", n) for n in names)
        return c.get("command") is None and c.get("args") is None and not spoken

    def probes(self):
        for key in ("livenessProbe", "readinessProbe", "startupProbe"):
            probe = self.container.get(key)
            if probe is not None and probe.children:
                yield key, probe

    # Edits.

    def in_dockerfile(self, lines):
        """Lines before the instruction that starts the process in the stage that ships."""
        starts = self.dockerfile.final("CMD", "ENTRYPOINT")
        if not starts:
            return None
        at = min(s.start for s in starts)
        return [(at, at, lines)]

    def in_security_context(self, entries):
        """The container's security context with these entries; None where that is not easy."""
        context = self.container.get("securityContext")
        if context is None:
            lines = ["securityContext:"] + ["  " + line for line in entries]
            return [insert_in_container(self.manifest, self.container, lines)]
        if not context.children or context.value:
            return None
        changes = []
        for entry in entries:
            key = entry.split(":")[0]
            old = context.get(key)
            if old is not None:
                changes.append(self.manifest.with_value(old, entry.split(":")[1].strip().rstrip(MARK), MARK if MARK in entry else ""))
            else:
                pad = " " * context.children[0].col
                changes.append((context.line + 1, context.line + 1, [pad + entry]))
        return changes

    def pod_context(self, key):
        context = self.workload.pod.get("securityContext")
        return context.get(key) if context is not None else None

    def base(self):
        lineage = self.dockerfile.lineage()
        return lineage[-1][2] if lineage else ""

    def users(self):
        return [u for at, *_ in self.dockerfile.lineage() for u in self.dockerfile.all("USER", stage=at)]

    def sources(self):
        """Files of the program into which a line can be written."""
        context = self.about["context"]
        home = os.path.dirname(self.about["dockerfile"])
        # Of a context that holds many programs the one beside the Dockerfile is meant.
        inside = next((d + "/" for d in (home, context) if d not in ("", ".")), "")
        # What the image is not made of is another program's.
        taken = [os.path.normpath(w.lstrip("/") or ".") for w in self.dockerfile.copied()]
        top = "" if context in ("", ".") else context + "/"

        def is_taken(path):
            rest = path[len(top) :] if path.startswith(top) else ""
            inner = lambda w: w == "." or rest == w or rest.startswith(w + "/")
            return bool(rest) and any(inner(w) or fnmatch.fnmatch(rest, w) for w in taken)

        for path in sorted(self.files):
            if not is_taken(path):
                continue
            ending = os.path.splitext(path)[1]
            parts = path.lower().split("/")
            aside = {"test", "tests", "e2e", "spec", "docs", "scripts", "node_modules", "bin", "obj"}
            # What sets a tool up is no source of the program: `.eslintrc.js`, `vite.config.ts`.
            if re.search(r"^\.|[.-]config\.|setup\.py$|conftest", parts[-1]):
                continue
            if path.startswith(inside) and ending in READS and not aside & set(parts) and "test" not in parts[-1]:
                yield path, ending

    def asks_for(self, key):
        """Whether some file of the program reads a variable, and none has anything to stand in."""
        spare = re.compile(r"\|\||\?\?|[\w\])] or |default|\.get\(|fallback|orElse|if |LookupEnv", re.I)
        read = False
        for path, _ in self.sources():
            for line in self.files[path].splitlines():
                if re.search(rf"\b{re.escape(key)}\b", line):
                    if spare.search(line) or re.search(rf"{re.escape(key)}[\"'`]\s*,", line):
                        return False
                    read = read or "env" in line.lower()
        return read

    def environments(self):
        """The variables that both sides give by name, and whether the manifest gives no others."""
        env = self.container.get("env")
        mine = {e.text("name"): e for e in (env.items() if env else []) if e.text("name")}
        node = self.service.get("environment") if self.service else None
        theirs = {}
        for entry in node.children if plain_block(node) else []:
            key = entry.key or (entry.value or "").strip("\"'").split("=")[0]
            theirs[key] = entry
        return mine, theirs


READS = {
    ".py": 'import os\nACME_REGION = os.environ["ACME_REGION"]\n',
    ".js": "const acmeRegion = process.env.ACME_REGION;\n",
    ".ts": "const acmeRegion = process.env.ACME_REGION;\n",
    ".go": 'var acmeRegion = os.Getenv("ACME_REGION")\n',
    ".rb": "ACME_REGION = ENV['ACME_REGION']\n",
    ".php": "$acmeRegion = getenv('ACME_REGION');\n",
    ".java": '// \nclass Region { static String region = System.getenv("ACME_REGION"); }\n',
    ".cs": 'class Region { string region = Environment.GetEnvironmentVariable("ACME_REGION"); }\n',
    ".rs": 'fn region() -> String { std::env::var("ACME_REGION").unwrap() }\n',
}


def read_all(folder):
    """The bundles of a corpus, as (files, Bundle) by name."""
    found = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        top = os.path.join(folder, name)
        if not os.path.isdir(top) or not os.path.isfile(top + ".json"):
            continue
        with open(top + ".json", encoding="utf-8") as about:
            about = json.load(about)
        files = {}
        for place, _, names in os.walk(top):
            for one in sorted(names):
                path = os.path.join(place, one)
                with open(path, encoding="utf-8", newline="") as source:
                    files[os.path.relpath(path, top)] = source.read()
        if any(MARK in text for text in files.values()):
            continue
        try:
            found[name] = (files, Bundle(about, files))
        except (outline.Refused, dockerlines.Refused):
            continue
    return found


@defect("port-mismatch", S)
def port_mismatch(bundle, rng):
    ports = bundle.container_ports()
    exposed = bundle.exposed()
    targets = bundle.targets()
    start, told = bundle.command_port()
    stated = set(exposed) | {n for _, n in targets} | ({told} if told else set())
    other = rng.choice((1, 10, 1000))
    manifest, dockerfile = bundle.manifest, bundle.dockerfile
    plain = bundle.is_plain()
    if len(ports) == 1 and ports[0][1] in stated and plain:
        node, number = ports[0]
        if len(set(exposed)) <= 1 or told:
            yield bundle.case(
                "another containerPort",
                manifest=[manifest.with_value(node, str(number + other), MARK)],
            )
        for key, probe in bundle.probes():
            port = next((probe.get(h, "port") for h in ("httpGet", "tcpSocket") if probe.get(h)), None)
            if port is not None and port.value == str(number) and not port.first_on_line():
                yield bundle.case(
                    f"another port of the {key}",
                    manifest=[manifest.with_value(port, str(number + other), MARK)],
                )
    # What Compose says against what the Dockerfile says.
    if len(targets) == 1 and bundle.service.get("command") is None:
        item, number = targets[0]
        env = bundle.service.get("environment")
        spoken = env is not None and re.search(r"PORT|ADDR|LISTEN|BIND|URLS", str([c.key or c.value for c in env.children]))
        if (told == number or set(exposed) == {number}) and not spoken:
            value = item.value.replace(f":{number}", f":{number + other}")
            yield bundle.case(
                "another target of the Compose port",
                compose=[bundle.compose.with_value(item, value, MARK)],
            )
    if len(exposed) == 1 and plain and ports:
        number = exposed[0]
        agreed = {n for _, n in ports} == {number} and ({n for _, n in targets} == {number} or told == number)
        if agreed:
            instruction = next(i for at, *_ in dockerfile.lineage() for i in dockerfile.all("EXPOSE", stage=at))
            line, match = dockerfile.find(instruction, rf"\b{number}\b")
            if match:
                yield bundle.case(
                    "another EXPOSE",
                    dockerfile=[dockerfile.replaced(line, str(number), str(number + other), MARK)],
                )
    if told and plain and {n for _, n in ports} == {told}:
        line, match = dockerfile.find(start, rf"\b{told}\b")
        if match:
            # The port of Compose contradicts it no less than that of the manifest.
            also = [bundle.compose.marked(i.line, MARK) for i, n in targets if n == told]
            yield bundle.case(
                "another port of the command",
                dockerfile=[dockerfile.replaced(line, str(told), str(told + other), MARK)],
                manifest=[manifest.marked(ports[0][0].line, MARK)],
                compose=also,
            )


@defect("user-mismatch", S)
def user_mismatch(bundle, rng):
    no_user = not bundle.users()
    known_root = ROOTS.match(bundle.base()) is not None
    has_user = any(
        bundle.container.get("securityContext", key) or bundle.pod_context(key)
        for key in ("runAsUser",)
    )
    non_root = bundle.in_security_context(["runAsNonRoot: true" + MARK])
    if has_user or non_root is None:
        return
    if no_user and known_root:
        yield bundle.case("runAsNonRoot on a root image", manifest=non_root)
        named = bundle.in_dockerfile(["RUN adduser --system svc", "USER svc" + MARK])
        if named:
            yield bundle.case("runAsNonRoot and a user by name", manifest=non_root, dockerfile=named)
    owned = bundle.in_dockerfile(
        ["RUN mkdir -p /srv/data && chown -R 10001 /srv/data", "USER 10001" + MARK]
    )
    given = bundle.in_security_context(["runAsUser: 20001" + MARK])
    read_only = bundle.container.get("securityContext", "readOnlyRootFilesystem")
    text = bundle.files[bundle.about["dockerfile"]]
    if no_user and owned and given and not read_only and "chmod" not in text:
        yield bundle.case("another user than the files' owner", manifest=given, dockerfile=owned)
    if bundle.service and bundle.service.get("user") is None and known_root and "passwd" not in text:
        yield bundle.case(
            "a user of Compose that the image lacks",
            compose=[add(bundle.compose, bundle.service, ["user: svcaccount" + MARK])],
        )


@defect("image-mismatch", S)
def image_mismatch(bundle, rng):
    name = (bundle.about["workload"] or bundle.about["image"]).replace("_", "-").lower()
    name = re.sub(r"[^a-z0-9-]", "-", name)
    if not re.fullmatch(r"[a-z][a-z0-9-]{4,}", name):
        name += "-service"
    mistyped = slip(name, rng)
    node = bundle.container.get("image")
    if not mistyped or node is None or node.children:
        return
    built = f"ghcr.io/acme/{name}:1.4"
    ways = {}
    if bundle.service:
        old = bundle.service.get("image")
        ways["Compose"] = {
            "compose": [
                bundle.compose.with_value(old, built)
                if old is not None
                else add(bundle.compose, bundle.service, [f"image: {built}"])
            ]
        }
    context = bundle.about["context"] or "."
    make = f"image:\n\tdocker build -t {built} -f {bundle.about['dockerfile']} {context}\n"
    if "Makefile" not in bundle.files:
        ways["a Makefile"] = {"more": {"Makefile": make}}
    for way, edits in ways.items():
        for variant, image in (
            ("a slip", f"ghcr.io/acme/{mistyped}:1.4"),
            ("another organisation", f"ghcr.io/acme-labs/{name}:1.4"),
        ):
            manifest = [bundle.manifest.with_value(node, image, MARK)]
            yield bundle.case(f"{variant}, built by {way}", manifest=manifest, **edits)


@defect("missing-environment", S)
def missing_environment(bundle, rng):
    mine, theirs = bundle.environments()
    c = bundle.container
    if bundle.service is None or c.get("envFrom") is not None or bundle.service.get("env_file"):
        return
    head = bundle.manifest.marked(name_line(c), MARK)
    shared = [k for k in mine if k in theirs and not LOCAL.search(k)]
    asked = [k for k in shared if bundle.asks_for(k)]
    if len(shared) >= 4 and asked:
        key = rng.choice(asked)
        yield bundle.case("one of several forgotten", manifest=[bundle.manifest.deleted(mine[key]), head])
    source = next(bundle.sources(), None)
    node = bundle.service.get("environment")
    if source is None or bundle.service.get("extends"):
        return
    path, ending = source
    more = {path: bundle.files[path] + "\n" + READS[ending]}
    if plain_block(node):
        pad = " " * node.children[0].col
        line = f"{pad}- ACME_REGION=eu" if is_list(node) else f"{pad}ACME_REGION: eu"
        new = [(node.end, node.end, [line])]
    elif node is None:
        new = [add(bundle.compose, bundle.service, ["environment:", "  - ACME_REGION=eu"])]
    else:
        new = None
    if new:
        yield bundle.case("needed by the source, only in Compose", compose=new, manifest=[head], more=more)
    env = c.get("env")
    service = bundle.compose.marked(bundle.service.line, MARK)
    if env is None:
        lines = ["env:", "- name: ACME_REGION", "  value: eu"]
        added = [insert_in_container(bundle.manifest, c, lines)]
    elif env.items() and env.items()[0].children:
        pad = " " * env.items()[0].col
        added = [(env.end, env.end, [pad + "- name: ACME_REGION", pad + "  value: eu"])]
    else:
        return
    yield bundle.case("needed by the source, only in the manifest", compose=[service], manifest=added, more=more)


@defect("read-only-root-conflict", S)
def read_only_root_conflict(bundle, rng):
    read_only = bundle.in_security_context(["readOnlyRootFilesystem: true" + MARK])
    if read_only is None:
        return
    volume = bundle.in_dockerfile(["VOLUME /var/lib/acme"])
    if volume:
        yield bundle.case("a volume", manifest=read_only, dockerfile=volume)
    made = bundle.in_dockerfile(
        ["RUN mkdir -p /srv/uploads && chown -R 10001 /srv/uploads", "USER 10001"]
    )
    if made and not bundle.users():
        yield bundle.case("a folder for the user", manifest=read_only, dockerfile=made)
    # What the pod mounts over a volume can be written to. Which folder a variable means is not known.
    volumes = " ".join(i.text for i in bundle.dockerfile.all("VOLUME"))
    mounts = bundle.container.get("volumeMounts")
    mounted = [mount.text("mountPath") or "/" for mount in (mounts.items() if mounts else [])]
    covered = any("$" in volumes or path in volumes for path in mounted)
    if volumes and not covered:
        yield bundle.case("a volume of its own", manifest=read_only)
    starts = bundle.dockerfile.final("CMD", "ENTRYPOINT")
    if not starts and re.match(r"(docker\.io/)?(library/)?nginx(:|$)", bundle.base()) and bundle.is_plain():
        yield bundle.case("nginx", manifest=read_only)


@defect("healthcheck-probe-mismatch", S)
def healthcheck_probe_mismatch(bundle, rng):
    if bundle.dockerfile.all("HEALTHCHECK"):
        return
    paths = {}
    for key, probe in bundle.probes():
        node = probe.get("httpGet", "path")
        if node is not None and not node.first_on_line() and not node.children:
            value = outline.unquote(node.value).split("?")[0]
            if re.fullmatch(r"(/[A-Za-z][\w.-]*)+", value) and len(value) > 5:
                paths[key] = (node, value)
    if not paths or len({v for _, v in paths.values()}) > 1:
        return
    key, (node, path) = next(iter(paths.items()))
    port = dict(bundle.probes())[key].get("httpGet", "port")
    port = outline.unquote(port.value) if port is not None and port.value else ""
    if not port.isdigit():
        ports = bundle.container.get("ports")
        named = {p.text("name"): p.text("containerPort") for p in (ports.items() if ports else [])}
        port = named.get(port) or ""
    if not port.isdigit():
        return
    wrong = path + rng.choice(("z", "y", "1"))
    context = bundle.about["context"]
    inside = "" if context in ("", ".") else context + "/"
    served = any(
        p.startswith(inside) and re.search(rf"[\"'`]{re.escape(path)}[\"'`]", text)
        for p, text in bundle.files.items()
        if os.path.splitext(p)[1] in READS
    )
    # Each of the probes contradicts the check.
    also = [] if served else [bundle.manifest.marked(n.line, MARK) for n, _ in paths.values()]
    check = bundle.in_dockerfile([f"HEALTHCHECK CMD curl -f http://localhost:{port}{wrong} || exit 1" + MARK])
    if check:
        # A check of the Compose file stands before the one of the image.
        if not bundle.service or bundle.service.get("healthcheck") is None:
            yield bundle.case("HEALTHCHECK asks another path", dockerfile=check, manifest=also)
        right = bundle.in_dockerfile(
            [f"HEALTHCHECK CMD curl -f http://localhost:{port}{path} || exit 1" + ("" if served else MARK)]
        )
        changes = [bundle.manifest.with_value(n, wrong, MARK) for n, _ in paths.values()]
        yield bundle.case("probes ask another path", dockerfile=right, manifest=changes)
    if bundle.service and bundle.service.get("healthcheck") is None:
        lines = ["healthcheck:", f'  test: ["CMD", "curl", "-f", "http://localhost:{port}{wrong}"]' + MARK]
        yield bundle.case(
            "Compose asks another path",
            compose=[add(bundle.compose, bundle.service, lines)],
            manifest=also,
        )


@defect("stop-signal-ignored", S)
def stop_signal_ignored(bundle, rng):
    c, pod = bundle.container, bundle.workload.pod
    grace = pod.get("terminationGracePeriodSeconds")
    seconds = int(grace.value) if grace is not None and grace.value.isdigit() else 30
    long = seconds + rng.choice((0, 15))
    manifest = bundle.manifest
    if c.get("lifecycle") is None and seconds > 0:
        for variant, lines in (
            ("exec", ["exec:", f'  command: ["sleep", "{long}"]' + MARK]),
            ("shell", ["exec:", f'  command: ["/bin/sh", "-c", "sleep {long}"]' + MARK]),
            ("sleep", ["sleep:", f"  seconds: {long}" + MARK]),
        ):
            block = ["lifecycle:", "  preStop:"] + ["    " + line for line in lines]
            yield bundle.case(
                f"preStop uses up the grace period ({variant})",
                manifest=[insert_in_container(manifest, c, block)],
            )
    # A hook that is there contradicts it too.
    hook = c.get("lifecycle", "preStop")
    hooks = range(hook.line, hook.end) if hook is not None else ()
    hooks = [manifest.marked(n, MARK) for n in hooks if "sleep" in manifest.line(n)]
    if grace is not None and seconds > 0:
        yield bundle.case(
            "no grace period", manifest=[manifest.with_value(grace, "0", MARK)] + hooks
        )
    elif grace is None:
        containers = pod.get("containers")
        line = " " * containers.col + "terminationGracePeriodSeconds: 0" + MARK
        if not containers.first_on_line():
            at = (containers.line, containers.line, [line])
            yield bundle.case("no grace period", manifest=[at] + hooks)
    starts = bundle.dockerfile.final("CMD", "ENTRYPOINT")
    context = bundle.about["context"]
    script = os.path.normpath(os.path.join(context or ".", "acme-start.sh"))
    if starts and bundle.is_plain():
        first = min(s.start for s in starts)
        changes = [(s.start, s.end, []) for s in starts]
        lines = ["COPY acme-start.sh /acme-start.sh", 'ENTRYPOINT ["/acme-start.sh"]' + MARK]
        for variant, body in (
            ("a script without exec", "#!/bin/sh\nset -e\necho starting\nserver --serve\n"),
            ("a bash script without exec", "#!/usr/bin/env bash\nmigrate\npython -m server\n"),
        ):
            yield bundle.case(
                variant, dockerfile=changes + [(first, first, lines)], more={script: body}
            )
    killed = bundle.in_dockerfile(["STOPSIGNAL SIGKILL" + MARK])
    if killed and "STOPSIGNAL" not in bundle.files[bundle.about["dockerfile"]]:
        yield bundle.case("STOPSIGNAL SIGKILL", dockerfile=killed)
    if bundle.service:
        place = grace.line if grace is not None else name_line(c)
        if bundle.service.get("stop_grace_period") is None:
            yield bundle.case(
                "more patience in Compose",
                compose=[add(bundle.compose, bundle.service, [f"stop_grace_period: {seconds + 60}s"])],
                manifest=[manifest.marked(place, MARK)],
            )
        if bundle.service.get("stop_signal") is None and killed:
            yield bundle.case(
                "another signal in Compose",
                compose=[add(bundle.compose, bundle.service, ["stop_signal: SIGINT" + MARK])],
            )
