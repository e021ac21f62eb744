//! Which driver SQLAlchemy has to be told in an address of PostgreSQL.

use super::entry::Sources;
use super::manifest::Manifest;
use crate::detect::constraint::Constraint;
use crate::model::Known;

/// The driver to name, where the one that SQLAlchemy takes by itself may not be among the dependencies:
/// up to 2.0 that is psycopg2, since 2.1 psycopg. Nothing where the code sees to it.
pub(super) fn postgres(manifest: &Manifest, sources: &Sources<'_>) -> Option<Known<String>> {
    let dependencies = &manifest.dependencies;
    let library = dependencies
        .get("sqlalchemy")
        .or_else(|| dependencies.get("sqlmodel"))
        .or_else(|| dependencies.get("flask-sqlalchemy"))?;
    let old = ["psycopg2", "psycopg2-binary"];
    let old = old.into_iter().find(|name| dependencies.has(name));
    let new = ["psycopg", "psycopg-binary", "psycopg-c"];
    let new = new.into_iter().find(|name| dependencies.has(name));
    let version = dependencies
        .get("sqlalchemy")
        .map(|found| found.version.as_str());
    let constraint = version.and_then(Constraint::parse);
    let may_be = |release: &str| constraint.as_ref().is_none_or(|all| all.allows(release));
    let (driver, package) = match (old, new) {
        (Some(package), None) if may_be("2.1") => ("psycopg2", package),
        (None, Some(package)) if may_be("2.0") => ("psycopg", package),
        _ => return None,
    };
    // Code that names one, or hands the address to the driver itself, knows what it wants.
    let knows = [
        "+psycopg",
        "+asyncpg",
        "psycopg2.connect(",
        "psycopg.connect(",
    ];
    let is_known = |text: &str| knows.iter().any(|part| text.contains(part));
    if sources.list.iter().any(|text| is_known(&text.text)) {
        return None;
    }
    let known = Known::stated(driver.to_owned(), dependencies.evidence(package));
    Some(known.and(library.evidence.clone()))
}
