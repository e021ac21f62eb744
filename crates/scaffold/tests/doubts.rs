//! What is no service, no health route and no certain need, however much it looks like one.

use plimsoll_scaffold::detect::{Told, ToldService, survey};
use plimsoll_scaffold::model::{Certainty, Evidence, Known, Survey};
use plimsoll_scaffold::statements::backing_name;
use plimsoll_testkit::fixture::{Fixture, tree};

fn found(text: &str) -> Survey {
    survey(&tree(&Fixture::parse("x", text)), "", &Told::default())
}

fn folders(survey: &Survey) -> Vec<&str> {
    let services = survey.services.iter();
    services.map(|service| service.folder.as_str()).collect()
}

fn left_out(survey: &Survey) -> Vec<&str> {
    let refusals = survey.refusals.iter();
    refusals.map(|refusal| refusal.folder.as_str()).collect()
}

/// The routes of the only service; `?` behind one that is not stated.
fn routes(text: &str) -> Vec<String> {
    let survey = found(text);
    let [service] = &survey.services[..] else {
        panic!("{survey:?}");
    };
    let routes = service.health.iter();
    routes
        .map(|route| {
            let doubt = if route.certainty < Certainty::Stated {
                "?"
            } else {
                ""
            };
            format!("{}{doubt}", route.value.path)
        })
        .collect()
}

/// What the first service talks to; `?` behind what is not stated.
fn backings(text: &str) -> Vec<String> {
    let survey = found(text);
    let backings = survey.services[0].backing.iter();
    backings
        .map(|known| {
            let doubt = if known.certainty < Certainty::Stated {
                "?"
            } else {
                ""
            };
            format!("{}{doubt}", backing_name(known.value))
        })
        .collect()
}

const SHOP: &str = "//- /shop/go.mod\nmodule shop\ngo 1.26\n//- /shop/main.go\npackage main\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";

#[test]
fn a_main_beside_services_is_none_by_itself() {
    let c4 = "//- /tools/c4/go.mod\nmodule c4\ngo 1.26\n//- /tools/c4/main.go\npackage main\nfunc main() { draw() }\n";
    let whole = format!("{SHOP}{c4}");
    let survey = found(&whole);
    assert_eq!(folders(&survey), ["shop"]);
    assert_eq!(left_out(&survey), ["tools/c4"]);
    assert!(survey.refusals[0].help.contains("--service tools/c4"));
    // Said to be one, it is one.
    let told = Told {
        services: vec![ToldService {
            folder: Some("tools/c4".to_owned()),
            start: Some(Known::told(vec!["c4".to_owned()], Evidence::table("said"))),
            ..ToldService::default()
        }],
    };
    let said = survey_of(&whole, &told);
    assert_eq!(folders(&said), ["shop", "tools/c4"]);
    // What starts it makes it one, too.
    for starting in [
        "//- /tools/c4/Dockerfile\nFROM scratch\n",
        "//- /compose.yaml\nservices:\n  c4:\n    build: ./tools/c4\n",
    ] {
        let survey = found(&format!("{whole}{starting}"));
        assert_eq!(folders(&survey), ["shop", "tools/c4"], "{starting}");
    }
}

fn survey_of(text: &str, told: &Told) -> Survey {
    survey(&tree(&Fixture::parse("x", text)), "", told)
}

#[test]
fn what_waits_for_work_is_a_service_and_what_listens_among_tools_is_none() {
    let module = |folder: &str, main: &str| {
        format!(
            "//- /{folder}/go.mod\nmodule x\ngo 1.26\n//- /{folder}/main.go\npackage main\n{main}\n"
        )
    };
    let worker = module("mail-worker", "func main() { loop() }");
    let maker = module("maker", "func main() { make() }");
    let kafka = module(
        "sink",
        "import \"github.com/segmentio/kafka-go\"\nfunc main() { kafka.NewReader() }",
    );
    let tool = module(
        "scripts/mock",
        "func main() { http.ListenAndServe(\":9\", nil) }",
    );
    let survey = found(&format!("{SHOP}{worker}{maker}{kafka}{tool}"));
    assert_eq!(folders(&survey), ["mail-worker", "shop", "sink"]);
    assert_eq!(left_out(&survey), ["maker", "scripts/mock"]);
    // Where nothing listens there is nothing to tell them apart by.
    assert_eq!(folders(&found(&maker)), ["maker"]);
}

