//! `plimsoll chart values`.

use std::fs;

use crate::folder::{Answer, Folder};

fn shop() -> Folder {
    Folder::with(&[
        (
            "shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.2.3\n",
        ),
        (
            "shop/values.yaml",
            "# -- who is greeted\nname: web\nport: 80\nservice:\n  # off by default\n  enabled: true\n  labels: {}\nold: [1, 2]\n",
        ),
        (
            "shop/templates/service.yaml",
            "{{- if .Values.service.enabled }}\napiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n  labels:\n    {{- toYaml .Values.service.labels | nindent 4 }}\nspec:\n  clusterIP: {{ .Values.service.address }}\n  ports: [{port: {{ .Values.port }}}]\n{{- end }}\n",
        ),
        (
            "shop/README.md",
            "# Shop\n\n<!-- plimsoll:values:begin -->\n<!-- plimsoll:values:end -->\n\nThe end.\n",
        ),
    ])
}

fn values(folder: &Folder, args: &[&str]) -> Answer {
    let args = [&["chart", "values"], args].concat();
    let mut command = folder.command(&args);
    command.current_dir(folder.path());
    Answer::of(command.output().expect("the binary runs"))
}

const TABLE: &str = "| Key | Type | Default | Description |\n|---|---|---|---|\n| `name` | string | `\"web\"` | who is greeted |\n| `port` | integer | `80` |  |\n| `service.enabled` | boolean | `true` | off by default |\n| `service.labels` | object | `{}` |  |\n| `old` | array | `[1,2]` |  |\n";

#[test]
fn values_are_listed_with_who_reads_them() {
    let folder = shop();
    let answer = values(&folder, &["shop"]);
    assert_eq!(answer.quiet(), 0);
    assert_eq!(
        answer.stdout,
        "name (string) = \"web\"\n  who is greeted\n  read at shop/templates/service.yaml:5\n  flows into Service/web\n\
         port (integer) = 80\n  read at shop/templates/service.yaml:10\n  flows into Service/web\n\
         service.enabled (boolean) = true\n  off by default\n  read at shop/templates/service.yaml:1\n  decides over Service/web\n\
         service.labels (object) = {}\n  read at shop/templates/service.yaml:7\n  flows into Service/web\n\
         old (array) = [1,2]\n  nothing reads it\n"
    );
}

#[test]
fn unused_and_undefined_values_are_listed() {
    let folder = shop();
    let answer = values(&folder, &["--unused", "shop"]);
    assert_eq!(answer.stdout, "shop/values.yaml:8: old\n");
    let answer = values(&folder, &["--undefined", "shop"]);
    assert_eq!(
        answer.stdout,
        "shop/templates/service.yaml:9: service.address\n"
    );
    let answer = values(&folder, &["--undefined", "--format", "json", "shop"]);
    assert_eq!(
        answer.stdout,
        "{\n  \"version\": 1,\n  \"undefined\": [\n    {\n      \"path\": \"service.address\",\n      \"place\": {\n        \"file\": \"shop/templates/service.yaml\",\n        \"line\": 9\n      }\n    }\n  ]\n}\n"
    );
}

#[test]
fn the_table_is_put_into_the_readme_once() {
    let folder = shop();
    assert_eq!(values(&folder, &["--table", "shop"]).stdout, TABLE);
    let readme = folder.path().join("shop/README.md");
    let before = fs::read_to_string(&readme).expect("it is there");
    let planned = values(&folder, &["--write-readme", "--dry-run", "shop"]);
    assert_eq!(planned.quiet(), 0);
    assert!(planned.stdout.contains("\n+| `name` | string |"));
    assert_eq!(fs::read_to_string(&readme).expect("it is there"), before);
    let done = values(&folder, &["--write-readme", "shop"]);
    assert_eq!(done.stdout, planned.stdout);
    let after = fs::read_to_string(&readme).expect("it is there");
    let wanted = before.replace("begin -->\n", &format!("begin -->\n{TABLE}"));
    assert_eq!(after, wanted);
    let again = values(&folder, &["--write-readme", "shop"]);
    assert_eq!((again.quiet(), &*again.stdout), (0, ""));
    assert_eq!(fs::read_to_string(&readme).expect("it is there"), after);
}

#[test]
fn a_readme_without_marks_is_left_alone() {
    let folder = shop();
    let readme = folder.path().join("shop/README.md");
    fs::write(&readme, "# Shop\n").expect("it can be written");
    let answer = values(&folder, &["--write-readme", "shop"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("has no place for the table"));
    assert_eq!(
        fs::read_to_string(&readme).expect("it is there"),
        "# Shop\n"
    );
}

#[test]
fn a_schema_is_inferred() {
    let folder = shop();
    let answer = values(&folder, &["--schema", "shop"]);
    assert_eq!(answer.quiet(), 0);
    let any = "[\"null\", \"boolean\", \"number\", \"string\", \"array\", \"object\"]";
    let wanted = format!(
        "{{\n  \"$schema\": \"https://json-schema.org/draft-07/schema#\",\n  \"type\": \"object\",\n  \"properties\": {{\n    \"name\": {{\n      \"type\": \"string\",\n      \"description\": \"who is greeted\",\n      \"default\": \"web\"\n    }},\n    \"port\": {{\n      \"type\": \"integer\",\n      \"default\": 80\n    }},\n    \"service\": {{\n      \"type\": \"object\",\n      \"properties\": {{\n        \"address\": {{\n          \"type\": {any}\n        }},\n        \"enabled\": {{\n          \"type\": \"boolean\",\n          \"description\": \"off by default\",\n          \"default\": true\n        }},\n        \"labels\": {{\n          \"type\": \"object\",\n          \"default\": {{}}\n        }}\n      }}\n    }}\n  }}\n}}\n"
    );
    assert_eq!(answer.stdout, wanted);
    let written = values(&folder, &["--schema", "--write", "shop"]);
    assert_eq!(written.quiet(), 0);
    let path = folder.path().join("shop/values.schema.json");
    assert_eq!(fs::read_to_string(path).expect("it was written"), wanted);
    let again = values(&folder, &["--schema", "--write", "shop"]);
    assert_eq!((again.quiet(), &*again.stdout), (0, ""));
}

#[test]
fn what_is_no_chart_is_said() {
    let folder = shop();
    let answer = values(&folder, &["shop/templates"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("is no chart: it has no Chart.yaml"));
    let answer = values(&folder, &["--dry-run", "shop"]);
    assert_eq!(answer.code, 2);
}
