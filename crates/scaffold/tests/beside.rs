//! Ports that stand in tags, defaults and files of settings, and what listens beside a program's own server.

use plimsoll_scaffold::detect::{Told, survey};
use plimsoll_scaffold::model::{Backing, Certainty, Survey, Topic};
use plimsoll_testkit::fixture::{Fixture, tree};

fn found(text: &str) -> Survey {
    survey(&tree(&Fixture::parse("x", text)), "", &Told::default())
}

/// Start, port and routes of each service; `?` behind what is less than stated.
fn lines(survey: &Survey) -> Vec<String> {
    let doubt = |certainty: Certainty| {
        if certainty < Certainty::Stated {
            "?"
        } else {
            ""
        }
    };
    let services = survey.services.iter();
    let line = services.map(|service| {
        let start = service.start.as_ref();
        let start = start.map_or("-".to_owned(), |start| {
            format!("{}{}", start.value.join(" "), doubt(start.certainty))
        });
        let mut questions = service.questions.iter();
        let port = match &service.port {
            _ if questions.any(|open| open.topic == Topic::Port) => "ask".to_owned(),
            Some(port) => format!("{}{}", port.value.number, doubt(port.certainty)),
            None => "-".to_owned(),
        };
        let routes = service.health.iter();
        let routes: Vec<&str> = routes.map(|route| route.value.path.as_str()).collect();
        format!("{start}|{port}|{}", routes.join(" "))
    });
    line.collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let survey = found(text);
    assert_eq!(lines(&survey), expected, "{:?}", survey.refusals);
}

const CARGO: &str = "//- /Cargo.toml\n[package]\nname = \"up\"\nversion = \"1.0.0\"\n[dependencies]\ntokio = \"1\"\nclap = \"4\"\n//- /src/main.rs\nmod server;\nmod metrics;\nfn main() {}\n";

#[test]
fn a_server_of_metrics_is_not_taken_for_the_programs_own() {
    let metrics = "//- /src/metrics/server.rs\nasync fn start() { TcpListener::bind(&config.address).await; }\nfn port() -> u16 { 9090 }\nstruct C { address: String }\nfn c() -> C { C { address: \"0.0.0.0:9090\".into() } }\n";
    let own = "//- /src/server.rs\nasync fn new(c: Config) { let addr: SocketAddr = c.listen.parse(); TcpListener::bind(addr).await; }\n";
    check(&format!("{CARGO}{metrics}{own}"), &["up|ask|"]);
    // Alone it is all there is, and no more than likely.
    check(&format!("{CARGO}{metrics}"), &["up|9090?|"]);
    let go = "//- /go.mod\nmodule x\ngo 1.26\n//- /main.go\npackage main\nfunc main() {\n addr := cfg.Metrics.Addr\n if addr == \"\" {\n  addr = \":9090\"\n }\n s := &http.Server{Addr: addr}\n s.ListenAndServe()\n}\n";
    check(go, &["x|9090?|"]);
}

#[test]
fn routes_of_a_server_for_probes_are_on_its_own_port() {
    let main = "//- /go.mod\nmodule x\ngo 1.26\n//- /main.go\npackage main\nimport \"x/internal/probe\"\nimport \"x/internal/web\"\nfunc main() {\n web.Start(\":8000\")\n probe.Setup(cfg.ProbeAddr).ListenAndServe()\n}\n//- /internal/web/web.go\npackage web\nfunc Start(addr string) { http.ListenAndServe(addr, nil) }\n";
    let probe = "//- /internal/probe/probe.go\npackage probe\nfunc Setup(addr string) *http.Server {\n r := http.NewServeMux()\n r.HandleFunc(\"/healthz\", Healthz)\n return &http.Server{Addr: addr, Handler: r}\n}\n";
    check(&format!("{main}{probe}"), &["x|8000|"]);
    // What only makes routes leaves them to the program's own server.
    let handlers = "//- /internal/probe/probe.go\npackage probe\nfunc Setup(r *http.ServeMux) {\n r.HandleFunc(\"/healthz\", Healthz)\n}\n";
    check(&format!("{main}{handlers}"), &["x|8000|/healthz"]);
}

