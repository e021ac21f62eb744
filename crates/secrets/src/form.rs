//! Credentials whose form tells who gave them out, whatever they are called.
//!
//! Forms are those that the issuers document for those who scan for them. Keys for tests (`sk_test_`)
//! and parts that may be public by design (`pk_live_`) are not among them.

use std::ops::Range;
use std::sync::LazyLock;

use crate::guessable::longest_run;
use crate::random::entropy;

/// What the rest of a credential is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Letters {
    /// Letters, digits, `_` and `-`.
    Word,
    /// The same and dots between them.
    Dotted,
    /// Capitals and digits.
    Upper,
    /// Hexadecimal digits in small letters.
    Hex,
}

/// A form: how it begins and how long the rest is, in bytes.
struct Form {
    prefix: &'static str,
    least: usize,
    most: usize,
    letters: Letters,
    issuer: &'static str,
}

const fn form(
    prefix: &'static str,
    (least, most): (usize, usize),
    letters: Letters,
    issuer: &'static str,
) -> Form {
    Form {
        prefix,
        least,
        most,
        letters,
        issuer,
    }
}

const FORMS: &[Form] = &[
    form("AGE-SECRET-KEY-1", (58, 58), Letters::Upper, "age"),
    form("AIza", (35, 35), Letters::Word, "Google"),
    form("AKIA", (16, 16), Letters::Upper, "AWS"),
    form("ASIA", (16, 16), Letters::Upper, "AWS"),
    form("ATATT3", (150, 250), Letters::Word, "Atlassian"),
    form("CFPAT-", (43, 43), Letters::Word, "Contentful"),
    form("GOCSPX-", (28, 28), Letters::Word, "Google"),
    form("GR1348941", (20, 20), Letters::Word, "GitLab"),
    form("PMAK-", (59, 59), Letters::Word, "Postman"),
    form("SG.", (66, 66), Letters::Dotted, "SendGrid"),
    form("ccipat_", (40, 90), Letters::Word, "CircleCI"),
    form("dapi", (32, 34), Letters::Hex, "Databricks"),
    form("dckr_pat_", (20, 40), Letters::Word, "Docker Hub"),
    form("doo_v1_", (64, 64), Letters::Hex, "DigitalOcean"),
    form("dop_v1_", (64, 64), Letters::Hex, "DigitalOcean"),
    form("dor_v1_", (64, 64), Letters::Hex, "DigitalOcean"),
    form("dp.pt.", (40, 44), Letters::Word, "Doppler"),
    form("dp.st.", (40, 60), Letters::Dotted, "Doppler"),
    form("figd_", (40, 60), Letters::Word, "Figma"),
    form("ghp_", (36, 255), Letters::Word, "GitHub"),
    form("gho_", (36, 255), Letters::Word, "GitHub"),
    form("ghu_", (36, 255), Letters::Word, "GitHub"),
    form("ghs_", (36, 520), Letters::Word, "GitHub"),
    form("ghr_", (36, 255), Letters::Word, "GitHub"),
    form("github_pat_", (40, 255), Letters::Word, "GitHub"),
    form("glc_", (32, 400), Letters::Word, "Grafana"),
    form("glcbt-", (20, 70), Letters::Word, "GitLab"),
    form("gldt-", (20, 70), Letters::Word, "GitLab"),
    form("glft-", (20, 70), Letters::Word, "GitLab"),
    form("glpat-", (20, 300), Letters::Dotted, "GitLab"),
    form("glptt-", (40, 70), Letters::Word, "GitLab"),
    form("glrt-", (20, 300), Letters::Dotted, "GitLab"),
    form("glsa_", (41, 41), Letters::Word, "Grafana"),
    form("glsoat-", (20, 70), Letters::Word, "GitLab"),
    form("gsk_", (52, 52), Letters::Word, "Groq"),
    form("hf_", (30, 40), Letters::Word, "Hugging Face"),
    form("hvs.", (90, 160), Letters::Word, "Vault"),
    form("lin_api_", (40, 40), Letters::Word, "Linear"),
    form("nfp_", (36, 40), Letters::Word, "Netlify"),
    form("npm_", (36, 36), Letters::Word, "npm"),
    form("ntn_", (43, 50), Letters::Word, "Notion"),
    form("phx_", (40, 60), Letters::Word, "PostHog"),
    form("pul-", (40, 40), Letters::Hex, "Pulumi"),
    form("pypi-", (50, 300), Letters::Word, "PyPI"),
    form("r8_", (37, 37), Letters::Word, "Replicate"),
    form("rk_live_", (20, 120), Letters::Word, "Stripe"),
    form("rubygems_", (48, 48), Letters::Hex, "RubyGems"),
    form("sbp_", (40, 40), Letters::Hex, "Supabase"),
    form("shpat_", (32, 32), Letters::Hex, "Shopify"),
    form("shpca_", (32, 32), Letters::Hex, "Shopify"),
    form("shppa_", (32, 32), Letters::Hex, "Shopify"),
    form("shpss_", (32, 32), Letters::Hex, "Shopify"),
    form("sk-ant-", (40, 200), Letters::Word, "Anthropic"),
    form("sk-or-v1-", (64, 64), Letters::Hex, "OpenRouter"),
    form("sk-proj-", (40, 250), Letters::Word, "OpenAI"),
    form("sk_live_", (20, 120), Letters::Word, "Stripe"),
    form("sntrys_", (60, 400), Letters::Word, "Sentry"),
    form("sqa_", (40, 40), Letters::Hex, "SonarQube"),
    form("sqp_", (40, 40), Letters::Hex, "SonarQube"),
    form("squ_", (40, 40), Letters::Hex, "SonarQube"),
    form("tskey-", (30, 80), Letters::Word, "Tailscale"),
    form("whsec_", (32, 80), Letters::Word, "Stripe"),
    form("xapp-", (20, 150), Letters::Word, "Slack"),
    form("xkeysib-", (70, 100), Letters::Word, "Brevo"),
    form("xoxa-", (20, 250), Letters::Word, "Slack"),
    form("xoxb-", (20, 250), Letters::Word, "Slack"),
    form("xoxe-", (20, 250), Letters::Word, "Slack"),
    form("xoxp-", (20, 250), Letters::Word, "Slack"),
    form("xoxr-", (20, 250), Letters::Word, "Slack"),
    form("xoxs-", (20, 250), Letters::Word, "Slack"),
    form("ya29.", (60, 1200), Letters::Word, "Google"),
];

