//! What a service is written in: language, version, tools, framework, and the files that its build
//! needs. Paths are relative to the service's context unless said otherwise.

use super::Known;

/// What a service is written in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stack {
    /// Python.
    Python(Python),
    /// JavaScript or TypeScript on Node or Bun.
    Node(Node),
    /// Go.
    Go(Go),
    /// Rust.
    Rust(Rust),
    /// Java or Kotlin.
    Jvm(Jvm),
    /// .NET.
    Dotnet(Dotnet),
    /// PHP.
    Php(Php),
    /// Ruby.
    Ruby(Ruby),
    /// Elixir.
    Elixir(Elixir),
    /// Deno.
    Deno(Deno),
    /// Files that a web server hands out as they are.
    Static(StaticSite),
}

/// How Python's dependencies are installed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PythonManager {
    /// uv with `uv.lock`.
    Uv,
    /// Poetry with `poetry.lock`.
    Poetry,
    /// PDM with `pdm.lock`.
    Pdm,
    /// Pipenv with `Pipfile.lock`.
    Pipenv,
    /// pip with requirements files, or with `pyproject.toml` alone.
    Pip,
}

/// What serves or runs a Python program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PythonFramework {
    /// Django.
    Django,
    /// Flask.
    Flask,
    /// FastAPI.
    Fastapi,
    /// Starlette.
    Starlette,
    /// Litestar.
    Litestar,
    /// Streamlit.
    Streamlit,
    /// Celery without a web process.
    Celery,
}

impl PythonFramework {
    /// Its name, as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Django => "Django",
            Self::Flask => "Flask",
            Self::Fastapi => "FastAPI",
            Self::Starlette => "Starlette",
            Self::Litestar => "Litestar",
            Self::Streamlit => "Streamlit",
            Self::Celery => "Celery",
        }
    }
}

/// A Python service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Python {
    /// Major and minor version, such as `3.13`: a tag that is still supported.
    pub version: Known<String>,
    /// How dependencies are installed.
    pub manager: Known<PythonManager>,
    /// What serves.
    pub framework: Option<Known<PythonFramework>>,
    /// Files that name dependencies, to be copied first: manifest, lock, constraints.
    pub manifests: Vec<String>,
    /// The lock file among them.
    pub lock: Option<String>,
    /// Whether the project itself is installed as a package (a build system, or a `src` layout).
    pub package: bool,
    /// Files that its build system needs besides sources, such as `README.md`.
    pub needs: Vec<String>,
    /// Files and folders of its sources.
    pub sources: Vec<String>,
    /// The WSGI or ASGI application as `module:attribute`.
    pub application: Option<Known<String>>,
    /// The server that is a dependency (`uvicorn`, `gunicorn`, `hypercorn`, …).
    pub server: Option<Known<String>>,
    /// Whether `manage.py collectstatic` has to run in the build.
    pub collects_static: bool,
    /// The driver that an address of PostgreSQL has to name for SQLAlchemy (`psycopg2`), where the one
    /// that it takes by itself may not be there.
    pub postgres_driver: Option<Known<String>>,
}

/// How Node's dependencies are installed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NodeManager {
    /// npm.
    Npm,
    /// pnpm.
    Pnpm,
    /// yarn 1.
    Yarn,
    /// yarn 2 and later.
    YarnBerry,
    /// Bun.
    Bun,
}

/// What a Node program is made with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NodeFramework {
    /// Express.
    Express,
    /// Fastify.
    Fastify,
    /// Koa.
    Koa,
    /// Hono.
    Hono,
    /// Nest.
    Nest,
    /// Next.js.
    Next,
    /// Nuxt.
    Nuxt,
    /// Remix or React Router with a server.
    Remix,
    /// Astro.
    Astro,
    /// SvelteKit.
    SvelteKit,
    /// Angular.
    Angular,
    /// Vite.
    Vite,
    /// Create React App.
    CreateReactApp,
    /// A generator of static pages with a build script of its own (Docusaurus, Gatsby,
    /// Eleventy, VitePress, …).
    StaticGenerator,
}