#[test]
fn tags_and_defaults_of_go_say_ports() {
    let main = "//- /go.mod\nmodule x\ngo 1.26\n//- /main.go\npackage main\nfunc main() { http.ListenAndServe(\":\"+cfg.Server.Port, nil) }\n//- /config.go\npackage main\n";
    let tagged = "type Server struct {\n Port string `default:\"8000\" mapstructure:\"port\"`\n}\n";
    check(&format!("{main}{tagged}"), &["x|8000|"]);
    let viper = "func defaults(v *viper.Viper) {\n v.SetDefault(\"database.port\", 5432)\n v.SetDefault(\"server.port\", \"8002\")\n}\n";
    check(&format!("{main}{viper}"), &["x|8002|"]);
    let read = "//- /go.mod\nmodule x\ngo 1.26\n//- /main.go\npackage main\nfunc main() {\n viper.SetDefault(\"http.port\", 8003)\n addr := fmt.Sprintf(\":%d\", viper.GetInt(\"http.port\"))\n http.ListenAndServe(addr, nil)\n}\n";
    check(read, &["x|8003|"]);
    // Callers in other packages hand over a field of theirs.
    let handed = "//- /go.mod\nmodule x\ngo 1.26\n//- /main.go\npackage main\nimport \"x/web\"\ntype config struct {\n Port string `envconfig:\"WEB_PORT\" default:\":8004\"`\n}\nfunc main() { web.NewServer(nil, cfg.Port).ListenAndServe() }\n//- /web/web.go\npackage web\nfunc NewServer(h any, port string) *http.Server {\n return &http.Server{Addr: port}\n}\n";
    check(handed, &["x|8004|"]);
    let buffalo = "//- /go.mod\nmodule x\ngo 1.26\nrequire github.com/gobuffalo/buffalo v1\n//- /main.go\npackage main\nimport \"x/actions\"\nfunc main() { actions.App().Serve() }\n//- /actions/app.go\npackage actions\nfunc App() *buffalo.App { return buffalo.New(buffalo.Options{}) }\n";
    check(buffalo, &["x|3000?|"]);
}

#[test]
fn a_line_that_several_programs_listen_by_is_no_certain_port_of_one() {
    let shared = "//- /go.mod\nmodule x\ngo 1.26\n//- /pkg/web/web.go\npackage web\nfunc New() *Server { return &Server{address: \":8080\"} }\nfunc (s *Server) Start() { ln, err := net.Listen(\"tcp\", s.address) }\n";
    let main = |name: &str| {
        format!(
            "//- /cmd/{name}/main.go\npackage main\nimport \"x/pkg/web\"\nfunc main() {{ web.New().Start() }}\n"
        )
    };
    check(&format!("{shared}{}", main("one")), &["one|8080|"]);
    let two = format!("{shared}{}{}", main("one"), main("two"));
    check(&two, &["one|8080?|", "two|8080?|"]);
    // What writes documentation of the same packages serves nothing.
    let docs = format!("{two}{}", main("x-docgen"));
    check(&docs, &["one|8080?|", "two|8080?|"]);
}

#[test]
fn templates_of_projects_are_no_services() {
    let express = |folder: &str, port: u16| {
        format!(
            "//- {folder}/package.json\n{{\"dependencies\": {{\"express\": \"5\"}}, \"scripts\": {{\"start\": \"node server.js\"}}}}\n//- {folder}/server.js\nconst app = express();\napp.listen({port});\n"
        )
    };
    let tree = format!("{}{}", express("", 3000), express("/templates/api", 3001));
    check(&tree, &["node server.js|3000|"]);
}

#[test]
fn defaults_of_arguments_are_their_own() {
    let options = "//- /src/server.rs\n#[derive(Parser)]\nstruct Opt {\n #[arg(long, env = \"UPSTREAM\", default_value = \"10.0.0.1\")]\n host: String,\n #[arg(long, env = \"SCHEME\", default_value = \"https\")]\n scheme: String,\n #[arg(long, env = \"TOKEN_FILE\")]\n file: String,\n}\n";
    let survey = found(&format!("{CARGO}{options}"));
    let variables = survey.services[0].environment.iter();
    let defaults: Vec<_> = variables
        .map(|variable| (variable.name.value.as_str(), variable.default.as_deref()))
        .collect();
    assert_eq!(
        defaults,
        [
            ("SCHEME", Some("https")),
            ("TOKEN_FILE", None),
            ("UPSTREAM", Some("10.0.0.1")),
        ]
    );
}

#[test]
fn files_of_the_package_config_say_ports() {
    let node = "//- /package.json\n{\"dependencies\": {\"config\": \"3\"}, \"scripts\": {\"start\": \"node server.js\"}}\n//- /server.js\nconst port = config.get('api.port');\nhttp.createServer(app).listen(port);\n//- /config/default.json\n{\"database\": {\"port\": 7687},\n \"api\": {\n  \"port\": 4000}}\n//- /config/custom-environment-variables.json\n{\"api\": {\"port\": \"API_PORT\"}}\n";
    check(node, &["node server.js|4000|"]);
    let survey = found(node);
    let port = survey.services[0].port.as_ref().expect("a port");
    assert_eq!(port.value.variable.as_deref(), Some("API_PORT"));
}

#[test]
fn asp_net_serves_also_where_only_the_framework_is_referred_to() {
    let project = "//- /Shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType></PropertyGroup><ItemGroup><FrameworkReference Include=\"Microsoft.AspNetCore.App\" /></ItemGroup></Project>\n//- /Program.cs\nHost.CreateDefaultBuilder(args).ConfigureWebHostDefaults(b => b.UseStartup<Startup>()).Build().Run();\n";
    let settings = "//- /appsettings.json\n{\"Kestrel\": {\"EndPoints\": {\"Http\": {\"Url\": \"http://*:5000\"}}}}\n";
    check(project, &["dotnet Shop.dll|8080?|"]);
    check(&format!("{project}{settings}"), &["dotnet Shop.dll|5000|"]);
    let told = "//- /Kestrel.cs\nbuilder.WebHost.ConfigureKestrel(opt => {\n opt.Listen(IPAddress.Any, int.Parse(Environment.GetEnvironmentVariable(\"HTTP_PORT\") ?? \"5100\"), listen => listen.Protocols = HttpProtocols.Http1);\n});\n";
    check(&format!("{project}{told}"), &["dotnet Shop.dll|5100|"]);
}

