//! `cargo xtask chart-exchange`: what one of helm and Plimsoll makes, the other uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::helm;
use crate::workspace::{binary_name, cargo, output, print, run as run_command, target_folder};

/// Checks that helm uses charts that Plimsoll made and packed, and the reverse
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plimsoll to check; it is built without it
    #[arg(long, value_name = "BINARY")]
    plimsoll: Option<PathBuf>,
}

/// Values under which a new chart must give the same objects, whoever made it.
const VALUES: [&str; 12] = [
    "replicaCount=1",
    "ingress.enabled=true",
    "ingress.enabled=true,ingress.className=c,ingress.annotations.x=y,ingress.tls[0].secretName=a,ingress.tls[0].hosts[0]=b",
    "httpRoute.enabled=true,httpRoute.annotations.a=b",
    "autoscaling.enabled=true,autoscaling.targetMemoryUtilizationPercentage=70",
    "autoscaling.enabled=true,autoscaling.targetCPUUtilizationPercentage=null",
    "serviceAccount.create=false",
    "serviceAccount.create=false,serviceAccount.name=z",
    "serviceAccount.name=z,serviceAccount.annotations.a=b,serviceAccount.automount=false",
    "nameOverride=n,imagePullSecrets[0].name=s,podAnnotations.a=b,podLabels.c=d,podSecurityContext.fsGroup=1,securityContext.runAsUser=2",
    "fullnameOverride=f,resources.limits.cpu=1,nodeSelector.a=b,tolerations[0].key=x,affinity.podAffinity.a=b,volumes[0].name=v,volumeMounts[0].name=v",
    "livenessProbe=null,readinessProbe=null,image.tag=t,service.type=NodePort,service.port=99,replicaCount=3",
];

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let ours = match &args.plimsoll {
        Some(binary) => fs::canonicalize(binary)?,
        None => {
            run_command(cargo().args(["build", "--quiet", "--package", "plimsoll-cli"]))?;
            target_folder()?.join("debug").join(binary_name())
        }
    };
    let helm = helm::binary()?;
    let folder = helm::folder()?.join(format!("exchange-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let outcome = Exchange {
        helm,
        ours,
        folder: folder.clone(),
    }
    .all();
    fs::remove_dir_all(&folder).context("the folder was just made")?;
    outcome?;
    print("helm uses what Plimsoll made and packed, and the reverse");
    Ok(ExitCode::SUCCESS)
}

struct Exchange {
    helm: PathBuf,
    ours: PathBuf,
    folder: PathBuf,
}

impl Exchange {
    fn all(&self) -> Result<()> {
        for program in ["helm", "plimsoll"] {
            fs::create_dir_all(self.folder.join(program))?;
            self.ask(program, &self.folder.join(program), &["create", "web"])?;
        }
        for values in VALUES {
            let objects = |by: &str| -> Result<Vec<Vec<String>>> {
                let chart = self.folder.join(by).join("web");
                let chart = chart.to_string_lossy();
                let args = ["template", "rel", &chart, "--set", values];
                Ok(objects(&self.ask("helm", &self.folder, &args)?))
            };
            if objects("helm")? != objects("plimsoll")? {
                bail!("the new charts give other objects with `{values}`");
            }
        }
        for packer in ["helm", "plimsoll"] {
            let made = self.folder.join("plimsoll").join("web");
            let made = made.to_string_lossy();
            let to = format!("packed-by-{packer}");
            let args = ["package", &made, "-d", &to, "--version", "1.2.3"];
            self.ask(packer, &self.folder, &args)?;
        }
        let of = |packer: &str| format!("packed-by-{packer}/web-1.2.3.tgz");
        let mut answers = Vec::new();
        for reader in ["helm", "plimsoll"] {
            for packer in ["helm", "plimsoll"] {
                let chart = of(packer);
                let mut answer = String::new();
                for words in [
                    &["template", "rel", &chart][..],
                    &["show", "all", &chart],
                    &["lint", "--quiet", &chart],
                ] {
                    let mut args = words.to_vec();
                    if reader == "plimsoll" && words[0] == "lint" {
                        args.extend(["--format", "helm"]);
                    }
                    answer.push_str(&self.ask(reader, &self.folder, &args)?);
                }
                answers.push((reader, packer, answer));
            }
        }
        for (reader, packer, answer) in &answers {
            if *answer != answers[0].2 {
                bail!("{reader} reads something else in what {packer} packed");
            }
        }
        Ok(())
    }

    fn ask(&self, program: &str, folder: &Path, args: &[&str]) -> Result<String> {
        let mut command = if program == "helm" {
            helm::command(&self.helm)?
        } else {
            let mut command = Command::new(&self.ours);
            command.arg("chart");
            command
        };
        output(command.current_dir(folder).args(args))
    }
}

/// The documents of a rendered text, each as its sorted lines: keys may come in any order.
fn objects(text: &str) -> Vec<Vec<String>> {
    let mut documents: Vec<Vec<String>> = text
        .split("---\n")
        .map(|document| {
            let mut lines: Vec<String> = document
                .lines()
                .map(|line| line.trim_start_matches([' ', '-']).replace(['"', '\''], ""))
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .collect();
            lines.sort();
            lines
        })
        .collect();
    documents.sort();
    documents
}
