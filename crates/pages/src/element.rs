//! Elements of HTML and SVG.

use std::fmt::{self, Write};

/// An element with its attributes and what is in it. Text and attribute values are escaped when
/// it is written.
#[derive(Clone, Debug)]
pub struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Child>,
}

#[derive(Clone, Debug)]
enum Child {
    Element(Element),
    Text(String),
}

/// Elements without content, which HTML writes without an end tag.
const VOID: &[&str] = &["br", "hr", "img", "input", "link", "meta", "wbr"];

/// An element called `name`, such as `div` or `path`.
pub fn el(name: &'static str) -> Element {
    Element {
        name,
        attributes: Vec::new(),
        children: Vec::new(),
    }
}

impl Element {
    /// Adds an attribute.
    pub fn attr(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    /// Adds the attribute `class`.
    pub fn class(self, value: impl fmt::Display) -> Self {
        self.attr("class", value)
    }

    /// Adds text.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.children.push(Child::Text(text.into()));
        self
    }

    /// Adds text in which what stands between backticks is code.
    pub fn prose(mut self, text: &str) -> Self {
        let mut parts = text.split('`');
        let first = parts.next().unwrap_or_default();
        self = self.text(first);
        let mut rest: Vec<&str> = parts.collect();
        // A backtick without a partner is one.
        let odd = (rest.len() % 2 == 1).then(|| rest.pop()).flatten();
        for pair in rest.chunks(2) {
            self = self.child(el("code").text(pair[0]));
            if let Some(after) = pair.get(1).filter(|after| !after.is_empty()) {
                self = self.text(*after);
            }
        }
        match odd {
            Some(odd) => self.text(format!("`{odd}")),
            None => self,
        }
    }

    /// Adds an element.
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(Child::Element(child));
        self
    }

    /// Adds elements.
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children
            .extend(children.into_iter().map(Child::Element));
        self
    }

    /// Adds an element if there is one.
    pub fn maybe(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    fn write(&self, out: &mut impl Write) -> fmt::Result {
        enum Step<'a> {
            Open(&'a Element),
            Text(&'a str),
            Close(&'static str),
        }
        let mut steps = vec![Step::Open(self)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Text(text) => escape(out, text, false)?,
                Step::Close(name) => write!(out, "</{name}>")?,
                Step::Open(element) => {
                    write!(out, "<{}", element.name)?;
                    for (name, value) in &element.attributes {
                        write!(out, " {name}=\"")?;
                        escape(out, value, true)?;
                        out.write_char('"')?;
                    }
                    out.write_char('>')?;
                    if VOID.contains(&element.name) {
                        continue;
                    }
                    steps.push(Step::Close(element.name));
                    for child in element.children.iter().rev() {
                        steps.push(match child {
                            Child::Element(child) => Step::Open(child),
                            Child::Text(text) => Step::Text(text),
                        });
                    }
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// Writes text so that none of it is markup. Control characters, which HTML does not allow, and
/// characters that turn the direction of writing become a stand-in.
fn escape(out: &mut impl Write, text: &str, quotes: bool) -> fmt::Result {
    for c in text.chars() {
        match c {
            '&' => out.write_str("&amp;")?,
            '<' => out.write_str("&lt;")?,
            '>' => out.write_str("&gt;")?,
            '"' if quotes => out.write_str("&quot;")?,
            '\n' | '\t' => out.write_char(c)?,
            '\r' => {}
            c if c.is_control() || is_direction(c) => out.write_char('\u{fffd}')?,
            c => out.write_char(c)?,
        }
    }
    Ok(())
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::el;

    #[test]
    fn prose_has_code() {
        let shown = |text| el("p").prose(text).to_string();
        assert_eq!(shown("a `b<c` d"), "<p>a <code>b&lt;c</code> d</p>");
        assert_eq!(shown("`a` `b`"), "<p><code>a</code> <code>b</code></p>");
        assert_eq!(shown("one ` tick"), "<p>one ` tick</p>");
        assert_eq!(shown("`a` and `"), "<p><code>a</code> and `</p>");
    }

    #[test]
    fn text_is_never_markup() {
        let element = el("p")
            .attr("title", "\"<b>\"")
            .text("a & b <script>")
            .child(el("br"))
            .child(el("em").text("x\u{1b}y\u{202e}"));
        assert_eq!(
            element.to_string(),
            "<p title=\"&quot;&lt;b&gt;&quot;\">a &amp; b &lt;script&gt;<br><em>x\u{fffd}y\u{fffd}</em></p>"
        );
    }
}
