//! From the parser's events to the arena. The stack of open collections is explicit, so depth
//! costs no call stack.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StructureStyle};
use plimsoll_source::TextRange;

use crate::recover::StandIns;
use crate::tree::{
    Comment, DocumentData, Kind, Marks, NONE, NodeData, Props, Style, SyntaxError, Tree,
};
use crate::{Dialect, scan};

/// Whether a colon is the beginning of a plain text, by what comes after it.
fn begins_text(rest: &str) -> bool {
    rest.starts_with(|c: char| !c.is_whitespace() && !matches!(c, ',' | '[' | ']' | '{' | '}'))
}

/// A mapping with more entries than this gets its keys sorted for look-ups.
const SORT_ABOVE: u32 = 24;

pub(crate) fn options(dialect: Dialect) -> Options {
    granit_parser::options! {
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        // Both references are ports of libyaml, which does so.
        bom_inside_document_as_content: true,
        block_scalar_eof_without_line_feed: true,
        // go-yaml v4 has given the limit up; this one bounds what waits for its colon.
        simple_key_max_lookahead: match dialect {
            Dialect::Core => 1 << 16,
            Dialect::GoV2 => 1024,
        },
        // A run of comments costs nothing here; the text bounds it.
        max_buffered_comment_events: usize::MAX,
    }
}

/// A collection that is not closed yet.
struct Open {
    id: u32,
    children: u32,
    /// In a mapping: the key whose value comes next.
    key: u32,
    /// The last child so far.
    last: u32,
}

/// How much of a tree belongs to the documents that are complete.
#[derive(Clone, Copy, Default)]
pub(crate) struct Checkpoint {
    /// Where the next document's text begins.
    pub(crate) at: usize,
    nodes: usize,
    props: usize,
    decoded: usize,
    documents: usize,
    comments: usize,
    errors: usize,
    sorted_keys: usize,
}

impl Checkpoint {
    /// All of the tree; the next document begins at `at`.
    pub(crate) fn of(tree: &Tree, at: usize) -> Self {
        Self {
            at,
            nodes: tree.nodes.len(),
            props: tree.props.len(),
            decoded: tree.decoded.len(),
            documents: tree.documents.len(),
            comments: tree.comments.len(),
            errors: tree.errors.len(),
            sorted_keys: tree.sorted_keys.len(),
        }
    }

    /// Drops what came after it.
    pub(crate) fn restore(self, tree: &mut Tree) {
        tree.nodes.truncate(self.nodes);
        tree.props.truncate(self.props);
        tree.decoded.truncate(self.decoded);
        tree.documents.truncate(self.documents);
        tree.comments.truncate(self.comments);
        tree.errors.truncate(self.errors);
        tree.sorted_keys.truncate(self.sorted_keys);
    }
}

/// Where parsing broke off.
pub(crate) struct Failure {
    pub(crate) error: ScanError,
    /// The byte that the parser marks.
    pub(crate) at: usize,
    /// Where the last token known ends.
    pub(crate) cursor: usize,
    /// The last scalar known.
    pub(crate) scalar: TextRange,
    /// The brackets that are open there, outermost first.
    pub(crate) brackets: Vec<usize>,
    /// Before the broken document.
    pub(crate) checkpoint: Checkpoint,
    pub(crate) dialect: Dialect,
}

pub(crate) struct Builder<'t, 'm> {
    tree: &'t mut Tree,
    /// What is parsed: the source with broken lines blanked out, byte for byte as long (but for
    /// brackets closed after its end).
    masked: &'m str,
    /// Where the parser's text begins in `masked`.
    base: u32,
    open: Vec<Open>,
    /// Where the last token known ends: headers and dashes are looked for from here.
    cursor: usize,
    last: u32,
    anchors: HashMap<usize, u32>,
    checkpoint: Checkpoint,
    stand_ins: &'m StandIns,
    /// Colons that libyaml takes for the end of the plain scalar before them.
    glued: &'m mut Vec<usize>,
}

impl<'t, 'm> Builder<'t, 'm> {
    /// A builder of the documents from `base` on.
    pub(crate) fn new(
        tree: &'t mut Tree,
        masked: &'m str,
        base: usize,
        stand_ins: &'m StandIns,
        glued: &'m mut Vec<usize>,
    ) -> Self {
        let checkpoint = Checkpoint::of(tree, base);
        Self {
            tree,
            masked,
            base: base as u32,
            open: Vec::new(),
            cursor: base,
            last: NONE,
            anchors: HashMap::new(),
            checkpoint,
            stand_ins,
            glued,
        }
    }

