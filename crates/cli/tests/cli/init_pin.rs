//! `plimsoll init --pin`, with a server that stands for registries. A real registry is asked in
//! tests/network.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::folder::{Answer, Folder};
use crate::init::{files, init, shop};

/// A server that answers for every tag with an index of its own.
struct Mirror {
    address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    asked: Vec<String>,
    /// Changed when images are made anew.
    release: u32,
    /// What is answered to paths that hold a word, with its status.
    refuses: Option<(&'static str, &'static str)>,
}

impl Mirror {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound").to_string();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let shared = shared.clone();
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, state }
    }

    fn init(&self, folder: &Folder, more: &[&str]) -> Answer {
        let hub = format!("http://{}/hub", self.address);
        let other = format!("ghcr.io=http://{}", self.address);
        let args = init(
            &[
                &["--yes", "--pin", "--mirror", &hub, "--mirror", &other],
                more,
            ]
            .concat(),
        );
        Self::answer(folder, &args)
    }

    /// The same for what is made of something that exists.
    fn exists(&self, folder: &Folder, more: &[&str]) -> Answer {
        let hub = format!("http://{}/hub", self.address);
        let other = format!("registry.example.com=http://{}", self.address);
        let flags = ["--yes", "--pin", "--mirror", &hub, "--mirror", &other];
        Self::answer(folder, &[&["init"], &flags[..], more].concat())
    }

    fn answer(folder: &Folder, args: &[&str]) -> Answer {
        let mut command = folder.command(args);
        command.env("DOCKER_CONFIG", folder.path().join("no-such-folder"));
        Answer::of(command.output().expect("the binary runs"))
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().expect("cloned"));
    let mut first = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if first.is_empty() {
            first.clone_from(&line);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut state = state.lock().expect("not poisoned");
    state.asked.push(path.clone());
    let (status, body) = match state.refuses {
        Some((word, status)) if path.contains(word) => (status, "{}".to_owned()),
        _ => (
            "200 OK",
            format!(
                "{{\"schemaVersion\":2,\"manifests\":[],\"annotations\":{{\"a\":\"{path} {}\"}}}}",
                state.release
            ),
        ),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/vnd.oci.image.index.v1+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // Who does not wait for the answer does not want it.
    let _ = stream.write_all(answer.as_bytes());
}

/// The lines of all files that name an image of somebody else.
fn images(folder: &Folder) -> Vec<String> {
    let is_image = |line: &&str| {
        let line = line.trim_start().trim_start_matches("- ");
        let is_base = line.starts_with("FROM ") && line.contains(':');
        (is_base || line.starts_with("image: ")) && !line.contains("{{")
    };
    [
        "Dockerfile",
        "compose.yaml",
        "chart/templates/tests/connection.yaml",
    ]
    .iter()
    .flat_map(|path| {
        let text = folder.read(path);
        text.lines()
            .filter(is_image)
            .map(|line| line.trim().to_owned())
            .collect::<Vec<_>>()
    })
    .collect()
}

#[track_caller]
fn good(answer: Answer) -> Answer {
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    answer
}

#[test]
fn digests_are_looked_up_and_stay() {
    let (folder, mirror) = (shop(), Mirror::new());
    good(mirror.init(&folder, &[]));
    let pinned = images(&folder);
    assert!(pinned.len() >= 5, "{pinned:?}");
    for line in &pinned {
        assert!(line.contains("@sha256:"), "{line}");
    }
    let asked = mirror.state.lock().expect("fine").asked.clone();
    for place in [
        "/v2/hub/library/postgres/manifests/",
        "/v2/astral-sh/uv/manifests/",
    ] {
        assert!(
            asked.iter().any(|path| path.starts_with(place)),
            "{asked:?}"
        );
    }
    // Each image once, however often files name it.
    let mut once = asked.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), asked.len());
    let review = folder.run(&["check", "--strictness", "pedantic", "--fail-on", "note"]);
    assert_eq!(review.code, 0, "{}", review.stdout);

    let before = files(&folder);
    let same = good(mirror.init(&folder, &[]));
    assert!(same.stdout.contains("everything is as it would be written"));
    assert_eq!(files(&folder), before);

    // Without the flag nobody is asked, and what is pinned stays so.
    let count = mirror.state.lock().expect("fine").asked.len();
    good(folder.run(&init(&["--yes"])));
    assert_eq!(files(&folder), before);
    assert_eq!(mirror.state.lock().expect("fine").asked.len(), count);

    // The record is lost: the files are ours all the same.
    std::fs::remove_file(folder.path().join(".plimsoll/init.json")).expect("it was there");
    good(folder.run(&init(&["--yes"])));
    assert_eq!(files(&folder), before);

    mirror.state.lock().expect("fine").release = 1;
    good(mirror.init(&folder, &[]));
    let newer = images(&folder);
    assert!(pinned.iter().zip(&newer).all(|(old, new)| old != new));

    good(folder.run(&init(&["--yes", "--unpin"])));
    assert!(images(&folder).iter().all(|line| !line.contains('@')));
}

