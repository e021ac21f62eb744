//! A whole page.

use std::fmt::Write;

use crate::element::{Element, el};

/// A page under construction.
#[derive(Debug)]
pub struct Page {
    title: String,
    style: String,
    script: String,
    body: Vec<Element>,
}

/// What all pages look like. Colours follow the reader's setting of light and dark.
const STYLE: &str = "\
:root{color-scheme:light dark;--back:#fff;--text:#1c2128;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;\
--accent:#0969da;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700}\
@media(prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#8d96a0;--line:#30363d;\
--card:#161b22;--accent:#4493f8;--good:#3fb950;--bad:#f85149;--warn:#d29922}}\
*{box-sizing:border-box}\
body{margin:0;padding:1.5rem clamp(1rem,3vw,3rem) 4rem;background:var(--back);color:var(--text);\
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}\
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}\
p{margin:.3rem 0}.soft{color:var(--soft)}\
code,.code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\
table{border-collapse:collapse;width:100%}\
th{text-align:left;font-weight:600;color:var(--soft);font-size:13px}\
th,td{padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
.wide{overflow-x:auto}\
.card{border:1px solid var(--line);border-radius:8px;background:var(--card);padding:1rem;margin:1rem 0}\
input:not([type=checkbox]){font:inherit;padding:.4rem .6rem;border:1px solid var(--line);border-radius:6px;background:var(--back);\
color:inherit;width:min(100%,24rem)}\
summary{cursor:pointer}\
svg{display:block}svg text{fill:var(--text);font:12px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}\
svg .soft{fill:var(--soft)}\
@media print{body{padding:0}.card{break-inside:avoid}}";

impl Page {
    /// A page with this title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            style: STYLE.to_owned(),
            script: String::new(),
            body: Vec::new(),
        }
    }

    /// Adds style sheet text of the caller's own; never text from a reviewed file.
    pub fn style(mut self, css: &'static str) -> Self {
        self.style.push_str(css);
        self
    }

    /// Adds a script of the caller's own; never text from a reviewed file.
    pub fn script(mut self, script: &'static str) -> Self {
        self.script.push_str(script);
        self
    }

    /// Adds an element to the body.
    pub fn add(&mut self, element: Element) {
        self.body.push(element);
    }

    /// The page as text, ending in a line break.
    pub fn html(&self) -> String {
        // Nothing is fetched and nothing is sent, whatever is in the page.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";
        let head = [
            el("meta").attr("charset", "utf-8"),
            el("meta")
                .attr("http-equiv", "Content-Security-Policy")
                .attr("content", policy),
            el("meta")
                .attr("name", "viewport")
                .attr("content", "width=device-width,initial-scale=1"),
            el("title").text(&self.title),
        ];
        let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head>");
        for element in head {
            let _ = write!(out, "{element}");
        }
        let _ = write!(out, "<style>{}</style></head>\n<body>", self.style);
        for element in &self.body {
            let _ = writeln!(out, "{element}");
        }
        if !self.script.is_empty() {
            let _ = write!(out, "<script>{}</script>", self.script);
        }
        out.push_str("</body></html>\n");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Page;
    use crate::element::el;

    #[test]
    fn a_page_is_whole_and_escaped() {
        let mut page = Page::new("a <b>").style("x{}").script("f()");
        page.add(el("h1").text("</script>"));
        let html = page.html();
        assert!(html.starts_with("<!doctype html>"));
        assert!(html.contains("<title>a &lt;b&gt;</title>"));
        assert!(html.contains("<h1>&lt;/script&gt;</h1>"));
        assert!(html.ends_with("<script>f()</script></body></html>\n"));
    }
}
