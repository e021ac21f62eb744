//! Any lines of `--set` and its kin over values that other lines made: they end, what they set
//! has its place in the line, and errors point into it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_helm::strvals::{Flag, set};
use plimsoll_helm::values::{Data, Item, Sources};

fuzz_target!(|lines: Vec<(u8, String)>| {
    let mut values: Item = Data::map().into();
    let mut sources = Sources::default();
    for (flag, line) in lines.iter().take(8) {
        let flag = Flag::ORDER[usize::from(*flag) % Flag::ORDER.len()];
        let mut read = |name: &str| match name.is_empty() {
            true => Err("no name".to_owned()),
            false => Ok(name.as_bytes().to_vec()),
        };
        match set(&mut values, flag, line, &mut sources, &mut read) {
            Ok(()) => check(&values, &sources),
            Err(error) => {
                assert!(line.get(error.range.as_usize()).is_some(), "{error:?}");
                assert!(!error.to_string().is_empty());
                return;
            }
        }
    }
});

fn check(item: &Item, sources: &Sources) {
    if let Some(source) = sources.get(item.source) {
        let text = &sources.file(source.file).expect("it was added").text;
        assert!(text.get(source.range.as_usize()).is_some(), "{source:?}");
        sources.path(item.source);
    }
    match &item.data {
        Data::List(items) => items.iter().for_each(|item| check(item, sources)),
        Data::Map(map) => map.values().for_each(|item| check(item, sources)),
        _ => {}
    }
}
