//! Servers and routes of frameworks, one line a service.

use plimsoll_scaffold::detect::{Told, survey};
use plimsoll_scaffold::model::Survey;
use plimsoll_testkit::fixture::{Fixture, tree};

fn found(text: &str) -> Survey {
    survey(&tree(&Fixture::parse("x", text)), "", &Told::default())
}

/// The port of the only service, and its health routes.
#[track_caller]
fn said(text: &str) -> (Option<u16>, Vec<String>) {
    let survey = found(text);
    let [service] = &survey.services[..] else {
        panic!("{survey:?}");
    };
    let routes = service.health.iter().map(|route| route.value.path.clone());
    (
        service.port.as_ref().map(|port| port.value.number),
        routes.collect(),
    )
}

#[test]
fn servers_of_ruby_itself_listen_where_they_say() {
    let gems = "//- /Gemfile\nruby '~> 3.3'\n//- /server.rb\n";
    let socket = "server = TCPServer.new('0.0.0.0', Integer(ENV.fetch('PORT', '4567')))\n";
    assert_eq!(said(&format!("{gems}{socket}")).0, Some(4567));
    let webrick = "WEBrick::HTTPServer.new(Port: 8082, DocumentRoot: 'x1024').start\n";
    assert_eq!(said(&format!("{gems}{webrick}")).0, Some(8082));
    assert_eq!(said(&format!("{gems}TCPSocket.new('db', 5432)\n")).0, None);
}

#[test]
fn controllers_of_asp_net_answer_their_routes() {
    let project = "//- /api.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>\n//- /Program.cs\nvar app = builder.Build();\napp.MapControllers();\n";
    let base = "//- /Base.cs\n[ApiController]\n[Route(\"api/[controller]\")]\npublic class BaseApiController : ControllerBase { }\n";
    for (class, path) in [
        (
            "[AllowAnonymous]\npublic class HealthController : BaseApiController\n{\n  [HttpGet]\n  public ActionResult Get() { return Ok(); }\n}",
            Some("/api/health"),
        ),
        (
            "[Route(\"[controller]\")]\npublic class PingController(IClock clock) : ControllerBase\n{\n  [HttpGet]\n  public string Get() => \"ok\";\n}",
            Some("/ping"),
        ),
        (
            "[Route(\"api/system\")]\npublic class SystemController : ControllerBase\n{\n  [HttpPost(\"health\")]\n  public void Set() { }\n  [AllowAnonymous, HttpGet(\"ready\")]\n  public string Ready() => \"ok\";\n}",
            Some("/api/system/ready"),
        ),
        (
            "[Route(\"api/[controller]/[action]\")]\npublic class SystemController : ControllerBase\n{\n  [HttpGet]\n  public async Task<IActionResult> Health() { }\n}",
            Some("/api/system/health"),
        ),
        (
            "[Route(\"api/x\")]\npublic class XController : ControllerBase\n{\n  [HttpGet(\"/livez\")]\n  public string Live() => \"ok\";\n}",
            Some("/livez"),
        ),
        (
            "[Route(\"api/x\")]\npublic class XController : ControllerBase\n{\n  [HttpGet]\n  [Route(\"health\")]\n  public string A() => \"ok\";\n}",
            Some("/api/x/health"),
        ),
        (
            "public class HealthController : Controller\n{\n  [HttpPost]\n  public string A() => \"ok\";\n}",
            None,
        ),
        (
            "[Route(\"api/orders\")]\npublic class OrdersController : ControllerBase\n{\n  [HttpGet(\"{id}/health\")]\n  public string A() => \"ok\";\n}",
            None,
        ),
    ] {
        let text = format!("{project}{base}//- /C.cs\n{class}\n");
        assert_eq!(said(&text).1, Vec::from_iter(path), "{class}");
    }
}

