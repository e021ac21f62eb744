//! Charts that are made to hang, to exhaust memory or to read what is not theirs.

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress, create_comp_flags_from_zip_params,
};
use plimsoll_helm::Limits;
use plimsoll_helm::chart::{File, LoadErrorKind, Loaded};
use plimsoll_helm::functions::Random;
use plimsoll_helm::render::{Capabilities, HELM_4_3_1, Release, Renderer, Request};
use plimsoll_helm::values::{Data, Sources};
use plimsoll_source::MemoryTree;

struct NoChance;

impl Random for NoChance {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(4);
    }
}

/// A limit that tests reach soon.
fn small() -> Limits {
    Limits {
        steps: 2_000_000,
        bytes: 16 << 20,
        depth: 5_000,
        nested_renders: 3_000,
        ..Limits::default()
    }
}

/// What a template alone in a chart gives, or the error.
fn render(template: &str) -> Result<String, String> {
    let file = |name: &str, text: &str| File {
        name: name.into(),
        data: text.as_bytes().into(),
        path: name.into(),
    };
    let files = vec![
        file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        file("templates/a.yaml", template),
    ];
    let loaded = Loaded::from_files(files).map_err(|error| error.to_string())?;
    let sources = Sources::over(loaded.sources.clone());
    let request = Request {
        release: Release {
            name: "rel".into(),
            namespace: "default".into(),
            revision: 1,
            is_upgrade: false,
        },
        capabilities: Capabilities::assumed_by(&HELM_4_3_1),
        values: Data::map().into(),
        sources,
        skip_schema: false,
        tracing: false,
        limits: small(),
        now: (0, 0),
        zone: "UTC".into(),
        random: Box::new(NoChance),
    };
    let rendered = Renderer::new(loaded).render(request);
    let rendered = rendered.map_err(|error| error.to_string())?;
    Ok(rendered.text(plimsoll_helm::render::Shown::default()))
}

#[track_caller]
fn refused(template: &str, because: &str) {
    let error = render(template).expect_err("it must be refused");
    assert!(
        error.contains(because),
        "{because:?} is not in: {error:.500} … {}",
        error
            .chars()
            .rev()
            .take(500)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect::<String>()
    );
}

#[test]
fn endless_includes_end() {
    refused(
        r#"{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}"#,
        "rendering template has a nested reference name: x: unable to execute template",
    );
    refused(
        r#"{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ end }}{{ include "a" . }}"#,
        "rendering template has a nested reference name",
    );
    refused(
        r#"{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}"#,
        "exceeded maximum template depth",
    );
    refused(
        r#"{{ define "x" }}{{ tpl "{{ include \"x\" . }}" . }}{{ end }}{{ include "x" . }}"#,
        "nested",
    );
}

#[test]
fn endless_tpl_ends() {
    refused(
        r#"{{ $_ := set . "t" "{{ tpl .t . }}" }}{{ tpl .t . }}"#,
        "",
    );
}

#[test]
fn large_loops_end() {
    refused("{{ range until 100000000 }}x{{ end }}", "limit");
    refused("{{ range 100000000 }}{{ end }}", "limit");
    refused(
        "{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}",
        "limit",
    );
}

#[test]
fn large_texts_end() {
    refused(r#"{{ repeat 1000000000 "x" }}"#, "limit");
    refused(
        r#"{{ $x := "0123456789" }}{{ range until 100 }}{{ $x = cat $x $x }}{{ end }}{{ $x }}"#,
        "limit",
    );
    refused(r#"{{ printf "%1000000d" 1 | repeat 1000000 }}"#, "limit");
    refused(
        r#"{{ $l := list "x" }}{{ range until 64 }}{{ $l = concat $l $l }}{{ end }}"#,
        "limit",
    );
}

#[test]
fn maps_that_contain_themselves_end() {
    let template = r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toYaml $d }}"#;
    // It has no YAML, and `toYaml` swallows that; what counts is that it ends.
    let _ = render(template);
    let _ = render(r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}"#);
    let _ = render(r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ deepCopy $d | len }}"#);
}

#[test]
fn regular_expressions_take_linear_time() {
    let template = r#"a: {{ regexMatch "^(a|a)*(b|b)*(a+)+$" (repeat 20000 "a") }}{{ regexMatch "^(a+)+$" (printf "%s!" (repeat 20000 "a")) }}"#;
    assert_eq!(
        render(template).as_deref(),
        Ok("---\n# Source: c/templates/a.yaml\na: truefalse\n")
    );
    let _ = render(r#"{{ regexMatch "(((a{1000}){1000}){1000})" "a" }}"#);
}

#[test]
fn deep_nesting_ends() {
    let deep = format!(
        "{}x{}",
        "{{ if true }}".repeat(50_000),
        "{{ end }}".repeat(50_000)
    );
    let _ = render(&deep);
    let parentheses = format!("{{{{ {}1{} }}}}", "(".repeat(50_000), ")".repeat(50_000));
    let _ = render(&parentheses);
    refused(&"[".repeat(100_000), "YAML parse error");
    refused(&format!("a: {}", "{a: ".repeat(50_000)), "YAML parse error");
}

#[test]
fn aliases_that_stand_for_too_much_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let inner = format!("*a{}, ", level - 1).repeat(9);
        let line = format!("a{level}: &a{level} [{}]\n", inner.trim_end_matches(", "));
        bomb.push_str(&line);
    }
    refused(&bomb, "excessive aliasing");
}

