//! Parsing: the actions that nearly all actions are, byte by byte and without tokens. Where one is
//! anything else, or wrong, nothing of it is kept and the parser looks at it again: the trees are the
//! same, and so are the errors.

use plimsoll_source::TextRange;

use super::lexer::{Kind, TERMINATOR, Token, WORD, is, is_space};
use super::number;
use super::parser::Parser;
use super::tree::{Literal, Names, NodeId, NodeKind, Pipe, Span, StringId};

/// Parentheses in parentheses.
const MAX_DEPTH: u32 = 16;

/// What a tree had before something was parsed.
struct Mark {
    nodes: usize,
    children: usize,
    names: usize,
    numbers: usize,
    strings: usize,
    pending: usize,
    variables: usize,
}

/// What follows an operand.
enum Next {
    Operand,
    Command,
    End,
}

/// Where the white space from `at` on ends.
fn behind_space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(|&byte| is_space(byte)) {
        at += 1;
    }
    at
}

/// Where the word from `at` on ends, if a word may end there.
fn word_end(text: &[u8], mut at: usize) -> Option<usize> {
    while is(*text.get(at)?, WORD) {
        at += 1;
    }
    let ends = is(text[at], TERMINATOR) || text[at..].starts_with(b"}}");
    ends.then_some(at)
}

fn range(start: usize, end: usize) -> TextRange {
    TextRange::new(start as u32, end as u32)
}

