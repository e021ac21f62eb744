//! Compares the parser with the reference on a case file outside the repository:
//! `compare_reference CASES.json ANSWERS.json`, as the oracle `dockerfile` reads and writes them.

#[path = "../tests/reference/compare.rs"]
mod compare;

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let mut paths = std::env::args().skip(1);
    let mut read = || -> std::io::Result<serde_json::Value> {
        let text = std::fs::read_to_string(paths.next().unwrap_or_default())?;
        Ok(serde_json::from_str(&text)?)
    };
    let (cases, answers) = (read()?, read()?);
    let differences = compare::compare(&cases, &answers);
    let mut out = std::io::stdout().lock();
    for difference in &differences {
        writeln!(out, "{difference}")?;
    }
    writeln!(out, "{} differences", differences.len())
}
