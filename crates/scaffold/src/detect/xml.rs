//! XML as build files use it: elements, attributes and text. Total: what does not close ends with
//! the file, what closes nothing is passed over.

/// An element.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Element {
    /// Its name without a prefix.
    pub(crate) name: String,
    /// Its attributes, in order.
    pub(crate) attributes: Vec<(String, String)>,
    /// Its own text, trimmed.
    pub(crate) text: String,
    /// The elements in it.
    pub(crate) children: Vec<Element>,
    /// The line that it begins on, from 1.
    pub(crate) line: u32,
}

/// How deep elements may nest; deeper ones are taken for siblings.
const MAX_DEPTH: usize = 64;

impl Element {
    /// The first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at a path of names.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter()
            .try_fold(self, |element, name| element.child(name))
    }

    /// The text of the element at a path, when it is not empty.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)
            .map(|element| element.text.as_str())
            .filter(|text| !text.is_empty())
    }

    /// All children of a name.
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// An attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The root element of a document.
pub(crate) fn parse(text: &str) -> Option<Element> {
    let mut open: Vec<Element> = vec![Element::default()];
    let mut rest = text;
    let mut line = 1u32;
    let skip = |rest: &mut &str, by: usize, line: &mut u32| {
        let by = (by.min(rest.len())..rest.len())
            .find(|at| rest.is_char_boundary(*at))
            .unwrap_or(rest.len());
        *line += rest[..by].matches('\n').count() as u32;
        *rest = &rest[by..];
    };
    while let Some(at) = rest.find('<') {
        if let Some(element) = open.last_mut() {
            element.text.push_str(&unescaped(&rest[..at]));
        }
        skip(&mut rest, at, &mut line);
        if rest.starts_with("<!--") {
            let end = rest.find("-->").map_or(rest.len(), |end| end + 3);
            skip(&mut rest, end, &mut line);
            continue;
        }
        if let Some(data) = rest.strip_prefix("<![CDATA[") {
            let end = data.find("]]>").unwrap_or(data.len());
            if let Some(element) = open.last_mut() {
                element.text.push_str(&data[..end]);
            }
            skip(&mut rest, end + 12, &mut line);
            continue;
        }
        let end = rest.find('>').unwrap_or(rest.len());
        let tag = &rest[1..end.max(1)];
        if tag.starts_with(['?', '!']) {
            skip(&mut rest, end + 1, &mut line);
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let name = local(name.trim());
            let depth = open
                .iter()
                .rposition(|element| element.name == name)
                .filter(|depth| *depth > 0);
            while depth.is_some_and(|depth| open.len() > depth) {
                close(&mut open);
            }
        } else {
            let empty = tag.ends_with('/');
            let element = element(tag.trim_end_matches('/'), line);
            if empty || open.len() > MAX_DEPTH {
                if let Some(parent) = open.last_mut() {
                    parent.children.push(element);
                }
            } else {
                open.push(element);
            }
        }
        skip(&mut rest, end + 1, &mut line);
    }
    if let Some(element) = open.last_mut() {
        element.text.push_str(&unescaped(rest));
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop()?.children.into_iter().next()
}

fn close(open: &mut Vec<Element>) {
    let Some(mut element) = open.pop() else {
        return;
    };
    element.text = element.text.trim().to_owned();
    if let Some(parent) = open.last_mut() {
        parent.children.push(element);
    }
}

fn element(tag: &str, line: u32) -> Element {
    let end = tag.find(char::is_whitespace).unwrap_or(tag.len());
    let mut attributes = Vec::new();
    let mut rest = &tag[end..];
    while let Some(at) = rest.find('=') {
        let name = rest[..at].trim();
        let value = rest[at + 1..].trim_start();
        let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            break;
        };
        let Some(end) = value[1..].find(quote) else {
            break;
        };
        attributes.push((name.to_owned(), unescaped(&value[1..=end])));
        rest = &value[end + 2..];
    }
    Element {
        name: local(&tag[..end]).to_owned(),
        attributes,
        line,
        ..Element::default()
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn elements_attributes_and_text_are_read() {
        let text = "<?xml version='1.0'?>\n<!-- <a> -->\n<p:project a='1' b=\"x &amp; y\">\n <c>d</c><e/>\n <c><f>g</f></c>\n</p:project>";
        let root = parse(text).expect("a root");
        assert_eq!(root.name, "project");
        assert_eq!(root.attribute("b"), Some("x & y"));
        assert_eq!(root.text_at(&["c"]), Some("d"));
        assert_eq!(
            root.all("c").nth(1).and_then(|c| c.text_at(&["f"])),
            Some("g")
        );
        assert_eq!(root.child("e").map(|e| e.line), Some(4));
    }

    #[test]
    fn what_is_broken_is_read_as_far_as_it_goes() {
        assert_eq!(
            parse("<a><b>c")
                .and_then(|a| a.text_at(&["b"]).map(str::to_owned))
                .as_deref(),
            Some("c")
        );
        assert_eq!(parse("</a><b/>").map(|b| b.name).as_deref(), Some("b"));
        assert_eq!(
            parse("<"),
            Some(super::Element {
                line: 1,
                ..Default::default()
            })
        );
        assert_eq!(parse("x"), None);
        let deep = "<a>".repeat(5000);
        assert!(parse(&deep).is_some());
    }
}