impl Parser<'_> {
    /// Whether an action may be looked at here: where, if so.
    fn quick_start(&self) -> Option<usize> {
        let usual = self.is_quick && self.lexer.has_usual_delimiters();
        match self.buffered {
            _ if !usual => None,
            0 => Some(self.lexer.position()),
            1 if self.buffer[0].kind != Kind::Error => Some(self.buffer[0].start as usize),
            _ => None,
        }
    }

    /// Where the first token of an action is.
    pub(super) fn quick_position(&self) -> Option<u32> {
        Some(behind_space(self.text, self.quick_start()?) as u32)
    }

    /// Whether an action may start with a word; the token before it was read last.
    pub(super) fn quick_word_is(&self, word: &[u8]) -> bool {
        let at = behind_space(self.text, self.lexer.position());
        self.text[at..].starts_with(word)
    }

    /// Passes a keyword and the space behind it, if it is the next word.
    pub(super) fn quick_keyword(&mut self, word: &str) -> bool {
        let Some(at) = self.quick_position() else {
            return false;
        };
        let rest = &self.text[at as usize..];
        let behind = rest.strip_prefix(word.as_bytes());
        if !behind.is_some_and(|behind| behind.first().is_some_and(|&byte| is_space(byte))) {
            return false;
        }
        self.lexer.go_on_at(at as usize + word.len());
        self.buffered = 0;
        true
    }

    /// Passes `end` and its delimiter; gives the latter.
    pub(super) fn quick_end(&mut self) -> Option<Token> {
        let at = behind_space(self.text, self.quick_start()?);
        let rest = self.text.get(at..)?.strip_prefix(b"end")?;
        if !rest.starts_with(b"}}") && !rest.first().is_some_and(|&byte| is_space(byte)) {
            return None;
        }
        self.quick_close(at + 3)
    }

    /// Passes a right delimiter, which white space may be before.
    fn quick_close(&mut self, from: usize) -> Option<Token> {
        let text = self.text;
        let at = behind_space(text, from);
        let trims = at > from && text.get(at) == Some(&b'-');
        let start = at + usize::from(trims);
        if !text.get(start..)?.starts_with(b"}}") {
            return None;
        }
        let token = Token {
            kind: Kind::RightDelim,
            start: start as u32,
            end: start as u32 + 2,
        };
        let end = start + 2;
        self.lexer
            .leave_action(if trims { behind_space(text, end) } else { end });
        self.buffer[0] = token;
        self.buffered = 0;
        Some(token)
    }

    /// Parses a pipeline and the right delimiter behind it.
    pub(super) fn quick_pipeline(&mut self, is_range: bool) -> Option<NodeId> {
        let mut at = self.quick_start()?;
        let mark = Mark {
            nodes: self.tree.nodes.len(),
            children: self.tree.children.len(),
            names: self.tree.names.len(),
            numbers: self.tree.numbers.len(),
            strings: self.tree.strings.len(),
            pending: self.pending.len(),
            variables: self.scope.len(),
        };
        let pipe = self.quick_pipe(&mut at, None, is_range, 0);
        let closed = pipe.filter(|_| self.quick_close(at).is_some());
        if closed.is_none() {
            self.go_back(&mark);
        }
        closed
    }

    fn go_back(&mut self, mark: &Mark) {
        self.tree.nodes.truncate(mark.nodes);
        self.tree.children.truncate(mark.children);
        self.tree.names.truncate(mark.names);
        self.tree.numbers.truncate(mark.numbers);
        self.tree.strings.truncate(mark.strings);
        self.pending.truncate(mark.pending);
        self.scope.forget(mark.variables);
    }

    /// A pipeline: in the parenthesis that starts at `paren`, to its end, or else to where the right
    /// delimiter should be with the space before it. Recursion is as deep as [`MAX_DEPTH`] says.
    fn quick_pipe(
        &mut self,
        at: &mut usize,
        paren: Option<usize>,
        is_range: bool,
        depth: u32,
    ) -> Option<NodeId> {
        *at = behind_space(self.text, *at);
        let position = *at;
        let base = self.pending.len();
        let mut assigns = false;
        if paren.is_none() && self.text.get(*at) == Some(&b'$') {
            assigns = self.quick_variables(at, is_range)?;
        }
        let variables = self.pending.len() - base;
        let mut commands = 0;
        let mut next = Next::Command;
        while let Next::Command = next {
            *at = behind_space(self.text, *at);
            let (start, first) = (*at, self.pending.len());
            self.quick_operand(at, depth)?;
            next = self.quick_next(at, paren.is_some())?;
            while let Next::Operand = next {
                self.quick_operand(at, depth)?;
                next = self.quick_next(at, paren.is_some())?;
            }
            self.quick_command(start, first, commands > 0)?;
            commands += 1;
        }
        let last = *self.pending.last()?;
        let end = match paren {
            Some(_) => *at as u32,
            None => self.tree.node(last).range.end,
        };
        let whole = TextRange::new(paren.unwrap_or(position) as u32, end);
        let all = self.take(base);
        let variables = variables as u32;
        let kind = NodeKind::Pipe(Pipe {
            variables: Span {
                start: all.start,
                len: variables,
            },
            assigns,
            commands: Span {
                start: all.start + variables,
                len: commands,
            },
        });
        Some(self.add(kind, whole, position as u32))
    }

    /// Declarations or assignments, if there are any; whether they assign.
    fn quick_variables(&mut self, at: &mut usize, is_range: bool) -> Option<bool> {
        let text = self.text;
        let mut end = word_end(text, *at + 1)?;
        let mut start = *at;
        let mut next = behind_space(text, end);
        let mut first = None;
        if is_range && text.get(next) == Some(&b',') {
            first = Some((start, end));
            start = behind_space(text, next + 1);
            if text.get(start) != Some(&b'$') {
                return None;
            }
            end = word_end(text, start + 1)?;
            next = behind_space(text, end);
        }
        let (assigns, len) = match text.get(next..)? {
            [b':', b'=', ..] => (false, 2),
            [b'=', ..] => (true, 1),
            // It is an operand.
            _ if first.is_none() => return Some(false),
            _ => return None,
        };
        for (start, end) in first.into_iter().chain([(start, end)]) {
            let names = self.add_name(range(start, end));
            let variable = NodeKind::Variable(names);
            let node = self.add(variable, range(start, end), start as u32);
            self.pending.push(node);
            self.scope.declare(&text[start..end]);
        }
        *at = next + len;
        Some(assigns)
    }

    /// Passes what follows an operand.
    fn quick_next(&self, at: &mut usize, in_paren: bool) -> Option<Next> {
        let text = self.text;
        let next = behind_space(text, *at);
        Some(match *text.get(next)? {
            b'|' => {
                *at = next + 1;
                Next::Command
            }
            b')' if in_paren => {
                *at = next + 1;
                Next::End
            }
            b'}' if !in_paren => Next::End,
            b'-' if next > *at && text[next + 1..].starts_with(b"}}") => {
                if in_paren {
                    return None;
                }
                Next::End
            }
            _ if next > *at => {
                *at = next;
                Next::Operand
            }
            _ => return None,
        })
    }

    /// A command of the nodes that are pending from `first` on.
    fn quick_command(&mut self, start: usize, first: usize, is_piped: bool) -> Option<()> {
        let node = self.tree.node(*self.pending.get(first)?);
        let is_literal = matches!(
            node.kind,
            NodeKind::Bool(_)
                | NodeKind::Dot
                | NodeKind::Nil
                | NodeKind::Number(_)
                | NodeKind::String(_)
        );
        if is_piped && is_literal {
            return None;
        }
        let from = node.range.start;
        let to = self.tree.node(*self.pending.last()?).range.end;
        let arguments = self.take(first);
        let kind = NodeKind::Command(arguments);
        let command = self.add(kind, TextRange::new(from, to), start as u32);
        self.pending.push(command);
        Some(())
    }

    fn quick_operand(&mut self, at: &mut usize, depth: u32) -> Option<()> {
        let (text, start) = (self.text, *at);
        let byte = *text.get(start)?;
        let after = *text.get(start + 1)?;
        let kind = match byte {
            b'.' | b'$' if byte == b'$' || is(after, WORD) => return self.quick_path(at, byte),
            b'.' => {
                *at = word_end(text, start + 1)?;
                NodeKind::Dot
            }
            b'"' => {
                let len = memchr::memchr3(b'\\', b'\n', b'"', &text[start + 1..])?;
                let inner = &text[start + 1..start + 1 + len];
                if text[start + 1 + len] != b'"' || !inner.is_ascii() {
                    return None;
                }
                *at = start + len + 2;
                self.quick_string(start, *at)
            }
            b'`' => {
                let len = memchr::memchr(b'`', &text[start + 1..])?;
                if text[start + 1..start + 1 + len].contains(&b'\r') {
                    return None;
                }
                *at = start + len + 2;
                self.quick_string(start, *at)
            }
            b'(' if depth < MAX_DEPTH => {
                *at = start + 1;
                let pipe = self.quick_pipe(at, Some(start), false, depth + 1)?;
                return self.quick_chain(at, pipe, start);
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                *at = word_end(text, start + 1)?;
                self.quick_word(&text[start..*at])?
            }
            b'0'..=b'9' => {
                let digits = text[start..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit());
                *at = start + digits.count();
                // A sign may follow, for a complex number.
                let ends = is(*text.get(*at)?, TERMINATOR) || text[*at] == b'}';
                if !ends || text[*at] == b'.' {
                    return None;
                }
                let number = number::parse(&text[start..*at], Kind::Number).ok()?;
                self.tree.numbers.push(number);
                NodeKind::Number(self.tree.numbers.len() as u32 - 1)
            }
            _ => return None,
        };
        let node = self.add(kind, range(start, *at), start as u32);
        self.pending.push(node);
        Some(())
    }

    fn quick_string(&mut self, start: usize, end: usize) -> NodeKind {
        let literal = Literal::Verbatim(range(start + 1, end - 1));
        let id = StringId(self.tree.strings.len() as u32);
        self.tree.strings.push(literal);
        NodeKind::String(id)
    }

    fn quick_word(&self, word: &[u8]) -> Option<NodeKind> {
        Some(match word {
            b"true" => NodeKind::Bool(true),
            b"false" => NodeKind::Bool(false),
            b"nil" => NodeKind::Nil,
            b"block" | b"break" | b"continue" | b"define" | b"else" | b"end" | b"if" | b"range"
            | b"template" | b"with" => return None,
            _ => {
                let name = std::str::from_utf8(word).ok()?;
                let function = self.functions.function(name)?;
                NodeKind::Identifier(Some(function))
            }
        })
    }

    /// Fields from `at` on.
    fn quick_fields(&mut self, at: &mut usize) -> Option<()> {
        let text = self.text;
        while text.get(*at) == Some(&b'.') {
            let start = *at;
            // What is no field here is an error.
            if !is(*text.get(start + 1)?, WORD) || text[start + 1].is_ascii_digit() {
                return None;
            }
            let end = word_end(text, start + 1)?;
            self.tree.names.push(range(start + 1, end));
            *at = end;
        }
        Some(())
    }

    /// `.a.b` or `$a.b`.
    fn quick_path(&mut self, at: &mut usize, byte: u8) -> Option<()> {
        let (text, start) = (self.text, *at);
        let first_name = self.tree.names.len() as u32;
        if byte == b'$' {
            let end = word_end(text, start + 1)?;
            if !self.scope.has(&text[start..end]) {
                return None;
            }
            self.tree.names.push(range(start, end));
            *at = end;
        } else {
            if text.get(start + 1)?.is_ascii_digit() {
                return None;
            }
            let end = word_end(text, start + 1)?;
            self.tree.names.push(range(start + 1, end));
            *at = end;
        }
        let first_end = *at;
        self.quick_fields(at)?;
        let names = Names {
            start: first_name,
            len: self.tree.names.len() as u32 - first_name,
        };
        let kind = if byte == b'$' {
            NodeKind::Variable(names)
        } else {
            NodeKind::Field(names)
        };
        // Go says that a chain stands at its second field.
        let position = if *at > first_end { first_end } else { start };
        let node = self.add(kind, range(start, *at), position as u32);
        self.pending.push(node);
        Some(())
    }

    /// What is in a parenthesis, with the fields that follow it.
    fn quick_chain(&mut self, at: &mut usize, pipe: NodeId, start: usize) -> Option<()> {
        let first_name = self.tree.names.len() as u32;
        let paren_end = *at;
        self.quick_fields(at)?;
        let fields = Names {
            start: first_name,
            len: self.tree.names.len() as u32 - first_name,
        };
        let operand = if fields.is_empty() {
            pipe
        } else {
            let kind = NodeKind::Chain { node: pipe, fields };
            self.add(kind, range(start, *at), paren_end as u32)
        };
        self.pending.push(operand);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::FunctionNames;
    use super::super::tree::Tree;

    struct Known;

    impl FunctionNames for Known {
        fn function(&self, name: &str) -> Option<u32> {
            let known = ["f", "include", "printf", "and", "not", "default", "end2"];
            known
                .iter()
                .position(|known| *known == name)
                .map(|at| at as u32)
        }
    }

    #[track_caller]
    fn check(text: &str) {
        let quick = Tree::parse("t", text, &Known);
        let slow = Tree::parse_by_tokens("t", text, &Known);
        assert_eq!(format!("{quick:?}"), format!("{slow:?}"), "{text}");
    }

    #[test]
    fn trees_are_those_of_the_parser_of_tokens() {
        for text in [
            "a {{ .a.b.c }} b",
            "{{- .a -}} x {{- end }}",
            "{{ if .a }}1{{ else if not .b }}2{{ else }}3{{ end }}",
            "{{ with $x := f .a }}{{ $x.y }}{{ end }}{{ $x }}",
            "{{ range $i, $e := .a }}{{ $i }}{{ $e.b | f 1 \"a\" `b` }}{{ break }}{{ end }}",
            "{{ range $i, $e = .a }}{{ end }}{{ range $i := .a }}{{ end }}{{ range $i, := .a }}",
            "{{ $a := 1 }}{{ $a = 2 }}{{ $a == 2 }}{{ $a, $b := 2 }}{{ $c }}",
            "{{ `{{` }}{{`x\r`}}{{ \"\\n\" }}{{ \"é\" }}{{ \"a\n\" }}",
            "{{ (f .a).b.c }}{{ ((f)) }}{{ (f . | f (f .b) 1).x }}{{ (f).}}{{ (f) .x }}",
            "{{ f . | 1 }}{{ f | .a }}{{ nil }}{{ true }}{{ 1 }}{{ 0x1F }}{{ 1.5 }}{{ -1 }}{{ 1+2i }}",
            "{{ define \"x\" }}{{ . }}{{ end }}{{ template \"x\" . }}{{ template \"x\" }}{{ block \"y\" $ }}{{ end }}",
            "{{define \"x\"}}{{end}}{{ definex }}{{ end2 }}{{ end }}",
            "{{ . -}}  x",
            "{{ .a-}}",
            "{{- /* c */ -}}{{ . }}{{ /* c */ }}",
            "{{ f.x }}{{ .a.1 }}{{ .1 }}{{ ..a }}{{ $.a.b }}{{ $ }}{{ $x. }}{{ .a | }}{{ | f }}",
            "{{ f(.a) }}{{ f\"a\" }}{{ \"a\"\"b\" }}{{ 1.a }}{{ \"a\".b }}{{ true.a }}{{ .é }}{{ é }}",
            "{{ if }}{{ end }}{{ if .a }}",
            "{{",
            "{{ f",
            "{{ .a }",
            "{{ .a }}{{ (f }}{{ f) }}",
            "{{ \"a",
            "{{}}",
            "{{ }}",
            "{{ -}}",
            "{{- -}} x",
            "{{ 1}",
            "{{ f -}",
            "{{ f - }}",
            "{{if .a}}x{{end}}y",
            "{{\n  f\n  .a\n  |\n  f\n}}",
            "{{ unknown . }}{{ $unknown }}{{ f $unknown }}",
            "{{ end }}",
            "{{ if .a }}{{ $x := 1 }}{{ end }}{{ $x }}",
            "{{ if $x := .a }}{{ end }}{{ $x }}",
            "{{ f 1a }}{{ f 99999999999999999999 }}{{ f 1_000 }}{{ f 'a' }}{{ break }}{{ continue }}",
        ] {
            check(text);
        }
    }

    #[test]
    fn whatever_is_written_the_trees_are_the_same() {
        let pieces = [
            "{{",
            "}}",
            "{{-",
            "-}}",
            " ",
            " ",
            " ",
            "\n",
            ".a",
            ".b.c",
            ".",
            "$",
            "$x",
            ":=",
            "=",
            ",",
            "|",
            "(",
            ")",
            "\"s\"",
            "`r`",
            "1",
            "-",
            "f",
            "include",
            "if",
            "else",
            "end",
            "range",
            "with",
            "define",
            "text",
            "{{ end }}",
            "{{ if .a }}",
            "{{ f . | f }}",
            "{{ $x := 1 }}",
            "true",
            "nil",
            "é",
            "'c'",
        ];
        // A linear congruential generator, so that a failure can be had again.
        let mut state = 1_u64;
        let mut below = |count: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % count
        };
        for _ in 0..30_000 {
            let count = 1 + below(14);
            let text: String = (0..count).map(|_| pieces[below(pieces.len())]).collect();
            check(&text);
            check(&format!("{{{{ {text} }}}}"));
        }
    }
}
