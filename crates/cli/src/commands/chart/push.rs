//! `plimsoll chart push`: what `helm push` does.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use clap::Args;
use plimsoll_fetch::registry::{Upload, sha256};
use plimsoll_helm::repository::{CHART_LAYER, MANIFEST, PROVENANCE_LAYER, Pushed, in_zone};

use super::inputs;
use super::net::{HomeArgs, Oci, OciReference, ServerArgs, is_oci, pulled};
use crate::failure::Failure;
use crate::terminal;

/// Send a packed chart to a registry, as `helm push` does, with what is signed about it
#[derive(Args)]
pub(crate) struct PushArgs {
    /// The packed chart; a file beside it with `.prov` behind its name is sent along
    chart: String,
    /// Where to, without the chart's name: `oci://HOST/REPOSITORY`
    remote: String,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    homes: HomeArgs,
}

pub(crate) fn run(args: &PushArgs) -> Result<ExitCode, Failure> {
    args.server.check()?;
    let first = args.remote.split('/').next().unwrap_or_default();
    if !args.remote.contains("://") && first.contains(':') {
        let remote = &args.remote;
        return Err(Failure::user(format!("invalid chart URL format: {remote}"))
            .help(format!("put `oci://` before it: `oci://{remote}`")));
    }
    if !args.remote.contains("://") {
        return Err(Failure::user(
            "scheme prefix missing from remote (e.g. \"oci://\")",
        ));
    }
    if !is_oci(&args.remote) {
        let scheme = args.remote.split("://").next().unwrap_or_default();
        return Err(Failure::user(format!("scheme {scheme:?} not supported")));
    }
    let path = Path::new(&args.chart);
    let Ok(found) = fs::metadata(path) else {
        return Err(Failure::user(format!("{}: no such file", args.chart)));
    };
    if found.is_dir() {
        return Err(
            Failure::user("cannot push directory, must provide chart archive (.tgz)")
                .help("pack it first: `plimsoll chart package`"),
        );
    }
    let loaded = inputs::load(&args.chart)??;
    let metadata = &loaded.chart.metadata;
    let read = |path: &Path| {
        fs::read(path)
            .map_err(|error| Failure::user(format!("cannot read `{}`: {error}", path.display())))
    };
    let chart = read(path)?;
    let signed = format!("{}.prov", args.chart);
    let provenance = match Path::new(&signed) {
        signed if signed.exists() => Some(read(signed)?),
        _ => None,
    };

    let folder = args.remote.trim_end_matches('/');
    let place = format!("{folder}/{}:{}", metadata.name, metadata.version);
    let reference = OciReference::parse(&place)?;
    let pushed = Pushed::new(metadata);
    let config = sha256(pushed.config.as_bytes());
    let mut layers = vec![(CHART_LAYER, sha256(&chart).to_string(), chart.len() as u64)];
    if let Some(signed) = &provenance {
        layers.push((
            PROVENANCE_LAYER,
            sha256(signed).to_string(),
            signed.len() as u64,
        ));
    }
    // The time at which the chart was made is that of its file.
    let modified = found
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let seconds = modified.map_or(0, |since| since.as_secs().cast_signed());
    let zone = std::env::var("TZ").unwrap_or_else(|_| "UTC".into());
    let created = in_zone(seconds, &zone);
    let manifest = pushed.manifest(metadata, config.as_str(), layers, &created);

    let oci = Oci::new(&args.homes.homes(), &args.server)?;
    let tag = reference.tag().unwrap_or_default();
    let digest = oci.with(&reference, |repository| {
        let blobs = [Some(&chart), provenance.as_ref()].into_iter().flatten();
        for blob in blobs {
            repository.push_blob(&sha256(blob), blob, Upload::default())?;
        }
        let config_bytes = pushed.config.clone().into_bytes();
        repository.push_blob(&config, &config_bytes, Upload::default())?;
        repository.put_manifest(&tag, MANIFEST, manifest.as_bytes())
    })?;
    terminal::print(&pulled("Pushed", &reference.shown(), digest.as_str()))?;
    Ok(ExitCode::SUCCESS)
}
