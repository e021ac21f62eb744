//! Monorepos and odd layouts: what is found in each, one line a service.

use plimsoll_scaffold::detect::{Told, ToldService, survey};
use plimsoll_scaffold::model::{Certainty, Evidence, Known, Service, Stack, Survey};
use plimsoll_testkit::fixture::{Fixture, tree};

fn found(text: &str) -> Survey {
    told(text, "", &Told::default())
}

fn told(text: &str, root: &str, told: &Told) -> Survey {
    survey(&tree(&Fixture::parse("x", text)), root, told)
}

/// `folder|context|stack|start|port`; `?` after what is not stated.
fn line(service: &Service) -> String {
    let stack = match &service.stack {
        Stack::Python(_) => "python",
        Stack::Node(node) if node.bun => "bun",
        Stack::Node(_) => "node",
        Stack::Go(_) => "go",
        Stack::Rust(_) => "rust",
        Stack::Jvm(_) => "jvm",
        Stack::Dotnet(_) => "dotnet",
        Stack::Php(_) => "php",
        Stack::Ruby(_) => "ruby",
        Stack::Elixir(_) => "elixir",
        Stack::Deno(_) => "deno",
        Stack::Static(_) => "static",
    };
    let doubt = |certainty: Certainty| {
        if certainty < Certainty::Stated {
            "?"
        } else {
            ""
        }
    };
    let start = service.start.as_ref().map_or("-".to_owned(), |start| {
        format!("{}{}", start.value.join(" "), doubt(start.certainty))
    });
    let port = service.port.as_ref().map_or("-".to_owned(), |port| {
        format!("{}{}", port.value.number, doubt(port.certainty))
    });
    format!(
        "{}|{}|{stack}|{start}|{port}",
        service.folder, service.context
    )
}

#[track_caller]
fn check(text: &str, expected: &[&str]) -> Survey {
    let survey = found(text);
    let mut lines: Vec<String> = survey.services.iter().map(line).collect();
    lines.extend(
        survey
            .refusals
            .iter()
            .map(|refusal| format!("refused {}", refusal.folder)),
    );
    assert_eq!(lines, expected);
    for service in &survey.services {
        let places = service.start.iter().flat_map(|start| &start.evidence);
        for place in places.filter(|place| !place.file.is_empty()) {
            assert!(text.contains(place.file.as_str()), "{place:?}");
        }
    }
    survey
}

fn variables(service: &Service) -> Vec<String> {
    let show = |variable: &plimsoll_scaffold::model::Variable| {
        let default = variable
            .default
            .as_ref()
            .map(|value| format!("={value}"))
            .unwrap_or_default();
        let secret = if variable.secret { " secret" } else { "" };
        let required = if variable.required { " required" } else { "" };
        format!("{}{default}{secret}{required}", variable.name.value)
    };
    service.environment.iter().map(show).collect()
}

fn routes(service: &Service) -> Vec<&str> {
    service
        .health
        .iter()
        .map(|route| route.value.path.as_str())
        .collect()
}

#[test]
fn nothing_is_refused_with_help() {
    let survey = check("//- /README.md\nhello\n", &["refused "]);
    assert!(!survey.refusals[0].help.is_empty());
}

#[test]
fn a_fastapi_application_in_a_package_with_a_router() {
    let survey = check(
        "//- /pyproject.toml\n[project]\nname = \"Shop API\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\", \"uvicorn[standard]\", \"asyncpg\"]\n\
         //- /uv.lock\nversion = 1\n\
         //- /app/__init__.py\n\
         //- /app/main.py\nfrom fastapi import FastAPI\nfrom app.health import router\napi = FastAPI()\napi.include_router(router, prefix=\"/internal\")\n\
         //- /app/health.py\nimport os\nfrom fastapi import APIRouter\nrouter = APIRouter()\nKEY = os.environ[\"SECRET_KEY\"]\nLEVEL = os.getenv(\"LOG_LEVEL\", \"info\")\n@router.get(\"/healthz\")\ndef healthz(): ...\n",
        &["||python|uvicorn app.main:api --host 0.0.0.0 --port 8000|8000?"],
    );
    let service = &survey.services[0];
    assert_eq!(service.name.value, "shop-api");
    assert_eq!(routes(service), ["/internal/healthz"]);
    assert_eq!(
        variables(service),
        ["LOG_LEVEL=info", "SECRET_KEY secret required"]
    );
    assert_eq!(service.backing.len(), 1);
}

