//! The examples of the repository: the exemplary service is clean, the first draft is not.

use std::path::Path;
use std::process::Command;

use crate::folder::{Answer, PLIMSOLL};

fn review(example: &str, strictness: &str) -> Answer {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(PLIMSOLL);
    command.args(["check", "--format", "json", "--strictness", strictness]);
    command
        .arg(Path::new("examples").join(example))
        .current_dir(root);
    Answer::of(command.output().expect("the binary runs"))
}

#[test]
fn the_exemplary_service_is_clean_in_pedantic() {
    let answer = review("payments", "pedantic");
    assert_eq!(answer.places(), [""; 0]);
    assert_eq!(answer.quiet(), 0);
}
