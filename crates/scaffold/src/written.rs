//! A file that is to be written, in pieces that each say what they rest on.

use crate::model::Evidence;

/// A file that is to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// Its path relative to the root of the tree, `/`-separated.
    pub path: String,
    /// Its text, from top to bottom.
    pub blocks: Vec<Block>,
}

/// A piece of a generated file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// Whole lines, the last line break included.
    pub text: String,
    /// What made it be written and made it say what it says; never empty.
    pub evidence: Vec<Evidence>,
}

impl Written {
    /// A file without a line.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            blocks: Vec::new(),
        }
    }

    /// Adds a piece of one or more lines; a line break is put at its end where it lacks one.
    pub fn push(&mut self, text: impl Into<String>, evidence: Vec<Evidence>) {
        let mut text = text.into();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        self.blocks.push(Block { text, evidence });
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.blocks
            .iter()
            .map(|block| block.text.as_str())
            .collect()
    }

    /// What a line, from 1, rests on; nothing for a line that the file does not have.
    pub fn why(&self, line: usize) -> &[Evidence] {
        let mut last = 0;
        for block in &self.blocks {
            last += block.text.matches('\n').count();
            if line <= last {
                return if line == 0 { &[] } else { &block.evidence };
            }
        }
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::Written;
    use crate::model::Evidence;

    #[test]
    fn a_line_leads_to_what_it_rests_on() {
        let mut written = Written::new("Dockerfile");
        written.push("FROM scratch", vec![Evidence::table("one")]);
        written.push("USER 1\nEXPOSE 2\n", vec![Evidence::table("two")]);
        assert_eq!(written.text(), "FROM scratch\nUSER 1\nEXPOSE 2\n");
        assert_eq!(written.why(1)[0].says, "one");
        assert_eq!(written.why(2)[0].says, "two");
        assert_eq!(written.why(3)[0].says, "two");
        assert!(written.why(0).is_empty());
        assert!(written.why(4).is_empty());
    }
}