#[test]
fn a_source_layout_that_is_installed_is_imported_without_src() {
    check(
        "//- /pyproject.toml\n[project]\nname = \"svc\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n[build-system]\nrequires = [\"hatchling\"]\n\
         //- /src/svc/__init__.py\n\
         //- /src/svc/web.py\nfrom fastapi import FastAPI\napp = FastAPI()\n",
        &["||python|uvicorn svc.web:app --host 0.0.0.0 --port 8000|8000?"],
    );
}

#[test]
fn a_script_that_imports_its_neighbours_runs_from_its_folder() {
    check(
        "//- /requirements.txt\nflask\ngunicorn\n\
         //- /server/app.py\nfrom flask import Flask\nfrom db import connect\napp = Flask(__name__)\n\
         //- /server/db.py\ndef connect(): ...\n",
        &["||python|gunicorn --chdir server --bind 0.0.0.0:8000 app:app|8000?"],
    );
}

#[test]
fn a_factory_is_called() {
    check(
        "//- /requirements.txt\nflask\ngunicorn\n\
         //- /shop/__init__.py\nfrom flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
        &["||python|gunicorn --bind 0.0.0.0:8000 shop:create_app()|8000?"],
    );
}

#[test]
fn an_application_in_a_comment_or_string_is_none() {
    check(
        "//- /requirements.txt\nfastapi\nuvicorn\n\
         //- /docs_text.py\n# app = FastAPI()\nHELP = \"\"\"\napp = FastAPI()\n\"\"\"\n\
         //- /service.py\nfrom fastapi import FastAPI\nserver = FastAPI()\n",
        &["||python|uvicorn service:server --host 0.0.0.0 --port 8000|8000?"],
    );
}

#[test]
fn no_server_among_the_dependencies_is_asked_about() {
    let survey = check(
        "//- /requirements.txt\nfastapi\n//- /main.py\nfrom fastapi import FastAPI\napp = FastAPI()\n",
        &["||python|-|-"],
    );
    assert_eq!(survey.services[0].questions.len(), 1);
}

#[test]
fn django_below_the_requirements_with_celery() {
    let survey = check(
        "//- /requirements.txt\nDjango\ngunicorn\ncelery\npsycopg2\n\
         //- /backend/manage.py\nimport django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n\
         //- /backend/shop/__init__.py\n\
         //- /backend/shop/settings.py\nWSGI_APPLICATION = 'shop.wsgi.application'\nSTATIC_ROOT = 'static'\n\
         //- /backend/shop/wsgi.py\napplication = get_wsgi_application()\n\
         //- /backend/shop/celery.py\nfrom celery import Celery\napp = Celery('shop')\napp.conf.beat_schedule = {}\n",
        &["||python|gunicorn --chdir backend --bind 0.0.0.0:8000 shop.wsgi:application|8000?"],
    );
    let service = &survey.services[0];
    assert_eq!(
        service
            .migration
            .as_ref()
            .map(|m| m.value.join(" "))
            .as_deref(),
        Some("python backend/manage.py migrate --noinput")
    );
    let processes: Vec<&str> = service
        .processes
        .iter()
        .map(|process| process.name.as_str())
        .collect();
    assert_eq!(processes, ["worker", "scheduler"]);
    assert!(
        service
            .libraries
            .iter()
            .any(|library| library.run.as_deref() == Some("libpq5"))
    );
}

#[test]
fn a_worker_alone_is_the_service() {
    check(
        "//- /requirements.txt\ncelery\nredis\n//- /tasks.py\nfrom celery import Celery\napp = Celery('tasks')\n",
        &["||python|celery -A tasks worker --loglevel info|-"],
    );
}