#[test]
fn a_driver_in_code_that_only_tests_call_is_no_proof() {
    let main = "//- /go.mod\nmodule shop\ngo 1.26\n//- /main.go\npackage main\nimport \"shop/store\"\nfunc main() { store.NewMemory(); http.ListenAndServe(\":80\", nil) }\n//- /store/memory.go\npackage store\nfunc NewMemory() {}\n";
    let mysql = "//- /store/mysql.go\npackage store\nimport _ \"github.com/go-sql-driver/mysql\"\nfunc NewMySQL() { sql.Open(\"mysql\", os.Getenv(\"DATABASE_URL\")) }\n";
    assert_eq!(backings(&format!("{main}{mysql}")), ["mysql?"]);
    let called = main.replace("store.NewMemory()", "store.NewMySQL()");
    assert_eq!(backings(&format!("{called}{mysql}")), ["mysql"]);
}

#[test]
fn what_wants_a_login_is_no_health_route() {
    let express = "//- /package.json\n{\"dependencies\": {\"express\": \"5\"}, \"scripts\": {\"start\": \"node a.js\"}}\n//- /a.js\nconst app = express();\n";
    let end = "\napp.listen(3000);\n";
    for (code, expected) in [
        (
            "app.get('/health', (q, s) => s.json(auth.state()));",
            vec!["/health"],
        ),
        (
            "app.get('/health', requireAuth, (q, s) => s.end());",
            vec![],
        ),
        ("app.get('/status', (q, s) => s.end());", vec!["/status?"]),
        ("app.get('/status', (q, s) => s.render('status'));", vec![]),
    ] {
        assert_eq!(routes(&format!("{express}{code}{end}")), expected, "{code}");
    }
    let fastapi = "//- /requirements.txt\nfastapi\nuvicorn\n//- /main.py\napp = FastAPI()\n";
    for (code, expected) in [
        (
            "@app.get('/health')\ndef health(db=Depends(get_db)):\n  pass\n",
            vec!["/health"],
        ),
        (
            "@app.get('/health')\ndef health(user=Depends(get_current_user)):\n  pass\n",
            vec![],
        ),
        (
            "@app.get('/x')\n@login_required\ndef x():\n  pass\n@app.get('/health')\ndef health():\n  pass\n",
            vec!["/health"],
        ),
        (
            "@app.get('/health', dependencies=[Depends(PermissionDependency([AllowAll]))])\ndef health():\n  pass\n",
            vec!["/health"],
        ),
        (
            "@login_required\n@app.get('/health')\ndef health():\n  pass\n",
            vec![],
        ),
        (
            "r = APIRouter(dependencies=[Depends(require_auth)])\n@r.get('/health')\ndef health():\n  pass\napp.include_router(r)\n",
            vec![],
        ),
    ] {
        assert_eq!(routes(&format!("{fastapi}{code}")), expected, "{code}");
    }
    let django = "//- /requirements.txt\ndjango\ndjangorestframework\n//- /manage.py\nfrom django.core import management\n//- /shop/settings.py\nWSGI_APPLICATION = 'shop.wsgi.application'\n//- /shop/urls.py\nurlpatterns = [path('health/', Health.as_view())]\n//- /shop/views.py\n";
    for (code, expected) in [
        (
            "class Health(APIView):\n  def get(self): pass\n",
            vec!["/health/"],
        ),
        (
            "class Health(APIView):\n  permission_classes = (IsAuthenticated,)\n",
            vec![],
        ),
        (
            "class Health(APIView):\n  permission_classes = [AllowAny]\n",
            vec!["/health/"],
        ),
        ("@login_required\ndef Health(request): pass\n", vec![]),
    ] {
        assert_eq!(routes(&format!("{django}{code}")), expected, "{code}");
    }
}

