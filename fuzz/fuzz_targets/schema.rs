//! Validation of any text as manifests and as a Compose file ends, and its mends apply.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_compose::ComposeFile;
use plimsoll_k8s::schema::{Definitions, KubeVersion, Settings, check};
use plimsoll_source::edit::apply;
use plimsoll_yaml::{Dialect, parse};

fuzz_target!(|text: &str| {
    let tree = parse(text, Dialect::GoV2);
    let objects = plimsoll_k8s::objects(&tree);
    let mut definitions = Definitions::default();
    for &object in &objects {
        definitions.add(object);
    }
    for version in [KubeVersion::all().next().expect("there are some"), KubeVersion::NEWEST] {
        for &object in &objects {
            let settings = Settings { version, whole: true };
            let mut problems = check(object, settings);
            problems.extend(definitions.check(object, settings));
            for problem in problems {
                assert!(problem.range.end as usize <= text.len());
                if let Some(mend) = problem.mend {
                    apply(text, &mend.edits).expect("the edits of a mend apply");
                }
            }
        }
    }
    let tree = parse(text, Dialect::Core);
    if let Some(file) = ComposeFile::new(&tree) {
        let settings = plimsoll_compose::schema::Settings { whole: true };
        for problem in plimsoll_compose::schema::check(file, settings) {
            if let Some((_, edit, _)) = problem.mend {
                apply(text, &[edit]).expect("the edit of a mend applies");
            }
        }
    }
});