#[test]
fn settings_of_pydantic_are_variables() {
    let survey = check(
        "//- /requirements.txt\nfastapi\nuvicorn\npydantic-settings\n\
         //- /main.py\nfrom fastapi import FastAPI\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    database_url: str\n    port: int = 9000\n    debug: bool = False\napp = FastAPI()\n",
        &["||python|uvicorn main:app --host 0.0.0.0 --port 8000|8000?"],
    );
    assert_eq!(
        variables(&survey.services[0]),
        ["DATABASE_URL secret required", "DEBUG=false", "PORT=9000"]
    );
}

#[test]
fn streamlit_knows_its_port() {
    check(
        "//- /requirements.txt\nstreamlit\n//- /app.py\nimport streamlit as st\nst.title('x')\n",
        &["||python|streamlit run app.py --server.address 0.0.0.0 --server.port 8501|8501?"],
    );
}

#[test]
fn a_version_past_its_end_is_asked_about() {
    let survey = check(
        "//- /requirements.txt\nflask\ngunicorn\n//- /.python-version\n3.8.1\n//- /main.py\nfrom flask import Flask\napp = Flask(__name__)\n",
        &["||python|gunicorn --bind 0.0.0.0:8000 main:app|8000?"],
    );
    let Stack::Python(python) = &survey.services[0].stack else {
        panic!("python")
    };
    assert_eq!(
        (python.version.value.as_str(), python.version.certainty),
        ("3.11", Certainty::Assumed)
    );
    assert_eq!(survey.services[0].questions.len(), 1);
}

#[test]
fn a_uv_workspace_shares_its_lock_file() {
    check(
        "//- /pyproject.toml\n[tool.uv.workspace]\nmembers = [\"packages/*\"]\n\
         //- /uv.lock\nversion = 1\n\
         //- /packages/api/pyproject.toml\n[project]\nname = \"api\"\ndependencies = [\"fastapi\", \"uvicorn\", \"core\"]\n\
         //- /packages/api/main.py\nfrom fastapi import FastAPI\napp = FastAPI()\n\
         //- /packages/core/pyproject.toml\n[project]\nname = \"core\"\n[build-system]\nrequires = [\"hatchling\"]\n\
         //- /packages/core/src/core/__init__.py\nx = 1\n",
        &["packages/api||python|uvicorn main:app --host 0.0.0.0 --port 8000|8000?"],
    );
}

#[test]
fn an_npm_workspace_is_built_at_its_root() {
    let survey = check(
        "//- /package.json\n{\"name\": \"root\", \"private\": true, \"workspaces\": [\"apps/*\", \"packages/*\"], \"scripts\": {\"start\": \"turbo run start\"}}\n\
         //- /package-lock.json\n{}\n\
         //- /apps/api/package.json\n{\"name\": \"@x/api\", \"scripts\": {\"build\": \"tsc\", \"start\": \"node dist/main.js\"}, \"dependencies\": {\"express\": \"4\", \"@x/core\": \"*\"}}\n\
         //- /apps/api/src/main.ts\nimport express from 'express';\nconst app = express();\napp.get('/health', h);\napp.listen(process.env.PORT || 4000);\n\
         //- /apps/web/package.json\n{\"name\": \"web\", \"scripts\": {\"build\": \"vite build\", \"dev\": \"vite\"}, \"devDependencies\": {\"vite\": \"6\"}}\n\
         //- /apps/web/index.html\n<html></html>\n\
         //- /packages/core/package.json\n{\"name\": \"@x/core\", \"main\": \"index.js\"}\n\
         //- /packages/core/index.js\nmodule.exports = {};\n",
        &[
            "apps/api||node|node dist/main.js|4000",
            "apps/web||node|-|8080?",
        ],
    );
    let Stack::Node(node) = &survey.services[0].stack else {
        panic!("node")
    };
    assert_eq!(node.sources, ["apps/api", "packages/core"]);
    assert_eq!(node.member.as_deref(), Some("@x/api"));
    assert_eq!(routes(&survey.services[0]), ["/health"]);
}