#[test]
fn the_second_nuxt_has_a_server_of_its_own() {
    let nuxt = |version: &str| {
        format!(
            "//- /package.json\n{{\"dependencies\": {{\"nuxt\": \"{version}\"}}, \"scripts\": {{\"build\": \"nuxt build\", \"start\": \"nuxt start\", \"generate\": \"nuxt generate\"}}}}\n//- /nuxt.config.js\nexport default {{\n plugins: [{{ src: '@/plugins/a.js', ssr: false }}],\n}}\n"
        )
    };
    check(&nuxt("^2.14.0"), &["nuxt start --hostname 0.0.0.0|3000?|"]);
    // A plugin for browsers alone makes no pages of a server.
    check(&nuxt("^3.14.0"), &["node .output/server/index.mjs|3000?|"]);
    let pages = nuxt("^3.14.0").replace(" plugins:", " ssr: false,\n plugins:");
    check(&pages, &["-|8080?|"]);
}

#[test]
fn what_runs_inside_of_others_is_no_program() {
    // A resource that a server takes in.
    let resource = "//- /pom.xml\n<project><groupId>a</groupId><artifactId>provider</artifactId><version>1</version><build><finalName>provider</finalName></build></project>\n//- /src/main/java/A.java\n@Path(\"/\")\npublic class A {}\n";
    assert!(found(resource).services.is_empty());
    // A part of a package, which its file cannot start.
    let part = "//- /api/requirements.txt\nfastapi\nuvicorn\n//- /api/main.py\napp = FastAPI()\n//- /api/embed/pyproject.toml\n[project]\nname = \"embed\"\nversion = \"1\"\n//- /api/embed/__init__.py\n//- /api/embed/__main__.py\nfrom .worker import main\nif __name__ == '__main__':\n  main()\n";
    check(
        part,
        &["uvicorn main:app --host 0.0.0.0 --port 8000|8000?|"],
    );
    // What only browsers run.
    let page = "//- /package.json\n{\"scripts\": {\"build\": \"node build.js\"}}\n//- /src/index.js\nimport './main.scss';\nrender(document.getElementById('app'));\n";
    assert!(found(page).services.is_empty());
}

#[test]
fn what_runs_from_the_folder_above_is_asked_about() {
    let main = "//- /server/requirements.txt\nfastapi\nuvicorn\n//- /server/__init__.py\n//- /server/main.py\nfrom server.config import settings\napp = FastAPI()\n";
    let start = "uvicorn main:app --host 0.0.0.0 --port 8000?|8000?|";
    check(main, &[start]);
    let survey = found(main);
    let mut questions = survey.services[0].questions.iter();
    assert!(questions.any(|open| open.topic == Topic::Start));
    // An application for desktops is no service.
    let desktop = "//- /package.json\n{\"main\": \"electron/index.js\", \"devDependencies\": {\"electron\": \"39\"}}\n//- /electron/index.js\nconst { app, BrowserWindow } = require('electron');\napp.whenReady().then(() => new BrowserWindow());\n";
    assert!(found(desktop).services.is_empty());
}

#[test]
fn what_asks_whether_others_are_well_is_left_out() {
    let workspace = "//- /Cargo.toml\n[workspace]\nmembers = [\"api\", \"api-healthcheck\"]\n//- /api/Cargo.toml\n[package]\nname = \"api\"\nversion = \"1.0.0\"\n[dependencies]\naxum = \"1\"\n//- /api/src/main.rs\nfn main() { axum::serve(TcpListener::bind(\"0.0.0.0:8000\").await, app) }\n//- /api-healthcheck/Cargo.toml\n[package]\nname = \"api-healthcheck\"\nversion = \"1.0.0\"\n//- /api-healthcheck/src/main.rs\nfn main() { let port = env::var(\"PORT\").unwrap_or(\"8000\".into()); }\n";
    check(workspace, &["api|8000|"]);
}

#[test]
fn addresses_in_scripts_need_no_server() {
    let app =
        "//- /requirements.txt\nfastapi\nuvicorn\npsycopg2-binary\n//- /main.py\napp = FastAPI()\n";
    let by_hand = "//- /scripts/move.py\nTARGET = 'postgresql://u:p@localhost/x'\n";
    let certain = |text: &str| {
        let survey = found(text);
        let mut backing = survey.services[0].backing.iter();
        backing
            .any(|known| known.value == Backing::Postgres && known.certainty == Certainty::Stated)
    };
    assert!(!certain(&format!("{app}{by_hand}")));
    let own = by_hand.replace("/scripts/move.py", "/store.py");
    assert!(certain(&format!("{app}{own}")));
}
