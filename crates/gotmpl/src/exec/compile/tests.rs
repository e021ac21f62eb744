use std::sync::Arc;

use super::{Code, MAX_RECURSION};
use crate::functions::Functions;
use crate::templates::Templates;

const TEXTS: [&str; 6] = [
    "a {{ .b.c }} {{- $x := printf \"%s\" .d | len }}{{ $x }}{{ $x = 2 }}{{/* e */}}",
    "{{ if and .a (or .b (not (eq 1 .c)) $.d) .e }}f{{ else if .g }}{{ .h }}{{ else }}i{{ end }}",
    "{{ range $i, $e := .a }}{{ if $i }}{{ continue }}{{ end }}{{ with $e.b }}{{ . }}{{ else }}{{ break }}{{ end }}{{ else }}c{{ end }}",
    "{{ define \"a\" }}{{ (index .b 1).c }}{{ end }}{{ template \"a\" (slice .d 1 2 | print) }}{{ block \"e\" . }}{{ .f.g 1 nil \"h\" }}{{ end }}",
    "{{ (((.a))) }}{{ (printf \"%d\" (len (print .b .c) | print 2)).d }}{{ nil | print }}{{ 1 | len 2 }}{{ and 1 | or .e }}",
    "{{ if .a }}{{ if .b }}{{ if .c }}{{ with .d }}{{ range .e }}{{ if . }}{{ $f := 1 }}{{ if $f }}{{ $f = .g }}{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}",
];

#[test]
fn code_is_the_same_however_much_is_put_on_the_stack_of_tasks() {
    for text in TEXTS {
        let functions = Arc::new(Functions::new());
        let mut templates = Templates::new("set", functions.clone());
        templates
            .parse("text", text.as_bytes())
            .expect("it is sound");
        for template in templates.templates() {
            let code = |max_depth| {
                let code = Code::nested(Code::default(), template, &functions, max_depth);
                format!("{code:#?}")
            };
            for max_depth in 0..9 {
                assert_eq!(
                    code(max_depth),
                    code(MAX_RECURSION),
                    "{max_depth} of {text}"
                );
            }
        }
    }
}