#[test]
fn routes_stand_below_what_mounts_them() {
    let package = "//- /package.json\n{\"dependencies\": {\"express\": \"5\"}, \"scripts\": {\"start\": \"node a.js\"}}\n";
    let router = "//- /routes.js\nconst apiRouter = express.Router();\napiRouter.get('/health', f);\nmodule.exports = { api: apiRouter };\n";
    let inner = "//- /inner.js\nconst r = express.Router();\nr.get('/health', f);\nmodule.exports = r;\n//- /outer.js\nconst o = express.Router();\no.use('/in', require('./inner'));\nmodule.exports = o;\n";
    for (app, files, expected) in [
        (
            "const routes = require('./routes');\napp.use('/api', routes.api);",
            router,
            vec!["/api/health"],
        ),
        (
            "const routes = require('./routes');\napp.use(routes.api);",
            router,
            vec!["/health"],
        ),
        ("load('routes');", router, vec!["/health?"]),
        (
            "app.use('/api', require('./outer'));",
            inner,
            vec!["/api/in/health"],
        ),
        ("load('outer');", inner, vec![]),
    ] {
        let text = format!(
            "{package}//- /a.js\nconst app = express();\n{app}\napp.listen(3000);\n{files}"
        );
        assert_eq!(routes(&text), expected, "{app}");
    }
    let mounted = "//- /requirements.txt\nfastapi\nuvicorn\n//- /main.py\napp = FastAPI()\napi = FastAPI()\n@api.get('/health')\ndef health():\n  pass\napp.mount('/api/v1', app=api)\n";
    assert_eq!(routes(mounted), ["/api/v1/health"]);
}

#[test]
fn pages_that_a_server_hands_out_are_no_service() {
    let vite = |folder: &str, build: &str| {
        format!(
            "//- /{folder}/package.json\n{{\"devDependencies\": {{\"vite\": \"7\"}}, \"scripts\": {{\"build\": \"{build}\"}}}}\n//- /{folder}/index.html\n<html>\n"
        )
    };
    let server = "//- /go.mod\nmodule notes\ngo 1.26\n//- /main.go\npackage main\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n";
    let outside = vite("web", "vite build --outDir=../dist");
    let survey = found(&format!("{server}{outside}"));
    assert_eq!(folders(&survey), [""]);
    assert_eq!(left_out(&survey), ["web"]);
    // By itself it is one.
    let inside = vite("web", "vite build");
    assert_eq!(folders(&found(&format!("{server}{inside}"))), ["", "web"]);
    let node = "//- /package.json\n{\"dependencies\": {\"express\": \"5\"}, \"scripts\": {\"start\": \"node a.js\", \"build\": \"cd web && npm run build\"}}\n//- /a.js\napp.listen(1)\n";
    assert_eq!(left_out(&found(&format!("{node}{inside}"))), ["web"]);
    let nested = vite("shop/client", "vite build");
    assert_eq!(
        left_out(&found(&format!("{SHOP}{nested}"))),
        ["shop/client"]
    );
}

#[test]
fn management_of_spring_is_where_its_configuration_says() {
    let text = |more: &str| {
        format!(
            "//- /pom.xml\n<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>4.0.0</version></parent><groupId>a</groupId><artifactId>shop</artifactId><version>1</version><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-actuator</artifactId></dependency></dependencies><build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>\n//- /src/main/java/A.java\nclass A {{ public static void main(String[] a) {{}} }}\n{more}"
        )
    };
    let yaml = "//- /src/main/resources/application.yml\n";
    for (more, expected) in [
        (String::new(), vec!["/actuator/health"]),
        (
            format!("{yaml}management:\n  endpoints:\n    web:\n      base-path: /management\n"),
            vec!["/management/health"],
        ),
        (format!("{yaml}management:\n  server:\n    port: 9001\n"), vec![]),
        (
            "//- /src/main/java/C.java\n@Client(\"http://other\")\ninterface C { @Get(\"/health\") String health(); }\n".to_owned(),
            vec!["/actuator/health"],
        ),
    ] {
        assert_eq!(routes(&text(&more)), expected, "{more}");
    }
}

#[test]
fn what_a_property_switches_is_no_certain_need() {
    let pom = "//- /pom.xml\n<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>4.0.0</version></parent><groupId>a</groupId><artifactId>shop</artifactId><version>1</version><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-amqp</artifactId></dependency></dependencies><build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>\n//- /src/main/java/A.java\nclass A { public static void main(String[] a) {} }\n";
    assert_eq!(backings(pom), ["rabbitmq"]);
    let switched = "//- /src/main/java/C.java\n@ConditionalOnProperty(\"shop.messaging\")\nclass C { RabbitTemplate template; }\n";
    assert_eq!(backings(&format!("{pom}{switched}")), ["rabbitmq?"]);
}

#[test]
fn files_of_remix_are_routes() {
    let text = "//- /package.json\n{\"dependencies\": {\"@react-router/node\": \"7\", \"@react-router/serve\": \"7\"}, \"devDependencies\": {\"@react-router/dev\": \"7\", \"vite\": \"7\"}, \"scripts\": {\"build\": \"react-router build\", \"start\": \"react-router-serve build/server/index.js\"}}\n//- /app/routes/api+/health.ts\nexport const loader = async () => Response.json({});\n//- /app/routes/status.tsx\nexport const loader = f;\nexport default function Status() {}\n";
    assert_eq!(routes(text), ["/api/health"]);
}

