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
