//! The graph over several files at once.

use std::sync::Arc;

use plimsoll_links::Links;
use plimsoll_project::{Options, Project, config};
use plimsoll_source::Confidence;
use plimsoll_testkit::{Fixture, tree};

/// The links, one line each: `from kind to`, with `~` before what is only probable.
#[track_caller]
fn check(fixture: &str, expected: &[&str]) {
    check_told("", fixture, expected);
}

/// [`check`] with a `plimsoll.toml`.
#[track_caller]
fn check_told(config: &str, fixture: &str, expected: &[&str]) {
    let tree = tree(&Fixture::parse("x.yaml", fixture));
    let options = Options {
        config: config::parse(config, &config::Base::default()).expect("it is valid"),
        ..Options::default()
    };
    let project = Project::load(Arc::new(tree), &options);
    let links = Links::new(&project);
    let mut found: Vec<String> = links
        .all()
        .iter()
        .map(|link| {
            let (from, to) = (links.thing(link.from), links.thing(link.to));
            let likely = match link.confidence {
                Confidence::High => "",
                Confidence::Medium => "~",
            };
            let (from, to) = (links.label(from), links.label(to));
            format!("{likely}{from} {} {to}", link.kind.name())
        })
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

fn deployment(path: &str, name: &str, image: &str) -> String {
    format!(
        "//- /{path}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  template:\n    \
         metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers: [{{name: {name}, image: '{image}'}}]\n"
    )
}

fn service(path: &str, name: &str) -> String {
    format!(
        "//- /{path}\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: {name}}}}}\n"
    )
}

#[test]
fn a_container_that_is_called_like_a_workload_is_its_service() {
    let files = |name: &str| {
        format!(
            "//- /apps/api/Dockerfile\n{STAGE}//- /infra/compose.yaml\nservices:\n  api:\n    build: ../apps/api\n    \
             container_name: {name}\n  worker:\n    build: ../apps/api\n{}",
            deployment("infra/k.yaml", "shop-api", "shop/api:latest")
        )
    };
    let with = |name: &str, likely: &str| {
        let run = format!("{likely}Deployment/shop-api runs apps/api/Dockerfile");
        let same = format!("{likely}service/api same-as Deployment/shop-api");
        let mut expected = vec![
            run.as_str(),
            "service/api builds apps/api/Dockerfile",
            "service/worker builds apps/api/Dockerfile",
            same.as_str(),
        ];
        expected.sort_unstable();
        check(&files(name), &expected);
    };
    with("shop-api", "");
    with("other", "~");
}

#[test]
fn images_without_a_variant_are_those_that_are_built_without_one() {
    let files = |image: &str| {
        format!(
            "//- /Dockerfile\n{STAGE}//- /Dockerfile.api\n{STAGE}//- /build.sh\ndocker build -t $REG/shop:$V .\n\
             docker build -f Dockerfile.api -t $REG/shop:api-$V .\n{}",
            deployment("k.yaml", "x", image)
        )
    };
    let built = ["Dockerfile built-as shop", "Dockerfile.api built-as shop"];
    let runs = |run: &'static str| [&[run][..], &built].concat();
    check(
        &files("acme.io/shop:2"),
        &runs("Deployment/x runs Dockerfile"),
    );
    check(
        &files("acme.io/shop:api-2"),
        &runs("Deployment/x runs Dockerfile.api"),
    );
}

#[test]
fn scripts_are_called_from_where_their_folders_are() {
    let script = "cd cart\ndocker build -t shop-cart:1 .\ncd ..\n";
    let files = |path: &str| {
        format!(
            "//- /cart/Dockerfile\n{STAGE}//- /{path}\n{script}{}",
            deployment("k.yaml", "cart", "shop-cart:1")
        )
    };
    let expected = [
        "Deployment/cart runs cart/Dockerfile",
        "cart/Dockerfile built-as shop-cart",
    ];
    check(&files("build.sh"), &expected);
    check(&files("scripts/build.sh"), &expected);
    // A Makefile is called where it is.
    check(
        &files("scripts/Makefile")
            .replace("cd cart\n", "a:\n\tcd cart && ")
            .replace("\ncd ..", ""),
        &["~Deployment/cart runs cart/Dockerfile"],
    );
}

/// Three roles of one program: three stages of a Dockerfile, built under one name and three tags.
#[test]
fn tags_that_name_a_variant_tell_stages_apart() {
    let stages = "//- /Dockerfile\nFROM alpine:3 AS api\nCMD [\"a\"]\nFROM alpine:3 AS worker\nCMD [\"w\"]\n\
                  FROM alpine:3 AS mail\nCMD [\"m\"]\n";
    let compose = "//- /compose.yaml\nservices:\n  one:\n    build: {context: ., target: api}\n    image: shop:api\n  \
                   two:\n    build: {context: ., target: worker}\n    image: shop:worker\n";
    let script = "//- /Makefile\nmail:\n\tdocker build --target mail -t shop:mail .\n";
    let built = [
        "Dockerfile#api built-as shop",
        "Dockerfile#mail built-as shop",
        "Dockerfile#worker built-as shop",
    ];
    let services = [
        "service/one builds Dockerfile#api",
        "service/two builds Dockerfile#worker",
    ];
    let with = |runs: &[&'static str]| {
        let mut all = [runs, &built[..], &services[..]].concat();
        all.sort_unstable();
        all
    };
    let runs = |image: &str| {
        format!(
            "{stages}{compose}{script}{}",
            deployment("k.yaml", "x", image)
        )
    };
    check(
        &runs("shop:worker"),
        &with(&["Deployment/x runs Dockerfile#worker"]),
    );
    check(
        &runs("shop:mail"),
        &with(&["Deployment/x runs Dockerfile#mail"]),
    );
    // A variable or a version may stand behind it.
    check(
        &runs("shop:worker-1.2"),
        &with(&["Deployment/x runs Dockerfile#worker"]),
    );
    // A version and a tag that nobody builds say of none of them that it is meant: it may be the
    // last stage, as far as the name goes.
    for image in ["shop:1.4.2", "shop:web"] {
        check(&runs(image), &with(&["~Deployment/x runs Dockerfile#mail"]));
    }
}

const STAGE: &str = "FROM alpine:3\nCMD [\"a\"]\n";

#[test]
fn images_are_joined_by_what_builds_them() {
    // A script names the folder, with the registry in a variable.
    check(
        &format!(
            "//- /cart/Dockerfile\n{STAGE}//- /build.sh\ndocker build -t $REG/shop-cart:1 cart\n{}",
            deployment("k.yaml", "cart", "ghcr.io/acme/shop-cart:2")
        ),
        &[
            "Deployment/cart runs cart/Dockerfile",
            "cart/Dockerfile built-as shop-cart",
        ],
    );
    // A kustomization gives the image its name in the registry.
    check(
        &format!(
            "//- /cart/Dockerfile\n{STAGE}//- /skaffold.yaml\nbuild: {{artifacts: [{{image: cart, context: cart}}]}}\n\
             //- /k/kustomization.yaml\nresources: [cart.yaml]\nimages: [{{name: shop/basket, newName: cart}}]\n{}",
            deployment("k/cart.yaml", "cart", "shop/basket")
        ),
        &[
            "Deployment/cart runs cart/Dockerfile",
            "cart/Dockerfile built-as cart",
        ],
    );
}

#[test]
fn images_are_joined_by_names_that_agree() {
    check(
        &format!(
            "//- /src/cart/Dockerfile\n{STAGE}//- /src/user/Dockerfile\n{STAGE}{}{}",
            deployment("k/cart.yaml", "cart", "acme/shop-cart:2"),
            deployment("k/user.yaml", "user", "acme/shop-user:2"),
        ),
        &[
            "~Deployment/cart runs src/cart/Dockerfile",
            "~Deployment/user runs src/user/Dockerfile",
        ],
    );
    // One prefix alone may be chance, and everybody's image is nobody's own.
    check(
        &format!(
            "//- /src/cart/Dockerfile\n{STAGE}//- /redis/Dockerfile\n{STAGE}{}{}",
            deployment("k/cart.yaml", "a", "acme/shopping-cart:2"),
            deployment("k/redis.yaml", "b", "redis:7"),
        ),
        &[],
    );
}

#[test]
fn what_compose_builds_is_known_by_the_name_of_its_service() {
    let files = |image: &str| {
        format!(
            "//- /build/one/Dockerfile\n{STAGE}//- /build/two/Dockerfile\n{STAGE}//- /compose.yaml\nservices:\n  swit-auth: {{build: build/one}}\n  swit-user: {{build: build/two}}\n{}",
            deployment("k.yaml", "login", image)
        )
    };
    let built = [
        "service/swit-auth builds build/one/Dockerfile",
        "service/swit-user builds build/two/Dockerfile",
    ];
    let found = [
        "service/swit-auth same-as Deployment/login",
        "~Deployment/login runs build/one/Dockerfile",
    ];
    // The image that is called like the service makes sure that the two are one.
    check(
        &files("acme/swit-auth:1"),
        &[built[0], found[0], built[1], found[1]],
    );
    check(
        &files("acme/switauth:1"),
        &[
            built[0],
            built[1],
            "~Deployment/login runs build/one/Dockerfile",
            "~service/swit-auth same-as Deployment/login",
        ],
    );
    check(&files("acme/auth:1"), &built);
}

#[test]
fn a_registry_that_a_variable_names_may_be_another() {
    let files = |built: &str, used: &str| {
        format!(
            "//- /a/Dockerfile\n{STAGE}//- /b/Dockerfile\n{STAGE}//- /compose.yaml\nservices:\n  x: {{build: a, image: '{built}'}}\n{}",
            deployment("k.yaml", "front", used)
        )
    };
    check(
        &files("${REGISTRY:-acme}/web:${TAG:-1}", "other/web:1"),
        &[
            "Deployment/front runs a/Dockerfile",
            "a/Dockerfile built-as acme/web",
            "service/x builds a/Dockerfile",
            "service/x same-as Deployment/front",
        ],
    );
    let apart = [
        "a/Dockerfile built-as acme/web",
        "service/x builds a/Dockerfile",
    ];
    check(&files("acme/web:${TAG:-1}", "other/web:1"), &apart);
    // A placeholder is nobody's name.
    check(
        &files("acme/web", "YOUR_REGISTRY/web:1"),
        &[
            "Deployment/front runs a/Dockerfile",
            apart[0],
            apart[1],
            "service/x same-as Deployment/front",
        ],
    );
}

#[test]
fn an_image_of_others_is_not_built_where_something_is_added_to_it() {
    let files = |base: &str| {
        format!(
            "//- /vault/Dockerfile\nFROM {base}\nENTRYPOINT [\"vault\", \"agent\"]\n{}",
            deployment("k.yaml", "web", "hashicorp/vault:1.19")
        )
    };
    check(&files("hashicorp/vault:1.15"), &[]);
    check(
        &files("alpine:3"),
        &["~Deployment/web runs vault/Dockerfile"],
    );
}

#[test]
fn of_two_dockerfiles_the_one_for_production_is_deployed() {
    let files = |second: &str| {
        format!(
            "//- /web/Dockerfile\n{STAGE}//- /web/{second}\n{STAGE}//- /compose.yaml\nservices:\n  web: {{build: web}}\n{}",
            deployment("k.yaml", "web", "acme/web:1")
        )
    };
    check(
        &files("Dockerfile.prod"),
        &[
            "service/web builds web/Dockerfile",
            "service/web same-as Deployment/web",
            "~Deployment/web runs web/Dockerfile.prod",
        ],
    );
    check(
        &files("Dockerfile.dev"),
        &[
            "service/web builds web/Dockerfile",
            "service/web same-as Deployment/web",
            "~Deployment/web runs web/Dockerfile",
        ],
    );
}

#[test]
fn of_two_stages_the_one_for_development_is_not_deployed() {
    check(
        &format!(
            "//- /Dockerfile\nFROM alpine:3 AS development\nCMD [\"a\"]\nFROM alpine:3 AS live\nCMD [\"b\"]\n\
             //- /compose.yaml\nservices:\n  web:\n    build: {{context: ., target: development}}\n    image: web:dev\n\
             //- /Makefile\nimage:\n\tdocker build --target live -t web:latest .\n{}",
            deployment("k8s/web.yaml", "web", "web:latest")
        ),
        &[
            "Deployment/web runs Dockerfile#live",
            "Dockerfile#development built-as web",
            "Dockerfile#live built-as web",
            "service/web builds Dockerfile#development",
            "service/web same-as Deployment/web",
        ],
    );
}

#[test]
fn what_is_built_beside_a_longer_name_is_another_image() {
    let files = |own: &str| {
        format!(
            "//- /cart/Dockerfile\n{STAGE}//- /user/Dockerfile\n{STAGE}//- /compose.yaml\nservices:\n{own}  shop-cart: {{image: \"shop/shop-cart:2\"}}\n  shop-user: {{image: \"shop/shop-user:2\"}}\n"
        )
    };
    let probable = [
        "~service/shop-cart runs cart/Dockerfile",
        "~service/shop-user runs user/Dockerfile",
    ];
    check(&files(""), &probable);
    check(
        &files("  cart: {build: cart}\n"),
        &["service/cart builds cart/Dockerfile", probable[1]],
    );
}

#[test]
fn what_tests_run_beside_it_is_not_the_one_image() {
    let one = |path: &str| {
        format!(
            "//- /Dockerfile\n{STAGE}{}",
            deployment(path, "a", "acme/load:1")
        )
    };
    check(&one("test/k6/a.yaml"), &[]);
    check(&one("deploy/a.yaml"), &["~Deployment/a runs Dockerfile"]);
}

#[test]
fn another_organisation_builds_another_image() {
    check(
        &format!(
            "//- /Dockerfile\n{STAGE}//- /Makefile\nimage:\n\tdocker build -t acme/web .\n{}{}",
            deployment("k/a.yaml", "a", "ghcr.io/acme/web:1"),
            deployment("k/b.yaml", "b", "other/web:1"),
        ),
        &[
            "Dockerfile built-as acme/web",
            "~Deployment/a runs Dockerfile",
        ],
    );
}

#[test]
fn selectors_stay_in_their_world() {
    check(
        &[
            deployment("dev/web.yaml", "web", "redis"),
            service("dev/service.yaml", "web"),
            deployment("prod/web.yaml", "web", "redis"),
            service("prod/service.yaml", "web"),
            service("service.yaml", "web").replace("{name: web}", "{name: front}"),
        ]
        .concat(),
        &[
            "Service/web selects Deployment/web",
            "Service/web selects Deployment/web",
            "~Service/front selects Deployment/web",
            "~Service/front selects Deployment/web",
        ],
    );
}

#[test]
fn one_dockerfile_of_several_services_says_not_which_is_which() {
    let compose = "//- /compose.yaml\nservices:\n  web: {build: ., image: acme/app}\n  worker: {build: ., image: acme/app}\n";
    check(
        &format!(
            "//- /Dockerfile\n{STAGE}{compose}{}{}",
            deployment("k/a.yaml", "shop-worker", "acme/app:1"),
            deployment("k/b.yaml", "cron", "acme/app:1"),
        ),
        &[
            "Deployment/cron runs Dockerfile",
            "Deployment/shop-worker runs Dockerfile",
            "Dockerfile built-as acme/app",
            "service/web builds Dockerfile",
            "service/worker builds Dockerfile",
            "service/worker same-as Deployment/shop-worker",
        ],
    );
}

#[test]
fn what_controllers_and_generators_make_is_there() {
    check(
        "//- /kustomization.yaml\nresources: [a.yaml]\nconfigMapGenerator: [{name: cfg, literals: [A=1]}]\n\
         //- /a.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n\
         \x20     - name: c\n        image: redis\n        envFrom: [{configMapRef: {name: cfg}}, {secretRef: {name: s}}]\n---\n\
         apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x}\nspec: {target: {name: s}}\n",
        &[
            "Deployment/a reads ConfigMap/cfg",
            "Deployment/a reads ExternalSecret/x",
        ],
    );
}

#[test]
fn the_configuration_comes_before_all_other_evidence() {
    let files = format!(
        "//- /cart/Dockerfile\n{STAGE}//- /other/Dockerfile\nFROM alpine:3 AS run\n{STAGE}\
         //- /build.sh\ndocker build -t acme/cart cart\n{}",
        deployment("k.yaml", "cart", "acme/cart:2")
    );
    check(
        &files,
        &[
            "Deployment/cart runs cart/Dockerfile",
            "cart/Dockerfile built-as acme/cart",
        ],
    );
    check_told(
        "[[image]]\nname = \"acme/cart\"\ndockerfile = \"other/Dockerfile\"\nstage = \"run\"\n",
        &files,
        &[
            "Deployment/cart runs other/Dockerfile#run",
            "cart/Dockerfile built-as acme/cart",
            "other/Dockerfile#run built-as acme/cart",
        ],
    );
}
