//! `WWW-Authenticate`: how a server wants to be told who asks (RFC 9110, 11.6.1).

/// One way of telling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge {
    /// `basic`, `bearer` or another scheme, in lower case.
    pub scheme: String,
    /// Its parameters, with names in lower case.
    pub parameters: Vec<(String, String)>,
}

/// More parameters than a header has, in all.
const MAX_PARAMETERS: usize = 100;

impl Challenge {
    /// The first parameter with a name in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads the challenges of a header line; what follows something malformed is left out.
pub fn challenges(header: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut reader = Reader { rest: header };
    let mut count = 0;
    loop {
        reader.skip(&[' ', '\t', ',']);
        let Some(name) = reader.token() else {
            return found;
        };
        let after = reader.rest;
        reader.skip(&[' ', '\t']);
        let is_parameter = reader.rest.starts_with('=') && !found.is_empty();
        if !is_parameter {
            reader.rest = after;
            found.push(Challenge {
                scheme: name.to_ascii_lowercase(),
                parameters: Vec::new(),
            });
            reader.token68();
            continue;
        }
        reader.rest = &reader.rest[1..];
        reader.skip(&[' ', '\t']);
        let Some(value) = reader.value() else {
            return found;
        };
        count += 1;
        if count > MAX_PARAMETERS {
            return found;
        }
        if let Some(challenge) = found.last_mut() {
            challenge
                .parameters
                .push((name.to_ascii_lowercase(), value));
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip(&mut self, blank: &[char]) {
        self.rest = self.rest.trim_start_matches(blank);
    }

    fn token(&mut self) -> Option<&'a str> {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let end = self.rest.find(|c| !is_token(c)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    /// Passes over what some schemes have instead of parameters: base64 up to a comma or the end.
    fn token68(&mut self) {
        let text = self.rest.trim_start_matches([' ', '\t']);
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
        let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
        let rest = text[end..].trim_start_matches('=');
        let after = rest.trim_start_matches([' ', '\t']);
        // A name before a `=` is a parameter, and one before a blank is a scheme.
        if end > 0 && (after.is_empty() || after.starts_with(',')) {
            self.rest = after;
        }
    }

    fn value(&mut self) -> Option<String> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            return self.token().map(str::to_owned);
        };
        let mut value = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &quoted[at + 1..];
                    return Some(value);
                }
                '\\' => value.push(chars.next()?.1),
                c => value.push(c),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::challenges;

    fn read(header: &str) -> String {
        let found = challenges(header);
        let one = |challenge: &super::Challenge| {
            let parameters = challenge.parameters.iter();
            let parameters: Vec<_> = parameters
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!("{}({})", challenge.scheme, parameters.join(";"))
        };
        found.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn challenges_are_read() {
        for (header, expected) in [
            ("", ""),
            ("Basic realm=\"x y\"", "basic(realm=x y)"),
            ("BASIC", "basic()"),
            (
                "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\"",
                "bearer(realm=https://a/t;service=s;scope=repository:a/b:pull,push)",
            ),
            (
                "Bearer Realm = \"a\\\"b\" , service = s",
                "bearer(realm=a\"b;service=s)",
            ),
            ("Negotiate, Basic realm=\"x\"", "negotiate() basic(realm=x)"),
            (
                "Negotiate abc/d==, Basic realm=x",
                "negotiate() basic(realm=x)",
            ),
            (
                "Basic realm=\"a\", Bearer realm=\"b\"",
                "basic(realm=a) bearer(realm=b)",
            ),
            // Malformed: what came before counts.
            ("Bearer realm=\"a\", service=\"open", "bearer(realm=a)"),
            ("Bearer realm=", "bearer()"),
            ("=a", ""),
            ("Basic realm=\"ä\\", "basic()"),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
        let many = format!("Bearer {}", "a=b,".repeat(1000));
        assert_eq!(challenges(&many)[0].parameters.len(), 100);
    }
}