#[test]
fn groups_of_php_put_prefixes_before_routes() {
    let laravel = "//- /composer.json\n{\"require\":{\"laravel/framework\":\"^12\"}}\n//- /artisan\n#!/usr/bin/env php\n//- /public/index.php\n<?php\n//- /routes/";
    for (file, path) in [
        (
            "web.php\n<?php\nRoute::prefix('internal')->group(function () {\n  Route::get('/health', fn () => 'ok');\n});",
            "/internal/health",
        ),
        (
            "web.php\n<?php\nRoute::middleware('x')->prefix('v1')->group(function () {\n  Route::group(['prefix' => 'system'], function () {\n    Route::get('/health', H::class);\n  });\n});",
            "/v1/system/health",
        ),
        (
            "api.php\n<?php\nRoute::get('/health', fn () => 'ok');",
            "/api/health",
        ),
        (
            "api.php\n<?php\nRoute::prefix('v1')->group(function () {\n  Route::get('/health', fn () => 'ok');\n});",
            "/api/v1/health",
        ),
        (
            "web.php\n<?php\nRoute::prefix('admin')->group(function () {\n  Route::get('/x', fn () => 'x');\n});\nRoute::get('/health', fn () => 'ok');",
            "/health",
        ),
    ] {
        assert_eq!(said(&format!("{laravel}{file}\n")).1, [path], "{file}");
    }
    let slim = "//- /composer.json\n{\"require\":{\"slim/slim\":\"^4\"}}\n//- /public/index.php\n<?php\n$app->group('/api', function ($group) {\n  $group->get('/health', H::class);\n});\n";
    assert_eq!(said(slim).1, ["/api/health"]);
    let symfony = "//- /composer.json\n{\"require\":{\"symfony/framework-bundle\":\"^7\"}}\n//- /public/index.php\n<?php\n//- /src/Controller/HealthController.php\n<?php\nnamespace App\\Controller;\nuse Symfony\\Component\\Routing\\Attribute\\Route;\n#[Route('/status', name: 's')]\nfinal class HealthController extends AbstractController\n{\n    #[Route('/health', methods: ['GET'])]\n    public function health(): Response { return new Response('ok'); }\n    #[Route('/ready', methods: ['POST'])]\n    public function ready(): Response { return new Response('ok'); }\n}\n";
    assert_eq!(said(symfony).1, ["/status/health"]);
}

#[test]
fn routes_of_django_have_the_prefixes_around_them() {
    let project = "//- /requirements.txt\ndjango\ngunicorn\n//- /manage.py\nimport django\n//- /shop/urls.py\n";
    for (urls, expected) in [
        (
            "urlpatterns = [\n  path('admin/', admin.site.urls),\n  path('health/', h),\n]",
            &["/health/"][..],
        ),
        (
            "urlpatterns = [\n  path('admin/', admin.site.urls),\n  re_path(r'^api/', include([re_path('^status/', s), path('users/', u)])),\n]",
            &["/api/status/"],
        ),
        (
            "websocket_urlpatterns = [path('ws/status/', S.as_asgi())]\nurlpatterns = [path('admin/', admin.site.urls)]",
            &[],
        ),
        (
            "inner = [path('health/', h)]\nurlpatterns = [path('admin/', admin.site.urls), path('internal/', include(inner))]",
            &["/internal/health/"],
        ),
        (
            "inner = [path('health/', h)]\nurlpatterns = [path('admin/', admin.site.urls), path('x/<int:id>/', include(inner))]",
            &[],
        ),
        (
            "urlpatterns = [path('admin/', admin.site.urls), path(prefix, include('api.urls'))]\n//- /api/urls.py\nurlpatterns = [path('health/', h)]",
            &[],
        ),
        (
            "urlpatterns = [path('admin/', admin.site.urls), path('api/', include('api.urls'))]\n//- /api/urls.py\nurlpatterns = [path('health/', h)]",
            &["/api/health/"],
        ),
        (
            "urlpatterns = [path('admin/', admin.site.urls), path('api/', include(('api.urls', 'api'), namespace='api'))]\n//- /api/urls.py\nurlpatterns = [path('v1/', include('api.v1.urls'))]\n//- /api/v1/urls.py\nurlpatterns = [path('health/', h)]",
            &["/api/v1/health/"],
        ),
    ] {
        assert_eq!(said(&format!("{project}{urls}\n")).1, expected, "{urls}");
    }
}

