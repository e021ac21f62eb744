//! Pages that a server of the same tree hands out are built for its image where its code names the folder.

use std::collections::BTreeSet;

use plimsoll_scaffold::detect::{Told, survey};
use plimsoll_scaffold::generate::{Artefact, generate};
use plimsoll_scaffold::model::Survey;
use plimsoll_scaffold::wishes::Wishes;
use plimsoll_testkit::fixture::{Fixture, tree};

fn found(text: &str) -> Survey {
    survey(&tree(&Fixture::parse("x", text)), "", &Told::default())
}

fn vite(folder: &str, more: &str) -> String {
    format!(
        "//- /{folder}/package.json\n{{\"name\": \"pages\", \"devDependencies\": {{\"vite\": \"7\"}}, \"scripts\": {{\"build\": \"vite build{more}\"}}}}\n//- /{folder}/package-lock.json\n{{}}\n//- /{folder}/index.html\n<html>\n//- /{folder}/src/main.js\na()\n"
    )
}

/// A file that is written for a tree.
fn file(survey: &Survey, path: &str) -> String {
    let wishes = Wishes {
        project: "shop".to_owned(),
        ..Wishes::default()
    };
    let only: BTreeSet<Artefact> = Artefact::ALL.into();
    let written = generate(survey, &wishes, &only);
    let file = written.iter().find(|file| file.path == path);
    let paths: Vec<&str> = written.iter().map(|file| file.path.as_str()).collect();
    file.unwrap_or_else(|| panic!("{path} is not among {paths:?}"))
        .text()
}

#[track_caller]
fn holds(text: &str, lines: &[&str]) {
    let mut rest = text;
    for line in lines {
        let at = rest.find(line);
        let at = at.unwrap_or_else(|| panic!("`{line}` is not there, or not in order:\n{text}"));
        rest = &rest[at + line.len()..];
    }
}

const GO: &str = "//- /go.mod\nmodule notes\ngo 1.26\n//- /main.go\npackage main\nimport \"notes/web\"\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n";

#[test]
fn what_go_embeds_is_there_before_the_program_is_built() {
    let embed = "//- /web/embed.go\npackage web\nimport \"embed\"\n//go:embed all:dist\nvar Files embed.FS\n";
    let survey = found(&format!("{GO}{embed}{}", vite("web", "")));
    assert_eq!(survey.services.len(), 1, "{:?}", survey.services);
    assert!(survey.refusals.is_empty(), "{:?}", survey.refusals);
    let pages = &survey.services[0].pages[0];
    assert_eq!(
        (pages.place.value.as_str(), pages.built_in),
        ("web/dist", true)
    );
    assert_eq!(
        (
            pages.place.evidence[0].file.as_str(),
            pages.place.evidence[0].line
        ),
        ("web/embed.go", 3)
    );
    holds(
        &file(&survey, "Dockerfile"),
        &[
            "FROM node:",
            " AS pages\n",
            "WORKDIR /app\n",
            "COPY web/package.json web/package-lock.json ./\n",
            "npm ci\n",
            "COPY web/index.html ./\nCOPY web/src src\n",
            "RUN npm run build\n",
            " AS build\n",
            "COPY web web\n",
            "COPY --from=pages /app/dist/ /src/web/dist/\n",
            "go build ",
        ],
    );
    let ignore = file(&survey, ".dockerignore");
    for line in ["!web/package.json\n", "!web/src\n", "**/node_modules\n"] {
        assert!(ignore.contains(line), "{line}\n{ignore}");
    }
}

#[test]
fn pages_beside_a_server_come_from_the_folder_above_both() {
    let express = "//- /server/package.json\n{\"dependencies\": {\"express\": \"5\"}, \"scripts\": {\"start\": \"node index.js\"}}\n//- /server/package-lock.json\n{}\n//- /server/index.js\nconst app = express();\napp.use(express.static(path.join(__dirname, '..', 'client', 'dist')));\napp.listen(3000);\n";
    let survey = found(&format!("{express}{}", vite("client", "")));
    assert_eq!(survey.services.len(), 1, "{:?}", survey.services);
    assert_eq!(survey.services[0].builder_root(), "");
    holds(
        &file(&survey, "server/Dockerfile"),
        &[
            "COPY client/package.json client/package-lock.json ./\n",
            "COPY client/src src\n",
            "COPY server/package.json server/package-lock.json ./\n",
            " AS runtime\n",
            "server/index.js ./\n",
            "COPY --from=pages /app/dist/ /client/dist/\n",
            "USER 10001:10001\n",
        ],
    );
    let ignore = file(&survey, "server/Dockerfile.dockerignore");
    for line in ["*\n", "!server/index.js\n", "!client/src\n"] {
        assert!(ignore.contains(line), "{line}\n{ignore}");
    }
    holds(
        &file(&survey, "compose.yaml"),
        &["context: .\n", "dockerfile: server/Dockerfile\n"],
    );
}

