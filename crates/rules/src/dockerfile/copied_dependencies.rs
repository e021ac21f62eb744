//! Dependencies that a COPY takes from another stage, in which they were installed.

use plimsoll_dockerfile::{Build, Stage};

use super::dependency_steps::is_project;
use super::facts::Facts;
use super::facts::copies::{Copied, Whence};
use super::facts::ecosystems::Tool;
use super::facts::installs::Install;
use super::shipped::lineage;

/// Whether an installation finds its dependencies in a folder that was copied from a stage which
/// installed them. `line` is the lineage of its own stage; `settled` says of an installation
/// whether it runs again after every change of the source itself.
pub(crate) fn come_from_a_stage(
    build: &Build,
    facts: &Facts,
    line: &[&Stage],
    install: &Install,
    settled: &dyn Fn(&Install) -> bool,
) -> bool {
    // It removes the folder and installs anew.
    let anew = install.tool == Tool::Npm
        && matches!(
            install.verb.of(&build.file.text),
            "ci" | "clean-install" | "ic"
        );
    let before = |copy: &&Copied| {
        copy.instruction < install.instruction
            && line
                .iter()
                .any(|stage| stage.instructions.contains(&copy.instruction))
    };
    let installs_in = |number: usize| {
        build.stages.get(number).is_some_and(|stage| {
            let below = lineage(build, stage);
            facts.installs.iter().any(|other| {
                other.tool.family() == install.tool.family()
                    && (is_project(other.action) || other.tool == Tool::Go)
                    && settled(other)
                    && below
                        .iter()
                        .any(|stage| stage.instructions.contains(&other.instruction))
            })
        })
    };
    !anew
        && facts.copies.iter().filter(before).any(|copy| {
            matches!(copy.whence, Whence::Stage(number) if installs_in(number))
                && (holds(install.tool, &copy.dest)
                    || copy
                        .sources
                        .iter()
                        .any(|source| holds(install.tool, &source.path)))
        })
}

/// Whether a path of the image is, or lies in, a folder in which the tool keeps dependencies.
fn holds(tool: Tool, path: &str) -> bool {
    let folders: &[&str] = match tool {
        Tool::Npm | Tool::Yarn | Tool::Pnpm | Tool::Bun => &["node_modules", ".pnpm-store"],
        Tool::Pip | Tool::Uv | Tool::Poetry | Tool::Pdm | Tool::Pipenv => {
            &[".venv", "venv", "virtualenv", "site-packages"]
        }
        Tool::Go => &["/go", "go/pkg", "mod", "vendor", "gomodcache"],
        Tool::Cargo => &["target", ".cargo", "cargo/registry", "cargo"],
        Tool::Maven => &[".m2"],
        Tool::Gradle => &[".gradle"],
        Tool::Bundler | Tool::Gem => &["bundle", "gems"],
        Tool::Composer => &["vendor"],
        Tool::Dotnet => &[".nuget"],
        Tool::Mix => &["deps", "_build"],
    };
    let path = format!("/{}/", path.trim_matches('/'));
    folders.iter().any(|folder| match folder.strip_prefix('/') {
        Some(root) => path.starts_with(&format!("/{root}/")),
        None => path.contains(&format!("/{folder}/")),
    })
}

#[cfg(test)]
mod tests {
    use crate::dockerfile::source_copied_before_dependencies::RULE;
    use crate::testing::on;

    fn dockerfile(first: &str, copy: &str, run: &str) -> String {
        format!(
            "FROM acme/x:1 AS deps\nWORKDIR /app\n{first}\nFROM acme/x:1\nWORKDIR /app\n{copy}\n\
             COPY . .\nRUN {run}\n"
        )
    }

    const JS: &str = "COPY package.json yarn.lock ./\nRUN yarn --frozen-lockfile";

    #[test]
    fn folders_of_a_stage_that_installed_are_dependencies() {
        for (first, copy, run) in [
            (
                "COPY recipe.json .\nRUN cargo chef cook --release",
                "COPY --from=deps /app/target target\nCOPY --from=deps /root/.cargo/registry /root/.cargo/registry",
                "cargo build --release",
            ),
            (
                JS,
                "COPY --from=deps /app/node_modules ./node_modules",
                "yarn --frozen-lockfile",
            ),
            (
                "COPY pyproject.toml uv.lock ./\nRUN uv sync --frozen --no-install-project",
                "COPY --from=deps /app/.venv /app/.venv",
                "uv sync --frozen",
            ),
            (
                "COPY go.mod go.sum ./\nRUN go mod download",
                "COPY --from=deps /go/pkg/mod /go/pkg/mod",
                "go build ./...",
            ),
            (
                "COPY pom.xml .\nRUN mvn dependency:go-offline",
                "COPY --from=deps /root/.m2 /root/.m2",
                "mvn package",
            ),
        ] {
            on(&RULE).dockerfile(&dockerfile(first, copy, run)).clean();
        }
    }

    #[test]
    fn what_is_no_folder_of_dependencies_changes_nothing() {
        let loud = |first: &str, copy: &str, run: &str| {
            on(&RULE)
                .dockerfile(&dockerfile(first, copy, run))
                .loud_by_default();
        };
        loud(
            JS,
            "COPY --from=deps /app/dist ./dist",
            "yarn --frozen-lockfile",
        );
        // Nothing was installed there, or another kind of project was.
        loud(
            "RUN make",
            "COPY --from=deps /app/node_modules ./node_modules",
            "yarn",
        );
        loud(
            JS,
            "COPY --from=deps /app/node_modules ./vendor",
            "composer install",
        );
        // `npm ci` begins with an empty folder.
        loud(
            "COPY package.json package-lock.json ./\nRUN npm ci",
            "COPY --from=deps /app/node_modules ./node_modules",
            "npm ci",
        );
    }

    #[test]
    fn a_stage_that_installs_below_the_source_itself_is_named() {
        on(&RULE)
            .dockerfile(&dockerfile(
                "COPY . .\nRUN yarn --frozen-lockfile",
                "COPY --from=deps /app/node_modules ./node_modules",
                "yarn --frozen-lockfile",
            ))
            .flags(&["3: COPY . .", "8: COPY . ."]);
    }
}
