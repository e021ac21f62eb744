//! Services of every stack, for tests.

use crate::model::{
    Backing, Deno, Dotnet, Elixir, Evidence, Go, GoMain, HealthPurpose, HealthRoute, Jvm,
    JvmFramework, JvmTool, Known, Library, Node, NodeFramework, NodeManager, NodeOutput, Php,
    PhpFramework, Port, Process, ProcessKind, Python, PythonFramework, PythonManager, Ruby,
    RubyFramework, Rust, Service, Stack, StaticSite, Variable,
};

/// A statement of a tree.
pub(crate) fn said<T>(value: T) -> Known<T> {
    Known::stated(value, Evidence::line("manifest", 1, "it says so"))
}

fn strings(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

/// A service called `api` in the root, with a health route.
pub(crate) fn service(stack: Stack, start: Option<&str>, port: Option<u16>) -> Service {
    Service {
        name: said("api".to_owned()),
        folder: String::new(),
        context: String::new(),
        stack,
        start: start.map(|start| said(strings(start))),
        port: port.map(|number| {
            said(Port {
                number,
                variable: Some("PORT".to_owned()),
                loopback: false,
            })
        }),
        health: vec![said(HealthRoute {
            path: "/healthz".to_owned(),
            purpose: HealthPurpose::General,
        })],
        environment: Vec::new(),
        backing: Vec::new(),
        migration: None,
        processes: Vec::new(),
        timers: Vec::new(),
        writes: Vec::new(),
        libraries: Vec::new(),
        pages: Vec::new(),
        questions: Vec::new(),
    }
}

pub(crate) fn python(manager: PythonManager) -> Python {
    let (manifests, lock) = match manager {
        PythonManager::Uv => ("pyproject.toml uv.lock", Some("uv.lock")),
        PythonManager::Poetry => ("pyproject.toml poetry.lock", Some("poetry.lock")),
        PythonManager::Pdm => ("pyproject.toml pdm.lock", Some("pdm.lock")),
        PythonManager::Pipenv => ("Pipfile Pipfile.lock", Some("Pipfile.lock")),
        PythonManager::Pip => ("requirements.txt", None),
    };
    Python {
        version: said("3.13".to_owned()),
        manager: said(manager),
        framework: Some(said(PythonFramework::Fastapi)),
        manifests: strings(manifests),
        lock: lock.map(str::to_owned),
        package: false,
        needs: Vec::new(),
        sources: strings("app main.py"),
        application: Some(said("main:app".to_owned())),
        server: Some(said("uvicorn".to_owned())),
        collects_static: false,
        postgres_driver: None,
    }
}

pub(crate) fn node(manager: NodeManager, output: NodeOutput) -> Node {
    let lock = match manager {
        NodeManager::Npm => "package-lock.json",
        NodeManager::Pnpm => "pnpm-lock.yaml",
        NodeManager::Yarn | NodeManager::YarnBerry => "yarn.lock",
        NodeManager::Bun => "bun.lock",
    };
    let built = output != NodeOutput::Sources;
    Node {
        version: said("24".to_owned()),
        bun: false,
        manager: said(manager),
        manager_version: None,
        framework: Some(said(NodeFramework::Express)),
        manifests: strings(&format!("package.json {lock}")),
        lock: Some(lock.to_owned()),
        member: None,
        build: built.then(|| said("build".to_owned())),
        output: said(output),
        sources: strings(if built { "src tsconfig.json" } else { "src" }),
        has_dependencies: true,
        prisma: false,
    }
}

pub(crate) fn go() -> Go {
    Go {
        version: said("1.26".to_owned()),
        main: said(GoMain {
            package: "cmd/api".to_owned(),
            binary: "api".to_owned(),
        }),
        manifests: strings("go.mod go.sum"),
        module: String::new(),
        sources: strings("cmd internal"),
        cgo: None,
        vendored: false,
        assets: Vec::new(),
    }
}

pub(crate) fn rust() -> Rust {
    Rust {
        version: said("1.95".to_owned()),
        package: said("api".to_owned()),
        binary: said("api".to_owned()),
        manifests: strings("Cargo.toml Cargo.lock"),
        locked: true,
        sources: strings("src"),
        assets: Vec::new(),
    }
}

pub(crate) fn jvm(tool: JvmTool) -> Jvm {
    let is_maven = tool == JvmTool::Maven;
    let files = if is_maven {
        "pom.xml"
    } else {
        "settings.gradle.kts build.gradle.kts gradlew gradle"
    };
    let jar = if is_maven {
        "target/api-*.jar"
    } else {
        "build/libs/api.jar"
    };
    Jvm {
        version: said("21".to_owned()),
        tool: said(tool),
        wrapper: !is_maven,
        framework: Some(said(JvmFramework::SpringBoot)),
        manifests: strings(files),
        module: None,
        jar: said(jar.to_owned()),
        sources: strings("src"),
        layered: is_maven,
    }
}

fn dotnet() -> Dotnet {
    Dotnet {
        version: said("10.0".to_owned()),
        project: said("src/Api/Api.csproj".to_owned()),
        assembly: "Api".to_owned(),
        web: true,
        manifests: strings("Api.slnx src/Api/Api.csproj src/Core/Core.csproj"),
        sources: strings("src/Api src/Core"),
    }
}

fn php(framework: PhpFramework, extensions: &[&str]) -> Php {
    Php {
        version: said("8.4".to_owned()),
        framework: Some(said(framework)),
        manifests: strings("composer.json composer.lock"),
        locked: true,
        public: said("public".to_owned()),
        extensions: extensions
            .iter()
            .map(|name| said((*name).to_owned()))
            .collect(),
        sources: strings("app bootstrap config public routes artisan"),
    }
}

fn ruby() -> Ruby {
    Ruby {
        builder: None,
        version: said("3.4".to_owned()),
        framework: Some(said(RubyFramework::Rails)),
        manifests: strings("Gemfile Gemfile.lock"),
        locked: true,
        sources: strings("app bin config config.ru db lib public Rakefile"),
        assets: true,
    }
}

fn elixir() -> Elixir {
    Elixir {
        version: said("1.18".to_owned()),
        application: said("api".to_owned()),
        phoenix: true,
        manifests: strings("mix.exs mix.lock config"),
        sources: strings("lib priv assets"),
        assets: true,
    }
}

fn deno() -> Deno {
    Deno {
        version: said("2.8".to_owned()),
        entry: said("main.ts".to_owned()),
        manifests: strings("deno.json deno.lock"),
        sources: strings("main.ts lib"),
    }
}

/// One of each stack and manager, with a name for it.
pub(crate) fn all() -> Vec<(String, Service)> {
    let mut all = Vec::new();
    let mut add = |name: &str, service: Service| all.push((name.to_owned(), service));
    for (name, manager) in [
        ("python uv", PythonManager::Uv),
        ("python poetry", PythonManager::Poetry),
        ("python pdm", PythonManager::Pdm),
        ("python pipenv", PythonManager::Pipenv),
        ("python pip", PythonManager::Pip),
    ] {
        let one = service(
            Stack::Python(python(manager)),
            Some("uvicorn main:app"),
            Some(8000),
        );
        add(name, one);
    }
    let mut package = python(PythonManager::Uv);
    package.package = true;
    package.needs = strings("README.md");
    package.sources = strings("src");
    add(
        "python package",
        service(Stack::Python(package), Some("gunicorn api:app"), Some(8000)),
    );
    let mut django = python(PythonManager::Pip);
    django.framework = Some(said(PythonFramework::Django));
    django.collects_static = true;
    django.sources = strings("shop manage.py");
    let mut django = service(
        Stack::Python(django),
        Some("gunicorn shop.wsgi"),
        Some(8000),
    );
    django.migration = Some(said(strings("python manage.py migrate")));
    django.libraries = vec![Library {
        because: said("psycopg2".to_owned()),
        build: Some("libpq-dev".to_owned()),
        run: Some("libpq5".to_owned()),
    }];
    django.writes = vec![said("media".to_owned())];
    django.processes = vec![Process {
        name: "worker".to_owned(),
        kind: ProcessKind::Worker,
        command: said(strings("celery -A shop worker")),
    }];
    django.backing = vec![said(Backing::Postgres)];
    django.environment = vec![Variable {
        name: said("DATABASE_URL".to_owned()),
        default: None,
        secret: true,
        required: true,
        backing: Some(Backing::Postgres),
    }];
    add("python django", django);
    for (name, manager) in [
        ("node npm", NodeManager::Npm),
        ("node pnpm", NodeManager::Pnpm),
        ("node yarn", NodeManager::Yarn),
        ("node berry", NodeManager::YarnBerry),
        ("node bun", NodeManager::Bun),
    ] {
        let stack = node(manager, NodeOutput::Compiled("dist".to_owned()));
        add(
            name,
            service(Stack::Node(stack), Some("node dist/index.js"), Some(3000)),
        );
    }
    let plain = node(NodeManager::Npm, NodeOutput::Sources);
    add(
        "node sources",
        service(Stack::Node(plain), Some("npm start"), Some(3000)),
    );
    let mut bun = node(NodeManager::Bun, NodeOutput::Sources);
    bun.bun = true;
    bun.version = said("1.3".to_owned());
    add(
        "bun",
        service(Stack::Node(bun), Some("bun src/index.ts"), Some(3000)),
    );
    let mut next = node(
        NodeManager::Npm,
        NodeOutput::Standalone(".next/standalone".to_owned()),
    );
    next.framework = Some(said(NodeFramework::Next));
    next.sources = strings("app public next.config.ts tsconfig.json");
    next.prisma = true;
    add(
        "node next",
        service(
            Stack::Node(next),
            Some("node .next/standalone/server.js"),
            Some(3000),
        ),
    );
    let mut vite = node(NodeManager::Pnpm, NodeOutput::Static("dist".to_owned()));
    vite.framework = Some(said(NodeFramework::Vite));
    add("node vite", service(Stack::Node(vite), None, None));
    let mut member = node(
        NodeManager::Pnpm,
        NodeOutput::Compiled("apps/api/dist".to_owned()),
    );
    member.member = Some("@shop/api".to_owned());
    member.manifests = strings(
        "package.json pnpm-lock.yaml pnpm-workspace.yaml apps/api/package.json packages/core/package.json",
    );
    member.sources = strings("apps/api/src apps/api/tsconfig.json packages/core");
    let mut member = service(Stack::Node(member), Some("node dist/index.js"), Some(3000));
    member.folder = "apps/api".to_owned();
    add("node member", member);
    add("go", service(Stack::Go(go()), None, Some(8080)));
    let mut cgo = go();
    cgo.cgo = Some(said(true));
    cgo.assets = vec![said("templates".to_owned())];
    let mut cgo = service(Stack::Go(cgo), None, Some(8080));
    cgo.health.clear();
    cgo.writes = vec![said("/var/lib/api/api.db".to_owned())];
    add("go cgo", cgo);
    let mut silent = service(Stack::Go(go()), None, Some(8080));
    silent.health.clear();
    silent.writes = vec![said("data".to_owned())];
    add("go without a route", silent);
    add("rust", service(Stack::Rust(rust()), None, Some(8080)));
    for (name, tool) in [
        ("java maven", JvmTool::Maven),
        ("java gradle", JvmTool::Gradle),
    ] {
        add(name, service(Stack::Jvm(jvm(tool)), None, Some(8080)));
    }
    add("dotnet", service(Stack::Dotnet(dotnet()), None, Some(8080)));
    add(
        "php laravel",
        service(
            Stack::Php(php(PhpFramework::Laravel, &["pdo_pgsql", "redis"])),
            None,
            None,
        ),
    );
    add(
        "php symfony",
        service(Stack::Php(php(PhpFramework::Symfony, &[])), None, None),
    );
    add(
        "ruby",
        service(
            Stack::Ruby(ruby()),
            Some("bundle exec puma -C config/puma.rb"),
            Some(3000),
        ),
    );
    add("elixir", service(Stack::Elixir(elixir()), None, Some(4000)));
    add("deno", service(Stack::Deno(deno()), None, Some(8000)));
    let site = StaticSite {
        folder: said("public".to_owned()),
    };
    add("static", service(Stack::Static(site), None, None));
    let site = StaticSite {
        folder: said(".".to_owned()),
    };
    add("static root", service(Stack::Static(site), None, None));
    all
}
