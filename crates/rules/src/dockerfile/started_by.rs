//! Programs that build or fetch something before they start the process, and write for that: as a
//! user other than root they need folders of their own.

/// What has to be given to a user for a command line to start, where it is more than the files of
/// the process itself. `words` are those of the command, a shell's name first in shell form.
pub(super) fn needs(words: &[&str]) -> Option<String> {
    let name = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let words = words.iter().enumerate();
    let mut found = words.clone().filter_map(|(at, word)| {
        let next = words.clone().nth(at + 1).map(|(_, next)| *next);
        match (&*name(word), next) {
            ("uv", Some("run")) => Some(of_uv()),
            ("go", Some("run")) => Some(of_go("go run", "")),
            ("air", _) => Some(of_go(
                "air",
                "; the project's folder has to be that user's as well, for it builds into `tmp` there",
            )),
            _ => None,
        }
    });
    found.next()
}

fn of_uv() -> String {
    "`uv run` brings the environment up to date and opens a cache in the home of that user before it \
     starts anything: start the program in `.venv/bin` instead, or write `uv run --no-sync` and set \
     `UV_CACHE_DIR` to a folder that the user may write"
        .to_owned()
}

fn of_go(program: &str, more: &str) -> String {
    format!(
        "`{program}` compiles when the container starts: set `GOCACHE`, and `GOMODCACHE` where modules \
         are fetched then, to folders that the user may write{more}"
    )
}

#[cfg(test)]
mod tests {
    use crate::dockerfile::image_runs_as_root::RULE;
    use crate::testing::on;

    fn help(start: &str) -> String {
        let case = on(&RULE).dockerfile(&format!("FROM python:3.13\nRUN make\n{start}\n"));
        let help = case.findings[0].help.as_deref();
        help.unwrap_or_default().to_owned()
    }

    #[test]
    fn what_builds_at_the_start_needs_folders_to_write() {
        for (start, folder) in [
            (
                "CMD [\"uv\", \"run\", \"uvicorn\", \"a:b\"]",
                "UV_CACHE_DIR",
            ),
            ("ENTRYPOINT [\"/bin/uv\", \"run\", \"a\"]", "UV_CACHE_DIR"),
            ("CMD exec uv run a", "UV_CACHE_DIR"),
            ("USER root\nCMD [\"uv\", \"run\", \"a\"]", "UV_CACHE_DIR"),
            ("CMD [\"air\", \"-c\", \".air.toml\"]", "GOCACHE"),
            ("CMD [\"go\", \"run\", \".\"]", "GOMODCACHE"),
        ] {
            let found = help(start);
            assert!(
                found.contains(folder) && found.contains("USER 10001"),
                "{found}"
            );
        }
    }

    #[test]
    fn packages_in_the_home_of_root_have_to_move() {
        let run = "RUN pip install --user flask\nCMD [\"python\", \"a.py\"]";
        let copy = "COPY --from=a /root/.local /root/.local\nCMD [\"python\", \"a.py\"]";
        for start in [run, copy] {
            assert!(help(start).contains("`/opt/venv`"), "{start}");
        }
        let plain = "RUN pip install flask\nCMD [\"python\", \"a.py\"]";
        assert!(!help(plain).contains("venv"));
    }

    #[test]
    fn what_only_starts_needs_none() {
        for start in [
            "CMD [\".venv/bin/uvicorn\", \"a:b\"]",
            "CMD [\"uvicorn\", \"run\"]",
            "CMD [\"/app/go\", \"serve\"]",
            "CMD [\"npm\", \"start\"]",
        ] {
            assert!(!help(start).contains("CACHE"), "{start}");
        }
    }
}