    /// Reads all events. On an error the tree holds what was read before it, with everything
    /// open closed.
    pub(crate) fn run(mut self) -> Result<(), Box<Failure>> {
        let text = &self.masked[self.base as usize..];
        let mut parser = Parser::new_from_str_with_options(text, options(self.tree.dialect));
        let result = loop {
            match parser.next_event() {
                None => break Ok(()),
                Some(Ok((event, span))) => self.event(event, &span),
                Some(Err(error)) => break Err(Box::new(self.failure(error))),
            }
        };
        while !self.open.is_empty() {
            self.close(None);
        }
        self.end_document(self.cursor);
        result
    }

    fn failure(&self, error: ScanError) -> Failure {
        let at = error.marker().byte_offset().unwrap_or(0) + self.base as usize;
        let starts = self
            .open
            .iter()
            .map(|open| self.tree.nodes[open.id as usize].range);
        let bracket = |range: &TextRange| matches!(range.of(self.masked), "{" | "[");
        Failure {
            error,
            at: at.min(self.masked.len()),
            cursor: self.cursor,
            scalar: match self.tree.nodes.get(self.last as usize) {
                Some(node) if node.kind == Kind::Scalar => node.range,
                _ => TextRange::empty(self.cursor as u32),
            },
            brackets: starts
                .filter(bracket)
                .map(|range| range.start as usize)
                .collect(),
            checkpoint: self.checkpoint,
            dialect: self.tree.dialect,
        }
    }

    fn bytes(&self, span: &Span) -> TextRange {
        let range = span
            .byte_range()
            .map_or(TextRange::default(), TextRange::from);
        range.shifted(self.base)
    }

    fn event(&mut self, event: Event<'m>, span: &Span) {
        let range = self.bytes(span);
        match event {
            Event::Scalar(value, style, _, tag) => {
                let id = self.scalar(&value, style, range, span.indent);
                self.tag(id, tag.as_deref(), span);
                self.note_merge(id);
                self.note_glued(id);
            }
            Event::Alias(target) => self.alias(range, Some(target)),
            Event::UnresolvedAlias(_) => self.alias(range, None),
            Event::MappingStart(style, _, tag) => {
                self.start(Kind::Mapping, style, range, span, tag.as_deref());
            }
            Event::SequenceStart(style, _, tag) => {
                self.start(Kind::Sequence, style, range, span, tag.as_deref());
            }
            Event::MappingEnd | Event::SequenceEnd => self.close(Some(range)),
            Event::Anchor(anchor, _) => {
                self.anchors.insert(anchor, self.last);
                if self.last != NONE {
                    self.props(self.last).anchor = Some(range);
                }
            }
            Event::Comment(..) => self.comment(range),
            Event::DocumentStart(explicit, _) => {
                self.anchors.clear();
                let marker = explicit.then_some(range);
                let start = marker.map_or(self.cursor as u32, |marker| marker.start);
                self.tree.documents.push(DocumentData {
                    root: NONE,
                    range: TextRange::empty(start),
                    marker,
                });
                if explicit {
                    self.cursor = range.end as usize;
                }
            }
            Event::DocumentEnd => {
                let end = if range.is_empty() {
                    self.cursor
                } else {
                    range.end as usize
                };
                self.end_document(end);
                self.cursor = end;
                self.checkpoint = Checkpoint::of(self.tree, end);
            }
            _ => {}
        }
    }

    fn comment(&mut self, range: TextRange) {
        let before = &self.masked[..range.start as usize];
        let blank = before.trim_end_matches([' ', '\t', '\u{feff}']);
        let trailing = !(blank.is_empty() || blank.ends_with(['\n', '\r']));
        self.tree.comments.push(Comment { range, trailing });
    }

    fn end_document(&mut self, end: usize) {
        let Some(document) = self.tree.documents.last_mut() else {
            return;
        };
        document.range = document.range.join(TextRange::at(end, end));
        if let Some(root) = self.tree.nodes.get(document.root as usize) {
            document.range = document.range.join(root.range);
        }
        if let Some(root) = self.tree.nodes.get(document.root as usize)
            && root.kind == Kind::Scalar
            && root.style == Style::Plain
            && root.range.is_empty()
            && !root.marks.has(Marks::PROPS)
        {
            document.root = NONE;
        }
    }

