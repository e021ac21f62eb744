//! What npm, pnpm, yarn and Bun are called with.

use crate::image::base;
use crate::image::sheet::Sheet;
use crate::image::words::{cached, quote};
use crate::model::{Evidence, Node, NodeManager};

/// A package manager and the project it works on.
pub(in crate::image) struct Manager<'a> {
    node: &'a Node,
    kind: NodeManager,
    locked: bool,
}

impl<'a> Manager<'a> {
    pub(super) fn of(node: &'a Node) -> Self {
        Self {
            node,
            kind: node.manager.value,
            locked: node.lock.is_some(),
        }
    }

    /// Brings the manager itself into the image. npm and, in its own image, Bun are there.
    pub(super) fn install(&self, sheet: &mut Sheet<'_>) {
        self.install_from(sheet, "bun");
    }

    /// The same, with the name of the stage that Bun comes from.
    pub(super) fn install_from(&self, sheet: &mut Sheet<'_>, bun: &str) {
        let version = self.node.manager_version.as_ref();
        let told = version.map(|known| known.value.as_str());
        let mut evidence = self.node.manager.evidence.clone();
        evidence.extend(
            version
                .iter()
                .flat_map(|known| known.evidence.iter().cloned()),
        );
        let package = match self.kind {
            NodeManager::Npm => return,
            NodeManager::Bun => {
                if !self.node.bun {
                    sheet.add(
                        format!("COPY --from={bun} /usr/local/bin/bun /usr/local/bin/bun"),
                        evidence,
                    );
                }
                return;
            }
            NodeManager::Pnpm => format!("pnpm@{}", told.unwrap_or(base::PNPM)),
            NodeManager::Yarn => format!("yarn@{}", told.unwrap_or(base::YARN)),
            NodeManager::YarnBerry => {
                format!("@yarnpkg/cli-dist@{}", told.unwrap_or(base::YARN_BERRY))
            }
        };
        // Some images of Node hold a yarn of their own, which npm would not replace.
        let force = match self.kind {
            NodeManager::Yarn | NodeManager::YarnBerry => "--force ",
            _ => "",
        };
        let command = format!("npm install --global {force}{}", quote(&package));
        sheet.add(cached(&["/root/.npm"], &command), evidence);
        if self.kind == NodeManager::YarnBerry {
            sheet.put(
                "ENV YARN_CACHE_FOLDER=/usr/local/share/.cache/yarn \\\n    YARN_ENABLE_GLOBAL_CACHE=0 \\\n    YARN_ENABLE_TELEMETRY=0 \\\n    YARN_NODE_LINKER=node-modules",
                "Node finds packages in node_modules when yarn is not there",
            );
        }
    }

    /// Installs dependencies: all, or those that the program runs with.
    pub(super) fn dependencies(&self, sheet: &mut Sheet<'_>, production: bool) {
        let member = self.node.member.as_deref().map(quote);
        let mut command = match (self.kind, self.locked) {
            (NodeManager::Npm, true) => "npm ci".to_owned(),
            (NodeManager::Npm, false) => "npm install".to_owned(),
            (NodeManager::Pnpm, true) => "pnpm install --frozen-lockfile".to_owned(),
            (NodeManager::Pnpm, false) => "pnpm install".to_owned(),
            (NodeManager::Yarn, true) => "yarn install --frozen-lockfile".to_owned(),
            (NodeManager::Yarn, false) => "yarn install".to_owned(),
            (NodeManager::YarnBerry, _) if production => match &member {
                Some(member) => format!("yarn workspaces focus --production {member}"),
                None => "yarn workspaces focus --all --production".to_owned(),
            },
            (NodeManager::YarnBerry, true) => "yarn install --immutable".to_owned(),
            (NodeManager::YarnBerry, false) => "yarn install".to_owned(),
            (NodeManager::Bun, true) => "bun install --frozen-lockfile".to_owned(),
            (NodeManager::Bun, false) => "bun install".to_owned(),
        };
        match (self.kind, &member) {
            (NodeManager::Npm, Some(member)) => {
                command = format!("{command} --workspace={member} --include-workspace-root");
            }
            (NodeManager::Pnpm, Some(member)) => {
                command = format!("{command} --filter={member}...");
            }
            _ => {}
        }
        if production {
            command.push_str(match self.kind {
                NodeManager::Npm => " --omit=dev",
                NodeManager::Pnpm => " --prod",
                NodeManager::Yarn | NodeManager::Bun => " --production",
                NodeManager::YarnBerry => "",
            });
        }
        let evidence = match &self.node.lock {
            Some(lock) => vec![Evidence::file(sheet.in_tree(lock), "it pins every version")],
            None => self.node.manager.evidence.clone(),
        };
        sheet.add(cached(&[self.cache()], &command), evidence);
    }

    /// Removes what only developers need from what is installed.
    pub(super) fn prune(&self, sheet: &mut Sheet<'_>) {
        match self.kind {
            NodeManager::Npm => sheet.on("RUN npm prune --omit=dev", &self.node.manager),
            NodeManager::Pnpm => sheet.on("RUN CI=true pnpm prune --prod", &self.node.manager),
            NodeManager::Yarn | NodeManager::YarnBerry | NodeManager::Bun => {
                self.dependencies(sheet, true);
            }
        }
    }

    /// A script of the project, as a step of the build.
    pub(super) fn run(&self, script: &str) -> String {
        let words: Vec<String> = self.words(script).iter().map(|word| quote(word)).collect();
        format!("RUN {}", words.join(" "))
    }

    /// A script of the project, in exec form.
    pub(super) fn script(&self, script: &str) -> Vec<String> {
        self.words(script)
    }

    fn words(&self, script: &str) -> Vec<String> {
        let member = self.node.member.as_deref();
        let words: Vec<&str> = match (self.kind, member) {
            // Members that it needs are built first.
            (NodeManager::Pnpm, Some(member)) => {
                return vec![
                    "pnpm".to_owned(),
                    format!("--filter={member}..."),
                    "run".to_owned(),
                    script.to_owned(),
                ];
            }
            (NodeManager::Npm, Some(_)) => {
                vec!["npm", "run", script, "--workspaces", "--if-present"]
            }
            (NodeManager::Yarn, Some(member)) => vec!["yarn", "workspace", member, "run", script],
            (NodeManager::YarnBerry, Some(member)) => vec![
                "yarn",
                "workspaces",
                "foreach",
                "--recursive",
                "--topological-dev",
                "--from",
                member,
                "run",
                script,
            ],
            (NodeManager::Bun, Some(member)) => vec!["bun", "run", "--filter", member, script],
            (NodeManager::Npm, None) => vec!["npm", "run", script],
            (NodeManager::Pnpm, None) => vec!["pnpm", "run", script],
            (NodeManager::Yarn | NodeManager::YarnBerry, None) => vec!["yarn", "run", script],
            (NodeManager::Bun, None) => vec!["bun", "run", script],
        };
        words.into_iter().map(str::to_owned).collect()
    }

    fn cache(&self) -> &'static str {
        match self.kind {
            NodeManager::Npm => "/root/.npm",
            NodeManager::Pnpm => "/root/.local/share/pnpm/store",
            NodeManager::Yarn | NodeManager::YarnBerry => "/usr/local/share/.cache/yarn",
            NodeManager::Bun => "/root/.bun/install/cache",
        }
    }
}
