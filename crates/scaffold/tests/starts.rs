//! What starts a program, and where it listens, where a name or a habit would say something else.

use plimsoll_scaffold::detect::{Told, survey};
use plimsoll_scaffold::model::{Certainty, Service, Survey, Topic};
use plimsoll_testkit::fixture::{Fixture, tree};

fn found(text: &str) -> Survey {
    survey(&tree(&Fixture::parse("x", text)), "", &Told::default())
}

/// `start|port`; `?` behind what is not stated, `-` for nothing, `ask` for a question about the port.
fn line(service: &Service) -> String {
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
    let asked = service
        .questions
        .iter()
        .any(|open| open.topic == Topic::Port);
    let port = match &service.port {
        _ if asked => "ask".to_owned(),
        Some(port) => format!("{}{}", port.value.number, doubt(port.certainty)),
        None => "-".to_owned(),
    };
    format!("{start}|{port}")
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let survey = found(text);
    let lines: Vec<String> = survey.services.iter().map(line).collect();
    assert_eq!(lines, expected, "{:?}", survey.refusals);
}

#[test]
fn applications_of_python_are_found_behind_factories_and_scripts() {
    let flask = "//- /requirements.txt\nflask\ngunicorn\n";
    let factory = "//- /shop/__init__.py\ndef create_app(config='x'):\n  app = ShopFlask(__name__)\n//- /wsgi.py\nfrom shop import create_app\napp = create_app()\n";
    check(
        &format!("{flask}{factory}"),
        &["gunicorn --bind 0.0.0.0:8000 wsgi:app|8000?"],
    );
    // A debugger listens for developers, events of a library are no requests.
    let noise = "//- /shop/debug.py\ndebugpy.listen(('0.0.0.0', 5678))\n//- /shop/models.py\nlisten(Order.total, 'set', check)\ntotal = 9999\n";
    check(
        &format!("{flask}{factory}{noise}"),
        &["gunicorn --bind 0.0.0.0:8000 wsgi:app|8000?"],
    );
    // The application's own file, not what happens to run others; its port is computed.
    let alone = "//- /requirements.txt\nflask\n//- /shop/__init__.py\n//- /shop/version.py\nsubprocess.run(['git'])\nif __name__ == '__main__':\n  print(1)\n//- /shop/web.py\nfrom shop import version\napp = Flask(__name__)\nif __name__ == '__main__':\n  app.run(port=settings()['port'])\n";
    check(alone, &["python -m shop.web|ask"]);
}

#[test]
fn a_module_that_is_called_setup_makes_no_project() {
    let text = "//- /requirements.txt\nflask\ngunicorn\n//- /app.py\napp = Flask(__name__)\n//- /views/setup.py\ndef setup():\n  pass\n//- /views/api.py\n@app.route('/ping')\ndef ping():\n  pass\n";
    let survey = found(text);
    assert_eq!(survey.services.len(), 1);
    assert_eq!(survey.services[0].health[0].value.path, "/ping");
}

#[test]
fn what_reads_variables_from_files_starts_nothing_itself() {
    let text = "//- /package.json\n{\"dependencies\": {\"express\": \"5\"}, \"scripts\": {\"start\": \"npm run with:env -- cross-env NODE_ENV=production node build/a.js\", \"with:env\": \"dotenv -e .env --\", \"build\": \"tsc\"}}\n//- /a.js\napp.listen(4000)\n";
    check(text, &["node build/a.js|4000"]);
    let direct = text.replace(
        "npm run with:env -- cross-env",
        "dotenv -e .env -- cross-env",
    );
    check(&direct, &["node build/a.js|4000"]);
}

#[test]
fn pages_of_scripts_that_watch_are_pages() {
    let text = "//- /package.json\n{\"scripts\": {\"build\": \"node scripts/build.js\", \"start\": \"npm run build && node scripts/start.js\"}, \"dependencies\": {\"bootstrap\": \"5\"}}\n//- /scripts/start.js\nrun('browser-sync dist')\n//- /scripts/build.js\nbuild()\n//- /dist/index.html\n<html>\n";
    check(text, &["-|8080?"]);
}

#[test]
fn gradle_puts_a_program_with_its_libraries_into_a_folder() {
    let settings = "//- /settings.gradle\nrootProject.name = 'shop'\n";
    let main = "//- /src/main/java/Shop.java\nclass Shop { public static void main(String[] a) { ServerBuilder.forPort(9090); } }\n";
    for plugin in ["id 'application'", "application"] {
        let build = format!(
            "//- /build.gradle\nplugins {{\n  id 'java'\n  {plugin}\n}}\napplication {{ mainClass = 'shop.Shop' }}\n"
        );
        check(
            &format!("{settings}{build}{main}"),
            &["java -cp build/install/shop/lib/* shop.Shop|9090"],
        );
    }
    let jar = "//- /build.gradle\nplugins { id 'java' }\njar { manifest { attributes 'Main-Class': 'shop.Shop' } }\n";
    check(
        &format!("{settings}{jar}{main}"),
        &["java -jar build/libs/shop.jar|9090"],
    );
}