    /// Adds a node below the innermost open collection.
    fn push(&mut self, kind: Kind, style: Style, range: TextRange) -> u32 {
        let id = self.tree.nodes.len() as u32;
        let mut node = NodeData {
            kind,
            style,
            marks: Marks::default(),
            range,
            parent: NONE,
            subtree_end: id + 1,
            slot: NONE,
            detail: [NONE; 2],
        };
        if let Some(open) = self.open.last_mut() {
            node.parent = open.id;
            if self.tree.nodes[open.id as usize].kind == Kind::Sequence {
                node.slot = open.children;
            } else if open.key == NONE {
                node.marks.set(Marks::KEY);
                open.key = id;
            } else {
                node.slot = open.key;
                open.key = NONE;
            }
            open.children += 1;
            open.last = id;
        } else if let Some(document) = self.tree.documents.last_mut() {
            document.root = id;
        }
        self.tree.nodes.push(node);
        self.last = id;
        id
    }

    fn props(&mut self, id: u32) -> &mut Props {
        self.tree.nodes[id as usize].marks.set(Marks::PROPS);
        let list = &mut self.tree.props;
        let index = match list.binary_search_by_key(&id, |props| props.node) {
            Ok(index) => index,
            Err(index) => {
                let props = Props {
                    node: id,
                    tag: None,
                    anchor: None,
                };
                list.insert(index, props);
                index
            }
        };
        &mut list[index]
    }

    fn tag(&mut self, id: u32, tag: Option<&granit_parser::Tag>, span: &Span) {
        let (Some(tag), Some(range)) = (tag, span.tag_span()) else {
            return;
        };
        let (prefix, suffix) = tag.parts();
        let resolved = format!("{prefix}{suffix}").into_boxed_str();
        let range = self.bytes(&range);
        self.props(id).tag = Some((resolved, range));
    }

    /// The key that a value is about to be read for.
    fn pending_key(&self) -> Option<u32> {
        let open = self.open.last()?;
        (open.key != NONE).then_some(open.key)
    }

    fn end_of(&self, id: u32) -> usize {
        let mut end = self.tree.data(id).range.end;
        if let Some(props) = self.tree.props_of(id) {
            end = end.max(props.anchor.map_or(0, |range| range.end));
            end = end.max(props.tag.as_ref().map_or(0, |(_, range)| range.end));
        }
        end as usize
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        range: TextRange,
        indent: Option<usize>,
    ) -> u32 {
        let (style, range) = match style {
            ScalarStyle::SingleQuoted => (Style::SingleQuoted, range),
            ScalarStyle::DoubleQuoted => (Style::DoubleQuoted, range),
            ScalarStyle::Literal => (Style::Literal, self.block_scalar(range, value, indent)),
            ScalarStyle::Folded => (Style::Folded, self.block_scalar(range, value, indent)),
            ScalarStyle::Plain => (Style::Plain, range),
        };
        if style == Style::Plain && range.is_empty() {
            return self.empty_scalar(range);
        }
        let id = self.push(Kind::Scalar, style, range);
        self.decode(id, value);
        self.cursor = range.end as usize;
        id
    }

    fn empty_scalar(&mut self, range: TextRange) -> u32 {
        let text = self.masked;
        let mut at = range.start as usize;
        if let Some(key) = self.pending_key() {
            let key_end = self.end_of(key);
            // Properties place it by themselves: they come after the `:`.
            match scan::colon_after(text, key_end) {
                // What begins here is the next key: the colon is that one's, or part of it.
                Some(_) if text[at..].starts_with('\u{feff}') => at = key_end,
                Some(colon) if colon == at && begins_text(&text[at + 1..]) => at = key_end,
                Some(colon) if colon >= at => at = colon + 1,
                Some(colon) if scan::skip_trivia(text, colon + 1) >= at => at = colon + 1,
                Some(_) => {}
                None => at = key_end,
            }
        } else if !self.open.is_empty() {
            // An item or a key: just after its `-` or `?`, however far the parser looked.
            let mut indicator = scan::skip_trivia(text, self.cursor);
            if text.as_bytes().get(indicator) == Some(&b',') {
                indicator = scan::skip_trivia(text, indicator + 1);
            }
            if matches!(text.as_bytes().get(indicator), Some(b'-' | b'?'))
                && scan::skip_trivia(text, indicator + 1) >= at
            {
                at = indicator + 1;
            }
        }
        at = at.max(self.cursor).min(text.len());
        let range = TextRange::at(at, at);
        let id = self.push(Kind::Scalar, Style::Plain, range);
        self.cursor = at;
        id
    }