#[test]
fn digests_that_others_write_are_no_conflicts() {
    let (folder, mirror) = (shop(), Mirror::new());
    good(mirror.init(&folder, &[]));
    let compose = folder.read("compose.yaml");
    let at = compose.find("@sha256:").expect("pinned") + "@sha256:".len();
    let updated = format!(
        "{}{}{}",
        &compose[..at],
        "0".repeat(64),
        &compose[at + 64..]
    );
    folder.write("compose.yaml", updated.as_bytes());
    good(folder.run(&init(&["--yes"])));
    assert_eq!(folder.read("compose.yaml"), updated);
    good(mirror.init(&folder, &[]));
    assert_eq!(folder.read("compose.yaml"), compose);
}

#[test]
fn without_an_answer_nothing_is_written() {
    let folder = shop();
    let before = files(&folder);
    for (refuses, said, help) in [
        (
            ("postgres", "404 Not Found"),
            "is not there",
            "leave out `--pin`",
        ),
        (("postgres", "401 Unauthorized"), "postgres", "docker login"),
        (("postgres", "429 Too Many Requests"), "429", "docker login"),
        (("python", "500 Oops"), "500", "leave out `--pin`"),
    ] {
        let mirror = Mirror::new();
        mirror.state.lock().expect("fine").refuses = Some(refuses);
        let answer = mirror.init(&folder, &[]);
        assert_eq!(answer.code, 2, "{}", answer.stderr);
        for word in [
            "cannot look up the digest of",
            refuses.0,
            &mirror.address,
            said,
            help,
        ] {
            assert!(answer.stderr.contains(word), "{word}: {}", answer.stderr);
        }
        assert_eq!(files(&folder), before);
    }
    // Nobody is there.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let nobody = format!("http://{address}");
    let other = format!("ghcr.io={nobody}");
    let args = init(&["--yes", "--pin", "--mirror", &nobody, "--mirror", &other]);
    let answer = folder.run(&args);
    assert_eq!(answer.code, 2);
    assert!(
        answer.stderr.contains("see to the connection to"),
        "{}",
        answer.stderr
    );
    assert_eq!(files(&folder), before);
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          image: nginx:1.30
        - name: own
          image: registry.example.com/own:1
";

#[test]
fn what_is_made_of_what_exists_has_digests_too() {
    let of_compose = Folder::with(&[(
        "compose.yaml",
        "name: shop\nservices:\n  web:\n    image: nginx:1.30\n    depends_on:\n      own: {condition: service_healthy}\n  own:\n    build: .\n    expose: [\"80\"]\n    healthcheck: {test: [CMD, a]}\n",
    )]);
    let of_manifests = Folder::with(&[("deploy/web.yaml", WEB)]);
    for (folder, from, places) in [
        (
            &of_compose,
            "compose",
            &["k8s/web/deployment.yaml", "chart/values.yaml"][..],
        ),
        (
            &of_manifests,
            "manifests",
            &["compose.yaml", "k8s/base/web.yaml", "chart/values.yaml"],
        ),
    ] {
        let mirror = Mirror::new();
        let more = ["--from", from, "--kustomize"];
        let more = if from == "compose" {
            &more[..2]
        } else {
            &more[..]
        };
        let digests = |folder: &Folder| -> Vec<usize> {
            let counts = places
                .iter()
                .map(|path| folder.read(path).matches("sha256:").count());
            counts.collect()
        };
        good(mirror.exists(folder, more));
        let pinned = digests(folder);
        assert!(pinned.iter().all(|count| *count > 0), "{from} {pinned:?}");
        let asked = mirror.state.lock().expect("fine").asked.clone();
        assert!(
            asked
                .iter()
                .any(|path| path.contains("/nginx/manifests/1.30")),
            "{asked:?}"
        );
        // What is built here is no registry's matter.
        let own = asked.iter().any(|path| path.contains("/own/"));
        assert_eq!(own, from == "manifests", "{asked:?}");
        // Nobody is asked again, and the digests stay.
        let all = files(folder);
        let again = good(folder.run(&[&["init", "--yes"], more].concat()));
        assert!(
            again
                .stdout
                .contains("everything is as it would be written"),
            "{}",
            again.stdout
        );
        assert_eq!(files(folder), all);
        // A digest that somebody brought up to date stays as well, and the other files follow.
        let first = folder.read(places[0]);
        let at = first.find("sha256:").expect("a digest");
        let newer = first.replace(&first[at..at + 71], &format!("sha256:{}", "c".repeat(64)));
        std::fs::write(folder.path().join(places[0]), &newer).expect("written");
        good(folder.run(&[&["init", "--yes"], more].concat()));
        assert_eq!(folder.read(places[0]), newer);
        good(folder.run(&[&["init", "--yes", "--unpin"], more].concat()));
        assert_eq!(digests(folder), vec![0; places.len()], "{from}");
    }
}

#[test]
fn what_cannot_be_pinned_is_refused() {
    let folder = Folder::with(&[("compose.yaml", "services:\n  a:\n    image: nginx:1.30\n")]);
    let answer = folder.run(&["init", "--pin", "--mirror", "ftp://x"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("is no server"), "{}", answer.stderr);
}
