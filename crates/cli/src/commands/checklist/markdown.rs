//! The checklist for a pull request or an issue.

use std::fmt::Write;

use plimsoll_checklist::Status;

use super::{NO_SERVICE, View, tally};

pub(super) fn markdown(view: &View<'_>) -> String {
    if view.services.is_empty() {
        return format!("{NO_SERVICE}\n");
    }
    let mut out = String::new();
    for service in view.services {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "## {}\n\n{}", plain(&service.name), tally(service));
        for section in &service.sections {
            let _ = writeln!(out, "\n### {}\n", section.title);
            for line in &section.lines {
                let mark = match line.status {
                    Status::Pass => "- [x] ",
                    Status::Fail => "- [ ] ",
                    Status::NotApplicable => "- not applicable: ",
                };
                let _ = write!(out, "{mark}{}", line.title);
                if !line.summary.is_empty() {
                    let _ = write!(out, ": {}", plain(&line.summary));
                }
                out.push('\n');
                for evidence in &line.evidence {
                    let place = code(&view.below_root(evidence.place));
                    let _ = write!(out, "  - {place} {}", plain(&evidence.text));
                    if let Some(rule) = evidence.rule {
                        let _ = write!(out, " (`{rule}`)");
                    }
                    out.push('\n');
                }
            }
        }
    }
    out
}

/// Text of one line in which nothing is a link, an image, a mention or HTML, but what stands in
/// backticks stays code.
fn plain(text: &str) -> String {
    let text = plimsoll_report::escape::one_line(text);
    let mut out = String::with_capacity(text.len());
    let pairs = text.matches('`').count() / 2 * 2;
    let mut ticks = 0;
    for c in text.chars() {
        if c == '`' {
            ticks += 1;
            if ticks > pairs {
                out.push('\\');
            }
        } else if ticks % 2 == 0 || ticks > pairs {
            match c {
                '<' => {
                    out.push_str("&lt;");
                    continue;
                }
                // A zero-width joiner would be invisible; an entity keeps a mention a text.
                '@' => {
                    out.push_str("&#64;");
                    continue;
                }
                '\\' | '*' | '_' | '[' | ']' | '!' | '#' | '|' => out.push('\\'),
                _ => {}
            }
        }
        out.push(c);
    }
    out
}

fn code(text: &str) -> String {
    let text = plimsoll_report::escape::one_line(text);
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::{code, plain};

    #[test]
    fn untrusted_text_stays_text() {
        assert_eq!(plain("a `b*c` *d*"), "a `b*c` \\*d\\*");
        assert_eq!(
            plain("![x](http://y) @me <b>"),
            "\\!\\[x\\](http://y) &#64;me &lt;b>"
        );
        assert_eq!(plain("one ` tick"), "one \\` tick");
        assert_eq!(code("a`b:1"), "`` a`b:1 ``");
    }
}