    /// The whole range of a block scalar, of which the parser names the content only.
    fn block_scalar(&self, content: TextRange, value: &str, indent: Option<usize>) -> TextRange {
        let text = self.masked;
        let (start, end) = (content.start as usize, content.end as usize);
        let Some(header) = scan::block_header(text, self.cursor) else {
            return content;
        };
        let header_end = scan::block_header_end(text, header);
        let keep = text[header..header_end].contains('+');
        if value.is_empty() || end <= header_end {
            return TextRange::at(header, header_end);
        }
        // The parser may have read the indentation of the next token and all blank lines.
        let body = &text[..end];
        let lines = body.trim_end_matches([' ', '\t']);
        let body = if lines.ends_with(['\n', '\r']) {
            lines
        } else {
            body
        };
        let mut body = without_break(body);
        if !keep {
            let indent = indent.unwrap_or(usize::MAX);
            while body.len() > start {
                let line = scan::line_start(text, body.len());
                let blank = &body[line..];
                if blank.len() > indent || !blank.bytes().all(|b| b == b' ') || line <= header_end {
                    break;
                }
                body = without_break(&body[..line]);
            }
        }
        TextRange::at(header, body.len().max(header_end))
    }

    /// Keeps a scalar's text, unless nothing had to be decoded: then the source has it.
    fn decode(&mut self, id: u32, value: &str) {
        let node = self.tree.data(id);
        let (inner, range) = (node.inner(), node.range);
        // The source itself, not the masked text: a broken line inside a scalar is blank. But
        // what only stands for the source is read as the source has it.
        if inner.of(&self.tree.text) == value || self.stand_ins.plain.contains(&range) {
            return;
        }
        let restored;
        let value = match (range.end as usize).checked_sub(1) {
            Some(last) if self.stand_ins.colons.contains(&last) => {
                restored = format!("{}:", &value[..value.len().saturating_sub(1)]);
                if inner.of(&self.tree.text) == restored {
                    return;
                }
                &restored
            }
            _ => value,
        };
        let start = self.tree.decoded.len();
        match self.stand_ins.quote.filter(|&quote| value.contains(quote)) {
            Some(quote) => self.tree.decoded.push_str(&value.replace(quote, "'")),
            None => self.tree.decoded.push_str(value),
        }
        let end = self.tree.decoded.len();
        let node = &mut self.tree.nodes[id as usize];
        node.marks.set(Marks::DECODED);
        node.detail = [start as u32, end as u32];
    }

    /// Notes the colon of `[fe80::]` or `{a:}`: to YAML it ends a key with no value, to libyaml a
    /// colon before a bracket or comma is part of the text.
    fn note_glued(&mut self, id: u32) {
        let node = &self.tree.nodes[id as usize];
        let Some(key) = self.tree.nodes.get(node.slot as usize) else {
            return;
        };
        let is_value = node.range.is_empty() && key.marks.has(Marks::KEY);
        // `[:]` is a text, and `{:}` is nothing.
        let mapping = self.tree.nodes.get(key.parent as usize);
        let above = mapping.and_then(|node| self.tree.nodes.get(node.parent as usize));
        let in_list = above.is_some_and(|node| node.kind == Kind::Sequence);
        if key.range.is_empty() && !in_list {
            return;
        }
        if is_value && key.kind == Kind::Scalar && key.style == Style::Plain {
            let colon = scan::glued_colon(self.masked, key.range, self.tree.dialect);
            self.glued.extend(colon);
        }
    }

    /// Tells the mapping that this key merges.
    fn note_merge(&mut self, id: u32) {
        let node = &self.tree.nodes[id as usize];
        if node.marks.has(Marks::KEY)
            && node.style == Style::Plain
            && self.tree.scalar_text(id) == "<<"
            && self
                .tree
                .props_of(id)
                .and_then(|props| props.tag.as_ref())
                .is_none_or(|(tag, _)| &**tag == "tag:yaml.org,2002:merge")
        {
            let parent = node.parent;
            self.tree.nodes[parent as usize].marks.set(Marks::MERGES);
        }
    }