/// A credential in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its bytes.
    pub range: Range<usize>,
    /// Who gave it out.
    pub issuer: &'static str,
}

/// Who gave out a credential of this form, if the value is one.
pub fn issuer(value: &str) -> Option<&'static str> {
    let value = value.trim();
    if is_private_key(value) {
        return (!is_blotted_out(value)).then_some("a private key");
    }
    let token = token_at(value, 0)?;
    (token.range.end == value.len()).then_some(token.issuer)
}

/// Whether the lines of a key are there, and all of one or two letters: `XXXX`.
fn is_blotted_out(pem: &str) -> bool {
    let lines = pem.lines().map(str::trim);
    let body = lines.filter(|line| !line.is_empty() && !line.starts_with('-'));
    let mut letters: Vec<char> = body.flat_map(str::chars).collect();
    letters.sort_unstable();
    letters.dedup();
    matches!(letters.len(), 1 | 2)
}

/// Whether a private key in PEM stands in the text, or at least its head.
pub fn is_private_key(text: &str) -> bool {
    text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----")
}

/// The credentials in a text, in order. Takes time in proportion to its length.
pub fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut found: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        match (begins && !BY_FIRST[usize::from(bytes[at])].is_empty())
            .then(|| token_at(text, at))
            .flatten()
        {
            Some(token) => {
                at = token.range.end;
                found.push(token);
            }
            None => at += 1,
        }
    }
    found
}

/// The forms by their first byte.
static BY_FIRST: LazyLock<Vec<Vec<&'static Form>>> = LazyLock::new(|| {
    let mut table = vec![Vec::new(); 256];
    for form in FORMS {
        table[usize::from(form.prefix.as_bytes()[0])].push(form);
    }
    table
});

fn token_at(text: &str, at: usize) -> Option<Token> {
    let bytes = text.as_bytes();
    let forms = &BY_FIRST[usize::from(*bytes.get(at)?)];
    forms.iter().find_map(|form| {
        let start = at + form.prefix.len();
        if !bytes[at..].starts_with(form.prefix.as_bytes()) {
            return None;
        }
        let rest = &bytes[start..];
        let mut len = rest
            .iter()
            .take(form.most + 1)
            .take_while(|byte| form.letters.has(**byte))
            .count();
        // A dot at the end ends a sentence.
        while len > 0 && form.letters == Letters::Dotted && rest[len - 1] == b'.' {
            len -= 1;
        }
        let range = at..start + len;
        let fits = (form.least..=form.most).contains(&len)
            // What goes on in other letters is another thing.
            && !rest.get(len).is_some_and(u8::is_ascii_alphanumeric);
        (fits && !is_example(&text[start..start + len])).then_some(Token {
            range,
            issuer: form.issuer,
        })
    })
}

/// Whether the rest of a value of a form is one of a manual, or made up: `AKIAIOSFODNN7EXAMPLE`, `ghp_xxxx…`.
fn is_example(rest: &str) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "xxxx",
        "....",
        "****",
        "your",
        "changeme",
        "dummy",
        "fake",
        "test-",
        "1234567",
        "somenumber",
        "abcdef",
        "placeholder",
        "redacted",
        "not-a-real",
        "notareal",
        "secret",
        "token",
        "zzzzz",
    ];
    let lower = rest.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
        || longest_run(&lower, |_| true) >= 6
        || entropy(rest) < 1.9
}

impl Letters {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_credentials_are_known() {
        let github = format!("ghp_{}", "a1B2x7Qe9".repeat(4));
        assert_eq!(issuer(&github), Some("GitHub"));
        let aws = format!("AKIA{}", "Q7ZP".repeat(4));
        assert_eq!(issuer(&aws), Some("AWS"));
        assert_eq!(issuer("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(issuer("sk-learn"), None);
        assert_eq!(issuer(&format!("{github} ")), Some("GitHub"));
        assert_eq!(issuer(&format!("{github}, more")), None);
    }

    #[test]
    fn credentials_are_found_anywhere_and_made_up_ones_are_not() {
        let github = format!("ghp_{}", "a1B2x7Qe9".repeat(4));
        let google = format!("AIza{}", "Sy7Qx".repeat(7));
        let text = format!("é Authorization: token {github}\nkey={google}.");
        let found: Vec<_> = tokens(&text)
            .into_iter()
            .map(|one| (text[one.range].to_owned(), one.issuer))
            .collect();
        assert_eq!(found, [(github, "GitHub"), (google, "Google")]);
        for text in [
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
            "xoxb-your-token-goes-here",
            "notghp_a1B2x7Qe9a1B2x7Qe9a1B2x7Qe9a1B2x7Qe9",
            "SG.short.one",
        ] {
            assert_eq!(tokens(text), [], "{text}");
        }
    }

    #[test]
    fn forms_are_sorted_by_issuer_prefix_and_fit_themselves() {
        for form in FORMS {
            assert!(form.least <= form.most, "{}", form.prefix);
            assert!(form.prefix.len() >= 3, "{}", form.prefix);
        }
    }
}
