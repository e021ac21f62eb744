// Prints what santhosh-tekuri/jsonschema, which Helm checks values with, says of values.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"sort"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

type group struct {
	// A JSON text, or a text that is none.
	Schema string   `json:"schema"`
	Values []string `json:"values"`
}

// sorted gives the lines in order, because the library walks Go maps; so are the names of
// additional properties.
func sorted(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		before, names, found := strings.Cut(line, "additional properties ")
		if found {
			names, after, _ := strings.Cut(names, " not allowed")
			all := strings.Split(names, ", ")
			sort.Strings(all)
			lines[i] = before + "additional properties " + strings.Join(all, ", ") + " not allowed" + after
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

func compile(text string) (*jsonschema.Schema, error) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(jsonschema.SchemeURLLoader{})
	if err := compiler.AddResource("file:///values.schema.json", schema); err != nil {
		return nil, err
	}
	return compiler.Compile("file:///values.schema.json")
}

func main() {
	var groups []group
	if err := json.NewDecoder(os.Stdin).Decode(&groups); err != nil {
		panic(err)
	}
	// One list for each schema: an error of it, or one text for each of the values.
	answers := [][]string{}
	for _, group := range groups {
		schema, err := compile(group.Schema)
		if err != nil {
			answers = append(answers, []string{"!" + err.Error()})
			continue
		}
		answer := []string{}
		for _, text := range group.Values {
			var values any
			if err := json.Unmarshal([]byte(text), &values); err != nil {
				panic(text)
			}
			if err := schema.Validate(values); err != nil {
				answer = append(answer, sorted(err.Error()))
			} else {
				answer = append(answer, "")
			}
		}
		answers = append(answers, answer)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(answers); err != nil {
		panic(err)
	}
}
