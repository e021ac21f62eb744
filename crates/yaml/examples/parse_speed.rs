//! How fast a text becomes a tree, against the parser's bare events with the same options, in
//! the same run: `cargo run --release -p plimsoll-yaml --example parse_speed [FILE]`.
//!
//! Without a file, about 10 MB of Deployments, Services and ConfigMaps are made up.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use granit_parser::Parser;
use plimsoll_yaml::{Dialect, Document, Node, Tree, parse};

const ROUNDS: usize = 9;

fn made_up(size: usize) -> String {
    let mut text = String::new();
    let mut n = 0;
    while text.len() < size {
        n += 1;
        let _ = write!(
            text,
            "---\n# Service number {n} of the shop\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop-{n}\n  \
             namespace: prod\n  labels:\n    app.kubernetes.io/name: shop-{n}\n    app.kubernetes.io/part-of: \"shop\"\n\
             spec:\n  replicas: {}\n  selector:\n    matchLabels: {{app.kubernetes.io/name: shop-{n}}}\n  template:\n    \
             metadata:\n      labels:\n        app.kubernetes.io/name: shop-{n}\n    spec:\n      containers:\n      - name: app\n        \
             image: registry.example.com/shop/app:1.{n}.0 # pinned below\n        args: [\"--port=8080\", '--log', info]\n        \
             ports:\n        - name: http\n          containerPort: 8080\n        env:\n        - name: DATABASE_URL\n          \
             valueFrom:\n            secretKeyRef: {{name: shop-{n}, key: url}}\n        resources:\n          requests:\n            \
             cpu: 250m\n            memory: 256Mi\n          limits:\n            memory: 512Mi\n        \
             # The pod is ready when it answers.\n        readinessProbe:\n          httpGet:\n            path: /healthz\n            \
             port: http\n          periodSeconds: 10\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop-{n}\ndata:\n  \
             app.properties: |\n    greeting=hello\n    retries=3\n    # not a comment\n    url=https://example.com/{n}\n  mode: 'on'\n",
            n % 7 + 1,
        );
    }
    text
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn bare_events(text: &str, dialect: Dialect) -> usize {
    let mut parser =
        Parser::new_from_str_with_options(text, plimsoll_yaml::parser_options(dialect));
    let mut count = 0;
    while let Some(Ok(_)) = parser.next_event() {
        count += 1;
    }
    count
}

fn names(tree: &Tree) -> usize {
    tree.documents()
        .filter_map(Document::root)
        .filter_map(|root| root.at(&["metadata", "name"]))
        .filter_map(Node::str)
        .count()
}

fn main() {
    let text = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(path).expect("the file named can be read"),
        None => made_up(10_000_000),
    };
    let dialect = Dialect::GoV2;
    let mut best = [Duration::MAX; 3];
    let mut tree = None;
    for _ in 0..ROUNDS {
        best[0] = best[0].min(timed(|| {
            std::hint::black_box(bare_events(&text, dialect));
        }));
        best[1] = best[1].min(timed(|| tree = Some(parse(text.as_str(), dialect))));
        best[2] = best[2].min(timed(|| {
            std::hint::black_box(tree.as_ref().map(names));
        }));
    }
    let megabytes = text.len() as f64 / 1e6;
    let speed = |time: Duration| megabytes / time.as_secs_f64();
    let tree = tree.expect("parsed above");
    println!(
        "{megabytes:.1} MB, {} events, {} documents",
        bare_events(&text, dialect),
        tree.documents().len()
    );
    println!("bare events  {:7.1} MB/s", speed(best[0]));
    println!("whole tree   {:7.1} MB/s", speed(best[1]));
    println!("ratio        {:7.2}", speed(best[1]) / speed(best[0]));
    println!(
        "metadata.name of every document in {:.2} ms",
        best[2].as_secs_f64() * 1e3
    );
}
