//! The functions of templates: sprig's and Helm's own.

pub mod encoding;

use plimsoll_gotmpl::Functions;

/// Adds the functions of this module to those of a set of templates.
pub fn register(functions: &mut Functions) {
    encoding::register(functions);
}
