//! Classes of characters: Perl's, POSIX' and Unicode's, as Go's package regexp has them.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// The characters from `low` to `high`; surrogates are none.
pub(super) fn of_range(low: u32, high: u32) -> ClassUnicode {
    let mut class = ClassUnicode::empty();
    for (from, to) in [(low, high.min(0xd7ff)), (low.max(0xe000), high)] {
        if let (Some(from), Some(to)) = (char::from_u32(from), char::from_u32(to))
            && from <= to
        {
            class.push(ClassUnicodeRange::new(from, to));
        }
    }
    class
}

/// A class with all that its characters are equal to without regard to case.
pub(super) fn folded(mut class: ClassUnicode) -> ClassUnicode {
    // Fails only without the tables, which are a feature of the crate that is on.
    let _ = class.try_case_fold_simple();
    class
}

fn of_ranges(ranges: &[(u8, u8)], fold: bool, negated: bool) -> ClassUnicode {
    let ranges = ranges
        .iter()
        .map(|&(from, to)| ClassUnicodeRange::new(char::from(from), char::from(to)));
    let mut class = ClassUnicode::new(ranges);
    if fold {
        class = folded(class);
    }
    if negated {
        class.negate();
    }
    class
}

const DIGIT: &[(u8, u8)] = &[(b'0', b'9')];
const WORD: &[(u8, u8)] = &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')];
const PERL_SPACE: &[(u8, u8)] = &[(b'\t', b'\n'), (0x0c, b'\r'), (b' ', b' ')];

/// What a letter behind a backslash stands for.
pub(super) fn perl(letter: u8, fold: bool) -> Option<ClassUnicode> {
    let ranges = match letter.to_ascii_lowercase() {
        b'd' => DIGIT,
        b'w' => WORD,
        b's' => PERL_SPACE,
        _ => return None,
    };
    Some(of_ranges(ranges, fold, letter.is_ascii_uppercase()))
}

/// What a name between `[:` and `:]` stands for.
pub(super) fn posix(name: &[u8], fold: bool) -> Option<ClassUnicode> {
    let (name, negated) = match name {
        [b'^', rest @ ..] => (rest, true),
        _ => (name, false),
    };
    let ranges: &[(u8, u8)] = match name {
        b"alnum" => &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
        b"alpha" => &[(b'A', b'Z'), (b'a', b'z')],
        b"ascii" => &[(0, 0x7f)],
        b"blank" => &[(b'\t', b'\t'), (b' ', b' ')],
        b"cntrl" => &[(0, 0x1f), (0x7f, 0x7f)],
        b"digit" => DIGIT,
        b"graph" => &[(b'!', b'~')],
        b"lower" => &[(b'a', b'z')],
        b"print" => &[(b' ', b'~')],
        b"punct" => &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
        b"space" => &[(b'\t', b'\r'), (b' ', b' ')],
        b"upper" => &[(b'A', b'Z')],
        b"word" => WORD,
        b"xdigit" => &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')],
        _ => return None,
    };
    Some(of_ranges(ranges, fold, negated))
}

/// The scripts that Go finds by their names: those of one word.
const SCRIPTS: &str = " Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki \
    Bopomofo Brahmi Braille Buginese Buhid Carian Chakma Cham Cherokee Chorasmian Common Coptic \
    Cuneiform Cypriot Cyrillic Deseret Devanagari Dogra Duployan Elbasan Elymaic Ethiopic \
    Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew \
    Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki Khudawadi \
    Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean \
    Marchen Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko \
    Nushu Ogham Oriya Osage Osmanya Palmyrene Phoenician Rejang Runic Samaritan Saurashtra \
    Sharada Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac Tagalog Tagbanwa Takri Tamil \
    Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho \
    Yezidi Yi ";

/// Categories, and the longer names of them.
const CATEGORIES: &str = " C Cc Cf Cn Co Cs L Lc Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe \
    Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs Casedletter Closepunctuation Combiningmark \
    Connectorpunctuation Control Currencysymbol Dashpunctuation Decimalnumber Enclosingmark \
    Finalpunctuation Format Initialpunctuation Letter Letternumber Lineseparator Lowercaseletter \
    Mark Mathsymbol Modifierletter Modifiersymbol Nonspacingmark Number Openpunctuation Other \
    Otherletter Othernumber Otherpunctuation Othersymbol Paragraphseparator Privateuse \
    Punctuation Separator Spaceseparator Spacingmark Surrogate Symbol Titlecaseletter Unassigned \
    Uppercaseletter Cntrl Digit Punct ";

/// The category or script of this name.
pub(super) fn unicode(name: &[u8], fold: bool) -> Option<ClassUnicode> {
    let name = canonical(name)?;
    let is_in = |list: &str| list.contains(&format!(" {name} "));
    let mut class = match name.as_str() {
        "Any" => of_range(0, 0x10_ffff),
        "Ascii" => of_range(0, 0x7f),
        "Assigned" => {
            let mut class = property("gc=Cn")?;
            class.negate();
            class
        }
        // Surrogates are no characters of a text.
        "Cs" | "Surrogate" => ClassUnicode::empty(),
        _ if is_in(CATEGORIES) => property(&format!("gc={name}"))?,
        _ if is_in(SCRIPTS) => property(&format!("sc={name}"))?,
        _ => return None,
    };
    if fold {
        class = folded(class);
    }
    Some(class)
}

fn property(name: &str) -> Option<ClassUnicode> {
    match regex_syntax::parse(&format!("\\p{{{name}}}"))
        .ok()?
        .into_kind()
    {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // A class of one character.
        HirKind::Literal(literal) => {
            let character = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(of_range(u32::from(character), u32::from(character)))
        }
        _ => None,
    }
}

/// A name with one capital at its start and without what separates words.
fn canonical(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let mut out = String::new();
    for character in name.chars().filter(|character| !"_- ".contains(*character)) {
        out.push(if out.is_empty() {
            character.to_ascii_uppercase()
        } else {
            character.to_ascii_lowercase()
        });
    }
    (!out.is_empty()).then_some(out)
}
