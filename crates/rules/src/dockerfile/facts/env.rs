//! What official images put into the environment, and what a shell sets by itself.

use plimsoll_oci::Reference;

/// For images whose whole environment is known, what it holds besides `PATH`. Read from the
/// images' published Dockerfiles, all current and recent releases together.
static KNOWN: &[(&str, &[&str])] = &[
    ("almalinux", &["LANG"]),
    ("alpine", &[]),
    ("amazonlinux", &[]),
    ("archlinux", &["LANG"]),
    ("buildpack-deps", &[]),
    ("busybox", &[]),
    ("debian", &[]),
    (
        "eclipse-temurin",
        &["JAVA_HOME", "JAVA_VERSION", "LANG", "LANGUAGE", "LC_ALL"],
    ),
    ("fedora", &["DISTTAG", "FBR", "FGC", "container"]),
    ("golang", &["GOLANG_VERSION", "GOPATH", "GOTOOLCHAIN"]),
    ("node", &["NODE_VERSION", "YARN_VERSION"]),
    (
        "python",
        &[
            "GPG_KEY",
            "LANG",
            "PYTHON_GET_PIP_SHA256",
            "PYTHON_GET_PIP_URL",
            "PYTHON_PIP_VERSION",
            "PYTHON_SETUPTOOLS_VERSION",
            "PYTHON_SHA256",
            "PYTHON_VERSION",
        ],
    ),
    ("rockylinux", &["LANG", "container"]),
    (
        "ruby",
        &[
            "BUNDLE_APP_CONFIG",
            "BUNDLE_BIN",
            "BUNDLE_PATH",
            "BUNDLE_SILENCE_ROOT_WARNING",
            "BUNDLER_VERSION",
            "GEM_HOME",
            "LANG",
            "RUBYGEMS_VERSION",
            "RUBY_DOWNLOAD_SHA256",
            "RUBY_DOWNLOAD_URL",
            "RUBY_MAJOR",
            "RUBY_VERSION",
        ],
    ),
    ("rust", &["CARGO_HOME", "RUSTUP_HOME", "RUST_VERSION"]),
    ("ubuntu", &["LANG"]),
];

/// The environment of an official image besides `PATH`; `None` where it is not known.
pub fn environment(image: &Reference) -> Option<&'static [&'static str]> {
    if !image.is_official() {
        return None;
    }
    let at = KNOWN
        .binary_search_by_key(&image.name(), |(name, _)| name)
        .ok()?;
    Some(KNOWN[at].1)
}

/// Names that many base images set, whatever their own name.
static COMMON: &[&str] = &[
    "ANDROID_HOME",
    "ANDROID_SDK_ROOT",
    "CARGO_HOME",
    "CATALINA_HOME",
    "CLASSPATH",
    "CONDA_DIR",
    "CUDA_HOME",
    "CUDA_VERSION",
    "DEBIAN_FRONTEND",
    "GEM_HOME",
    "GOPATH",
    "GOROOT",
    "HADOOP_HOME",
    "HOME",
    "HOSTNAME",
    "JAVA_HOME",
    "JAVA_OPTS",
    "JAVA_VERSION",
    "JBOSS_HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LIBRARY_PATH",
    "MANPATH",
    "MAVEN_HOME",
    "NB_GID",
    "NB_UID",
    "NB_USER",
    "NODE_ENV",
    "NODE_PATH",
    "NODE_VERSION",
    "NVM_DIR",
    "PATH",
    "PERL5LIB",
    "PHPIZE_DEPS",
    "PHP_INI_DIR",
    "PKG_CONFIG_PATH",
    "PWD",
    "PYTHONPATH",
    "PYTHON_VERSION",
    "ROS_DISTRO",
    "RUSTUP_HOME",
    "SHELL",
    "SPARK_HOME",
    "TERM",
    "TZ",
    "USER",
];

/// Whether an image whose environment is not known may well set `name`: one of the usual names,
/// or one that speaks of the image itself (`NGINX_VERSION` in `nginx`).
pub fn may_set(image: Option<&Reference>, name: &str) -> bool {
    COMMON.binary_search(&name).is_ok()
        || image.is_some_and(|image| {
            let lower = name.to_ascii_lowercase();
            let path = image.repository().to_ascii_lowercase();
            path.split(['/', '-', '_', '.'])
                .filter(|part| part.len() > 2 && *part != "library")
                .any(|part| lower.contains(part))
        })
}

/// What a shell or the builder sets for every RUN.
pub fn shell_sets(name: &str) -> bool {
    matches!(
        name,
        "BASH"
            | "BASHPID"
            | "BASH_SOURCE"
            | "BASH_VERSION"
            | "EUID"
            | "HOME"
            | "HOSTNAME"
            | "HOSTTYPE"
            | "IFS"
            | "LINENO"
            | "MACHTYPE"
            | "OLDPWD"
            | "OPTARG"
            | "OPTIND"
            | "OSTYPE"
            | "PATH"
            | "PIPESTATUS"
            | "PPID"
            | "PS1"
            | "PS4"
            | "PWD"
            | "RANDOM"
            | "REPLY"
            | "SECONDS"
            | "SHELL"
            | "SHLVL"
            | "TERM"
            | "UID"
            | "USER"
            | "_"
    )
}

/// ARGs that the builder gives by itself: FROM sees them at once, a stage after `ARG NAME`.
pub fn is_platform_arg(name: &str) -> bool {
    matches!(
        name,
        "BUILDARCH"
            | "BUILDOS"
            | "BUILDOSVERSION"
            | "BUILDPLATFORM"
            | "BUILDVARIANT"
            | "TARGETARCH"
            | "TARGETOS"
            | "TARGETOSVERSION"
            | "TARGETPLATFORM"
            | "TARGETSTAGE"
            | "TARGETVARIANT"
    )
}

/// ARGs that need no declaration: the proxies, and the builder's own switches.
pub fn is_predefined_arg(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    matches!(
        upper.as_str(),
        "HTTP_PROXY" | "HTTPS_PROXY" | "FTP_PROXY" | "NO_PROXY" | "ALL_PROXY"
    ) || name.starts_with("BUILDKIT_")
        || name == "SOURCE_DATE_EPOCH"
}

#[cfg(test)]
mod tests {
    use plimsoll_oci::Reference;

    use super::{COMMON, KNOWN, environment, may_set};

    #[test]
    fn tables_are_sorted() {
        assert!(KNOWN.is_sorted_by_key(|(name, _)| name));
        assert!(COMMON.is_sorted());
    }

    #[test]
    fn images_speak_of_themselves() {
        let nginx = Reference::parse("acme/nginx-extra:1").unwrap();
        assert!(may_set(Some(&nginx), "NGINX_VERSION"));
        assert!(may_set(None, "JAVA_HOME"));
        assert!(!may_set(Some(&nginx), "APP_DIR"));
        assert!(environment(&nginx).is_none());
        let node = Reference::parse("node:22").unwrap();
        assert_eq!(environment(&node).unwrap().len(), 2);
    }
}
