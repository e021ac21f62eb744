//! Dockerfiles that somebody else wrote: what they say of the image counts, and they stay as they
//! are.

use plimsoll_dockerfile::{Build, parse};

use crate::model::{Evidence, Known, Service};
use crate::plan::{Running, artefact};

/// What a Dockerfile that stays as it is says of its image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Existing {
    /// Its path relative to the root.
    pub dockerfile: String,
    /// The name of its last stage.
    pub target: Option<String>,
    /// Whether it has a stage `dev`.
    pub has_dev: bool,
    /// The user and the group, where USER is numeric.
    pub user: Option<Known<(u32, u32)>>,
    /// The port of its only EXPOSE.
    pub port: Option<Known<u16>>,
    /// Whether it has a HEALTHCHECK.
    pub has_healthcheck: bool,
}

impl Existing {
    /// Reads a Dockerfile.
    pub fn read(dockerfile: &str, text: &str) -> Self {
        let build = Build::new(parse(text));
        let mut existing = Self {
            dockerfile: dockerfile.to_owned(),
            target: None,
            has_dev: build.stage_named("dev", usize::MAX).is_some(),
            user: None,
            port: None,
            has_healthcheck: false,
        };
        let Some(last) = build.stages.last() else {
            return existing;
        };
        let line = |instruction: usize| {
            let range = build.file.instructions[instruction].range;
            let before = text.get(..range.start as usize).unwrap_or_default();
            before.matches('\n').count() as u32 + 1
        };
        existing.target = last.name.as_ref().map(|name| name.value.to_string());
        existing.has_healthcheck = last.healthcheck.is_some();
        if let Some((at, user)) = &last.user {
            let (user, group) = user.split_once(':').unwrap_or((user, user));
            if let (Ok(user), Ok(group)) = (user.parse(), group.parse()) {
                let evidence = Evidence::line(dockerfile, line(*at), format!("USER is {user}"));
                existing.user = Some(Known::stated((user, group), evidence));
            }
        }
        if let [(at, port)] = &last.exposed[..] {
            let number = port.strip_suffix("/tcp").unwrap_or(port);
            if let Ok(number) = number.parse() {
                let evidence = Evidence::line(dockerfile, line(*at), format!("EXPOSE is {number}"));
                existing.port = Some(Known::stated(number, evidence));
            }
        }
        existing
    }

    /// Puts what the image is built as in the place of what we would have built.
    pub(crate) fn apply(&self, running: &mut Running, service: &Service) {
        if let Some(user) = &self.user {
            // A Pod Security profile refuses root, whoever built the image.
            if user.value.0 != 0 {
                running.user = user.value.0;
                running.group = user.value.1;
            }
        }
        if let Some(port) = &self.port {
            running.port = Some(port.clone());
        } else if let Some(port) = &service.port
            && !artefact::served_by_us(&service.stack)
        {
            // Ours would tell it another one where that is of use.
            running.port = Some(port.clone().map(|port| port.number));
        }
        // What ours would set, this one may not.
        running.environment.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Existing;

    #[test]
    fn the_last_stage_is_what_counts() {
        let text = "FROM a AS dev\nEXPOSE 1\nFROM b AS final\nARG P=80\nEXPOSE ${P}81/tcp\nUSER 1000:2000\n";
        let existing = Existing::read("api/Dockerfile", text);
        assert_eq!(existing.target.as_deref(), Some("final"));
        assert!(existing.has_dev && !existing.has_healthcheck);
        let user = existing.user.unwrap();
        assert_eq!((user.value, user.evidence[0].line), ((1000, 2000), 6));
        assert_eq!(existing.port.unwrap().value, 8081);
    }

    #[test]
    fn what_is_not_said_is_not_known() {
        for text in ["", "nonsense", "FROM a\nUSER node\nEXPOSE 1 2\n"] {
            let existing = Existing::read("Dockerfile", text);
            assert!(existing.user.is_none() && existing.port.is_none(), "{text}");
        }
    }
}