/// What runs beside the service, one `name: command` each.
#[track_caller]
fn processes(text: &str) -> Vec<String> {
    let survey = found(text);
    let [service] = &survey.services[..] else {
        panic!("{survey:?}");
    };
    let all = service.processes.iter();
    all.map(|process| format!("{}: {}", process.name, process.command.value.join(" ")))
        .collect()
}

#[test]
fn celery_s_application_is_named_by_its_package() {
    let text = "//- /requirements.txt\ndjango\ngunicorn\ncelery\n//- /manage.py\nimport django\n//- /shop/__init__.py\nfrom .celery import app\n//- /shop/celery.py\nfrom celery import Celery\nfrom shop.settings import beat_schedule\napp = Celery('shop')\n//- /shop/settings.py\n# see CELERY_BEAT_SCHEDULE\nX = 1\n";
    assert_eq!(
        processes(text),
        ["worker: celery -A shop worker --loglevel info"]
    );
    let beat = format!("{text}//- /shop/beat.py\nCELERY_BEAT_SCHEDULE = {{}}\n");
    assert_eq!(processes(&beat).len(), 2);
}

#[test]
fn what_gems_queue_is_worked_off() {
    let text = "//- /Gemfile\ngem 'sinatra'\ngem 'puma'\ngem 'solid_queue'\n//- /config.ru\nrun Sinatra::Application\n";
    assert_eq!(
        processes(text),
        ["worker: bundle exec rake solid_queue:start"]
    );
}

#[test]
fn what_packages_of_laravel_schedule_is_run() {
    let text = "//- /composer.json\n{\"require\":{\"laravel/framework\":\"^12\"}}\n//- /artisan\nx\n//- /public/index.php\n<?php\n//- /packages/a/Provider.php\n<?php\n$this->callAfterResolving(Schedule::class, function (Schedule $schedule) { $schedule->command('x'); });\n";
    assert_eq!(processes(text), ["scheduler: php artisan schedule:work"]);
}

#[test]
fn scripts_beside_a_server_say_nothing_of_its_port() {
    let text = "//- /package.json\n{\"scripts\":{\"start\":\"node server/server.js\"},\"dependencies\":{\"express\":\"5\"}}\n//- /config/playwright.config.js\nconst port = 30001\n//- /extra/mqtt.js\nrequire('aedes')().listen(1883)\n//- /server/config.js\nconst port = [args.port, process.env.PORT, 3001].find(Boolean)\nmodule.exports = { port }\n//- /server/server.js\nconst { port } = require('./config')\napp.get('/healthz', h)\napp.listen(port, host)\n";
    assert_eq!(said(text), (Some(3001), vec!["/healthz".to_owned()]));
}

#[test]
fn a_port_that_is_handed_on_is_read_with_its_default() {
    let text = "//- /package.json\n{\"scripts\":{\"prod\":\"cd client && npm run generate && cd .. && node index.js\",\"start\":\"node index.js\"},\"dependencies\":{\"express\":\"4\"}}\n//- /index.js\nconst PORT = options.port || process.env.PORT || 3333\nnew Server(PORT).start()\n//- /server/Server.js\nmodule.exports = class Server { start() { this.server.listen(this.Port) } }\n";
    let survey = found(text);
    let service = &survey.services[0];
    let start = service.start.as_ref().expect("it starts");
    assert_eq!(start.value, ["node", "index.js"]);
    assert_eq!(said(text).0, Some(3333));
}

#[test]
fn what_tools_bundled_is_not_read() {
    let long = "a.listen(3000);".repeat(3000);
    let text = format!(
        "//- /package.json\n{{\"name\":\"admin\",\"scripts\":{{\"build\":\"vite build\"}},\"dependencies\":{{\"vite\":\"6\"}}}}\n//- /src/chart.js\n{long}\n"
    );
    assert!(
        found(&text)
            .services
            .iter()
            .all(|service| service.port.is_none())
    );
}

#[test]
fn vite_is_found_behind_scripts_that_run_scripts() {
    let text = "//- /package.json\n{\"scripts\":{\"build\":\"run-p type-check \\\"build-only {@}\\\" --\",\"build-only\":\"vite build\"},\"devDependencies\":{\"vite\":\"6\"}}\n//- /index.html\n<p></p>\n//- /src/main.ts\ncreateApp(App).mount('#app')\n";
    assert_eq!(said(text).0, Some(8080));
}

