"""Defects that show only with the folder around a foreign file: lock files, what the builder
would send, what git tracks. The folders are made here; the Dockerfiles and Compose files in them
are foreign."""

import re

import composes
from defects import MARK, Case, defect
from docker_steps import is_final, posix
from dockerfiles import D, start_line

GIT = {".git/HEAD": "ref: refs/heads/main\n", ".git/config": "[core]\n\tbare = false\n"}

# A folder with a bit of everything that people build from.
TREE = {
    "README.md": "# app\n",
    "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"express": "^5.1.0"}}\n',
    "package-lock.json": '{"name": "app", "lockfileVersion": 3, "packages": {}}\n',
    "index.js": "console.log(1)\n",
    "src/main.js": "console.log(2)\n",
    "public/index.html": "<html></html>\n",
}

IGNORE = ".git\n.gitignore\nnode_modules\n.env*\n*.log\n*.key\n*.pem\nid_rsa\n.venv\ntarget\ndata\n.npmrc\ncredentials*.json\n"


def whole_copies(file):
    """COPY and ADD of the whole context in stages that ship."""
    return [
        i
        for i in file.all("COPY", "ADD")
        if re.match(r"(\.|\./|\./\*) \S+$", i.args())
        and not any(f.startswith("from") for f in i.flags())
    ]


def with_whole_copy(file):
    """The text with a COPY of everything (one that is there, or a new one), marked."""
    found = whole_copies(file)
    if len(found) == 1 and is_final(file, found[0]):
        i = found[0]
        return file.edited([(i.start, i.start + 1, [file.line(i.start) + MARK])])
    if found or file.all("COPY", "ADD") or not file.final("FROM"):
        return None
    at = file.final("FROM")[0].end
    return file.edited([(at, at, ["WORKDIR /srv/app", "COPY . ." + MARK])])


def plain(text):
    return text.replace(MARK, "")


def sources_of(file):
    """Files for the other things that the Dockerfile copies, so that it could be built."""
    found = {}
    for i in file.all("COPY", "ADD"):
        if any(f.startswith("from") for f in i.flags()) or i.args().startswith("["):
            continue
        for word in i.args().split()[:-1]:
            path = re.sub(r"[*?]", "a", word).lstrip("./").rstrip("/")
            if "$" in word or "://" in word or not path:
                continue
            is_file = "." in path.rsplit("/", 1)[-1] and not word.endswith("/")
            found[path if is_file else path + "/part.txt"] = "x\n"
    # A name that is a folder as well as a file is none.
    return {p: t for p, t in found.items() if not any(q.startswith(p + "/") for q in found)}


def folder_of(file):
    return {**GIT, **sources_of(file), **TREE}


@defect("missing-dockerignore", D)
def missing_dockerignore(file, rng):
    text = with_whole_copy(file)
    if text is None:
        return
    clean = {**folder_of(file), "Dockerfile": plain(text), ".dockerignore": IGNORE}
    bad = {**folder_of(file), "Dockerfile": text, "node_modules/express/index.js": "x\n" * 500}
    yield Case("none, with .git and node_modules", bad, clean)
    yield Case("none, with .git alone", {**folder_of(file), "Dockerfile": text}, clean)
    yield Case("a misspelt name", {**bad, ".dockerignores": IGNORE}, clean)


SECRETS = {
    ".env": "DB_PASSWORD=vJ7pQw2xZr9L\nSTRIPE_KEY=x8fKq0mmA2LdPz7W\n",
    "deploy/id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END OPENSSH PRIVATE KEY-----\n",
    "certs/server.key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n-----END PRIVATE KEY-----\n",
    ".npmrc": "//registry.npmjs.org/:_authToken=npm_" + "a8Zk3QpL" * 4 + "x9Yb\n",
    ".aws/credentials": "[default]\naws_access_key_id = AKIAQ3ZL7TBWX5NMKP2D\naws_secret_access_key = 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\n",
}


