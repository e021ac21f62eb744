//! Shows a rule's page in a terminal: the little Markdown that rule pages are made of.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

/// The width of paragraphs where the terminal says none, and at most.
const WIDTH: usize = 88;

/// Renders a page.
pub(crate) fn render(page: &str, color: bool, width: Option<usize>) -> String {
    let mut out = Out {
        text: String::new(),
        width: width.unwrap_or(WIDTH).min(WIDTH),
        heading: styled(color, Style::new().bold()),
        code: styled(color, AnsiColor::Cyan.on_default()),
        paragraph: String::new(),
        hanging: 0,
    };
    let mut inside = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            out.flush();
            inside = !inside;
        } else if inside {
            out.block(line);
        } else if let Some(title) = line.strip_prefix('#') {
            out.flush();
            out.title(title.trim_start_matches('#').trim());
        } else if line.starts_with('|') {
            out.flush();
            out.row(line);
        } else if line.trim().is_empty() {
            out.flush();
            out.gap();
        } else if line.starts_with("- ") {
            out.flush();
            out.hanging = 2;
            out.paragraph.push_str(line);
        } else if !line.starts_with("<!--") {
            if !out.paragraph.is_empty() {
                out.paragraph.push(' ');
            }
            out.paragraph.push_str(line.trim());
        }
    }
    out.flush();
    format!("{}\n", out.text.trim_matches('\n'))
}

fn styled(color: bool, style: Style) -> Style {
    if color { style } else { Style::new() }
}

struct Out {
    text: String,
    width: usize,
    heading: Style,
    code: Style,
    /// The paragraph that is being read.
    paragraph: String,
    /// How far its lines after the first are indented.
    hanging: usize,
}

impl Out {
    fn title(&mut self, title: &str) {
        let style = self.heading;
        let _ = writeln!(self.text, "{style}{title}{style:#}");
    }

    fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn block(&mut self, line: &str) {
        let style = self.code;
        let line = if line.is_empty() {
            String::new()
        } else {
            format!("    {style}{line}{style:#}")
        };
        self.text.push_str(&line);
        self.text.push('\n');
    }

    /// A row of the table of facts.
    fn row(&mut self, row: &str) {
        let mut cells = row.trim_matches('|').splitn(2, '|').map(str::trim);
        let (name, value) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""));
        if !name.is_empty() && !name.starts_with("---") {
            let value = self.inline(value);
            let _ = writeln!(self.text, "{name:<12}{value}");
        }
    }

    /// Writes the paragraph, its words filled into lines.
    fn flush(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        let hanging = std::mem::take(&mut self.hanging);
        let mut lines = String::new();
        let mut column = 0;
        for word in paragraph.split_whitespace() {
            let size = word.chars().count();
            if column > 0 && column + 1 + size > self.width {
                lines.push('\n');
                lines.push_str(&" ".repeat(hanging));
                column = hanging;
            } else if column > 0 {
                lines.push(' ');
                column += 1;
            }
            lines.push_str(word);
            column += size;
        }
        if !lines.is_empty() {
            let lines = self.inline(&lines);
            self.text.push_str(&lines);
            self.text.push('\n');
        }
    }

    /// Addresses without their brackets, code in its colour.
    fn inline(&self, text: &str) -> String {
        let text = text.replace("<http", "http").replace(">\n", "\n");
        let text = text.strip_suffix('>').unwrap_or(&text);
        let style = self.code;
        let mut out = String::new();
        for (n, part) in text.split('`').enumerate() {
            if n > 0 {
                out.push('`');
            }
            if n % 2 == 1 && !part.is_empty() {
                let _ = write!(out, "{style}{part}{style:#}");
            } else {
                out.push_str(part);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::render;

    const PAGE: &str = "<!-- Generated. -->\n\n# a-rule\n\nFinds `x`.\n\n| | |\n| --- | --- |\n| severity | warning |\n\n## What it does\n\nOne two three four five six seven eight nine ten eleven twelve thirteen fourteen\nfifteen sixteen.\n\n```yaml\na:\n\n  - b\n```\n\n## References\n\n- <https://example.org/a>\n- Text about it\n  that goes on\n";

    #[test]
    fn a_page_is_filled_and_plain_without_colours() {
        insta::assert_snapshot!(render(PAGE, false, Some(40)), @r"
    a-rule

    Finds `x`.

    severity    warning

    What it does

    One two three four five six seven eight
    nine ten eleven twelve thirteen fourteen
    fifteen sixteen.

        a:

          - b

    References

    - https://example.org/a
    - Text about it that goes on
    ");
    }

    #[test]
    fn colours_mark_headings_and_code() {
        let text = render(PAGE, true, None);
        assert!(text.starts_with("\u{1b}[1ma-rule\u{1b}[0m\n"), "{text:?}");
        assert!(text.contains("`\u{1b}[36mx\u{1b}[0m`"), "{text:?}");
    }
}
