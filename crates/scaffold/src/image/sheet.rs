//! The text of a Dockerfile, instruction by instruction, with the evidence of each.

use super::pages;
use super::words::{copies, exec, from_folder, quote, value};
use crate::model::{Evidence, Known, Library, Service};
use crate::plan::{Running, WORKDIR};
use crate::written::Written;

/// A Dockerfile that is being written.
pub(super) struct Sheet<'a> {
    pub(super) service: &'a Service,
    pub(super) running: &'a Running,
    written: Written,
    /// How many blocks after the first were taken over from parts.
    taken: usize,
}

impl<'a> Sheet<'a> {
    /// A sheet with its first line.
    pub(super) fn new(path: String, service: &'a Service, running: &'a Running) -> Self {
        let mut sheet = Self {
            service,
            running,
            written: Written::new(path),
            taken: 0,
        };
        sheet.put(
            "# syntax=docker/dockerfile:1",
            "the builder takes the newest reader of this file, which knows mounts and here-documents",
        );
        sheet
    }

    /// A part of a sheet, about something else than the sheet is.
    pub(super) fn part(service: &'a Service, running: &'a Running) -> Self {
        Self {
            service,
            running,
            written: Written::new(""),
            taken: 0,
        }
    }

    /// Takes over what a part says.
    pub(super) fn take(&mut self, part: Written) {
        self.taken += part.blocks.len();
        self.written.blocks.extend(part.blocks);
    }

    /// The whole file. Where the builder is given a folder above the context, what is copied is named
    /// from there; so are the parts that were taken over already.
    pub(super) fn finish(mut self) -> Written {
        let folder = pages::below(&self.service.context, self.service.builder_root());
        // The first line copies nothing, and parts stand right behind it.
        for block in self.written.blocks.iter_mut().skip(self.taken + 1) {
            block.text = from_folder(&block.text, folder);
        }
        self.written
    }

    /// Adds text that a habit of ours explains.
    pub(super) fn put(&mut self, text: impl Into<String>, says: &str) {
        self.written.push(text, vec![Evidence::table(says)]);
    }

    /// Adds text that statements of the tree explain.
    pub(super) fn add(&mut self, text: impl Into<String>, evidence: Vec<Evidence>) {
        debug_assert!(!evidence.is_empty(), "every line has a reason");
        self.written.push(text, evidence);
    }

    /// Adds text that a statement explains.
    pub(super) fn on<T>(&mut self, text: impl Into<String>, known: &Known<T>) {
        self.add(text, known.evidence.clone());
    }

    /// Begins a stage, with an empty line before it.
    pub(super) fn stage(&mut self, base: &str, name: &str, evidence: Vec<Evidence>) {
        self.add(format!("\nFROM {base} AS {name}"), evidence);
    }

    /// A stage that goes on from an earlier one.
    pub(super) fn next(&mut self, stage: &str, name: &str, says: &str) {
        self.stage(stage, name, vec![Evidence::table(says)]);
    }

    /// Evidence for files of the context.
    pub(super) fn files(&self, paths: &[String], says: &str) -> Vec<Evidence> {
        let mut evidence: Vec<Evidence> = paths
            .iter()
            .map(|path| Evidence::file(self.in_tree(path), says))
            .collect();
        if evidence.is_empty() {
            evidence.push(Evidence::file(self.service.context.clone(), says));
        }
        evidence
    }

    /// A path of the context as a path of the tree.
    pub(super) fn in_tree(&self, path: &str) -> String {
        match self.service.context.as_str() {
            "" => path.to_owned(),
            context => format!("{context}/{path}"),
        }
    }

    /// `COPY` for files that name dependencies.
    pub(super) fn manifests(&mut self, paths: &[String]) {
        let evidence = self.files(paths, "it names dependencies");
        let mut copies = copies(paths);
        if !copies.is_empty() {
            copies.insert_str(
                0,
                "# Dependencies change less often than code: their layer is made first.\n",
            );
            self.add(copies, evidence);
        }
    }

    /// `COPY` for files and folders that the program is made of.
    pub(super) fn sources(&mut self, paths: &[String]) {
        let evidence = self.files(paths, "the program is made of it");
        let copies = copies(paths);
        if !copies.is_empty() {
            self.add(copies, evidence);
        }
    }

    /// Debian packages, sorted; the lists that apt needs are removed again.
    pub(super) fn packages(&mut self, packages: &[(String, Evidence)]) {
        let mut packages = packages.to_vec();
        packages.sort_by(|a, b| a.0.cmp(&b.0));
        packages.dedup_by(|a, b| a.0 == b.0);
        if packages.is_empty() {
            return;
        }
        let names: Vec<&str> = packages.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!(
            "RUN apt-get update \\\n    && apt-get install --yes --no-install-recommends {} \\\n    && rm -rf /var/lib/apt/lists/*",
            names.join(" ")
        );
        let evidence = packages.into_iter().map(|(_, evidence)| evidence).collect();
        self.add(text, evidence);
    }