#[test]
fn two_packages_side_by_side_have_contexts_of_their_own() {
    check(
        "//- /backend/package.json\n{\"scripts\": {\"start\": \"node index.js\"}, \"dependencies\": {\"koa\": \"2\"}}\n\
         //- /backend/index.js\napp.listen(3001);\n\
         //- /frontend/package.json\n{\"scripts\": {\"start\": \"react-scripts start\", \"build\": \"react-scripts build\"}, \"dependencies\": {\"react-scripts\": \"5\"}}\n\
         //- /frontend/src/index.js\nrender();\n",
        &[
            "backend|backend|node|node index.js|3001",
            "frontend|frontend|node|-|8080?",
        ],
    );
}

#[test]
fn a_port_is_followed_into_a_configuration_file() {
    check(
        "//- /package.json\n{\"main\": \"server.js\", \"dependencies\": {\"express\": \"4\"}}\n\
         //- /server.js\nconst config = require('./config');\napp.listen(config.port, () => {});\n\
         //- /config.js\nmodule.exports = { port: parseInt(process.env.PORT, 10) || 5050 };\n",
        &["||node|node server.js|5050"],
    );
}

#[test]
fn a_port_in_a_comment_is_none() {
    check(
        "//- /package.json\n{\"scripts\": {\"start\": \"node server.js\"}}\n//- /server.js\n// app.listen(1111)\nconst text = 'app.listen(2222)';\napp.listen(3333);\n",
        &["||node|node server.js|3333"],
    );
}

#[test]
fn migrations_before_the_start_are_taken_out() {
    let survey = check(
        "//- /package.json\n{\"scripts\": {\"start\": \"prisma migrate deploy && node dist/index.js\", \"build\": \"tsc\", \"worker\": \"node dist/worker.js\"}, \"dependencies\": {\"@prisma/client\": \"6\"}}\n\
         //- /prisma/schema.prisma\ndatasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n\
         //- /src/index.ts\nserver.listen(3000);\n",
        &["||node|node dist/index.js|3000"],
    );
    let service = &survey.services[0];
    assert_eq!(
        service
            .migration
            .as_ref()
            .map(|m| m.value.join(" "))
            .as_deref(),
        Some("prisma migrate deploy")
    );
    assert_eq!(
        service.processes[0].command.value,
        ["node", "dist/worker.js"]
    );
    assert_eq!(variables(service), ["DATABASE_URL secret required"]);
}

#[test]
fn next_standalone_runs_by_itself() {
    check(
        "//- /package.json\n{\"scripts\": {\"build\": \"next build\", \"start\": \"next start\"}, \"dependencies\": {\"next\": \"15\"}}\n\
         //- /next.config.mjs\nexport default { output: 'standalone' };\n",
        &["||node|node server.js|3000?"],
    );
}

#[test]
fn next_export_is_pages() {
    check(
        "//- /package.json\n{\"scripts\": {\"build\": \"next build\", \"start\": \"next start\"}, \"dependencies\": {\"next\": \"15\"}}\n\
         //- /next.config.js\nmodule.exports = { output: 'export' };\n",
        &["||node|-|8080?"],
    );
}

#[test]
fn nest_with_a_global_prefix() {
    let survey = check(
        "//- /package.json\n{\"scripts\": {\"build\": \"nest build\", \"start\": \"nest start\", \"start:prod\": \"node dist/main\"}, \"dependencies\": {\"@nestjs/core\": \"11\"}}\n\
         //- /src/main.ts\napp.setGlobalPrefix('api');\nawait app.listen(process.env.PORT ?? 3000);\n\
         //- /src/health.controller.ts\n@Controller('health')\nexport class Health {\n  @Get()\n  check() {}\n}\n",
        &["||node|node dist/main|3000"],
    );
    assert_eq!(routes(&survey.services[0]), ["/api/health"]);
}

