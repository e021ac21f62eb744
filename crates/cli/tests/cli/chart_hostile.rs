//! Charts that are made to hang, to exhaust memory or to read what is not theirs, through the
//! binary and with the limits that it has.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, compress, create_comp_flags_from_zip_params,
};

use crate::folder::{Answer, Folder};

fn template(folder: &Folder, chart: &str) -> Answer {
    folder.run(&["chart", "template", "rel", chart])
}

/// A chart whose one template is this.
fn chart(text: &str) -> Folder {
    Folder::with(&[
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("c/templates/a.yaml", text),
    ])
}

#[track_caller]
fn refused(answer: &Answer, because: &str) {
    assert_eq!(answer.code, 1, "{answer:?}");
    assert_eq!(answer.stdout, "");
    assert!(answer.stderr.starts_with("error: "), "{}", answer.stderr);
    assert!(
        answer.stderr.contains(because),
        "{because}: {}",
        answer.stderr
    );
    assert!(
        answer.stderr.len() < 500_000,
        "{} bytes",
        answer.stderr.len()
    );
}

#[test]
fn includes_of_themselves_end() {
    for text in [
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
        "{{ define \"a\" }}{{ include \"b\" . }}{{ end }}{{ define \"b\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
    ] {
        let because = "rendering template has a nested reference name";
        refused(&template(&chart(text), "c"), because);
    }
    let text = "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}";
    refused(
        &template(&chart(text), "c"),
        "exceeded maximum template depth",
    );
    let text =
        "{{ define \"a\" }}{{ tpl \"{{ include \\\"a\\\" . }}\" . }}{{ end }}{{ include \"a\" . }}";
    // Helm says each of the thousand calls, too.
    let answer = template(&chart(text), "c");
    assert_eq!(answer.code, 1);
    assert!(
        answer.stderr.len() < 500_000,
        "{} bytes",
        answer.stderr.len()
    );
}

#[test]
fn texts_without_end_are_refused() {
    for text in [
        "{{ repeat 1000000 (repeat 1000000 \"x\") }}",
        "{{ printf \"%1000000000d\" 1 }}{{ indent 2000000000 \"x\" }}",
    ] {
        refused(&template(&chart(text), "c"), "exceeded the limit of ");
    }
}

#[test]
fn ranges_without_end_are_refused() {
    for text in [
        "{{ range until 2000000000 }}x{{ end }}",
        "{{ until 9223372036854775807 }}",
        "{{ untilStep 0 9223372036854775807 1 }}",
    ] {
        refused(&template(&chart(text), "c"), "exceeded the limit of ");
    }
}

#[test]
fn regular_expressions_end() {
    let text = "a: {{ regexMatch \"^(a|aa|a*)*$\" (print (repeat 20000 \"a\") \"b\") }}\n";
    let answer = template(&chart(text), "c");
    assert_eq!(answer.quiet(), 0);
    assert!(answer.stdout.ends_with("a: false\n"));
    let text = "{{ mustRegexMatch \"((a{0,100}){0,100}){0,100}\" \"a\" }}";
    refused(&template(&chart(text), "c"), "error parsing regexp");
}

#[test]
fn values_that_are_aliases_of_aliases_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for number in 1..12 {
        let before = format!("*a{}", number - 1);
        let items = vec![before; 9].join(", ");
        text = format!("{text}a{number}: &a{number} [{items}]\n");
    }
    let folder = chart("a: 1\n");
    folder.write("c/values.yaml", text.as_bytes());
    refused(&template(&folder, "c"), "excessive aliasing");
    folder.write("c/values.yaml", "[".repeat(100_000).as_bytes());
    refused(&template(&folder, "c"), "cannot load values.yaml");
}

/// An entry of a tar file.
fn entry(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[148..156].copy_from_slice(b"        ");
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header[257..262].copy_from_slice(b"ustar");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut out = header.to_vec();
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn archive(folder: &Folder, entries: &[Vec<u8>]) -> Answer {
    let mut tar = entries.concat();
    tar.extend_from_slice(&[0; 1024]);
    let mut out = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    out.extend_from_slice(&compress_to_vec(&tar, 1));
    out.extend_from_slice(&crc32(&tar).to_le_bytes());
    out.extend_from_slice(&(tar.len() as u32).to_le_bytes());
    folder.write("c.tgz", &out);
    template(folder, "c.tgz")
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
        }
    }
    !sum
}

#[test]
fn archives_lead_nowhere_and_do_not_grow_without_end() {
    let folder = Folder::new();
    let chart = || {
        entry(
            "c/Chart.yaml",
            b'0',
            "",
            b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
        )
    };
    for name in [
        "c/../../escaped-chart",
        "c//tmp/x",
        "c/a/../../../escaped-chart",
    ] {
        let answer = archive(&folder, &[chart(), entry(name, b'0', "", b"x")]);
        refused(&answer, "unable to load chart archive");
    }
    let link = entry("c/templates/a.yaml", b'2', "/etc/passwd", b"");
    let answer = archive(&folder, &[chart(), link]);
    assert_eq!(answer.quiet(), 0);
    assert!(!answer.stdout.contains("root:"), "{}", answer.stdout);
    assert!(
        !folder
            .path()
            .parent()
            .expect("a parent")
            .join("escaped-chart")
            .exists()
    );
    // A megabyte of zeros in a thousand bytes, 250 times.
    let flags = create_comp_flags_from_zip_params(9, -15, 0);
    let mut block = vec![0; 4096];
    let mut compressor = CompressorOxide::new(flags);
    let zeros = vec![0; 1 << 20];
    let (_, _, len) = compress(&mut compressor, &zeros, &mut block, TDEFLFlush::Full);
    let mut bomb = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    bomb.extend(block[..len].repeat(250));
    folder.write("c.tgz", &bomb);
    let answer = template(&folder, "c.tgz");
    refused(&answer, "unable to load chart archive");
    assert!(
        answer.stderr.contains("larger than the maximum size"),
        "{}",
        answer.stderr
    );
}

#[test]
fn linting_hostile_charts_ends_too() {
    let folder = chart("{{ range until 2000000000 }}x{{ end }}");
    let answer = folder.run(&["chart", "lint", "c"]);
    assert_eq!(answer.quiet(), 1);
    assert!(
        answer.stdout.contains("exceeded the limit of "),
        "{}",
        answer.stdout
    );
}

#[cfg(unix)]
#[test]
fn links_in_circles_end() {
    let folder = chart("a: 1\n");
    let link = |to: &str, at: &str| {
        std::os::unix::fs::symlink(to, folder.path().join(at)).expect("linked");
    };
    link("..", "c/templates/up");
    refused(&template(&folder, "c"), "");
    std::fs::remove_file(folder.path().join("c/templates/up")).expect("it was there");
    link("b", "c/files");
    link("files", "c/b");
    refused(&template(&folder, "c"), "error evaluating symlink");
}