    fn alias(&mut self, range: TextRange, target: Option<usize>) {
        let id = self.push(Kind::Alias, Style::Plain, range);
        self.cursor = range.end as usize;
        let name = range.of(self.masked);
        let name = name.strip_prefix('*').unwrap_or(name);
        let target = target.and_then(|target| self.anchors.get(&target).copied());
        match target {
            Some(target) if self.open.iter().any(|open| open.id == target) => {
                self.tree.errors.push(SyntaxError {
                    range,
                    message: format!("the value of anchor `&{name}` contains itself"),
                    help: Some("point the alias at a node outside of it".into()),
                });
            }
            Some(target) => self.tree.nodes[id as usize].detail[0] = target,
            None => self
                .tree
                .errors
                .push(unknown_anchor(range.of(self.masked), range)),
        }
    }

    fn start(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        range: TextRange,
        span: &Span,
        tag: Option<&granit_parser::Tag>,
    ) {
        let flow = style == StructureStyle::Flow;
        let mut start = range.start as usize;
        if !flow && kind == Kind::Sequence {
            // A sequence that is indented no deeper than its key is placed at its first item.
            if let Some(key) = self.pending_key() {
                start = scan::dash_after_key(self.masked, self.end_of(key)).unwrap_or(start);
            }
        }
        let bracket = flow && matches!(range.of(self.masked), "{" | "[");
        let end = if bracket { start + 1 } else { start };
        let style = if flow { Style::Flow } else { Style::Block };
        let id = self.push(kind, style, TextRange::at(start, end));
        self.tag(id, tag, span);
        self.open.push(Open {
            id,
            children: 0,
            key: NONE,
            last: NONE,
        });
        self.cursor = self.cursor.max(end);
    }

    /// Closes the innermost collection; `range` is the parser's end, if it came to one.
    fn close(&mut self, range: Option<TextRange>) {
        if let Some(key) = self.pending_key() {
            // Only where parsing broke off: a key without its value.
            let end = self.end_of(key);
            let at = scan::colon_after(self.masked, end).map_or(end, |colon| colon + 1);
            let value = TextRange::at(at, at);
            self.push(Kind::Scalar, Style::Plain, value);
        }
        let Some(open) = self.open.pop() else { return };
        let mut end = self.tree.nodes[open.id as usize].range.end;
        if open.last != NONE {
            end = end.max(self.end_of(open.last) as u32);
        }
        if let Some(range) = range
            && matches!(range.of(self.masked), "}" | "]")
        {
            end = end.max(range.end);
            self.cursor = self.cursor.max(range.end as usize);
        }
        let subtree_end = self.tree.nodes.len() as u32;
        let node = &mut self.tree.nodes[open.id as usize];
        node.range.end = end;
        node.subtree_end = subtree_end;
        node.detail[0] = open.children;
        if node.kind == Kind::Mapping && open.children / 2 > SORT_ABOVE {
            self.sort_keys(open.id);
        }
    }

    fn sort_keys(&mut self, id: u32) {
        let tree = &mut *self.tree;
        let mut keys: Vec<u32> = tree.node(id).entries().map(|entry| entry.key.id).collect();
        keys.sort_unstable_by(|&a, &b| tree.key_text(a).cmp(&tree.key_text(b)).then(a.cmp(&b)));
        tree.nodes[id as usize].detail[1] = tree.sorted_keys.len() as u32;
        tree.sorted_keys.extend_from_slice(&keys);
    }
}

fn without_break(text: &str) -> &str {
    match text.strip_suffix('\n') {
        Some(text) => text.strip_suffix('\r').unwrap_or(text),
        None => text.strip_suffix('\r').unwrap_or(text),
    }
}
/// An alias without its anchor. What no anchor is called is hardly meant as an alias: `*****`,
/// `*.example.com`.
fn unknown_anchor(text: &str, range: TextRange) -> SyntaxError {
    let name = text.strip_prefix('*').unwrap_or(text);
    let usual = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(usual) {
        return SyntaxError {
            range,
            message: format!("unknown anchor `&{name}`"),
            help: Some(format!(
                "write `&{name}` before the node meant, above this line"
            )),
        };
    }
    SyntaxError {
        range,
        message: format!("`{text}` is read as an alias, and no anchor has such a name"),
        help: Some(format!("put the value in quotes: `\"{text}\"`")),
    }
}