#[test]
fn a_bun_program_runs_on_bun() {
    check(
        "//- /package.json\n{\"module\": \"index.ts\"}\n//- /bun.lock\n{}\n//- /index.ts\nBun.serve({ port: 3210, fetch: f });\n",
        &["||bun|bun index.ts|3210"],
    );
}

#[test]
fn a_library_alone_is_no_service() {
    let survey = check(
        "//- /package.json\n{\"name\": \"lib\", \"main\": \"index.js\", \"exports\": \"./index.js\"}\n//- /index.js\nexport const x = 1;\n",
        &["refused "],
    );
    assert!(survey.services.is_empty());
}

#[test]
fn a_go_module_with_one_command_that_listens() {
    let survey = check(
        "//- /go.mod\nmodule example.org/shop\ngo 1.22\nrequire github.com/lib/pq v1.10.9\n\
         //- /cmd/server/main.go\npackage main\nimport (\n\t\"net/http\"\n\t\"example.org/shop/internal/web\"\n)\nfunc main() { http.ListenAndServe(\":\"+web.Port(), nil) }\n\
         //- /cmd/seed/main.go\npackage main\nfunc main() {}\n\
         //- /internal/web/web.go\npackage web\nimport _ \"github.com/lib/pq\"\nfunc init() { port := os.Getenv(\"PORT\"); mux.HandleFunc(\"GET /readyz\", f) }\n",
        &["||go|server|-"],
    );
    let service = &survey.services[0];
    assert_eq!(routes(service), ["/readyz"]);
    assert_eq!(service.backing.len(), 1);
    let Stack::Go(go) = &service.stack else {
        panic!("go")
    };
    assert_eq!(go.main.value.package, "cmd/server");
    assert_eq!(go.sources, ["cmd/server", "internal"]);
}

#[test]
fn a_go_port_with_a_fallback_after_the_read() {
    check(
        "//- /go.mod\nmodule x\ngo 1.26\n//- /main.go\npackage main\nfunc main() {\n\tport := os.Getenv(\"PORT\")\n\tif port == \"\" {\n\t\tport = \"8088\"\n\t}\n\thttp.ListenAndServe(\":\"+port, nil)\n}\n",
        &["||go|x|8088"],
    );
}

#[test]
fn a_go_module_with_two_servers_gives_two_services() {
    check(
        "//- /go.mod\nmodule x\ngo 1.26\n\
         //- /cmd/api/main.go\npackage main\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n\
         //- /cmd/admin/main.go\npackage main\nfunc main() { http.ListenAndServe(\":8082\", nil) }\n\
         //- /cmd/worker/main.go\npackage main\nfunc main() { run() }\n",
        &[
            "cmd/admin||go|admin|8082",
            "cmd/api||go|api|8081",
            "cmd/worker||go|worker|-",
        ],
    );
}

#[test]
fn a_go_workspace_and_a_replaced_module_widen_the_context() {
    check(
        "//- /go.work\ngo 1.26\nuse (\n\t./api\n\t./shared\n)\n\
         //- /api/go.mod\nmodule x/api\ngo 1.26\n//- /api/main.go\npackage main\nimport \"x/shared\"\nfunc main() { shared.Run(); http.ListenAndServe(\":9000\", nil) }\n\
         //- /shared/go.mod\nmodule x/shared\ngo 1.26\n//- /shared/shared.go\npackage shared\nfunc Run() {}\n",
        &["api||go|api|9000"],
    );
    check(
        "//- /svc/go.mod\nmodule x/svc\ngo 1.26\nreplace x/lib => ../lib\n//- /svc/main.go\npackage main\nfunc main() { r.Run(\":9001\") }\n\
         //- /lib/go.mod\nmodule x/lib\n//- /lib/lib.go\npackage lib\n",
        &["svc||go|svc|9001"],
    );
}