    /// Packages that the program's dependencies need to run.
    pub(super) fn runtime_packages(&mut self, others: &[(&str, &str)]) {
        let mut packages = self.libraries(|library| library.run.as_deref());
        packages.extend(others.iter().map(|(name, says)| {
            let evidence = Evidence::table(*says);
            ((*name).to_owned(), evidence)
        }));
        self.packages(&packages);
    }

    /// Packages that its dependencies need to be built.
    pub(super) fn build_packages(&mut self, compilers: &[&str]) {
        let mut packages = self.libraries(|library| library.build.as_deref());
        if packages.is_empty() {
            return;
        }
        packages.extend(compilers.iter().map(|name| {
            let evidence = Evidence::table("what links against libraries is compiled");
            ((*name).to_owned(), evidence)
        }));
        self.packages(&packages);
    }

    /// Names of packages are kept to what Debian allows.
    pub(super) fn libraries(
        &self,
        which: impl Fn(&Library) -> Option<&str>,
    ) -> Vec<(String, Evidence)> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        let libraries = self.service.libraries.iter();
        libraries
            .filter_map(|library| {
                let name = which(library).filter(|name| is_name(name))?;
                let evidence = library.because.evidence.first().cloned();
                let evidence = evidence.unwrap_or_else(|| Evidence::table("a dependency needs it"));
                Some((name.to_owned(), evidence))
            })
            .collect()
    }

    /// The variables of the image.
    pub(super) fn environment(&mut self) {
        let settings = &self.running.environment;
        if settings.is_empty() {
            return;
        }
        let lines: Vec<String> = settings
            .iter()
            .map(|setting| format!("{}={}", setting.name, value(&setting.value.value)))
            .collect();
        let evidence = settings
            .iter()
            .flat_map(|setting| setting.value.evidence.iter().cloned())
            .collect();
        self.add(format!("ENV {}", lines.join(" \\\n    ")), evidence);
    }

    /// The folder that stands for the build context; what is copied is copied into it.
    pub(super) fn workdir(&mut self) {
        self.put(format!("WORKDIR {WORKDIR}"), "the program's own folder");
    }

    /// The folder that the program starts in, where it is another.
    fn starting_folder(&mut self) {
        if self.running.workdir != WORKDIR {
            let folder = Evidence::file(self.service.folder.clone(), "the service's folder");
            self.add(format!("WORKDIR {}", self.running.workdir), vec![folder]);
        }
    }

    /// Folders that a volume may be laid over, owned by the user, so that a new volume is too.
    pub(super) fn writable(&mut self) {
        self.writable_after(None);
    }

    /// The same in one step with a command before it.
    pub(super) fn writable_after(&mut self, before: Option<(&str, &str)>) {
        let folders = self.running.writable.iter();
        let folders: Vec<_> = folders.filter(|known| known.value != "/tmp").collect();
        let mut evidence: Vec<Evidence> = Vec::new();
        let mut steps: Vec<String> = Vec::new();
        if let Some((command, says)) = before {
            evidence.push(Evidence::table(says));
            steps.push(command.to_owned());
        }
        if !folders.is_empty() {
            let known = folders.iter();
            evidence.extend(known.flat_map(|known| known.evidence.iter().cloned()));
            let paths: Vec<String> = folders.iter().map(|known| quote(&known.value)).collect();
            let (user, group) = (self.running.user, self.running.group);
            steps.push(format!(
                "install --directory --owner={user} --group={group} {}",
                paths.join(" ")
            ));
        }
        if !steps.is_empty() {
            self.add(format!("RUN {}", steps.join(" \\\n    && ")), evidence);
        }
    }

    /// The user of the image.
    pub(super) fn user(&mut self) {
        let text = format!("USER {}:{}", self.running.user, self.running.group);
        self.put(
            text,
            "a number above 10000, so that Kubernetes can see that it is not root and no host has it",
        );
    }

    /// The end of the image that runs: user, port, health, command.
    pub(super) fn ending(&mut self) {
        pages::into_image(self);
        self.starting_folder();
        self.user();
        if let Some(port) = self.running.port.clone() {
            self.on(format!("EXPOSE {}", port.value), &port);
        }
        if let Some(check) = self.running.healthcheck.clone() {
            let period = self.running.pace.start_period();
            let mut evidence = check.evidence;
            evidence.push(Evidence::table(self.running.pace.says()));
            let text = format!(
                "HEALTHCHECK --interval=10s --timeout=3s --start-period={period}s --retries=3 \\\n    CMD {}",
                exec(&check.value)
            );
            self.add(text, evidence);
        }
        let command = self.running.command.clone();
        self.on(format!("ENTRYPOINT {}", exec(&command.value)), &command);
    }

    /// The end of the image for developers: the same user, what starts it, and no health check,
    /// since it stands still while a person looks for a mistake.
    pub(super) fn dev_ending(&mut self, command: &[String]) {
        let evidence = self.running.command.evidence.clone();
        // Some servers do not start without the folder that they hand out.
        pages::into_image(self);
        self.starting_folder();
        self.put(
            "ENV HOME=/tmp",
            "the user has no home, and tools keep their caches there",
        );
        self.user();
        self.add(format!("ENTRYPOINT {}", exec(command)), evidence);
    }
}
