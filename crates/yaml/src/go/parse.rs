//! From tokens to events, as libyaml and its port in go-yaml 2 do it.

use std::ops::Range;

use super::GoError;
use super::scan::{Kind, Scanner, Token, Value};
use super::source::Mark;

/// What stands before a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Properties {
    pub(super) anchor: Option<String>,
    /// The tag with its handle resolved; empty if there is none.
    pub(super) tag: String,
}

#[derive(Debug)]
pub(super) enum Event {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(String),
    Scalar {
        value: Value,
        /// Whether the text decides the type.
        implicit: bool,
        properties: Properties,
    },
    SequenceStart(Properties),
    MappingStart(Properties),
    /// The end of a sequence or mapping.
    End,
}

/// An event and the bytes that it takes.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) event: Event,
    pub(super) range: Range<usize>,
}

#[derive(Clone, Copy)]
enum State {
    StreamStart,
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirst,
    BlockSequence,
    IndentlessSequence,
    BlockMappingFirst,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequence,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

pub(super) struct Parser<'t> {
    pub(super) scanner: Scanner<'t>,
    state: State,
    states: Vec<State>,
    marks: Vec<Mark>,
    tag_directives: Vec<(String, String)>,
}

type Next = Result<Parsed, GoError>;

impl<'t> Parser<'t> {
    pub(super) fn new(bytes: &'t [u8]) -> Self {
        Self {
            scanner: Scanner::new(bytes),
            state: State::StreamStart,
            states: Vec::new(),
            marks: Vec::new(),
            tag_directives: Vec::new(),
        }
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Next {
        match self.state {
            State::StreamStart => {
                self.peek()?;
                self.scanner.take();
                self.state = State::ImplicitDocumentStart;
                self.next_document(true)
            }
            State::ImplicitDocumentStart => self.next_document(true),
            State::DocumentStart => self.next_document(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSequenceFirst => {
                self.open()?;
                self.block_sequence()
            }
            State::BlockSequence => self.block_sequence(),
            State::IndentlessSequence => self.indentless_sequence(),
            State::BlockMappingFirst => {
                self.open()?;
                self.block_mapping_key()
            }
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirst => {
                self.open()?;
                self.flow_sequence(true)
            }
            State::FlowSequence => self.flow_sequence(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                let mark = self.peek()?.start;
                self.state = State::FlowSequence;
                Ok(parsed(Event::End, mark, mark))
            }
            State::FlowMappingFirst => {
                self.open()?;
                self.flow_mapping_key(true)
            }
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(false),
            State::FlowMappingEmptyValue => self.flow_mapping_value(true),
            State::End => Ok(parsed(Event::StreamEnd, Mark::default(), Mark::default())),
        }
    }

    fn peek(&mut self) -> Result<&Token, GoError> {
        self.scanner.peek()
    }

    fn error<T>(context: Option<Mark>, problem: &str, mark: Mark) -> Result<T, GoError> {
        let line = match (mark.line, context.map_or(0, |mark| mark.line)) {
            (0, 0) => None,
            (0, line) | (line, _) => Some(line),
        };
        Err(GoError::at(line, problem))
    }

    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// Takes the token that starts a collection.
    fn open(&mut self) -> Result<(), GoError> {
        let mark = self.peek()?.start;
        self.marks.push(mark);
        self.scanner.take();
        Ok(())
    }

    /// Takes the token that ends a collection.
    fn close(&mut self) -> Next {
        let token = self.peek()?.clone();
        self.pop();
        self.marks.pop();
        self.scanner.take();
        Ok(parsed(Event::End, token.start, token.end))
    }

    fn empty(mark: Mark) -> Parsed {
        let event = Event::Scalar {
            value: Value::Text(mark.at..mark.at),
            implicit: true,
            properties: Properties::default(),
        };
        parsed(event, mark, mark)
    }

    fn next_document(&mut self, implicit: bool) -> Next {
        if !implicit {
            while self.peek()?.kind == Kind::DocumentEnd {
                self.scanner.take();
            }
        }
        let token = self.peek()?.clone();
        match token.kind {
            Kind::StreamEnd => {
                self.state = State::End;
                self.scanner.take();
                Ok(parsed(Event::StreamEnd, token.start, token.end))
            }
            Kind::Version(..) | Kind::TagDirective { .. } | Kind::DocumentStart => {
                self.explicit_document(token.start)
            }
            _ if implicit => {
                self.directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                Ok(parsed(Event::DocumentStart, token.start, token.start))
            }
            _ => self.explicit_document(token.start),
        }
    }

    fn explicit_document(&mut self, start: Mark) -> Next {
        self.directives()?;
        let token = self.peek()?.clone();
        if token.kind != Kind::DocumentStart {
            return Self::error(None, "did not find expected <document start>", token.start);
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        self.scanner.take();
        Ok(parsed(Event::DocumentStart, start, token.end))
    }

    fn directives(&mut self) -> Result<(), GoError> {
        let mut version = false;
        loop {
            let token = self.peek()?.clone();
            match token.kind {
                Kind::Version(..) if version => {
                    return Self::error(None, "found duplicate %YAML directive", token.start);
                }
                Kind::Version(1, 1) => version = true,
                Kind::Version(..) => {
                    return Self::error(None, "found incompatible YAML document", token.start);
                }
                Kind::TagDirective { handle, prefix } => {
                    let known = self
                        .tag_directives
                        .iter()
                        .any(|(other, _)| *other == handle);
                    if known {
                        return Self::error(None, "found duplicate %TAG directive", token.start);
                    }
                    self.tag_directives.push((handle, prefix));
                }
                _ => break,
            }
            self.scanner.take();
        }
        for (handle, prefix) in [("!", "!"), ("!!", crate::value::YAML_TAG)] {
            if !self.tag_directives.iter().any(|(other, _)| other == handle) {
                self.tag_directives.push((handle.into(), prefix.into()));
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Next {
        let token = self.peek()?;
        if matches!(
            token.kind,
            Kind::Version(..)
                | Kind::TagDirective { .. }
                | Kind::DocumentStart
                | Kind::DocumentEnd
                | Kind::StreamEnd
        ) {
            let mark = token.start;
            self.pop();
            return Ok(Self::empty(mark));
        }
        self.node(true, false)
    }

    fn document_end(&mut self) -> Next {
        let token = self.peek()?.clone();
        if token.kind == Kind::DocumentEnd {
            self.scanner.take();
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        Ok(parsed(Event::DocumentEnd, token.start, token.start))
    }

    fn node(&mut self, block: bool, indentless: bool) -> Next {
        let start = self.peek()?.start;
        let mut end = start;
        let mut anchor = None;
        let mut tag = None;
        // An anchor and a tag, in any order.
        loop {
            let fits = match self.peek()?.kind {
                Kind::Alias(_) => anchor.is_none() && tag.is_none(),
                Kind::Anchor(_) => anchor.is_none(),
                Kind::Tag { .. } => tag.is_none(),
                _ => false,
            };
            let Some(token) = self.scanner.take_if(fits) else {
                break;
            };
            end = token.end;
            match token.kind {
                Kind::Alias(name) => {
                    self.pop();
                    return Ok(parsed(Event::Alias(name), token.start, token.end));
                }
                Kind::Anchor(name) => anchor = Some(name),
                Kind::Tag { handle, suffix } => tag = Some((handle, suffix, token.start)),
                _ => {}
            }
        }
        let tag = match tag {
            None => String::new(),
            Some((handle, suffix, _)) if handle.is_empty() => suffix,
            Some((handle, suffix, mark)) => {
                let known = self
                    .tag_directives
                    .iter()
                    .find(|(other, _)| *other == handle);
                let resolved = known.map(|(_, prefix)| prefix.clone() + &suffix);
                match resolved.filter(|tag| !tag.is_empty()) {
                    Some(tag) => tag,
                    None => {
                        return Self::error(Some(start), "found undefined tag handle", mark);
                    }
                }
            }
        };
        let properties = Properties { anchor, tag };
        let is_scalar = matches!(self.peek()?.kind, Kind::Scalar { .. });
        if let Some(token) = self.scanner.take_if(is_scalar) {
            let implicit = |plain| properties.tag.is_empty() && plain || properties.tag == "!";
            self.pop();
            let event = match token.kind {
                Kind::Scalar { value, plain } => Event::Scalar {
                    value,
                    implicit: implicit(plain),
                    properties,
                },
                _ => Event::StreamEnd,
            };
            return Ok(parsed(event, token.start, token.end));
        }
        let token = self.peek()?.clone();
        let (event, state) = match token.kind {
            Kind::BlockEntry if indentless => (
                Event::SequenceStart(properties),
                Some(State::IndentlessSequence),
            ),
            Kind::FlowSequenceStart => (
                Event::SequenceStart(properties),
                Some(State::FlowSequenceFirst),
            ),
            Kind::FlowMappingStart => (
                Event::MappingStart(properties),
                Some(State::FlowMappingFirst),
            ),
            Kind::BlockSequenceStart if block => (
                Event::SequenceStart(properties),
                Some(State::BlockSequenceFirst),
            ),
            Kind::BlockMappingStart if block => (
                Event::MappingStart(properties),
                Some(State::BlockMappingFirst),
            ),
            _ if properties.anchor.is_some() || !properties.tag.is_empty() => {
                let event = Event::Scalar {
                    value: Value::Text(end.at..end.at),
                    implicit: properties.tag.is_empty(),
                    properties,
                };
                (event, None)
            }
            _ => {
                let problem = "did not find expected node content";
                return Self::error(Some(start), problem, token.start);
            }
        };
        match state {
            Some(state) => self.state = state,
            None => {
                self.pop();
                return Ok(parsed(event, end, end));
            }
        }
        Ok(parsed(event, token.start, token.end))
    }

    fn block_sequence(&mut self) -> Next {
        let token = self.peek()?.clone();
        match token.kind {
            Kind::BlockEntry => {
                self.scanner.take();
                if matches!(self.peek()?.kind, Kind::BlockEntry | Kind::BlockEnd) {
                    self.state = State::BlockSequence;
                    return Ok(Self::empty(token.end));
                }
                self.states.push(State::BlockSequence);
                self.node(true, false)
            }
            Kind::BlockEnd => self.close(),
            _ => {
                let problem = "did not find expected '-' indicator";
                Self::error(self.marks.pop(), problem, token.start)
            }
        }
    }

    fn indentless_sequence(&mut self) -> Next {
        let token = self.peek()?.clone();
        if token.kind != Kind::BlockEntry {
            self.pop();
            return Ok(parsed(Event::End, token.start, token.start));
        }
        self.scanner.take();
        if matches!(
            self.peek()?.kind,
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd
        ) {
            self.state = State::IndentlessSequence;
            return Ok(Self::empty(token.end));
        }
        self.states.push(State::IndentlessSequence);
        self.node(true, false)
    }

    fn block_mapping_key(&mut self) -> Next {
        let token = self.peek()?.clone();
        match token.kind {
            Kind::Key => {
                self.scanner.take();
                if matches!(self.peek()?.kind, Kind::Key | Kind::Value | Kind::BlockEnd) {
                    self.state = State::BlockMappingValue;
                    return Ok(Self::empty(token.end));
                }
                self.states.push(State::BlockMappingValue);
                self.node(true, true)
            }
            Kind::BlockEnd => self.close(),
            _ => Self::error(self.marks.pop(), "did not find expected key", token.start),
        }
    }

    fn block_mapping_value(&mut self) -> Next {
        let token = self.peek()?.clone();
        if token.kind != Kind::Value {
            self.state = State::BlockMappingKey;
            return Ok(Self::empty(token.start));
        }
        self.scanner.take();
        if matches!(self.peek()?.kind, Kind::Key | Kind::Value | Kind::BlockEnd) {
            self.state = State::BlockMappingKey;
            return Ok(Self::empty(token.end));
        }
        self.states.push(State::BlockMappingKey);
        self.node(true, true)
    }

    /// Takes the `,` before an entry that is not the first.
    fn flow_entry(&mut self, problem: &str) -> Result<(), GoError> {
        let token = self.peek()?.clone();
        if token.kind != Kind::FlowEntry {
            return Self::error(self.marks.pop(), problem, token.start);
        }
        self.scanner.take();
        Ok(())
    }

    fn flow_sequence(&mut self, first: bool) -> Next {
        if self.peek()?.kind == Kind::FlowSequenceEnd {
            return self.close();
        }
        if !first {
            self.flow_entry("did not find expected ',' or ']'")?;
        }
        let token = self.peek()?.clone();
        match token.kind {
            Kind::Key => {
                self.state = State::FlowPairKey;
                self.scanner.take();
                let event = Event::MappingStart(Properties::default());
                Ok(parsed(event, token.start, token.end))
            }
            Kind::FlowSequenceEnd => self.close(),
            _ => {
                self.states.push(State::FlowSequence);
                self.node(false, false)
            }
        }
    }

    fn flow_pair_key(&mut self) -> Next {
        let token = self.peek()?.clone();
        if matches!(
            token.kind,
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd
        ) {
            // The reference takes the token, whatever it is.
            self.scanner.take();
            self.state = State::FlowPairValue;
            return Ok(Self::empty(token.end));
        }
        self.states.push(State::FlowPairValue);
        self.node(false, false)
    }

    fn flow_pair_value(&mut self) -> Next {
        let token = self.peek()?.clone();
        if token.kind == Kind::Value {
            self.scanner.take();
            let follows = &self.peek()?.kind;
            if !matches!(follows, Kind::FlowEntry | Kind::FlowSequenceEnd) {
                self.states.push(State::FlowPairEnd);
                return self.node(false, false);
            }
        }
        self.state = State::FlowPairEnd;
        Ok(Self::empty(token.start))
    }

    fn flow_mapping_key(&mut self, first: bool) -> Next {
        if self.peek()?.kind == Kind::FlowMappingEnd {
            return self.close();
        }
        if !first {
            self.flow_entry("did not find expected ',' or '}'")?;
        }
        match self.peek()?.kind {
            Kind::Key => {
                self.scanner.take();
                let token = self.peek()?;
                if matches!(
                    token.kind,
                    Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd
                ) {
                    let mark = token.start;
                    self.state = State::FlowMappingValue;
                    return Ok(Self::empty(mark));
                }
                self.states.push(State::FlowMappingValue);
                self.node(false, false)
            }
            Kind::FlowMappingEnd => self.close(),
            _ => {
                self.states.push(State::FlowMappingEmptyValue);
                self.node(false, false)
            }
        }
    }

    fn flow_mapping_value(&mut self, empty: bool) -> Next {
        let mut token = self.peek()?.clone();
        if !empty && token.kind == Kind::Value {
            self.scanner.take();
            token = self.peek()?.clone();
            if !matches!(token.kind, Kind::FlowEntry | Kind::FlowMappingEnd) {
                self.states.push(State::FlowMappingKey);
                return self.node(false, false);
            }
        }
        self.state = State::FlowMappingKey;
        Ok(Self::empty(token.start))
    }
}

fn parsed(event: Event, start: Mark, end: Mark) -> Parsed {
    Parsed {
        event,
        range: start.at..end.at,
    }
}