#[test]
fn a_database_that_is_a_file_makes_a_driver_an_alternative() {
    let flask = "//- /requirements.txt\nflask\ngunicorn\npsycopg2-binary\n//- /app.py\napp = Flask(__name__)\nurl = os.environ.get('DATABASE_URL')";
    assert_eq!(backings(&format!("{flask}\n")), ["postgres"]);
    let file = format!("{flask} or 'sqlite:///' + path\n");
    assert_eq!(backings(&file), ["postgres?"]);
}

#[test]
fn prefixes_that_variables_change_leave_routes_likely() {
    let nest = |prefix: &str| {
        format!(
            "//- /package.json\n{{\"dependencies\": {{\"@nestjs/core\": \"11\", \"@nestjs/common\": \"11\"}}, \"scripts\": {{\"build\": \"nest build\", \"start:prod\": \"node dist/main\"}}}}\n//- /src/main.ts\nconst prefix = {prefix};\napp.setGlobalPrefix(prefix);\nawait app.listen(3000);\n//- /src/health.controller.ts\n@Controller('health')\nexport class C {{ @Get() check() {{}} }}\n"
        )
    };
    assert_eq!(routes(&nest("'api'")), ["/api/health"]);
    let read = nest("configService.get<string>('API_PREFIX', 'api/v1')");
    assert_eq!(routes(&read), ["/api/v1/health?"]);
    assert_eq!(routes(&nest("makePrefix()")), ["/health?"]);
}

#[test]
fn groups_that_ask_for_a_login_have_no_health_routes() {
    let project = "//- /Shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>\n//- /Program.cs\nvar app = WebApplication.Create(args);\napp.MapHealthChecks(\"/healthz\");\nvar group = app.MapGroup(\"/api/admin\").WithTags(\"a\")\n    .RequireAuthorization(Policies.Admin);\ngroup.MapGet(\"/health\", () => 1);\napp.Run();\n";
    assert_eq!(routes(project), ["/healthz"]);
}

#[test]
fn addresses_that_are_put_together_for_others_are_no_needs() {
    let app = |code: &str| {
        found(&format!(
            "//- /package.json\n{{\"dependencies\": {{\"express\": \"5\", \"mysql2\": \"3\"}}, \"scripts\": {{\"start\": \"node server.js\"}}}}\n//- /server.js\nconst app = express();\napp.listen(3000);\n{code}\n"
        ))
    };
    let certain = |survey: &Survey| {
        let mut backing = survey.services[0].backing.iter();
        backing.any(|known| known.certainty == Certainty::Stated)
    };
    let of_others = "const url = (input) => `mysql://root:x@${input.host}:3306/${input.name}`;";
    assert!(!certain(&app(of_others)));
    assert!(certain(&app("const url = 'mysql://root:x@db:3306/shop';")));
    let by_variable = "const url = `mysql://root:x@${process.env.DB_HOST}:3306/shop`;";
    assert!(certain(&app(by_variable)));
}

#[test]
fn applications_of_nx_without_a_manifest_are_named() {
    let workspace = "//- /package.json\n{\"private\": true, \"devDependencies\": {\"nx\": \"21\"}}\n//- /nx.json\n{}\n//- /apps/api/package.json\n{\"name\": \"api\", \"dependencies\": {\"express\": \"5\"}, \"scripts\": {\"start\": \"node server.js\"}}\n//- /apps/api/server.js\nconst app = express();\napp.listen(3000);\n";
    let ui = |executor: &str| {
        found(&format!(
            "{workspace}//- /apps/ui/project.json\n{{\n  \"projectType\": \"application\",\n  \"targets\": {{\"build\": {{\n    \"executor\": \"{executor}\"}}}}\n}}\n//- /apps/ui/src/page.tsx\nexport default 1;\n"
        ))
    };
    let survey = ui("@nx/next:build");
    assert_eq!(folders(&survey), ["apps/api"]);
    assert_eq!(left_out(&survey), ["apps/ui"]);
    let evidence = &survey.refusals[0].evidence[0];
    assert_eq!(
        (evidence.file.as_str(), evidence.line),
        ("apps/ui/project.json", 4)
    );
    assert!(left_out(&ui("@nx/playwright:playwright")).is_empty());
}