/// A header of the tar format and the content.
fn entry(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = vec![0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    header[136..148].copy_from_slice(b"00000000000\0");
    header[148..156].copy_from_slice(b"        ");
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header.extend_from_slice(content);
    header.resize(header.len().next_multiple_of(512), 0);
    header
}

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

/// A packed archive, stored without being made smaller or made as small as it gets.
fn packed(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut tar: Vec<u8> = entries.concat();
    tar.resize(tar.len() + 1024, 0);
    let mut gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    gzip.extend(miniz_oxide::deflate::compress_to_vec(&tar, 6));
    gzip.extend(crc32(&tar).to_le_bytes());
    gzip.extend((tar.len() as u32).to_le_bytes());
    gzip
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for &byte in bytes {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                0xedb8_8320 ^ (sum >> 1)
            } else {
                sum >> 1
            };
        }
    }
    !sum
}

fn archive(entries: &[Vec<u8>]) -> Result<Loaded, String> {
    Loaded::from_archive(&packed(entries)).map_err(|error| error.to_string())
}

fn chart_yaml() -> Vec<u8> {
    entry("c/Chart.yaml", b'0', "", CHART.as_bytes())
}

#[test]
fn an_archive_is_read() {
    let values = entry("c/values.yaml", b'0', "", b"\xef\xbb\xbfa: 1\n");
    let folder = entry("c/templates/", b'5', "", b"");
    let loaded = archive(&[chart_yaml(), folder, values]).expect("it is a chart");
    assert_eq!(loaded.chart.name(), "c");
    assert_eq!(
        loaded.chart.values.data.get("a").map(|item| &item.data),
        Some(&Data::Float(1.0))
    );
}

#[test]
fn long_names_are_read() {
    let long = format!("c/templates/{}.txt", "x".repeat(200));
    let gnu = entry("././@LongLink", b'L', "", format!("{long}\0").as_bytes());
    let record = |key: &str, value: &str| {
        let rest = format!(" {key}={value}\n");
        let mut len = rest.len() + 3;
        if format!("{len}").len() + rest.len() != len {
            len = format!("{len}").len() + rest.len();
        }
        format!("{len}{rest}")
    };
    let pax = entry("pax", b'x', "", record("path", &long).as_bytes());
    for header in [gnu, pax] {
        let file = entry("c/short", b'0', "", b"text");
        let loaded = archive(&[chart_yaml(), header, file]).expect("it is a chart");
        assert_eq!(format!("c/{}", loaded.chart.templates[0].name), long);
    }
}

#[test]
fn archives_lead_nowhere() {
    for (name, because) in [
        (
            "c/../../etc/passwd",
            "chart illegally references parent directory",
        ),
        ("c//etc/passwd", "chart illegally contains absolute paths"),
        (
            "c\\..\\..\\x",
            "chart illegally references parent directory",
        ),
        ("c/C:/x", "chart contains illegally named files"),
        (
            "x",
            "chart illegally contains content outside the base directory: \"x\"",
        ),
    ] {
        let error = archive(&[chart_yaml(), entry(name, b'0', "", b"x")]).err();
        assert_eq!(error.as_deref(), Some(because), "{name}");
    }
    let error = archive(&[entry("Chart.yaml", b'0', "", CHART.as_bytes())]).err();
    // Helm finds first that there is nothing behind the first part of the path.
    assert!(error.is_some_and(|error| error.contains("outside the base directory")));
}

#[test]
fn links_of_archives_are_empty_files() {
    let link = entry("c/templates/passwd", b'2', "/etc/passwd", b"");
    let loaded = archive(&[chart_yaml(), link]).expect("it is a chart");
    assert_eq!(&*loaded.chart.templates[0].data, b"");
}

#[test]
fn bombs_are_refused() {
    // A megabyte of zeros in a thousand bytes, 250 times.
    let zeros = vec![0; 1 << 20];
    let flags = create_comp_flags_from_zip_params(9, -15, 0);
    let mut compressor = CompressorOxide::new(flags);
    let mut block = vec![0; 4096];
    let (status, _, len) = compress(&mut compressor, &zeros, &mut block, TDEFLFlush::Full);
    assert_eq!(status, TDEFLStatus::Okay);
    let mut bomb = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    bomb.extend(block[..len].repeat(250));
    let error = Loaded::from_archive(&bomb).expect_err("it is too large");
    assert_eq!(
        error.to_string(),
        "decompressed chart is larger than the maximum size 104857600"
    );
}

#[test]
fn damaged_archives_are_refused() {
    let good = packed(&[chart_yaml()]);
    for cut in [3, 12, 40, good.len() - 9, good.len() - 1] {
        assert!(Loaded::from_archive(&good[..cut]).is_err(), "{cut}");
    }
    let mut changed = good.clone();
    let last = changed.len() - 6;
    changed[last] ^= 1;
    let error = Loaded::from_archive(&changed).expect_err("the sum is wrong");
    assert_eq!(error.kind.to_string(), "gzip: invalid checksum");
    for at in (0..good.len()).step_by(3) {
        let mut changed = good.clone();
        changed[at] ^= 0x55;
        // Whatever comes of it, it comes.
        let _ = Loaded::from_archive(&changed);
    }
}

#[test]
fn charts_in_charts_end() {
    let mut files = Vec::new();
    let mut path = String::new();
    for _ in 0..200 {
        files.push(File {
            name: format!("{path}Chart.yaml").into(),
            data: CHART.as_bytes().into(),
            path: "x".into(),
        });
        path.push_str("charts/c/");
    }
    let error = Loaded::from_files(files).expect_err("it is too deep");
    assert_eq!(error.kind, LoadErrorKind::TooDeep);
}

#[test]
fn folders_in_folders_end() {
    let mut tree = MemoryTree::new();
    tree.insert("c/Chart.yaml", CHART);
    tree.insert(format!("c/{}x", "a/".repeat(300)), "x");
    let error = Loaded::from_folder(&tree, "c", "/c").expect_err("it is too deep");
    assert!(error.to_string().contains("without end"), "{error}");
}