#[test]
fn a_port_that_another_server_or_a_variable_says_is_asked_for() {
    let pom = "//- /pom.xml\n<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>4.0.0</version></parent><groupId>a</groupId><artifactId>shop</artifactId><version>1</version><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies><build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>\n//- /src/main/java/A.java\nclass A { public static void main(String[] a) {} }\n//- /src/main/resources/application.yml\n";
    check(
        &format!("{pom}spring:\n  config:\n    import: configserver:http://config\n"),
        &["java -jar target/shop-1.jar|ask"],
    );
    let dev = "spring:\n  profiles:\n    active: dev\n//- /src/main/resources/application-dev.yml\nserver:\n  port: 8085\n";
    check(
        &format!("{pom}{dev}"),
        &["java -jar target/shop-1.jar|8085"],
    );
    let named = "server:\n  port: ${port:8086}\n";
    check(
        &format!("{pom}{named}"),
        &["java -jar target/shop-1.jar|8086"],
    );
    let python = "//- /mail/requirements.txt\ngrpcio\n//- /mail/main.py\nport = os.environ['MAIL_PORT']\nif __name__ == '__main__':\n  serve()\n";
    check(python, &["python main.py|ask"]);
    let default = python.replace("os.environ['MAIL_PORT']", "os.getenv('MAIL_PORT', '8025')");
    check(&default, &["python main.py|8025?"]);
    let other = python.replace("MAIL_PORT", "REDIS_PORT");
    check(&other, &["python main.py|-"]);
}

#[test]
fn a_port_that_is_kept_by_name_or_is_any_is_read_as_such() {
    let express = "//- /package.json\n{\"dependencies\": {\"express\": \"5\"}, \"scripts\": {\"start\": \"node a.js\"}}\n//- /a.js\nconst app = express();\napp.set('port', process.env.PORT || 8090);\napp.listen(app.get('port'), () => {});\n";
    check(express, &["node a.js|8090"]);
    let micronaut = "//- /pom.xml\n<project><groupId>a</groupId><artifactId>shop</artifactId><version>1</version><dependencies><dependency><groupId>io.micronaut</groupId><artifactId>micronaut-http-server-netty</artifactId></dependency></dependencies><build><plugins><plugin><artifactId>maven-shade-plugin</artifactId></plugin></plugins></build></project>\n//- /src/main/java/A.java\nclass A { public static void main(String[] a) {} }\n//- /src/main/resources/application.yml\nmicronaut:\n  server:\n    port: ${SERVICE_PORT:-1}\n";
    check(micronaut, &["java -jar target/shop-1.jar|ask"]);
}

#[test]
fn a_parameter_is_what_callers_hand_over() {
    let main = "//- /go.mod\nmodule shop\ngo 1.26\n//- /main.go\npackage main\nimport \"shop/server\"\nfunc main() { server.Run() }\n";
    let grpc = "//- /server/grpc.go\npackage server\nfunc RunGRPC() {\n  addr := \":7070\"\n  net.Dial(addr)\n}\n";
    let http = |own: &str| {
        format!(
            "//- /server/http.go\npackage server\nfunc Run() {{ runOn({own}) }}\nfunc runOn(addr string) {{ http.ListenAndServe(addr, nil) }}\n"
        )
    };
    let variable = http("\":\" + os.Getenv(\"PORT\")");
    check(&format!("{main}{grpc}{variable}"), &["shop|8080?"]);
    let number = http("\":9000\"");
    check(&format!("{main}{grpc}{number}"), &["shop|9000"]);
    // What another program of the workspace calls says nothing of this one.
    let other = "//- /server/other.go\npackage server\nfunc RunOther() { http.ListenAndServe(\":7071\", nil) }\nfunc init() { log() }\n";
    check(&format!("{main}{other}{number}"), &["shop|9000"]);
}

#[test]
fn a_procfile_may_start_others_beside_the_program() {
    let text = "//- /Gemfile\ngem 'rails'\ngem 'thruster'\n//- /config/application.rb\nclass A < Rails::Application; end\n//- /Procfile\nweb: bundle exec thrust bin/rails server\nredis: redis-server config/redis.conf\njobs: bundle exec resque-pool\n";
    let survey = found(text);
    let service = &survey.services[0];
    let names: Vec<&str> = service
        .processes
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["jobs"]);
    assert_eq!(service.backing.len(), 1);
    let port = service.port.as_ref().expect("a port");
    assert_eq!(port.value.number, 80);
    assert_eq!(port.value.variable.as_deref(), Some("HTTP_PORT"));
}

#[test]
fn what_serves_a_rackup_file_is_certain_only_where_it_is_installed() {
    let app = "//- /config.ru\nrun App\n//- /Gemfile\ngem 'sinatra'\n";
    let rackup = "bundle exec rackup config.ru -o 0.0.0.0 -p 9292";
    for (more, expected) in [
        (
            "gem 'puma'\n",
            "bundle exec puma -b tcp://0.0.0.0:9292|9292?",
        ),
        // Since its version 3 Rack has no `rackup` of its own.
        ("gem 'rackup'\n", &format!("{rackup}|9292?")),
        ("", &format!("{rackup}?|9292?")),
        (
            "group :development do\n  gem 'puma'\nend\n",
            &format!("{rackup}?|9292?"),
        ),
        (
            "//- /Gemfile.lock\nGEM\n  specs:\n    rack (3.2.0)\n",
            &format!("{rackup}?|9292?"),
        ),
        (
            "//- /Gemfile.lock\nGEM\n  specs:\n    rack (2.2.3)\n",
            &format!("{rackup}|9292?"),
        ),
        (
            "//- /Gemfile.lock\nGEM\n  specs:\n    rackup (2.2.1)\n      rack (>= 3)\n",
            &format!("{rackup}|9292?"),
        ),
    ] {
        check(&format!("{app}{more}"), &[expected]);
    }
}