#[test]
fn go_tags_give_port_and_variables() {
    let survey = check(
        "//- /go.mod\nmodule x\ngo 1.26\n//- /main.go\npackage main\ntype Config struct {\n\tPort string `env:\"HTTP_PORT\" envDefault:\"7070\"`\n\tToken string `env:\"API_TOKEN,required\"`\n}\nfunc main() { http.ListenAndServe(\":\"+cfg.Port, nil) }\n",
        &["||go|x|7070"],
    );
    assert_eq!(
        variables(&survey.services[0]),
        ["API_TOKEN secret required", "HTTP_PORT=7070"]
    );
}

#[test]
fn a_maven_build_of_several_modules() {
    check(
        "//- /pom.xml\n<project><artifactId>root</artifactId><version>1</version><packaging>pom</packaging><modules><module>core</module><module>web</module></modules><properties><java.version>21</java.version></properties></project>\n\
         //- /core/pom.xml\n<project><parent><artifactId>root</artifactId><version>1</version></parent><artifactId>core</artifactId></project>\n\
         //- /core/src/main/java/A.java\nclass A {}\n\
         //- /web/pom.xml\n<project><parent><artifactId>root</artifactId><version>1</version></parent><artifactId>web</artifactId><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency><dependency><groupId>x</groupId><artifactId>core</artifactId></dependency></dependencies><build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>\n\
         //- /web/src/main/java/B.java\nclass B { public static void main(String[] a) {} }\n\
         //- /web/src/main/resources/application.yml\nserver:\n  port: ${PORT:9090}\n",
        &["web||jvm|java -jar target/web-1.jar|9090"],
    );
}

#[test]
fn a_gradle_project_with_spring() {
    let survey = check(
        "//- /settings.gradle\nrootProject.name = 'shop'\n\
         //- /build.gradle\nplugins {\n  id 'org.springframework.boot' version '3.4.0'\n}\nversion = '1.2'\njava { sourceCompatibility = '17' }\ndependencies {\n  implementation 'org.springframework.boot:spring-boot-starter-web'\n  implementation 'org.springframework.boot:spring-boot-starter-actuator'\n}\n\
         //- /src/main/java/A.java\nclass A { public static void main(String[] a) {} }\n",
        &["||jvm|java -jar build/libs/shop-1.2.jar|8080?"],
    );
    assert_eq!(routes(&survey.services[0]), ["/actuator/health"]);
}

#[test]
fn a_net_project_that_refers_to_another() {
    let survey = check(
        "//- /src/Api/Api.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup><ProjectReference Include=\"..\\Core\\Core.csproj\" /></ItemGroup></Project>\n\
         //- /src/Api/Program.cs\nvar app = builder.Build();\napp.MapHealthChecks(\"/healthz\");\n\
         //- /src/Core/Core.csproj\n<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>\n\
         //- /src/Core/A.cs\nclass A {}\n",
        &["src/Api|src|dotnet|dotnet Api.dll|8080?"],
    );
    assert_eq!(routes(&survey.services[0]), ["/healthz"]);
}

#[test]
fn a_cargo_workspace_with_a_library() {
    let survey = check(
        "//- /Cargo.toml\n[workspace]\nmembers = [\"crates/*\"]\n\
         //- /Cargo.lock\nversion = 4\n\
         //- /crates/api/Cargo.toml\n[package]\nname = \"api\"\n[dependencies]\naxum = \"0.8\"\ncore = { path = \"../core\" }\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\n\
         //- /crates/api/src/main.rs\nfn main() { let l = TcpListener::bind(\"0.0.0.0:3030\"); Router::new().route(\"/health\", get(h)); }\n\
         //- /crates/core/Cargo.toml\n[package]\nname = \"core\"\n//- /crates/core/src/lib.rs\npub fn x() {}\n",
        &["crates/api||rust|api|3030"],
    );
    assert_eq!(routes(&survey.services[0]), ["/health"]);
    assert_eq!(survey.services[0].backing.len(), 1);
}

#[test]
fn several_binaries_raise_a_question() {
    let survey = check(
        "//- /Cargo.toml\n[package]\nname = \"tool\"\n//- /src/main.rs\nfn main() {}\n//- /src/bin/other.rs\nfn main() {}\n",
        &["||rust|tool?|-"],
    );
    assert_eq!(survey.services[0].questions[0].choices, ["tool", "other"]);
}

