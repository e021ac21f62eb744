use super::*;

fn script(text: &str) -> Script {
    parse(&[Piece { start: 0, text }], "/bin/sh", &[])
}

#[test]
fn commands_come_in_the_order_in_which_they_begin() {
    let script = script("a \"$(b)\" | c `d` && if e; then f; fi");
    let names: Vec<_> = script
        .commands
        .iter()
        .filter_map(ShellCommand::name)
        .collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(script.errors, []);
}