@defect("context-leaks-secrets", D)
def context_leaks_secrets(file, rng):
    text = with_whole_copy(file)
    if text is None:
        return
    clean = {**folder_of(file), "Dockerfile": plain(text), ".dockerignore": IGNORE + ".aws\n"}
    for path, content in SECRETS.items():
        bad = {
            **folder_of(file),
            "Dockerfile": text,
            ".dockerignore": ".git\nnode_modules\n",
            path: content,
        }
        yield Case(path, bad, clean)
    bad = {
        **folder_of(file),
        "Dockerfile": text,
        ".dockerignore": "/.env.local\n.git\n*.md\n",
        "backend/.env": SECRETS[".env"],
    }
    yield Case("an ignore line for the top alone", {**bad, ".dockerignore": ".env\n.git\n"}, clean)


@defect("context-bloat", D)
def context_bloat(file, rng):
    text = with_whole_copy(file)
    if text is None:
        return
    clean = {**folder_of(file), "Dockerfile": plain(text), ".dockerignore": IGNORE}
    steps = " ".join(i.text for i in file.all("RUN"))
    calls = lambda words: re.search(rf"\b({words})\b", steps)  # noqa: E731
    for path, size in (
        # A build that installs none may count on those of the folder, and some ask git.
        (
            "node_modules/typescript/lib/tsc.js",
            40_000_000 if re.search(r"\b(npm (ci|install)|yarn install|pnpm install) *($|&|;)", steps) else 0,
        ),
        (
            ".git/objects/pack/pack-1.pack",
            0 if calls("git|go|make|mvn|gradle|cargo|hatch|mvnw|gradlew") else 60_000_000,
        ),
        ("target/debug/app", 80_000_000),
        # Without `pyvenv.cfg` it would be no virtual environment.
        (".venv/lib/python3.13/site-packages/torch/lib.so", 120_000_000),
        ("data/dump.sql", 150_000_000),
    ):
        if not size:
            continue
        top = path.split("/")[0]
        rest = "".join(line + "\n" for line in IGNORE.split() if line != top)
        around = {"Cargo.toml": '[package]\nname = "app"\n'} if top == "target" else {}
        if top == ".venv":
            around = {".venv/pyvenv.cfg": "home = /usr/bin\n"}
        bad = {**folder_of(file), **around, "Dockerfile": text, ".dockerignore": rest, path: size}
        yield Case(f"{top} not ignored", bad, clean)