#[test]
fn a_folder_that_python_or_spring_hands_out_is_known() {
    let fastapi = "//- /backend/requirements.txt\nfastapi\nuvicorn\n//- /backend/main.py\nfrom fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\napp = FastAPI()\napp.mount('/', StaticFiles(directory='../frontend/dist', html=True))\n";
    let survey = found(&format!("{fastapi}{}", vite("frontend", "")));
    assert_eq!(survey.services.len(), 1, "{:?}", survey.services);
    holds(
        &file(&survey, "backend/Dockerfile"),
        &[
            "COPY backend/requirements.txt ./\n",
            // The server does not start without the folder.
            " AS dev\n",
            "COPY --from=pages /app/dist/ /frontend/dist/\n",
            " AS runtime\n",
            "COPY --from=pages /app/dist/ /frontend/dist/\n",
        ],
    );
    let spring = "//- /pom.xml\n<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>4.0.0</version></parent><groupId>a</groupId><artifactId>shop</artifactId><version>1</version><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies><build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>\n//- /src/main/java/A.java\nclass A { public static void main(String[] a) {} }\n";
    let pages = vite("ui", " --outDir=../src/main/resources/static");
    let survey = found(&format!("{spring}{pages}"));
    assert_eq!(survey.services.len(), 1, "{:?}", survey.services);
    holds(
        &file(&survey, "Dockerfile"),
        &[
            " AS pages\n",
            "COPY --from=pages /src/main/resources/static/ /src/src/main/resources/static/\n",
            "package -DskipTests",
        ],
    );
}

#[test]
fn what_views_of_laravel_name_is_built() {
    let survey = found(
        "//- /composer.json\n{\"require\": {\"php\": \"^8.3\", \"laravel/framework\": \"^12.0\"}}\n//- /composer.lock\n{}\n//- /artisan\n#!/usr/bin/env php\n//- /public/index.php\n<?php\n//- /app/User.php\n<?php\n//- /package.json\n{\"private\": true, \"scripts\": {\"dev\": \"vite\", \"build\": \"vite build\"}, \"devDependencies\": {\"laravel-vite-plugin\": \"2\", \"vite\": \"7\"}}\n//- /package-lock.json\n{}\n//- /vite.config.js\nexport default {}\n//- /resources/js/app.js\na()\n",
    );
    assert_eq!(survey.services.len(), 1, "{:?}", survey.services);
    let text = file(&survey, "Dockerfile");
    holds(
        &text,
        &[
            " AS pages\n",
            "COPY package.json package-lock.json ./\n",
            "npm ci\n",
            "COPY vite.config.js ./\nCOPY resources resources\n",
            "RUN npm run build\n",
            " AS runtime\n",
            "COPY --from=pages /app/public/build/ /app/public/build/\n",
        ],
    );
    let ignore = file(&survey, ".dockerignore");
    for line in ["!package-lock.json\n", "!resources\n", "**/node_modules\n"] {
        assert!(ignore.contains(line), "{line}\n{ignore}");
    }
}

