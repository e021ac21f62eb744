package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"
	"time"
)

// How often a template may be included in itself.
const maxIncludes = 20

// functions are those that the templates of the cases can call. `include` and `tpl` are made as
// a user of the package would make them.
func functions(root *template.Template, missing string, included map[string]int) template.FuncMap {
	return template.FuncMap{
		"include": func(name string, data any) (string, error) {
			if included[name] >= maxIncludes {
				return "", fmt.Errorf("%s includes itself", name)
			}
			included[name]++
			defer func() { included[name]-- }()
			var text strings.Builder
			err := root.ExecuteTemplate(&text, name, data)
			return text.String(), err
		},
		"tpl": func(text string, data any) (string, error) {
			clone, err := root.Clone()
			if err != nil {
				return "", err
			}
			if missing != "" {
				clone.Option("missingkey=" + missing)
			}
			clone.Funcs(functions(clone, missing, included))
			parsed, err := clone.New(root.Name()).Parse(text)
			if err != nil {
				return "", fmt.Errorf("cannot parse template %q: %w", text, err)
			}
			var out strings.Builder
			if err := parsed.Execute(&out, data); err != nil {
				return "", fmt.Errorf("error during tpl function execution for %q: %w", text, err)
			}
			return out.String(), nil
		},
		"upper":  strings.ToUpper,
		"add":    func(a, b int) int { return a + b },
		"sum":    func(list ...int) int { return sum(list) },
		"div":    func(a, b int) int { return a / b },
		"half":   func(value float64) float64 { return value / 2 },
		"not2":   func(value bool) bool { return !value },
		"pick":   func(first bool, a, b any) any { return choose(first, a, b) },
		"id":     func(value any) any { return value },
		"list":   func(values ...any) []any { return values[:len(values):len(values)] },
		"texts":  func(values ...string) []string { return values[:len(values):len(values)] },
		"dict":   dict,
		"set":    set,
		"fail":   func(why string) (string, error) { return "", errors.New(why) },
		"typeOf": func(value any) string { return fmt.Sprintf("%T", value) },
		"kindOf": func(value any) string { return reflect.ValueOf(value).Kind().String() },
		"int64":  func(value int) int64 { return int64(value) },
		"uint":   func(value int) uint { return uint(value) },
		"byte":   func(value uint8) uint8 { return value },
		"dur":    func(value time.Duration) time.Duration { return value },
		"bytes":  func(value string) []byte { return []byte(value)[:len(value):len(value)] },
		"cplx":   func(value complex128) complex128 { return value },
		"none":   func() any { return nil },
		"nilMap": func() map[string]any { return nil },
		"nilTexts": func() []string {
			return nil
		},
		"mapLen":   func(value map[string]any) int { return len(value) },
		"listLen":  func(value []any) int { return len(value) },
		"textsLen": func(value []string) int { return len(value) },
		"bytesLen": func(value []byte) int { return len(value) },
		"join":     func(separator string, values []string) string { return strings.Join(values, separator) },
		"repeat":   func(count int, text string) string { return strings.Repeat(text, count) },
		"default": func(other any, value ...any) any {
			if len(value) == 0 || value[0] == nil || value[0] == "" {
				return other
			}
			return value[0]
		},
		"thing": func() *Thing { return &Thing{Name: "made", Count: 1} },
	}
}

// set takes no containers: what contains itself cannot be printed.
func set(to map[string]any, key string, value any) (map[string]any, error) {
	switch reflect.ValueOf(value).Kind() {
	case reflect.Map, reflect.Slice, reflect.Pointer, reflect.Func:
		return nil, errors.New("set wants a scalar")
	}
	to[key] = value
	return to, nil
}

func sum(list []int) int {
	total := 0
	for _, one := range list {
		total += one
	}
	return total
}

func choose(first bool, a, b any) any {
	if first {
		return a
	}
	return b
}

func dict(values ...any) (map[string]any, error) {
	if len(values)%2 != 0 {
		return nil, errors.New("dict wants pairs")
	}
	made := map[string]any{}
	for n := 0; n < len(values); n += 2 {
		key, ok := values[n].(string)
		if !ok {
			return nil, fmt.Errorf("key %v is no string", values[n])
		}
		made[key] = values[n+1]
	}
	return made, nil
}