impl NodeFramework {
    /// Its name, as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Express => "Express",
            Self::Fastify => "Fastify",
            Self::Koa => "Koa",
            Self::Hono => "Hono",
            Self::Nest => "Nest",
            Self::Next => "Next.js",
            Self::Nuxt => "Nuxt",
            Self::Remix => "Remix",
            Self::Astro => "Astro",
            Self::SvelteKit => "SvelteKit",
            Self::Angular => "Angular",
            Self::Vite => "Vite",
            Self::CreateReactApp => "Create React App",
            Self::StaticGenerator => "a generator of static pages",
        }
    }
}

/// What a Node build leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NodeOutput {
    /// The sources run as they are.
    Sources,
    /// A folder of compiled code that runs with its dependencies.
    Compiled(String),
    /// A folder that runs by itself, such as Next's `.next/standalone` or Nuxt's `.output`.
    Standalone(String),
    /// A folder of files for a web server.
    Static(String),
}

/// A Node service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// The major version of Node (or the version of Bun when Bun runs it).
    pub version: Known<String>,
    /// Whether Bun runs it rather than Node.
    pub bun: bool,
    /// How dependencies are installed.
    pub manager: Known<NodeManager>,
    /// The manager's version from `packageManager` or the lock file's format.
    pub manager_version: Option<Known<String>>,
    /// What it is made with.
    pub framework: Option<Known<NodeFramework>>,
    /// Files that name dependencies, those of workspace members that it needs among them.
    pub manifests: Vec<String>,
    /// The lock file among them.
    pub lock: Option<String>,
    /// The name of its package, when it is a member of a workspace.
    pub member: Option<String>,
    /// The script that builds it, such as `build`.
    pub build: Option<Known<String>>,
    /// What the build leaves.
    pub output: Known<NodeOutput>,
    /// Files and folders that the build or the program needs.
    pub sources: Vec<String>,
    /// Whether it has dependencies that are needed at run time.
    pub has_dependencies: bool,
    /// Whether a Prisma client has to be generated before the build.
    pub prisma: bool,
}

/// A `main` package of Go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoMain {
    /// Its folder relative to the module, `.` for the module itself.
    pub package: String,
    /// The name of the binary.
    pub binary: String,
}

/// A Go service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Go {
    /// Version of the toolchain, such as `1.26`.
    pub version: Known<String>,
    /// The `main` package that is the service.
    pub main: Known<GoMain>,
    /// `go.mod`, `go.sum`, `go.work` and the `go.mod` of workspace members.
    pub manifests: Vec<String>,
    /// The module's folder in the context; empty for the context itself.
    pub module: String,
    /// Files and folders that its packages are made of.
    pub sources: Vec<String>,
    /// Whether a dependency needs cgo.
    pub cgo: Option<Known<bool>>,
    /// Whether `vendor` is committed.
    pub vendored: bool,
    /// Folders read at run time (templates, migrations, static files) that are not embedded.
    pub assets: Vec<Known<String>>,
}

/// A Rust service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rust {
    /// Version of the toolchain, such as `1.95`.
    pub version: Known<String>,
    /// The package in its workspace.
    pub package: Known<String>,
    /// The binary that is the service.
    pub binary: Known<String>,
    /// `Cargo.toml` of the workspace and its members, `Cargo.lock`, toolchain file, `.cargo`.
    pub manifests: Vec<String>,
    /// Whether `Cargo.lock` is there.
    pub locked: bool,
    /// Files and folders that its packages are made of.
    pub sources: Vec<String>,
    /// Folders read at run time.
    pub assets: Vec<Known<String>>,
}

/// What builds a program for the JVM.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JvmTool {
    /// Maven, by its wrapper when `wrapper` is set in [`Jvm`].
    Maven,
    /// Gradle.
    Gradle,
}

impl JvmTool {
    /// Its name, as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Maven => "Maven",
            Self::Gradle => "Gradle",
        }
    }
}

/// What a program for the JVM is made with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JvmFramework {
    /// Spring Boot.
    SpringBoot,
    /// Quarkus.
    Quarkus,
    /// Micronaut.
    Micronaut,
    /// Ktor.
    Ktor,
}

impl JvmFramework {
    /// Its name, as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpringBoot => "Spring Boot",
            Self::Quarkus => "Quarkus",
            Self::Micronaut => "Micronaut",
            Self::Ktor => "Ktor",
        }
    }
}

