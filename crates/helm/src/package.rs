//! Packing a chart into an archive as `helm package` does: the same files in the same order, in
//! a tar inside a gzip.
//!
//! Two archives of one chart are equal to the byte: every file has the same time, which the
//! caller chooses.

mod lock;
mod tar;

use std::sync::Arc;

use crate::chart::{Chart, Loaded, Metadata, MetadataError};
use crate::semver::{Version, VersionError};
use crate::{json, show};

/// What is to be other than in the folder.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The chart's version.
    pub version: Option<String>,
    /// The version of what it runs.
    pub app_version: Option<String>,
    /// The time of every file, in seconds since 1970.
    pub time: u64,
}

/// A chart in an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packed {
    /// `NAME-VERSION.tgz`
    pub file_name: String,
    /// The archive.
    pub bytes: Vec<u8>,
}

/// A chart that is not packed. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PackageError {
    /// A version of chart that Helm does not pack.
    #[error("invalid chart apiVersion")]
    ApiVersion,
    /// A version that is none.
    #[error(transparent)]
    Version(VersionError),
    /// `charts/` lacks what `Chart.yaml` names.
    #[error("found in Chart.yaml, but missing in charts/ directory: {}", .0.join(", "))]
    MissingDependencies(Vec<String>),
    /// What `Chart.yaml` says is impossible.
    #[error("failed to save: chart validation: validation: {0}")]
    Metadata(MetadataError),
    /// A schema that is no JSON.
    #[error("failed to save: invalid JSON in values.schema.json")]
    Schema,
}

/// Packs a chart (`Package.Run`).
pub fn package(loaded: &Loaded, options: &Options) -> Result<Packed, PackageError> {
    let chart = &loaded.chart;
    let mut metadata = chart.metadata.clone();
    if metadata.api_version == "v3" {
        return Err(PackageError::ApiVersion);
    }
    if let Some(version) = options.version.as_ref().filter(|text| !text.is_empty()) {
        metadata.version.clone_from(version);
    }
    Version::parse(&metadata.version).map_err(PackageError::Version)?;
    let app = options.app_version.as_ref();
    if let Some(version) = app.filter(|text| !text.is_empty()) {
        metadata.app_version.clone_from(version);
    }
    let missing = chart.missing_dependencies();
    if !missing.is_empty() {
        let missing = missing.into_iter().map(str::to_owned);
        return Err(PackageError::MissingDependencies(missing.collect()));
    }
    metadata.validate().map_err(PackageError::Metadata)?;
    save(chart, &metadata, options.time)
}

/// Packs a chart as it is, as Helm does with charts in a copied one.
pub(crate) fn save_as_is(chart: &Chart, time: u64) -> Result<Packed, PackageError> {
    save(chart, &chart.metadata, time)
}

fn save(chart: &Chart, metadata: &Metadata, time: u64) -> Result<Packed, PackageError> {
    let mut writer = tar::Writer::new(time);
    contents(&mut writer, chart, metadata, "")?;
    Ok(Packed {
        file_name: format!("{}-{}.tgz", metadata.name, metadata.version),
        bytes: tar::gzip(&writer.finish()),
    })
}

/// Recursion is as deep as charts are nested, which loading bounds.
fn contents(
    writer: &mut tar::Writer,
    chart: &Chart,
    metadata: &Metadata,
    prefix: &str,
) -> Result<(), PackageError> {
    let base = format!("{prefix}{}", metadata.name);
    let mut put = |name: &str, data: &[u8]| writer.file(&format!("{base}/{name}"), data);
    let mut written = metadata.clone();
    if written.api_version == "v1" {
        // They are in `requirements.yaml`.
        written.dependencies = None;
    }
    put("Chart.yaml", show::metadata(&written).as_bytes());
    if metadata.api_version == "v2"
        && let Some(lock) = lock::text(chart)
    {
        put("Chart.lock", lock.as_bytes());
    }
    for file in chart.raw.iter().filter(|file| &*file.name == "values.yaml") {
        put(&file.name, &file.data);
    }
    if let Some(schema) = &chart.schema {
        if !json::is_valid(&schema.data) {
            return Err(PackageError::Schema);
        }
        put(&schema.name, &schema.data);
    }
    for file in chart.templates.iter().chain(&chart.files) {
        put(&file.name, &file.data);
    }
    let inside = format!("{base}/charts/");
    for chart in &chart.dependencies {
        contents(writer, chart, &chart.metadata, &inside)?;
    }
    Ok(())
}

/// A file in the making: its path, and its bytes.
pub type NewFile = (Arc<str>, Vec<u8>);

/// The charts in a chart, each packed, by its path in the outer one.
pub fn packed_dependencies(loaded: &Loaded, time: u64) -> Result<Vec<NewFile>, PackageError> {
    let packed = loaded.chart.dependencies.iter().map(|chart| {
        let packed = save_as_is(chart, time)?;
        let path = format!("charts/{}", packed.file_name);
        Ok((path.into(), packed.bytes))
    });
    packed.collect()
}
