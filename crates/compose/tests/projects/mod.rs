//! What holds of every project, whatever its files say. Shared with the fuzz targets.

use plimsoll_compose::resolve::{
    Data, Entry, Format, Item, MemorySurroundings, Records, Request, Resolved, Trace, resolve,
};

/// Resolves the files in several ways and checks what comes out.
pub(crate) fn check(files: &[(&str, &str)]) {
    let mut surroundings = MemorySurroundings {
        home: Some("/home".to_owned()),
        ..MemorySurroundings::default()
    }
    .variable("SET", "value")
    .variable("EMPTY", "");
    for (path, text) in files {
        surroundings = surroundings.file(format!("/p/{path}"), *text);
    }
    let strict = Request {
        current_dir: "/p".to_owned(),
        profiles: vec!["*".to_owned()],
        ..Request::default()
    };
    let requests = [
        Request {
            lenient: true,
            ..strict.clone()
        },
        Request {
            no_interpolate: true,
            no_validation: true,
            ..strict.clone()
        },
        Request {
            no_normalise: true,
            no_consistency: true,
            no_path_resolution: true,
            no_env_files: true,
            all_resources: true,
            ..strict.clone()
        },
        strict.clone(),
    ];
    let mut last = None;
    for request in &requests {
        match resolve(request, &surroundings) {
            Ok(resolved) => {
                look_at(&resolved);
                last = Some(resolved);
            }
            Err(unresolved) => {
                last = None;
                assert!(!unresolved.refusals.is_empty());
                assert!(!unresolved.to_string().is_empty());
                for refusal in &unresolved.refusals {
                    let chain = refusal.chain.iter().map(|(_, spot)| spot);
                    let spots = refusal.spot.iter().chain(chain);
                    spots.for_each(|spot| assert_spot(&unresolved.records, *spot));
                    let _ = refusal.reason.help();
                }
            }
        }
    }
    // What a strict resolution takes, a lenient one takes as well.
    if last.is_some() {
        assert!(resolve(&requests[0], &surroundings).is_ok());
    }
}

fn look_at(resolved: &Resolved) {
    let json = resolved.print(Format::Json);
    assert!(
        serde_json::from_str::<serde_json::Value>(&json).is_ok(),
        "{json}"
    );
    let yaml = resolved.print(Format::Yaml);
    let tree = plimsoll_yaml::parse(yaml.as_str(), plimsoll_yaml::Dialect::Core);
    assert!(tree.errors().is_empty(), "{yaml}\n{:?}", tree.errors());
    let _ = (
        resolved.service_names(),
        resolved.images(),
        resolved.all_profiles(),
    );
    let _ = (resolved.variables(), resolved.resource_names("volumes"));
    item(resolved.records(), resolved.root());
    for service in resolved.services() {
        for variable in service.environment() {
            if let Some(spot) = variable.env_file() {
                assert_spot(resolved.records(), spot);
            }
        }
        let _: Vec<_> = service.ports().map(|port| port.published()).collect();
        let _: Vec<_> = service
            .depends_on()
            .map(|other| other.condition())
            .collect();
        let _ = (service.healthcheck(), service.command(), service.replicas());
    }
    for notice in resolved.notices() {
        notice
            .spot
            .iter()
            .for_each(|spot| assert_spot(resolved.records(), *spot));
    }
}

fn item(records: &Records, item_: &Item) {
    trace(records, item_.trace());
    match item_.data() {
        Data::List(items) => items.iter().for_each(|inner| item(records, inner)),
        Data::Map(map) => map.iter().for_each(|inner| entry(records, inner)),
        _ => {}
    }
}

fn entry(records: &Records, entry: &Entry) {
    trace(records, entry.key_trace());
    item(records, entry.value());
}

fn trace(records: &Records, trace: Trace) {
    if let Some(spot) = trace.spot() {
        assert_spot(records, spot);
    }
    for (_, spot) in records.chain(trace) {
        assert_spot(records, spot);
    }
}

fn assert_spot(records: &Records, spot: plimsoll_compose::resolve::Spot) {
    let text = &records.source(spot.source).text;
    let range = spot.range.as_usize();
    assert!(
        text.get(range).is_some(),
        "{spot:?} of {} bytes",
        text.len()
    );
    let (_, at) = records.place(spot);
    assert!(at.line > 0 && at.column > 0);
}
