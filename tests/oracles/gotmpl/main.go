// Prints what text/template answers: output or error for each case, for templates that are made
// at random, and the tables of Unicode that the lexer and the printer use.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"sort"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

// A case. Placeholders `@name@` in the texts are replaced by each of the alternatives in turn.
type testCase struct {
	// The text of the template `main.tpl`.
	Text string `json:"t"`
	// Further texts by name, parsed before it in the order of their names.
	Files map[string]string `json:"files,omitempty"`
	// What is executed, if not `main.tpl`.
	Run string `json:"run,omitempty"`
	// The name of the data.
	Data string `json:"d,omitempty"`
	// The option missingkey.
	Missing string `json:"k,omitempty"`
	// Delimiters.
	Delims []string `json:"l,omitempty"`
	// Alternatives.
	With map[string][]string `json:"with,omitempty"`
}

type input struct {
	Data     map[string]json.RawMessage `json:"data"`
	Groups   []group                    `json:"groups"`
	Generate generate                   `json:"generate"`
}

type group struct {
	Name  string     `json:"name"`
	Cases []testCase `json:"cases"`
}

type generate struct {
	Seed  uint64 `json:"seed"`
	Count int    `json:"count"`
}

// An answer: the output, in base64 if it is no UTF-8, or the error.
type answer struct {
	Output *string `json:"o,omitempty"`
	Base64 *string `json:"b,omitempty"`
	Error  *string `json:"e,omitempty"`
}

type generated struct {
	Text    string `json:"t"`
	Missing string `json:"k,omitempty"`
	answer
}

type output struct {
	Unicode   map[string][]rune `json:"unicode"`
	Groups    [][]answer        `json:"groups"`
	Generated []generated       `json:"generated"`
}

// expand replaces the placeholders of a case in all combinations.
func expand(c testCase) []testCase {
	names := make([]string, 0, len(c.With))
	for name := range c.With {
		names = append(names, name)
	}
	sort.Strings(names)
	cases := []testCase{c}
	for _, name := range names {
		var next []testCase
		for _, one := range cases {
			for _, text := range c.With[name] {
				copied := one
				place := "@" + name + "@"
				copied.Text = strings.ReplaceAll(one.Text, place, text)
				copied.Data = strings.ReplaceAll(one.Data, place, text)
				copied.Missing = strings.ReplaceAll(one.Missing, place, text)
				copied.Files = map[string]string{}
				for file, content := range one.Files {
					copied.Files[file] = strings.ReplaceAll(content, place, text)
				}
				next = append(next, copied)
			}
		}
		cases = next
	}
	return cases
}

// address is what a pointer prints as: no two runs have it in common.
var address = regexp.MustCompile("(?i)0x[0-9a-f]{6,12}\\b")

func masked(text string) string { return address.ReplaceAllString(text, "0xADDRESS") }

func failed(err error) answer {
	text := masked(err.Error())
	return answer{Error: &text}
}

func ask(c testCase, data any) answer {
	root := template.New("set")
	if c.Missing != "" {
		root.Option("missingkey=" + c.Missing)
	}
	if len(c.Delims) == 2 {
		root.Delims(c.Delims[0], c.Delims[1])
	}
	root.Funcs(functions(root, c.Missing, map[string]int{}))
	files := make([]string, 0, len(c.Files))
	for name := range c.Files {
		files = append(files, name)
	}
	sort.Strings(files)
	for _, name := range files {
		if _, err := root.New(name).Parse(c.Files[name]); err != nil {
			return failed(err)
		}
	}
	if _, err := root.New("main.tpl").Parse(c.Text); err != nil {
		return failed(err)
	}
	run := c.Run
	if run == "" {
		run = "main.tpl"
	}
	var buffer bytes.Buffer
	if err := root.ExecuteTemplate(&buffer, run, data); err != nil {
		return failed(err)
	}
	text := masked(buffer.String())
	if !utf8.ValidString(text) {
		text = base64.StdEncoding.EncodeToString([]byte(text))
		return answer{Base64: &text}
	}
	return answer{Output: &text}
}

func ranges(is func(rune) bool) []rune {
	var out []rune
	inside := false
	for r := rune(0); r <= unicode.MaxRune+1; r++ {
		ok := r <= unicode.MaxRune && is(r)
		if ok && !inside {
			out = append(out, r)
		}
		if !ok && inside {
			out = append(out, r-1)
		}
		inside = ok
	}
	return out
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var in input
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		panic(err)
	}
	out := output{Unicode: map[string][]rune{
		"letters":   ranges(unicode.IsLetter),
		"digits":    ranges(unicode.IsDigit),
		"printable": ranges(unicode.IsPrint),
	}}
	for _, group := range in.Groups {
		answers := []answer{}
		for _, c := range group.Cases {
			for _, one := range expand(c) {
				name := one.Data
				if name == "" {
					name = "main"
				}
				answers = append(answers, ask(one, build(in.Data[name])))
			}
		}
		out.Groups = append(out.Groups, answers)
	}
	maker := newMaker(in.Generate.Seed)
	for range in.Generate.Count {
		c := maker.make()
		out.Generated = append(out.Generated, generated{
			Text:    c.Text,
			Missing: c.Missing,
			answer:  ask(c, build(in.Data["main"])),
		})
	}
	write(out)
}

// write prints the answers, one a line.
func write(out output) {
	line := func(value any) string {
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			panic(err)
		}
		return strings.TrimSuffix(buffer.String(), "\n")
	}
	var text strings.Builder
	text.WriteString("{\n\"unicode\": " + line(out.Unicode) + ",\n\"groups\": [\n")
	for n, answers := range out.Groups {
		text.WriteString("[\n")
		for m, answer := range answers {
			text.WriteString(line(answer))
			if m+1 < len(answers) {
				text.WriteByte(',')
			}
			text.WriteByte('\n')
		}
		text.WriteByte(']')
		if n+1 < len(out.Groups) {
			text.WriteByte(',')
		}
		text.WriteByte('\n')
	}
	text.WriteString("],\n\"generated\": [\n")
	for n, one := range out.Generated {
		text.WriteString(line(one))
		if n+1 < len(out.Generated) {
			text.WriteByte(',')
		}
		text.WriteByte('\n')
	}
	text.WriteString("]\n}\n")
	os.Stdout.WriteString(text.String())
}
