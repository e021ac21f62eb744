//! The table of values in a README.

use std::fmt::Write;

use plimsoll_charts::listing::Row;

/// Before the table.
pub(super) const BEGIN: &str = "<!-- plimsoll:values:begin -->";
/// After it.
pub(super) const END: &str = "<!-- plimsoll:values:end -->";
/// The longest default that is shown as it is, in characters.
const MAX_DEFAULT: usize = 120;

pub(super) fn table(rows: &[Row]) -> String {
    let mut out = String::from("| Key | Type | Default | Description |\n|---|---|---|---|\n");
    for row in rows {
        let default = if row.default.chars().count() > MAX_DEFAULT {
            "see values.yaml".to_owned()
        } else {
            code(&row.default)
        };
        let _ = writeln!(
            out,
            "| {} | {} | {default} | {} |",
            code(&row.path),
            row.kind.name(),
            cell(&row.description)
        );
    }
    out
}

/// A text as code in a cell: with more backquotes around it than are in it.
fn code(text: &str) -> String {
    let text = cell(text);
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// The text of a README with the table between its marks; `None` if it has none.
pub(super) fn replaced(readme: &str, table: &str) -> Option<String> {
    let begin = readme.find(BEGIN)? + BEGIN.len();
    let end = begin + readme[begin..].find(END)?;
    let line_break = if readme.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let table = table.replace('\n', line_break);
    let (before, after) = (&readme[..begin], &readme[end..]);
    Some(format!("{before}{line_break}{table}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_what_is_put_into_them() {
        assert_eq!(code("\"a|b\""), "`\"a\\|b\"`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(cell("a\nb"), "a b");
    }

    #[test]
    fn the_table_stands_between_its_marks() {
        let readme = format!("# x\n\n{BEGIN}\nold\n{END}\n\nrest\n");
        let once = replaced(&readme, "| a |\n").expect("it has the marks");
        assert_eq!(once, format!("# x\n\n{BEGIN}\n| a |\n{END}\n\nrest\n"));
        assert_eq!(replaced(&once, "| a |\n"), Some(once.clone()));
        assert_eq!(replaced("# x\n", "| a |\n"), None);
    }
}