#[test]
fn rails_with_jobs() {
    let survey = check(
        "//- /Gemfile\nsource 'https://rubygems.org'\nruby '3.4.1'\ngem 'rails', '~> 8.0'\ngem 'pg'\ngem 'sidekiq'\n\
         //- /config/application.rb\nmodule X; end\n//- /config/routes.rb\nget 'up' => 'rails/health#show'\n//- /db/schema.rb\nx\n",
        &["||ruby|bundle exec rails server -b 0.0.0.0 -p 3000|3000?"],
    );
    let service = &survey.services[0];
    assert_eq!(routes(service), ["/up"]);
    assert_eq!(
        service.processes[0].command.value,
        ["bundle", "exec", "sidekiq"]
    );
    assert_eq!(service.backing.len(), 2);
}

#[test]
fn a_procfile_overrules() {
    let survey = check(
        "//- /requirements.txt\nflask\ngunicorn\n//- /main.py\nfrom flask import Flask\napp = Flask(__name__)\n\
         //- /Procfile\nweb: gunicorn -w 4 --bind 0.0.0.0:9999 main:app\nrelease: python migrate.py\nworker: python work.py\nclock: python clock.py\n",
        &["||python|gunicorn -w 4 --bind 0.0.0.0:9999 main:app|9999"],
    );
    let service = &survey.services[0];
    assert_eq!(
        service
            .migration
            .as_ref()
            .map(|m| m.value.join(" "))
            .as_deref(),
        Some("python migrate.py")
    );
    assert_eq!(service.processes.len(), 2);
}

#[test]
fn laravel_with_pages_of_its_own() {
    let survey = check(
        "//- /composer.json\n{\"require\": {\"php\": \"^8.3\", \"laravel/framework\": \"^12.0\", \"ext-intl\": \"*\"}}\n\
         //- /package.json\n{\"scripts\": {\"build\": \"vite build\"}}\n//- /artisan\n#!/usr/bin/env php\n//- /public/index.php\n<?php\n//- /database/migrations/a.php\n<?php\n//- /.env.example\nDB_CONNECTION=pgsql\n",
        &["||php|-|8080?"],
    );
    let Stack::Php(php) = &survey.services[0].stack else {
        panic!("php")
    };
    let extensions: Vec<&str> = php
        .extensions
        .iter()
        .map(|known| known.value.as_str())
        .collect();
    assert_eq!(extensions, ["intl", "pdo_pgsql"]);
    assert_eq!(php.public.value, "public");
}

#[test]
fn phoenix_is_a_release() {
    check(
        "//- /mix.exs\ndefmodule X.MixProject do\n  def project do\n    [app: :shop, elixir: \"~> 1.17\"]\n  end\n  def application do\n    [mod: {Shop.Application, []}]\n  end\n  defp deps do\n    [{:phoenix, \"~> 1.7\"}, {:postgrex, \">= 0.0.0\"}]\n  end\nend\n\
         //- /config/runtime.exs\nport = String.to_integer(System.get_env(\"PORT\") || \"4000\")\n",
        &["||elixir|bin/shop start|4000"],
    );
}

#[test]
fn deno_by_its_task() {
    check(
        "//- /deno.json\n{\"tasks\": {\"start\": \"deno run --allow-net server.ts\"}}\n//- /server.ts\nDeno.serve({ port: 8123 }, f);\n",
        &["||deno|deno run --allow-net server.ts|8123"],
    );
}

#[test]
fn pages_alone_are_a_site_and_pages_beside_a_program_are_not() {
    check(
        "//- /public/index.html\n<html></html>\n",
        &["||static|-|8080?"],
    );
    check(
        "//- /index.html\n<html></html>\n//- /go.mod\nmodule x\ngo 1.26\n//- /main.go\npackage main\nfunc main() { http.ListenAndServe(\":80\", nil) }\n",
        &["||go|x|80"],
    );
}

