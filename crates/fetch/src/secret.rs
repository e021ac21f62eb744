//! Texts that are not to be seen.

use std::fmt;

/// A password or a token. It can be compared and used, and is printed as `***`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What somebody is known by to a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Login {
    /// A name and a password.
    Password {
        /// The name.
        user: String,
        /// The password, or what a server takes for one.
        password: Secret,
    },
    /// A token that is exchanged for others (`identitytoken` of Docker's configuration).
    Identity(Secret),
    /// A token that is shown as it is (`registrytoken` of Docker's configuration).
    Token(Secret),
}

impl Login {
    /// A name and a password.
    pub fn password(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Password {
            user: user.into(),
            password: Secret::new(password),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Login;

    #[test]
    fn secrets_are_not_printed() {
        let login = Login::password("ann", "hunter2");
        let printed = format!("{login:?}");
        assert!(
            printed.contains("ann") && !printed.contains("hunter2"),
            "{printed}"
        );
    }
}