#[test]
fn configurations_of_builds_say_where_pages_end() {
    let server = "//- /server/go.mod\nmodule notes\ngo 1.26\n//- /server/main.go\npackage main\nimport \"notes/static\"\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n//- /server/static/files.go\npackage static\n//go:embed files\nvar Files embed.FS\n";
    for (dependency, build, file) in [
        (
            "\"@vue/cli-service\": \"5\"",
            "vue-cli-service build",
            "vue.config.js\nmodule.exports = {\n  outputDir: '../server/static/files',\n}\n",
        ),
        (
            "\"@sveltejs/kit\": \"2\", \"@sveltejs/adapter-static\": \"3\", \"vite\": \"7\"",
            "vite build",
            "svelte.config.js\nexport default { kit: { adapter: adapter({\n  pages: process.env.OUT ?? '../server/static/files',\n}) } };\n",
        ),
    ] {
        let text = format!(
            "{server}//- /web/package.json\n{{\"devDependencies\": {{{dependency}}}, \"scripts\": {{\"build\": \"{build}\"}}}}\n//- /web/{file}"
        );
        let survey = found(&text);
        let pages = survey.services[0].pages.iter();
        let places: Vec<&str> = pages.map(|pages| pages.place.value.as_str()).collect();
        assert_eq!(
            places,
            ["server/static/files"],
            "{file}\n{:?}",
            survey.services
        );
        holds(
            &file_of(&survey),
            &[
                "COPY --from=pages /server/static/files/ /src/static/files/\n",
                "go build",
            ],
        );
    }
}

fn file_of(survey: &Survey) -> String {
    file(survey, "server/Dockerfile")
}

#[test]
fn what_a_page_listens_to_makes_it_no_server() {
    let pages = |code: &str| {
        format!(
            "//- /web/package.json\n{{\"devDependencies\": {{\"vite\": \"7\"}}, \"scripts\": {{\"start\": \"vite\", \"build\": \"vite build\"}}}}\n//- /web/index.html\n<html>\n//- /web/src/main.js\n{code}\n"
        )
    };
    let embed = "//- /web/embed.go\npackage web\n//go:embed dist\nvar Files embed.FS\n";
    for code in [
        "history.listen((location) => { a(location); });",
        "store.listen(message => a(message));",
        "store.listen(function (message) { a(message); });",
        "class A { again() { this.listen(callback); } }",
    ] {
        let survey = found(&format!("{GO}{embed}{}", pages(code)));
        assert_eq!(survey.services.len(), 1, "{code}");
        assert_eq!(survey.services[0].pages.len(), 1, "{code}");
    }
    for code in [
        "server.listen(3000, () => a());",
        "app.listen({ port }, (error) => a(error));",
        "server.listen(() => a());",
    ] {
        let survey = found(&format!("{GO}{embed}{}", pages(code)));
        assert_eq!(survey.services.len(), 2, "{code}");
    }
}

#[test]
fn what_no_code_names_is_told_and_not_guessed() {
    // Nothing says what is embedded, or handed out.
    let survey = found(&format!("{GO}{}", vite("web", " --outDir=../dist")));
    assert!(survey.services[0].pages.is_empty());
    let help = &survey.refusals[0].help;
    assert!(
        help.contains("nothing in the code of `notes` names `dist`"),
        "{help}"
    );
    // A package that is installed finds nothing beside itself.
    let package = "//- /backend/pyproject.toml\n[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n//- /backend/uv.lock\nversion = 1\n//- /backend/src/shop/main.py\napp = FastAPI()\napp.mount('/', StaticFiles(directory=Path(__file__).parents[3] / 'frontend' / 'dist'))\n";
    let survey = found(&format!("{package}{}", vite("frontend", "")));
    assert!(
        survey
            .services
            .iter()
            .all(|service| service.pages.is_empty()),
        "{survey:?}"
    );
    // A comment is no code.
    let comment = GO.replace(
        "package main\n",
        "package main\n// http.FileServer(http.Dir(\"web/dist\"))\n",
    );
    let survey = found(&format!("{comment}{}", vite("web", "")));
    assert_eq!(survey.services.len(), 2);
}

const SYMFONY: &str = "//- /composer.json\n{\"require\": {\"php\": \">=8.3\", \"symfony/framework-bundle\": \"7.3.*\"}}\n//- /composer.lock\n{}\n//- /public/index.php\n<?php\n//- /src/Kernel.php\n<?php\n//- /webpack.config.js\nconst Encore = require('@symfony/webpack-encore');\nEncore\n  .setOutputPath('public/build/')\n  .setPublicPath('/build');\n//- /assets/app.js\na()\n//- /package-lock.json\n{}\n";

fn encore(more: &str) -> String {
    format!(
        "{SYMFONY}//- /package.json\n{{\"private\": true, \"scripts\": {{\"build\": \"encore production --progress\"}}, \"devDependencies\": {{\n\"@symfony/webpack-encore\": \"5\"{more}}}}}\n"
    )
}

