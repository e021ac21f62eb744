use super::{Kind, is_sample, scan};
use proptest::prelude::*;

/// A value that nobody made up: letters and digits in no order.
const KEY: &str = "kJ8x2mQ9vT4wZ7pL3nRb";

/// What is found: kind, the text found, and the name beside it.
fn found(path: &str, text: &str) -> Vec<(Kind, String, String)> {
    scan(path, text)
        .into_iter()
        .map(|one| {
            let value = text[one.value].to_owned();
            (one.kind, value, one.name.unwrap_or_default())
        })
        .collect()
}

#[track_caller]
fn named(path: &str, text: &str, name: &str) {
    assert_eq!(
        found(path, text),
        [(Kind::Named, KEY.to_owned(), name.to_owned())],
        "{path}: {text}"
    );
}

#[track_caller]
fn silent(path: &str, text: &str) {
    assert_eq!(found(path, text), [], "{path}: {text}");
}

#[test]
fn values_under_names_are_found_in_settings() {
    for (path, line, name) in [
        (".env", "API_KEY=KEY", "API_KEY"),
        (
            ".env.production",
            "export JWT_SECRET=\"KEY\" # why",
            "JWT_SECRET",
        ),
        (
            "app.properties",
            "spring.datasource.password = KEY",
            "spring.datasource.password",
        ),
        ("a.yaml", "  smtpPassword: KEY", "smtpPassword"),
        (
            "a.yaml",
            "  - name: DB_PASSWORD\n    value: KEY",
            "DB_PASSWORD",
        ),
        ("a.json", "{\"clientSecret\": \"KEY\"}", "clientSecret"),
        ("a.toml", "auth_token = 'KEY'", "auth_token"),
        (
            "a.tf",
            "variable \"db_password\" {\n  default = \"KEY\"\n}",
            "db_password",
        ),
        ("run.sh", "curl --token KEY https://x.test", "token"),
        ("run.sh", "mysql --password=KEY", "--password"),
        ("Dockerfile", "ENV A=1 STRIPE_API_KEY=KEY", "STRIPE_API_KEY"),
        ("a.xml", "<password>KEY</password>", "password"),
        (
            "web.config",
            "<add key=\"AdminPassword\" value=\"KEY\"/>",
            "AdminPassword",
        ),
        (
            ".npmrc",
            "//registry.npmjs.org/:_authToken=KEY",
            "_authToken",
        ),
        ("kubeconfig", "    token: KEY", "token"),
    ] {
        named(
            path,
            &line
                .replace("KEY", KEY)
                .replace("API_kJ8x2mQ9vT4wZ7pL3nRb", "API_KEY"),
            name,
        );
    }
}

#[test]
fn literals_under_names_are_found_in_code() {
    for (path, line, name) in [
        ("a.py", "SECRET_KEY = 'KEY'", "SECRET_KEY"),
        (
            "a.py",
            "os.environ[\"DB_PASSWORD\"] = \"KEY\"",
            "DB_PASSWORD",
        ),
        (
            "a.py",
            "token = os.getenv(\"AUTH_TOKEN\", \"KEY\")",
            "AUTH_TOKEN",
        ),
        (
            "a.ts",
            "const s = process.env.JWT_SECRET || 'KEY';",
            "process.env.JWT_SECRET",
        ),
        ("a.ts", "password: string = 'KEY';", "password"),
        ("a.go", "const apiToken string = \"KEY\"", "apiToken"),
        ("A.java", "ds.setPassword(\"KEY\");", "Password"),
        ("a.rb", "  :password => \"KEY\",", "password"),
        ("a.rs", "let api_key: &str = \"KEY\";", "api_key"),
        ("a.php", "define('AUTH_KEY', 'KEY');", "AUTH_KEY"),
    ] {
        named(
            path,
            &line
                .replace("KEY", KEY)
                .replace(&format!("SECRET_{KEY}"), "SECRET_KEY")
                .replace(&format!("AUTH_{KEY}"), "AUTH_KEY"),
            name,
        );
    }
}

