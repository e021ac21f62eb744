//! What every parsed text must have, for the property tests and the fuzzer.

use plimsoll_dockerfile::{
    Body, Build, Command, Dockerfile, Healthcheck, Instruction, Mount, Word, parse,
};
use plimsoll_source::TextRange;

/// Parses the text and checks every place.
pub(crate) fn check(text: &str) {
    let build = Build::new(parse(text));
    assert_eq!(build.scripts.len(), build.file.instructions.len());
    accounted(&build.file);
    in_build(&build);
}

/// Every byte belongs to an instruction, a comment, a directive's line or white space.
fn accounted(file: &Dockerfile) {
    let text = &*file.text;
    let mut ranges: Vec<TextRange> = file.instructions.iter().map(|i| i.range).collect();
    for pair in ranges.windows(2) {
        assert!(
            pair[0].end <= pair[1].start,
            "instructions in order: {text:?}"
        );
    }
    ranges.extend(&file.comments);
    ranges.extend(file.directives.iter().map(|pair| {
        let hash = text[..pair.range.start as usize]
            .rfind('#')
            .expect("it begins with `#`");
        TextRange::new(hash as u32, pair.range.end)
    }));
    ranges.sort();
    let mut at = 0;
    for range in ranges {
        if range.start > at {
            blank(text, at, range.start);
        }
        at = at.max(range.end);
    }
    blank(text, at, text.len() as u32);
}

fn blank(text: &str, start: u32, end: u32) {
    let between = TextRange::new(start, end)
        .of(text)
        .trim_start_matches('\u{feff}');
    assert!(
        between.trim().is_empty(),
        "{between:?} at {start} of {text:?} belongs to nothing"
    );
}

pub(crate) fn on_boundaries(text: &str, range: TextRange) {
    assert!(
        range.start <= range.end && range.end as usize <= text.len(),
        "{range:?} in {text:?}"
    );
    assert!(
        text.is_char_boundary(range.start as usize),
        "{range:?} in {text:?}"
    );
    assert!(
        text.is_char_boundary(range.end as usize),
        "{range:?} in {text:?}"
    );
}

/// Every range lies in what holds it, and words say what stands there.
fn in_build(build: &Build) {
    let file = &build.file;
    let text = &*file.text;
    for error in &file.errors {
        on_boundaries(text, error.range);
    }
    for comment in &file.comments {
        assert!(comment.of(text).starts_with('#'));
    }
    for (index, instruction) in file.instructions.iter().enumerate() {
        on_boundaries(text, instruction.range);
        instruction_places(file, instruction);
        if let Some(script) = &build.scripts[index] {
            for command in &script.commands {
                on_boundaries(text, command.range);
                for word in &command.words {
                    assert!(instruction.range.covers(word.range), "{word:?} in {text:?}");
                    on_boundaries(text, word.range);
                }
            }
        }
        let _ = (build.env_at(index), build.args_at(index));
    }
    for stage in &build.stages {
        assert_eq!(
            build.stage_of(stage.from).map(|found| found.index),
            Some(stage.index)
        );
        assert!(build.instructions_of(stage, true).count() >= stage.instructions.len());
    }
}

fn instruction_places(file: &Dockerfile, instruction: &Instruction) {
    let text = &*file.text;
    let inside = |range: TextRange| {
        on_boundaries(text, range);
        assert!(
            instruction.range.covers(range),
            "{range:?} of {instruction:?} in {text:?}"
        );
    };
    inside(instruction.keyword_range);
    inside(instruction.args);
    assert!(instruction.keyword_range.end <= instruction.args.start);
    for flag in &instruction.flags {
        inside(flag.range);
        assert!(flag.range.covers(flag.name.range), "{flag:?} in {text:?}");
        if let Some(value) = &flag.value {
            assert!(flag.range.covers(value.range), "{flag:?} in {text:?}");
        }
        if let Some(mount) = Mount::read(flag) {
            for (key, value) in mount.options {
                assert!(flag.range.covers(key.range));
                assert!(value.is_none_or(|value| flag.range.covers(value.range)));
            }
        }
    }
    for heredoc in &instruction.heredocs {
        inside(heredoc.range);
        inside(heredoc.body);
        if let Some(range) = heredoc.terminator {
            inside(range);
            assert_eq!(heredoc.body.end, range.start);
        }
    }
    let plain = |word: &Word| {
        inside(word.range);
        assert_eq!(
            file.joined(word.range),
            &*word.value,
            "{word:?} in {text:?}"
        );
    };
    let command = |command: &Command| match command {
        Command::Exec(words) => words.iter().for_each(|word| inside(word.range)),
        Command::Shell(range) => inside(*range),
        Command::Heredoc(index) => assert!(*index < instruction.heredocs.len()),
    };
    match &instruction.body {
        Body::From(from) => {
            plain(&from.image);
            from.name.iter().for_each(plain);
        }
        Body::Run(run) | Body::Cmd(run) | Body::Entrypoint(run) => command(run),
        Body::Healthcheck(Healthcheck::Cmd(run)) => command(run),
        Body::Copy(transfer) | Body::Add(transfer) => {
            for word in transfer.sources.iter().chain([&transfer.dest]) {
                if transfer.json {
                    inside(word.range)
                } else {
                    plain(word)
                }
            }
        }
        Body::Env(pairs) | Body::Label(pairs) => {
            for pair in pairs {
                inside(pair.range);
                plain(&pair.key);
                plain(&pair.value);
                assert!(pair.range.covers(pair.key.range) && pair.range.covers(pair.value.range));
            }
        }
        Body::Arg(decls) => {
            for decl in decls {
                inside(decl.range);
                plain(&decl.name);
                decl.default.iter().for_each(plain);
            }
        }
        Body::Expose(words) => words.iter().for_each(plain),
        Body::Volume(words) | Body::Shell(words) => {
            words.iter().for_each(|word| inside(word.range));
        }
        Body::User(word)
        | Body::Workdir(word)
        | Body::StopSignal(word)
        | Body::Maintainer(word) => {
            plain(word);
        }
        Body::Onbuild(inner) => {
            inside(inner.range);
            instruction_places(file, inner);
        }
        Body::Healthcheck(Healthcheck::None) | Body::Invalid => {}
    }
}