#[test]
fn services_of_several_languages() {
    check(
        "//- /services/cart/package.json\n{\"scripts\": {\"start\": \"node index.js\"}}\n//- /services/cart/index.js\napp.listen(7001)\n\
         //- /services/mail/requirements.txt\nflask\ngunicorn\n//- /services/mail/main.py\nfrom flask import Flask\napp = Flask(__name__)\n\
         //- /services/pay/go.mod\nmodule pay\ngo 1.26\n//- /services/pay/main.go\npackage main\nfunc main() { http.ListenAndServe(\":7002\", nil) }\n",
        &[
            "services/cart|services/cart|node|node index.js|7001",
            "services/mail|services/mail|python|gunicorn --bind 0.0.0.0:8000 main:app|8000?",
            "services/pay|services/pay|go|pay|7002",
        ],
    );
}

#[test]
fn tests_examples_and_vendored_code_are_passed_over_unless_asked_for() {
    let text = "//- /examples/a/package.json\n{\"scripts\": {\"start\": \"node a.js\"}}\n//- /examples/a/a.js\napp.listen(1234)\n//- /node_modules/b/package.json\n{\"scripts\": {\"start\": \"node b.js\"}}\n";
    check(text, &["refused "]);
    let survey = told(text, "examples/a", &Told::default());
    assert_eq!(
        survey.services.iter().map(line).collect::<Vec<_>>(),
        ["examples/a|examples/a|node|node a.js|1234"]
    );
}

#[test]
fn two_services_of_one_name_are_told_apart() {
    let survey = found(
        "//- /a/api/package.json\n{\"name\": \"api\", \"scripts\": {\"start\": \"node x.js\"}}\n//- /a/api/x.js\nf.listen(1)\n//- /b/api/package.json\n{\"name\": \"api\", \"scripts\": {\"start\": \"node x.js\"}}\n//- /b/api/x.js\nf.listen(2)\n",
    );
    let names: Vec<&str> = survey
        .services
        .iter()
        .map(|service| service.name.value.as_str())
        .collect();
    assert_eq!(names, ["api", "b-api"]);
}

#[test]
fn what_the_user_said_overrules() {
    let evidence = || Evidence::table("the flag `--port`");
    let said = Told {
        services: vec![ToldService {
            port: Some(Known::told(4321, evidence())),
            start: Some(Known::told(
                vec!["node".to_owned(), "y.js".to_owned()],
                evidence(),
            )),
            ..ToldService::default()
        }],
    };
    let survey = told(
        "//- /package.json\n{\"scripts\": {\"start\": \"node x.js\"}}\n//- /x.js\nf.listen(1)\n",
        "",
        &said,
    );
    assert_eq!(line(&survey.services[0]), "||node|node y.js|4321");
    assert_eq!(
        survey.services[0].port.as_ref().map(|port| port.certainty),
        Some(Certainty::Told)
    );
}

#[test]
fn odd_bytes_broken_manifests_and_deep_folders_are_survived() {
    let deep = "d/".repeat(40);
    let text = format!(
        "//- /package.json\n{{\"name\": \n//- /pyproject.toml\n[project\n//- /Cargo.toml\n=\n//- /pom.xml\n<project><\n//- /go.mod\n(((\n//- /main.go\npackage main\nfunc main() {{ ((((( \"\n//- /{deep}package.json\n{{}}\n//- /app.py\napp = FastAPI(((((\n"
    );
    let survey = found(&text);
    assert!(survey.services.len() + survey.refusals.len() > 0);
}

#[test]
fn programs_of_one_module_are_called_by_the_folder_that_tells() {
    let survey = found(
        "//- /go.mod\nmodule example.com/shop\n\ngo 1.26\n//- /emoji/cmd/main.go\npackage main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n//- /voting/cmd/main.go\npackage main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n",
    );
    let mut names: Vec<&str> = survey.services.iter().map(|one| &*one.name.value).collect();
    names.sort_unstable();
    assert_eq!(names, ["emoji", "voting"]);
}
