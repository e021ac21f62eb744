//! Images of Java and Kotlin programs: built with a JDK, run with a JRE.

use super::sheet::Sheet;
use super::words::{cached, quote};
use super::{base, pages};
use crate::model::{Jvm, JvmFramework, JvmTool};
use crate::plan::artefact;

pub(super) fn write(sheet: &mut Sheet<'_>, jvm: &Jvm) {
    let version = &jvm.version.value;
    let is_maven = jvm.tool.value == JvmTool::Maven;
    let image = match (jvm.wrapper, is_maven) {
        (true, _) => base::jdk(version),
        (false, true) => base::maven(version),
        (false, false) => base::gradle(version),
    };
    let mut evidence = jvm.version.evidence.clone();
    evidence.extend(jvm.tool.evidence.iter().cloned());
    sheet.stage(&image, "build", evidence);
    if !is_maven {
        sheet.put(
            "ENV GRADLE_USER_HOME=/root/.gradle",
            "one place for downloads, whatever the image says",
        );
    }
    sheet.put("WORKDIR /src", "where it is built");
    sheet.manifests(&jvm.manifests);
    let tool = match (jvm.wrapper, is_maven) {
        (true, true) => "sh mvnw --batch-mode",
        (true, false) => "sh gradlew --no-daemon",
        (false, true) => "mvn --batch-mode",
        (false, false) => "gradle --no-daemon",
    };
    let cache = if is_maven {
        "/root/.m2"
    } else {
        "/root/.gradle"
    };
    // Maven cannot fetch for modules that need one another before they are built.
    if jvm.module.is_none() {
        let goal = if is_maven {
            "dependency:go-offline"
        } else {
            "dependencies"
        };
        let evidence = sheet.files(&jvm.manifests, "it names dependencies");
        sheet.add(cached(&[cache], &format!("{tool} {goal}")), evidence);
    }
    sheet.sources(&jvm.sources);
    pages::into_build(sheet, "/src");
    let jar = &jvm.jar.value;
    let task = if is_maven {
        let module = jvm.module.as_ref();
        let module = module.map(|name| format!(" --projects {} --also-make", quote(name)));
        format!("package -DskipTests{}", module.unwrap_or_default())
    } else {
        let module = jvm.module.as_ref();
        let module = module.map(|name| format!(":{}:", name.replace('/', ":")));
        let task = gradle_task(jvm);
        format!(
            "{} -x test",
            quote(&format!("{}{task}", module.unwrap_or_default()))
        )
    };
    let quarkus = artefact::is_quarkus_folder(jar);
    let take = if quarkus || artefact::is_installed(jar) {
        let folder = jar.rsplit_once('/').map_or(".", |(folder, _)| folder);
        format!("mkdir /out && cp -r {}/. /out/", quote(folder))
    } else {
        format!("install -D --mode=644 {} /out/app.jar", pattern(jar))
    };
    let text = cached(&[cache], &format!("{tool} {task} \\\n    && {take}"));
    sheet.on(text, &jvm.jar);

    sheet.next(
        "build",
        "dev",
        "developers run what was built, with the JDK beside it",
    );
    sheet.put("WORKDIR /out", "where the build's result lies");
    let command = sheet.running.command.value.clone();
    sheet.dev_ending(&command);

    let layered = jvm.layered && !quarkus;
    if layered {
        sheet.next("build", "layers", "libraries change less often than code");
        let text =
            "RUN java -Djarmode=tools -jar /out/app.jar extract --layers --destination /layers";
        sheet.on(text, &jvm.jar);
    }
    sheet.stage(&base::jre(version), "runtime", jvm.version.evidence.clone());
    sheet.runtime_packages(&[]);
    sheet.environment();
    sheet.workdir();
    if layered {
        sheet.on(
            "COPY --from=layers /layers/dependencies/ ./
COPY --from=layers /layers/spring-boot-loader/ ./
COPY --from=layers /layers/snapshot-dependencies/ ./
COPY --from=layers /layers/application/ ./",
            &jvm.jar,
        );
    } else {
        sheet.on("COPY --from=build /out/ ./", &jvm.jar);
    }
    sheet.writable();
    sheet.ending();
}

/// The task that makes one jar with everything in it.
fn gradle_task(jvm: &Jvm) -> &'static str {
    if artefact::is_installed(&jvm.jar.value) {
        return "installDist";
    }
    match jvm.framework.as_ref().map(|known| known.value) {
        Some(JvmFramework::SpringBoot) => "bootJar",
        Some(JvmFramework::Quarkus) => "quarkusBuild",
        Some(JvmFramework::Ktor) => "buildFatJar",
        Some(JvmFramework::Micronaut) | None => "assemble",
    }
}

/// A path whose `*` stands for a version.
fn pattern(path: &str) -> String {
    let parts: Vec<String> = path
        .split('*')
        .map(|part| {
            if part.is_empty() {
                String::new()
            } else {
                quote(part)
            }
        })
        .collect();
    parts.join("*")
}