@defect("dockerignore-hides-needed-file", D)
def dockerignore_hides_needed_file(file, rng):
    if whole_copies(file) or file.all("COPY", "ADD") or not file.final("FROM"):
        return
    at = file.final("FROM")[0].end

    def folder(lines, ignore):
        text = file.edited([(at, at, ["WORKDIR /srv/app"] + lines)])
        bad = {**GIT, **TREE, "Dockerfile": text, ".dockerignore": ignore}
        return bad, {
            **GIT,
            **TREE,
            "Dockerfile": plain(text),
            ".dockerignore": ".git\nnode_modules\n",
        }

    for variant, lines, ignore in (
        (
            "the lock file",
            ["COPY package.json package-lock.json ./" + MARK],
            ".git\nnode_modules\npackage-lock.json" + MARK + "\n",
        ),
        (
            "everything, with exceptions",
            ["COPY src ./src", "COPY public ./public" + MARK],
            "*" + MARK + "\n!src\n",
        ),
        ("by its ending", ["COPY index.js ./" + MARK], ".git\n**/*.js" + MARK + "\n!src/*.js\n"),
        (
            "a folder",
            ["COPY public/ /usr/share/nginx/html/" + MARK],
            "node_modules\n.git\npublic" + MARK + "\n",
        ),
    ):
        bad, clean = folder(lines, ignore)
        yield Case(variant, bad, clean)
    lines = ["COPY pyproject.toml README.md ./" + MARK, "RUN pip install ."]
    bad, clean = folder(lines, ".git\n*.md" + MARK + "\n")
    project = {
        "pyproject.toml": '[project]\nname = "app"\nversion = "1.0"\nreadme = "README.md"\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    }
    yield Case("a README that is copied", {**bad, **project}, {**clean, **project})
    lines = ["COPY . ." + MARK, "RUN pip install ."]
    bad, clean = folder(lines, ".git\n*.md" + MARK + "\n")
    bad.update(project)
    clean.update(project)
    yield Case("a README that pyproject.toml names", bad, clean)


# Dependencies.

NODE = {
    "package.json": TREE["package.json"],
    "src/main.js": "import express from 'express'\nexpress().listen(3000)\n",
    "README.md": "# app\n",
}
PROJECT = '[project]\nname = "app"\nversion = "1.0"\ndependencies = ["flask>=3"]\n'
FLASK = "import flask\n\napp = flask.Flask(__name__)\n"
GO_MOD = "module example.com/app\n\ngo 1.24\n\nrequire github.com/gin-gonic/gin v1.10.0\n"

# Of each tool: its files, the command that keeps to the lock file, what to copy first.
PROJECTS = {
    "npm": (
        {**NODE, "package-lock.json": TREE["package-lock.json"]},
        "npm ci",
        "package.json package-lock.json",
    ),
    "yarn": (
        {**NODE, "yarn.lock": "# yarn lockfile v1\n"},
        "yarn install --frozen-lockfile",
        "package.json yarn.lock",
    ),
    "pnpm": (
        {**NODE, "pnpm-lock.yaml": "lockfileVersion: '9.0'\n"},
        "pnpm install --frozen-lockfile",
        "package.json pnpm-lock.yaml",
    ),
    "pip": (
        {"requirements.txt": "flask==3.1.0\n", "app.py": FLASK},
        "pip install --no-cache-dir -r requirements.txt",
        "requirements.txt",
    ),
    "uv": (
        {"pyproject.toml": PROJECT, "uv.lock": "version = 1\n", "app.py": FLASK},
        "uv sync --frozen --no-install-project",
        "pyproject.toml uv.lock",
    ),
    "poetry": (
        {"pyproject.toml": PROJECT, "poetry.lock": "# @generated by Poetry\n", "app.py": FLASK},
        "poetry install --no-root",
        "pyproject.toml poetry.lock",
    ),
    "go": (
        {
            "go.mod": GO_MOD,
            "go.sum": "github.com/gin-gonic/gin v1.10.0 h1:x=\n",
            "main.go": 'package main\n\nimport "github.com/gin-gonic/gin"\n\nfunc main() { gin.Default().Run() }\n',
        },
        "go mod download",
        "go.mod go.sum",
    ),
    "bundler": (
        {
            "Gemfile": "source 'https://rubygems.org'\ngem 'sinatra'\n",
            "Gemfile.lock": "GEM\n  remote: https://rubygems.org/\n",
            "app.rb": "require 'sinatra'\n",
        },
        "bundle install",
        "Gemfile Gemfile.lock",
    ),
    "composer": (
        {
            "composer.json": '{"require": {"slim/slim": "^4"}}\n',
            "composer.lock": '{"packages": []}\n',
            "public/index.php": "<?php require '../vendor/autoload.php';\n",
        },
        "composer install --no-dev --no-scripts --no-autoloader",
        "composer.json composer.lock",
    ),
    "maven": (
        {
            "pom.xml": "<project><dependencies><dependency/></dependencies></project>\n",
            "src/main/java/App.java": "class App {}\n",
        },
        "mvn -B dependency:go-offline",
        "pom.xml",
    ),
    "dotnet": (
        {"app.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"/>\n', "Program.cs": "class P {}\n"},
        "dotnet restore",
        "app.csproj",
    ),
}


def ends_without_copies(file):
    return (
        file.final("FROM")
        and not file.all("COPY", "ADD")
        and posix(file)
        and not file.final("USER")
    )


@defect("source-copied-before-dependencies", D)
def source_copied_before_dependencies(file, rng):
    # A real file in which the manifests are copied first: the COPY of everything moves up.
    for first in file.all("COPY"):
        words = first.args().split()
        if (
            not re.search(
                r"(package\S*\.json|requirements\.txt|go\.mod|Gemfile|pom\.xml|pyproject\.toml|Cargo\.toml|composer\.json)\b",
                first.args(),
            )
            or len(words) < 2
            or first.flags()
        ):
            continue
        later = [i for i in whole_copies(file) if i.stage == first.stage and i.start > first.start]
        between = [i for i in file.instructions if later and first.start < i.start < later[0].start]
        install = [
            i
            for i in between
            if i.keyword.upper() == "RUN"
            and re.search(
                r"npm (ci|install)|yarn( install)?|pip3? install .*-r|go mod download|bundle install|mvn|poetry install|uv sync|composer install",
                i.text,
            )
            and "--mount" not in i.text
        ]
        others = [i for i in between if i.keyword.upper() in ("COPY", "ADD")]
        if not install or others:
            continue
        whole = file.line(later[0].start)
        changes = [(first.start, first.end, [whole + MARK]), (later[0].start, later[0].end, [])]
        manifests = {
            w.lstrip("./"): "x\n" for w in words[:-1] if "*" not in w and not w.endswith("/")
        }
        for name in list(manifests):
            if name.endswith(".json"):
                manifests[name] = TREE["package.json"]
            if name == "requirements.txt":
                manifests[name] = "flask==3.1.0\n"
            if name == "go.mod":
                manifests[name] = GO_MOD
            if name == "Gemfile":
                manifests[name] = PROJECTS["bundler"][0][name]
        extra = {
            "main.py": FLASK,
            "src/main.js": NODE["src/main.js"],
            "main.go": "package main\n",
            "app.rb": "x = 1\n",
        }
        if "package*" in first.args():
            extra["package.json"] = TREE["package.json"]
        bad = {**extra, **manifests, "Dockerfile": file.edited(changes)}
        clean = {**extra, **manifests, "Dockerfile": "".join(file.lines)}
        yield Case("a real file, with the COPY moved up", bad, clean)
        return
    if not ends_without_copies(file):
        return
    at = file.final("FROM")[0].end
    for name in rng.sample(sorted(PROJECTS), 4):
        files, command, manifests = PROJECTS[name]
        good = ["WORKDIR /srv/app", f"COPY {manifests} ./", f"RUN {command}", "COPY . ."]
        wrong = ["WORKDIR /srv/app", "COPY . ." + MARK, f"RUN {command}"]
        if name == "maven":
            wrong[-1] = "RUN mvn -B package"
        if name == "go":
            wrong.append("RUN go build -o /bin/app .")
            good.append("RUN go build -o /bin/app .")
        bad = {**files, "Dockerfile": file.edited([(at, at, wrong)])}
        clean = {**files, "Dockerfile": file.edited([(at, at, good)])}
        yield Case(name, bad, clean)


@defect("missing-lockfile-install", D)
def missing_lockfile_install(file, rng):
    for pattern, old, new in (
        (r"\bnpm ci\b", "npm ci", "npm install"),
        (r"yarn install.* --frozen-lockfile", " --frozen-lockfile", ""),
        (r"pnpm (i|install).* --frozen-lockfile", " --frozen-lockfile", ""),
        (r"uv sync.* --frozen", " --frozen", ""),
        (r"uv sync.* --locked", " --locked", ""),
        (r"cargo install.* --locked.*--path|cargo install.*--path.* --locked", " --locked", ""),
    ):
        for i in file.all("RUN"):
            number, match = file.find(i, pattern)
            # Without the folder, only what is copied says that there is a lock file.
            copied = " ".join(c.args() for c in file.all("COPY", "ADD", stage=i.stage))
            if not re.search(r"(^|\s)\./?\s|lock|package", copied):
                continue
            if match and "mount" not in i.text:
                yield Case(
                    f"a real file: {pattern.split()[0]}",
                    file.edited([file.replaced(number, old, new, MARK)]),
                )
                return
    if not ends_without_copies(file):
        return
    at = file.final("FROM")[0].end
    for name, strict, loose in (
        ("npm", "npm ci --omit=dev", "npm install --production"),
        ("npm", "npm ci", "npm i"),
        ("yarn", "yarn install --frozen-lockfile", "yarn"),
        ("pnpm", "pnpm install --frozen-lockfile", "pnpm install --prod"),
        ("uv", "uv sync --locked", "uv sync --no-dev"),
        ("poetry", "poetry install --only main", "poetry update"),
        ("composer", "composer install --no-dev", "composer update --no-dev"),
        (
            "bundler",
            "bundle config set --local deployment true && bundle install",
            "bundle install --jobs 4",
        ),
    ):
        files, _, manifests = PROJECTS[name]
        head = ["WORKDIR /srv/app", f"COPY {manifests} ./"]
        for variant, copy in (
            (f"{loose}", head),
            (f"{loose}, with everything", ["WORKDIR /srv/app", "COPY . ."]),
        ):
            bad = {**files, "Dockerfile": file.edited([(at, at, copy + [f"RUN {loose}" + MARK])])}
            clean = {**files, "Dockerfile": file.edited([(at, at, copy + [f"RUN {strict}"])])}
            yield Case(variant, bad, clean)


def compiling(base):
    """Steps that need a compiler, as people have them in images like this one."""
    if base.startswith("python"):
        return ["COPY requirements.txt .", "RUN pip install --no-cache-dir -r requirements.txt"]
    if base.startswith("node"):
        return ["COPY package.json package-lock.json ./", "RUN npm ci --omit=dev"]
    if base.startswith("ruby"):
        return ["COPY Gemfile Gemfile.lock ./", "RUN bundle install"]
    return ["COPY . /usr/src/app", "RUN cd /usr/src/app && ./configure && make && make install"]


@defect("build-tools-in-final-image", D)
def build_tools_in_final_image(file, rng):
    if not start_line(file) or not posix(file) or not file.lineage():
        return
    # An image that starts a bare interpreter is a base for others and keeps its tools.
    starts = file.final("CMD", "ENTRYPOINT")
    bare = r'(CMD|ENTRYPOINT) (\["(python3?|node|ruby|irb|php|bash|sh)"\]|(python3?|node|irb))'
    if starts and re.fullmatch(bare, starts[-1].text.strip(), re.I):
        return
    base = file.lineage()[-1][2]
    at = file.final("FROM")[0].end
    if re.match(r"(debian|ubuntu|python:.*slim|node:.*slim|ruby:.*slim)(?!.*alpine)", base):
        apt = "apt-get update && apt-get install -y"
        packages = (
            (
                "build-essential",
                [
                    f"RUN {apt} --no-install-recommends build-essential \\" + MARK,
                    "    && rm -rf /var/lib/apt/lists/*",
                ],
            ),
            (
                "gcc among others",
                [
                    f"RUN {apt} \\" + MARK,
                    "    curl \\",
                    "    gcc \\" + MARK,
                    "    libpq-dev \\" + MARK,
                    " && rm -rf /var/lib/apt/lists/*",
                ],
            ),
            ("apt install", ["RUN apt update && apt install -y g++ make cmake" + MARK]),
        )
    elif re.match(r"(alpine:|(python|node|ruby):.*alpine)", base):
        packages = (
            ("build-base", ["RUN apk add --no-cache build-base libffi-dev" + MARK]),
            (
                "gcc and headers",
                [
                    "RUN apk add --no-cache \\" + MARK,
                    "      bash \\",
                    "      gcc \\" + MARK,
                    "      musl-dev \\" + MARK,
                    "      postgresql-dev" + MARK,
                ],
            ),
        )
    else:
        packages = ()
    for variant, lines in packages:
        yield Case(variant, file.edited([(at, at, lines + compiling(base))]))
    if packages:
        lines = packages[0][1] + compiling(base)
        last = (
            "RUN apk del build-base" if "alpine" in base else "RUN apt-get purge -y build-essential"
        )
        yield Case("removed a step too late", file.edited([(at, at, lines + [last])]))
    # The stage that built it ships: one stage, which then has no name.
    froms = file.froms()
    if len(froms) != 2 or not re.match(r"(golang|rust|maven|gradle):", froms[0][1]):
        return
    pattern = r"go (build|install)|cargo (build|install)|mvn|gradle"
    builds = [i for i in file.all("RUN", stage=0) if re.search(pattern, i.text)]
    starts = [file.line(n) for i in file.final("ENTRYPOINT", "CMD") for n in range(i.start, i.end)]
    if builds and starts:
        first = froms[0][0].start
        marks = {first} | {n for i in builds for n in range(i.start, i.end)}
        body = [file.line(n) for n in range(froms[1][0].start)]
        body[first] = re.sub(r"(?i)\s+AS\s+\S+", "", body[first])
        lines = [line + (MARK if n in marks else "") for n, line in enumerate(body)]
        text = "".join(line + file.eol for line in lines + starts)
        yield Case("the building stage ships", text)


def token(rng, length):
    return "".join(
        rng.choice("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789") for _ in range(length)
    )


@defect("secret-in-image", D)
def secret_in_image(file, rng):
    if not file.final("FROM"):
        return
    at = file.final("FROM")[0].end
    for variant, lines in (
        ("ENV", [f"ENV DB_PASSWORD={token(rng, 16)}" + MARK]),
        ("ENV in the old form", [f"ENV API_TOKEN {token(rng, 24)}" + MARK]),
        (
            "ENV among others",
            ["ENV PORT=8080 \\", f"    SECRET_KEY={token(rng, 40)} \\" + MARK, "    DEBUG=0"],
        ),
        ("ARG with a value", [f"ARG NPM_TOKEN=npm_{token(rng, 36)}" + MARK]),
        ("ARG into ENV", ["ARG GITHUB_TOKEN" + MARK, "ENV GITHUB_TOKEN=$GITHUB_TOKEN" + MARK]),
        ("COPY of a key", ["COPY id_rsa /root/.ssh/id_rsa" + MARK]),
        ("COPY of .env", ["COPY .env /app/.env" + MARK]),
        ("ADD of a key folder", ["ADD .ssh/ /root/.ssh/" + MARK]),
        (
            "a token in a URL",
            [f"RUN git clone https://oauth2:{token(rng, 20)}@git.example.com/team/app.git" + MARK],
        ),
        (
            "a header",
            [
                f'RUN curl -H "Authorization: Bearer ghp_{token(rng, 36)}" -LO https://api.example.com/x'
                + MARK
            ],
        ),
        (
            "an .npmrc",
            [f'RUN echo "//registry.npmjs.org/:_authToken=npm_{token(rng, 36)}" > ~/.npmrc' + MARK],
        ),
        (
            "export",
            [f"RUN export AWS_SECRET_ACCESS_KEY={token(rng, 40)} && aws s3 cp s3://x/y ." + MARK],
        ),
        ("an assignment", [f"RUN PGPASSWORD={token(rng, 14)} psql -h db -c 'select 1'" + MARK]),
        ("an option", [f"RUN docker-login --username bot --password {token(rng, 18)}" + MARK]),
        (
            "ENV with an address",
            [f"ENV DATABASE_URL=postgres://app:{token(rng, 12)}@db:5432/app" + MARK],
        ),
        ("a service account", ["COPY service-account.json /etc/gcp/" + MARK]),
        ("a certificate's key", ["COPY certs/server.key /etc/nginx/" + MARK]),
    ):
        yield Case(variant, file.edited([(at, at, lines)]))


@defect("env-file-not-ignored", composes.C)
def env_file_not_ignored(file, rng):
    found = [s for s in composes.services(file) if s.get("env_file") is None]
    if not found or "env_file" in "".join(file.lines):
        return
    s = rng.choice(found)
    secrets = f"POSTGRES_PASSWORD={composes.word(rng)}\nDEBUG=false\n"
    for variant, lines, path in (
        ("one", ["env_file: .env" + MARK], ".env"),
        ("a list", ["env_file:", "  - ./.env" + MARK], ".env"),
        ("of production", ["env_file: [config/production.env]" + MARK], "config/production.env"),
        ("long form", ["env_file:", "  - path: app.env" + MARK, "    required: true"], "app.env"),
    ):
        text = file.edited([composes.add(file, s, lines)])
        base = {".git/HEAD": GIT[".git/HEAD"], path: secrets}
        clean = {**base, "compose.yaml": plain(text), ".gitignore": f"/{path}\n.env\n"}
        yield Case(
            variant, {**base, "compose.yaml": text, ".gitignore": "node_modules\n*.log\n"}, clean
        )
        yield Case(variant + ", no .gitignore", {**base, "compose.yaml": text}, clean)
    changes = composes.with_variable(file, s, "RECALL_API_TOKEN", "${RECALL_API_TOKEN}")
    if changes:
        text = file.edited(changes)
        base = {".git/HEAD": GIT[".git/HEAD"], ".env": f"RECALL_API_TOKEN={composes.word(rng)}\n"}
        clean = {**base, "compose.yaml": plain(text), ".gitignore": ".env\n"}
        yield Case("the .env beside it", {**base, "compose.yaml": text}, clean)