/// A Java or Kotlin service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Jvm {
    /// Feature version of Java, such as `21`.
    pub version: Known<String>,
    /// What builds it.
    pub tool: Known<JvmTool>,
    /// Whether the tool's wrapper is committed.
    pub wrapper: bool,
    /// What it is made with.
    pub framework: Option<Known<JvmFramework>>,
    /// Build files to be copied before the sources.
    pub manifests: Vec<String>,
    /// The module that is the service, for builds of several.
    pub module: Option<String>,
    /// The jar that the build leaves, relative to the context; `*` may stand for a version.
    pub jar: Known<String>,
    /// Files and folders of its sources.
    pub sources: Vec<String>,
    /// Whether Spring Boot's layers can be extracted from the jar.
    pub layered: bool,
}

/// A .NET service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dotnet {
    /// Version of the target framework, such as `10.0`.
    pub version: Known<String>,
    /// The project file that is the service.
    pub project: Known<String>,
    /// The name of its assembly, without `.dll`.
    pub assembly: String,
    /// Whether it needs ASP.NET's runtime.
    pub web: bool,
    /// Project files, solution, `Directory.*.props`, `global.json`, `nuget.config`, lock files.
    pub manifests: Vec<String>,
    /// Files and folders of its sources and of the projects that it refers to.
    pub sources: Vec<String>,
}

/// What a PHP program is made with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PhpFramework {
    /// Laravel.
    Laravel,
    /// Symfony.
    Symfony,
}

impl PhpFramework {
    /// Its name, as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Laravel => "Laravel",
            Self::Symfony => "Symfony",
        }
    }
}

/// A PHP service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Php {
    /// Major and minor version, such as `8.4`.
    pub version: Known<String>,
    /// What it is made with.
    pub framework: Option<Known<PhpFramework>>,
    /// `composer.json` and `composer.lock`, when Composer is used.
    pub manifests: Vec<String>,
    /// Whether `composer.lock` is there.
    pub locked: bool,
    /// The folder that the web server hands out.
    pub public: Known<String>,
    /// Extensions beyond those compiled in.
    pub extensions: Vec<Known<String>>,
    /// Files and folders of its sources.
    pub sources: Vec<String>,
}

/// What a Ruby program is made with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RubyFramework {
    /// Rails.
    Rails,
    /// Sinatra.
    Sinatra,
    /// Rack with a `config.ru`.
    Rack,
}

impl RubyFramework {
    /// Its name, as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rails => "Rails",
            Self::Sinatra => "Sinatra",
            Self::Rack => "Rack",
        }
    }
}

/// A Ruby service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ruby {
    /// Major and minor version, such as `3.4`.
    pub version: Known<String>,
    /// What it is made with.
    pub framework: Option<Known<RubyFramework>>,
    /// `Gemfile` and `Gemfile.lock`.
    pub manifests: Vec<String>,
    /// Whether `Gemfile.lock` is there.
    pub locked: bool,
    /// Files and folders of its sources.
    pub sources: Vec<String>,
    /// Whether Rails' assets have to be compiled in the build.
    pub assets: bool,
    /// The packages of Node that compile them, where a gem hands that on to Node.
    pub builder: Option<Known<Box<Node>>>,
}

/// An Elixir service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Elixir {
    /// Version of Elixir, such as `1.18`.
    pub version: Known<String>,
    /// The name of the application, which is the release's.
    pub application: Known<String>,
    /// Whether it is a Phoenix application.
    pub phoenix: bool,
    /// `mix.exs`, `mix.lock`, `config`.
    pub manifests: Vec<String>,
    /// Files and folders of its sources.
    pub sources: Vec<String>,
    /// Whether `mix assets.deploy` is an alias of the project.
    pub assets: bool,
}

/// A Deno service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deno {
    /// Version, such as `2.5`.
    pub version: Known<String>,
    /// The module that is run.
    pub entry: Known<String>,
    /// `deno.json` and `deno.lock`.
    pub manifests: Vec<String>,
    /// Files and folders of its sources.
    pub sources: Vec<String>,
}

/// Files for a web server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaticSite {
    /// The folder that is handed out; `.` for the context itself.
    pub folder: Known<String>,
}