#[test]
fn what_encore_builds_for_symfony_is_built() {
    let survey = found(&encore(""));
    assert_eq!(survey.services.len(), 1, "{:?}", survey.services);
    let pages = &survey.services[0].pages[0];
    let evidence = &pages.place.evidence[0];
    assert_eq!(
        (evidence.file.as_str(), evidence.line),
        ("webpack.config.js", 3)
    );
    let text = file(&survey, "Dockerfile");
    holds(
        &text,
        &[
            "FROM node:",
            " AS pages\n",
            "COPY package.json package-lock.json ./\n",
            "npm ci\n",
            "COPY webpack.config.js ./\nCOPY assets assets\n",
            "RUN npm run build\n",
            "composer install ",
            " AS runtime\n",
            "COPY --from=pages /app/public/build/ /app/public/build/\n",
        ],
    );
    let ignore = file(&survey, ".dockerignore");
    for line in ["!package-lock.json\n", "!assets\n", "**/node_modules\n"] {
        assert!(ignore.contains(line), "{line}\n{ignore}");
    }
}

#[test]
fn packages_that_composer_brings_are_there_before_they_are_installed() {
    let more = ",\n\"@symfony/ux-turbo\": \"file:vendor/symfony/ux-turbo/assets\"";
    let survey = found(&encore(more));
    let needs = survey.services[0].pages[0].needs.as_ref();
    let needs = needs.expect("they are taken from a folder");
    assert_eq!(
        (needs.evidence[0].file.as_str(), needs.evidence[0].line),
        ("package.json", 3)
    );
    holds(
        &file(&survey, "Dockerfile"),
        &[
            " AS build\n",
            "composer install ",
            " AS pages\n",
            "COPY --from=build /app/vendor vendor\n",
            "npm ci\n",
            "RUN npm run build\n",
            " AS runtime\n",
            "COPY --from=pages /app/public/build/ /app/public/build/\n",
        ],
    );
}

#[test]
fn assets_that_rails_compiles_with_node_have_its_packages() {
    let rails = |gem: &str| {
        found(&format!(
            "//- /Gemfile\ngem 'rails', '~> 8.0'\ngem 'puma'\ngem '{gem}'\n//- /Gemfile.lock\nGEM\n//- /config/application.rb\n//- /bin/rails\n#!/usr/bin/env ruby\n//- /app/javascript/application.js\na()\n//- /app/assets/builds/.keep\n//- /package.json\n{{\"private\": true, \"packageManager\": \"yarn@1.22.22\", \"scripts\": {{\"build\": \"esbuild app/javascript/*.* --bundle --outdir=app/assets/builds\"}}, \"dependencies\": {{\"esbuild\": \"0.25\"}}}}\n//- /yarn.lock\n# yarn lockfile v1\n"
        ))
    };
    let gems = [
        "jsbundling-rails",
        "cssbundling-rails",
        "vite_rails",
        "shakapacker",
    ];
    for gem in gems {
        let survey = rails(gem);
        assert_eq!(survey.services.len(), 1, "{:?}", survey.services);
        holds(
            &file(&survey, "Dockerfile"),
            &[
                "FROM node:",
                " AS packages\n",
                "npm install --global --force yarn@1.22.22\n",
                "COPY package.json yarn.lock ./\n",
                "yarn install --frozen-lockfile\n",
                "FROM ruby:",
                " AS build\n",
                "bundle install\n",
                "COPY --from=packages /usr/local/bin/ /usr/local/bin/\n",
                "COPY --from=packages /usr/local/lib/node_modules/ /usr/local/lib/node_modules/\n",
                "COPY --from=packages /app/ ./\n",
                "./bin/rails assets:precompile\n",
                " AS runtime\n",
                "COPY --from=build /app/public public\n",
            ],
        );
        let ignore = file(&survey, ".dockerignore");
        for line in ["!yarn.lock\n", "!app\n", "**/node_modules\n"] {
            assert!(ignore.contains(line), "{line}\n{ignore}");
        }
    }
    // A package.json for tools alone brings no Node into the image.
    let survey = rails("importmap-rails");
    let text = file(&survey, "Dockerfile");
    assert!(!text.contains("FROM node:"), "{text}");
}
