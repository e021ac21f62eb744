use super::*;

fn exact(text: &str) -> Option<GoNode<'_>> {
    let nodes = crate::go::compose::compose(text.as_bytes()).ok()?;
    crate::go::decode::decode(text.as_bytes(), &nodes).ok()?
}

const TEXTS: [&str; 15] = [
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: \"a-b\" # why\n  labels: {}\n  empty:\n",
    "a:\n- b: 1\n  c: 'it''s'\n- d: \"x\\n\\\"y\\\"\"\n\n# between\ne: [ ]\nf: []\n",
    "data:\n  x: |\n\n    one\n      two \n\n    three\n  y: |-\n    a: b\n  z: |+\n    c\n\n\nlast: ~\n",
    "list:\n  - - a\n    - b\n  - c: |\n      text\n    d: 0x1f\n  - 1e3\n  - -5\n  - --flag=a:b\n",
    "true: no\n1: 2.50\n\"q\": http://x:80/?a=b#c\nwords: one  two, [three] {four}\n\u{e4}: \u{1f600} b\n",
    "- a\n- b:\n  - c\n  d: .5\n- \"e\"\n",
    "a: 1\n\n\n  \nb:    \n    c: d   \n    # e\n  # f\n# g",
    "a: one\n  two # no\nb:\n  c: x:y\n    - z\n\n\n    *w\n  d:\n  - v\n   u\n  - t\n  e: 1\n   2\n",
    "a: [b, \"c\", 'd', [1, {e: f, \"g\": {}}]] # h\ni: {j: /k, l: []}\nm:\n- [a-b, -1 , 2.5]\n",
    "a: 'one\n  it''s  two \n\n\n three '\nb:\n- \"c \\\n   d\n  e\\ f\n\n  g\\n\n  \"\n- \n  h: \"\"\n- # i\n  - 'k\n\n  '\n",
    "a:\n    {}\nb:\n  [c, {d: _e}] # f\ng:\n  |-\n    h\n\n     i\nj:\n  k l\n   m\nn:\n  - {}\n  -\n    []\n  -\n    'o'\n",
    "a: :b:c\n?d: ?e\nf:\n  \"g\"\nh:\n  - :i\n  - j:\n      |\n       k\n    l:\n      m # n\n",
    "# a\n\n---  \n# b\nc: d\ne:\n- f\n",
    "---\na: |\nb: |-\n\n# c\n\nd:\n  e: |\n  # f\n  g: h\n  i:\n  - |\n  - j\n...\n\n",
    "a:\n  b: 'c'\n\n... \n",
];

#[test]
fn usual_texts_are_read() {
    for text in TEXTS {
        let found = decode(text.replace("[ ]", "[]").as_bytes()).is_some();
        assert!(found, "{text:?}");
    }
}

#[test]
fn what_is_read_is_what_the_exact_reader_reads() {
    for text in TEXTS {
        if let Some(found) = decode(text.as_bytes()) {
            assert_eq!(Some(found), exact(text), "{text:?}");
        }
    }
}

/// What of a document is read if some of its fields are wanted: these, and the others as null.
fn some_fields<'t>(root: &GoNode<'t>, wanted: &[&str]) -> GoNode<'t> {
    let mut root = root.clone();
    if let GoValue::Map(entries) = &mut root.value {
        entries.retain(|(key, _)| is_wanted(key, wanted));
    }
    root
}

fn is_wanted(key: &GoNode<'_>, wanted: &[&str]) -> bool {
    matches!(&key.value, GoValue::Str(text) if wanted.contains(&text.as_ref()))
}

#[test]
fn some_fields_are_read_as_all_are() {
    const WANTED: [&str; 3] = ["metadata", "list", "b"];
    let mut read = 0;
    for text in TEXTS {
        let found = decode_fields(text, |key| is_wanted(key, &WANTED));
        if let Some(found) = found {
            read += 1;
            let whole = exact(text).expect("what is read in part can be read");
            assert_eq!(found.value, some_fields(&whole, &WANTED).value, "{text:?}");
        }
    }
    assert!(read > 4, "{read} texts were read");
}

#[test]
fn what_has_no_json_is_left_to_the_exact_reader() {
    for text in [
        "a: .inf\n",
        "a:\n  ~: 1\n",
        "a:\n- null: 1\n",
        "~: 1\n",
        "18446744073709551615: 1\n",
        "a:\n  18446744073709551615: 1\n",
        "a: [-1, {null: 1}]\n",
        "a: -.inf\n",
    ] {
        let found = decode_fields(text, |_| false);
        assert_eq!(found, None, "{text:?}");
    }
    let fine = "a: -1.5e3\n1: no\nb: {c: NULL, 2.5: \"~\"}\nd:\n  y: ~\n";
    assert!(decode_fields(fine, |_| false).is_some());
}

#[test]
fn so_it_is_for_texts_with_errors_in_them() {
    const PUT: [&str; 36] = [
        " ", "  ", "\n", "\n\n", "\t", ":", ": ", "-", "- ", "#", " #", "'", "\"", "|", "|\n", "[",
        "]", "{", "}", "&a ", "*a", "?", ",", "!x ", "<<: ", ">", "%", "...", "---", "\u{feff}",
        "\u{e9}", "\u{85}", "\u{2028}", "\u{fffd}", "\u{ffff}", ": \t",
    ];
    let mut state = 1_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    let mut read = 0;
    for step in 0..40_000 {
        let mut text = TEXTS[step % TEXTS.len()].to_owned();
        for _ in 0..=next(3) {
            let mut at = next(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if next(3) == 0 {
                let mut to = (at + 1 + next(6)).min(text.len());
                while !text.is_char_boundary(to) {
                    to += 1;
                }
                text.replace_range(at..to, "");
            } else {
                text.insert_str(at, PUT[next(PUT.len())]);
            }
        }
        let found = decode(text.as_bytes());
        let part = decode_fields(&text, |key| is_wanted(key, &["a", "data", "b"]));
        if let Some(part) = part {
            let whole = found.as_ref().expect("what is read in part is read");
            assert_eq!(part.value, some_fields(whole, &["a", "data", "b"]).value);
        }
        if let Some(found) = found {
            read += 1;
            assert_eq!(Some(found), exact(&text), "{text:?}");
        }
    }
    assert!(read > 4000, "{read} texts were read");
}