#[test]
fn spring_answers_get_where_it_says_so() {
    let text = "//- /pom.xml\n<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>4.0.0</version></parent><groupId>a</groupId><artifactId>shop</artifactId><version>1</version><build><plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>\n//- /src/main/java/a/Main.java\nimport org.springframework.web.bind.annotation.*;\n@RestController\n@RequestMapping(\"/api\")\npublic class Main {\n  @RequestMapping(value = \"/status\", method = RequestMethod.POST)\n  void set() {}\n  @RequestMapping(value = \"/health\", method = RequestMethod.GET)\n  String get() { return \"ok\"; }\n  public static void main(String[] args) {}\n}\n";
    assert_eq!(said(text), (Some(8080), vec!["/api/health".to_owned()]));
}

#[test]
fn servers_of_go_take_address_and_port() {
    let text = "//- /go.mod\nmodule a.example/x\n\ngo 1.25\n//- /main.go\npackage main\nimport \"net/http\"\ntype Options struct {\n\tPort int `long:\"port\" env:\"SHOP_PORT\" default:\"8085\"`\n\tAddress string `long:\"address\" env:\"SHOP_ADDRESS\" default:\"\"`\n}\nfunc main() {\n\ta.server.Run(a.Address, a.Port)\n}\nfunc (s *Server) Run(address string, port int) {\n\ts.http.ListenAndServe()\n}\n";
    let survey = found(text);
    let port = survey.services[0].port.as_ref().expect("a port");
    assert_eq!(
        (port.value.number, port.value.variable.as_deref()),
        (8085, Some("SHOP_PORT"))
    );
}

#[test]
fn benchmarks_of_net_are_no_services() {
    let text = "//- /Bench.csproj\n<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup><PackageReference Include=\"BenchmarkDotNet\" Version=\"0.15\" /></ItemGroup></Project>\n//- /Program.cs\nBenchmarkRunner.Run<X>();\n";
    assert!(found(text).services.is_empty());
}

#[test]
fn files_without_an_ending_are_written_into_their_folder() {
    let python = "//- /requirements.txt\nflask\ngunicorn\n//- /app.py\nfrom flask import Flask\napp = Flask(__name__)\nopen('/app/uploads/last', 'w')\nopen('/dev/stdout', 'w')\n";
    let node = "//- /package.json\n{\"scripts\":{\"start\":\"node server.js\"}}\n//- /server.js\nfs.writeFileSync('/app/uploads/last', x)\nhttp.createServer(f).listen(3000)\n";
    for text in [python, node] {
        let survey = found(text);
        let writes = survey.services[0].writes.iter();
        let writes: Vec<&str> = writes.map(|known| known.value.as_str()).collect();
        assert_eq!(writes, ["/app/uploads/"], "{text}");
        let running = plimsoll_scaffold::plan::running(&survey.services[0]).expect("it runs");
        let writable = running.writable.iter();
        assert!(
            writable
                .into_iter()
                .any(|known| known.value == "/app/uploads")
        );
    }
}

#[test]
fn servers_for_tests_serve_nothing() {
    let text = "//- /pyproject.toml\n[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [\"django\", \"channels\", \"granian\"]\n[dependency-groups]\ntesting = [\"daphne\"]\n//- /manage.py\nimport django\n//- /p/settings.py\nWSGI_APPLICATION = 'p.wsgi.application'\n//- /p/wsgi.py\napplication = get_wsgi_application()\n";
    let survey = found(text);
    let start = survey.services[0].start.as_ref().expect("it starts");
    assert!(
        start.value.starts_with(&[
            "granian".to_owned(),
            "--interface".to_owned(),
            "asgi".to_owned()
        ]),
        "{start:?}"
    );
}

#[test]
fn a_port_of_asp_net_that_cannot_be_read_is_asked_for() {
    let text = "//- /api.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>\n//- /Program.cs\noptions.ListenAnyIP(Configuration.Port);\n";
    let survey = found(text);
    let questions = &survey.services[0].questions;
    assert!(
        questions
            .iter()
            .any(|one| one.topic == plimsoll_scaffold::model::Topic::Port)
    );
}
