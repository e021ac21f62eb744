// Prints what the functions of sprig answer, called through text/template as Helm calls them.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"text/template"
	"time"
	_ "time/tzdata"
	"unicode"
	"unicode/utf8"

	"github.com/Masterminds/sprig/v3"
)

// A case. Placeholders `@name@` in the text are replaced by each of the alternatives in turn.
type testCase struct {
	Text string              `json:"t"`
	With map[string][]string `json:"with,omitempty"`
}

type input struct {
	// The local time zone.
	Zone   string              `json:"zone"`
	Data   json.RawMessage     `json:"data"`
	Pools  map[string][]string `json:"pools"`
	Groups []struct {
		Name  string     `json:"name"`
		Cases []testCase `json:"cases"`
	} `json:"groups"`
}

// An answer: the output, in base64 if it is no UTF-8, or the error.
type answer struct {
	Output *string `json:"o,omitempty"`
	Base64 *string `json:"b,omitempty"`
	Error  *string `json:"e,omitempty"`
}

// expand replaces the placeholders of a case in all combinations. Alternatives that start with
// an at sign name a pool.
func expand(c testCase, pools map[string][]string) []string {
	names := make([]string, 0, len(c.With))
	for name := range c.With {
		names = append(names, name)
	}
	sort.Strings(names)
	texts := []string{c.Text}
	for _, name := range names {
		var alternatives []string
		for _, one := range c.With[name] {
			if pool, ok := strings.CutPrefix(one, "@"); ok {
				alternatives = append(alternatives, pools[pool]...)
			} else {
				alternatives = append(alternatives, one)
			}
		}
		var next []string
		for _, text := range texts {
			for _, one := range alternatives {
				next = append(next, strings.ReplaceAll(text, "@"+name+"@", one))
			}
		}
		texts = next
	}
	return texts
}

func ask(text string, data any) answer {
	functions := sprig.TxtFuncMap()
	delete(functions, "env")
	delete(functions, "expandenv")
	functions["bytes"] = func(text string) []byte { return []byte(text)[:len(text):len(text)] }
	root := template.New("set").Option("missingkey=zero").Funcs(functions)
	main, err := root.New("main.tpl").Parse(text)
	if err != nil {
		text := err.Error()
		return answer{Error: &text}
	}
	var out bytes.Buffer
	if err := main.Execute(&out, data); err != nil {
		text := err.Error()
		return answer{Error: &text}
	}
	if !utf8.Valid(out.Bytes()) {
		text := base64.StdEncoding.EncodeToString(out.Bytes())
		return answer{Base64: &text}
	}
	written := out.String()
	return answer{Output: &written}
}

// mappings lists the characters that a mapping changes, as runs: first, last, and what is added.
func mappings(change func(rune) rune) [][3]rune {
	runs := [][3]rune{}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		delta := change(r) - r
		if delta == 0 {
			continue
		}
		last := len(runs) - 1
		if last >= 0 && runs[last][1] == r-1 && runs[last][2] == delta {
			runs[last][1] = r
		} else {
			runs = append(runs, [3]rune{r, r, delta})
		}
	}
	return runs
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var cases input
	if err := json.Unmarshal(text, &cases); err != nil {
		panic(err)
	}
	if time.Local, err = time.LoadLocation(cases.Zone); err != nil {
		panic(err)
	}
	groups := map[string][]answer{}
	for _, group := range cases.Groups {
		for _, c := range group.Cases {
			for _, one := range expand(c, cases.Pools) {
				groups[group.Name] = append(groups[group.Name], ask(one, build(cases.Data)))
			}
		}
	}
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintln(out, "{")
	for _, group := range cases.Groups {
		fmt.Fprintf(out, "%s: [\n", line(group.Name))
		for n, one := range groups[group.Name] {
			if n > 0 {
				fmt.Fprintln(out, ",")
			}
			fmt.Fprint(out, line(one))
		}
		fmt.Fprintln(out, "\n],")
	}
	names := []string{}
	for name := range sprig.TxtFuncMap() {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(out, "\"names\": %s,\n", line(names))
	fmt.Fprintf(out, "\"upper\": %s,\n", line(mappings(unicode.ToUpper)))
	fmt.Fprintf(out, "\"lower\": %s,\n", line(mappings(unicode.ToLower)))
	fmt.Fprintf(out, "\"title\": %s\n}\n", line(mappings(unicode.ToTitle)))
	if err := out.Flush(); err != nil {
		panic(err)
	}
}

// line is a value as JSON without a line break.
func line(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSpace(out.String())
}