#[test]
fn placeholders_references_and_words_are_silent() {
    for (path, line) in [
        (".env", "API_KEY="),
        (".env", "API_KEY=changeme"),
        (".env", "API_KEY=${API_KEY}"),
        (".env", "API_KEY=<your key>"),
        (".env", "API_KEY=xxxxxxxxxxxxxxxx"),
        (".env", "API_KEY=your-api-key-here"),
        (".env", "STRIPE_SECRET=sk_test_4eC39HqLyjWDarjtT1zdp7dc"),
        (
            ".env",
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("a.yaml", "password: {{ .Values.password }}"),
        ("a.yaml", "secretName: kJ8x2mQ9vT4wZ7pL3nRb"),
        ("a.yaml", "password: postgres"),
        ("a.yaml", "tokenUrl: https://a.example/oauth/token"),
        ("a.yaml", "password: admin-password-2"),
        ("a.tf", "password = var.db_password"),
        ("a.py", "password = get_secret('db/password1')"),
        (
            "a.py",
            "password = hashlib.sha256(b'x2mQ9vT4wZ').hexdigest()",
        ),
        ("a.ts", "const token = req.headers['x-token-2024'];"),
        (
            "a.ts",
            "label: { password: 'Enter your password (8+ letters)' }",
        ),
        ("a.go", "token := os.Getenv(\"TOKEN_V2_2024\")"),
        ("a.go", "if password == \"kJ8x2mQ9vT4wZ7pL3nRb\" {"),
        (
            "a.cs",
            "public const string TokenPolicy = \"TokenPolicyV2\";",
        ),
        ("a.md", "password: kJ8x2mQ9vT4wZ7pL3nRb"),
        ("README.md.gotmpl", "password: kJ8x2mQ9vT4wZ7pL3nRb"),
        (
            "a.go",
            "const ClassAnnotationKey = \"acme.test.io/http01-ingress-class\"",
        ),
        (
            "a.toml",
            "minisign_key = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1C'",
        ),
        ("a.py", "p['method'], p['password'] = 'aes-256-cfb', q"),
        (
            "a.xml",
            "<password_sha256_hex>65e84be33532fb784c4812</password_sha256_hex>",
        ),
        (
            "a.json",
            "{\"password\": \"sha1:aae8550c0a44:9507d45e087d5ee481\"}",
        ),
        (
            "a.yaml",
            "kind: Secret\ndata:\n  key: c29tZXNlY3JldGdvZXNoZXJl",
        ),
        ("package-lock.json", "\"token\": \"kJ8x2mQ9vT4wZ7pL3nRb\""),
        ("a.py", "url = 'postgres://user:password@localhost/db'"),
        ("a.py", "url = f'postgres://{user}:{password}@{host}/db'"),
        ("a.env", "CACHE_KEY=kJ8x2mQ9vT4wZ7pL3nRb"),
        ("a.env", "ID=9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"),
    ] {
        silent(path, line);
    }
}

#[test]
fn keys_tokens_addresses_and_logins_are_found() {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let key = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    assert_eq!(found("a.pem", &key)[0].0, Kind::PrivateKey);
    let escaped = format!("{{\"private_key\": \"{}\"}}", key.replace('\n', "\\n"));
    assert_eq!(found("a.json", &escaped)[0].0, Kind::PrivateKey);
    silent("a.go", "const head = \"-----BEGIN PRIVATE KEY-----\"");
    let token = format!("ghp_{}", "a1B2x7Qe9".repeat(4));
    assert_eq!(
        found("a.md", &format!("use {token} here")),
        [(Kind::Token("GitHub"), token, String::new())]
    );
    assert_eq!(
        found("a.py", "x = 'amqp://pay:kJ8x2mQ9@mq:5672/'"),
        [(Kind::Address, "kJ8x2mQ9".to_owned(), String::new())]
    );
    // `deploy:kJ8x2mQ9vT4w`
    let login = "ZGVwbG95OmtKOHgybVE5dlQ0dw==";
    for (path, line) in [
        (
            "config.json",
            format!("{{\"auths\": {{\"r.io\": {{\"auth\": \"{login}\"}}}}}}"),
        ),
        ("a.ts", format!("h['Authorization'] = 'Basic {login}'")),
    ] {
        assert_eq!(
            found(path, &line),
            [(Kind::Login, login.to_owned(), String::new())]
        );
    }
    // `{"alg":"HS256"}`, `{"sub":"svc","role":"admin"}`
    let jwt =
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzdmMiLCJyb2xlIjoiYWRtaW4ifQ.kJ8x2mQ9vT4wZ7pL3nRbc5Hd";
    assert_eq!(found("a.js", &format!("const x = '{jwt}'"))[0].0, Kind::Jwt);
}

#[test]
fn values_of_secrets_are_decoded() {
    // `kJ8x2mQ9vT4w`, `payments`
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  password: a0o4eDJtUTl2VDR3\n  user: cGF5bWVudHM=\n";
    assert_eq!(
        found("a.yaml", secret),
        [(
            Kind::KubernetesSecret,
            "a0o4eDJtUTl2VDR3".to_owned(),
            "password".to_owned()
        )]
    );
    let list = format!(
        "kind: List\nitems:\n  - kind: ConfigMap\n    data:\n      a: b0o4eDJtUTl2VDR3\n  - apiVersion: v1\n    kind: Secret\n    data:\n      \"x\": \"a0o4eDJtUTl2VDR3\"\n{}",
        "  - kind: ConfigMap\n    data:\n      b: b0o4eDJtUTl2VDR3\n"
    );
    assert_eq!(
        found("a.yaml", &list),
        [(
            Kind::KubernetesSecret,
            "a0o4eDJtUTl2VDR3".to_owned(),
            "x".to_owned()
        )]
    );
    let greeting = secret.replace("kind: Secret", "kind: ConfigMap");
    silent("a.yaml", &greeting.replace("password:", "greeting:"));
    // `changeme-please`
    silent(
        "a.yaml",
        &secret.replace("a0o4eDJtUTl2VDR3", "Y2hhbmdlbWUtcGxlYXNl"),
    );
    silent("a.yaml", "  adminPassword: Y2hhbmdlbWUtcGxlYXNl");
}

#[test]
fn equal_values_have_equal_prints_and_values_are_measured() {
    let text = format!("A_TOKEN={KEY}\nB_TOKEN={KEY}\n");
    let found = scan(".env", &text);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].print, found[1].print);
    assert_eq!(found[0].len, KEY.len());
    assert!(found[0].sure);
}

#[test]
fn samples_are_told_by_their_paths() {
    for path in [
        "tests/a.py",
        "src/a.test.ts",
        "docs/x.yaml",
        ".env.example",
        "a/UserTest.java",
        "README.md",
    ] {
        assert!(is_sample(path), "{path}");
    }
    for path in ["src/a.py", ".env", "deploy/prod.yaml", "contest/a.py"] {
        assert!(!is_sample(path), "{path}");
    }
}

proptest! {
    #[test]
    fn any_text_is_gone_through(
        text in "(password|token: |=|\"|'|-----BEGIN PRIVATE KEY-----|é|\\\\|\n|eyJ|\\.|://|:|@|kind: Secret\ndata:\n|  a: |[a-zA-Z0-9+/]{0,20}| |<|>|--secret |basic |AccountKey=|T3BlbkFJ|:AA|\\|\\|){0,40}",
        path in "(a\\.yaml|\\.env|a\\.py|a\\.md|a\\.xml)",
    ) {
        for one in scan(&path, &text) {
            prop_assert!(text.is_char_boundary(one.value.start) && text.is_char_boundary(one.value.end));
            prop_assert!(one.value.start < one.value.end && one.at.end <= text.len());
        }
    }
}
