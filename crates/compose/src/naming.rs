//! What the name of a file says about its part in a project.

/// The part of a Compose file, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NameRole {
    /// `compose.yaml` or `docker-compose.yml`: what `docker compose` finds by itself.
    Main,
    /// `compose.override.yaml` and the like: merged over the main file without being asked.
    Override,
    /// `docker-compose.prod.yml`, `compose-dev.yaml`, `prod.compose.yml`: given with `-f`, alone
    /// or over another file.
    Variant,
    /// No Compose name.
    Other,
}

/// The part that the file at `path` plays by its name alone. Letters count without their case
/// here: a `Docker-Compose.yml` is not found by Compose, but it is meant as one.
pub fn role_of_path(path: &str) -> NameRole {
    let name = path
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(path)
        .to_ascii_lowercase();
    let Some(stem) = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
    else {
        return NameRole::Other;
    };
    match stem {
        "compose" | "docker-compose" => return NameRole::Main,
        "compose.override" | "docker-compose.override" => return NameRole::Override,
        _ => {}
    }
    let mut words = stem.split(['.', '-', '_']);
    if words.any(|word| word == "compose" || word == "dockercompose") {
        NameRole::Variant
    } else {
        NameRole::Other
    }
}

#[cfg(test)]
mod tests {
    use super::{NameRole, role_of_path};

    #[test]
    fn names_tell_the_part() {
        for (path, role) in [
            ("compose.yaml", NameRole::Main),
            ("a/b/docker-compose.yml", NameRole::Main),
            ("Docker-Compose.yml", NameRole::Main),
            ("compose.override.yml", NameRole::Override),
            ("docker-compose.override.yaml", NameRole::Override),
            ("docker-compose.prod.yml", NameRole::Variant),
            ("docker-compose-dev.yml", NameRole::Variant),
            ("compose-e2e.yaml", NameRole::Variant),
            ("prod.compose.yml", NameRole::Variant),
            ("docker_compose.yml", NameRole::Variant),
            ("docker-compose.yml.j2", NameRole::Other),
            ("composer.yaml", NameRole::Other),
            ("compose/values.yaml", NameRole::Other),
            ("stack.yml", NameRole::Other),
        ] {
            assert_eq!(role_of_path(path), role, "{path}");
        }
    }
}
