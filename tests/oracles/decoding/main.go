// Prints what Helm's fromYaml, fromYamlArray, fromJson, fromJsonArray, mustFromJson and fromToml
// make of texts: of those in the cases, and of many that are made from them by random changes,
// the same way here and in crates/helm/tests/decode. For the latter the answers are hashes.
// `go run . FORMAT CASE < cases.json` prints one of them.
//
// The texts of encoding/json's errors are those of Go 1.27, with which Helm 4.3.1 is built.
package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"sigs.k8s.io/yaml"
)

type format struct {
	// How many texts are made.
	Count int `json:"count"`
	// What they are made from; `<ff>` stands for the byte 255.
	Texts []string `json:"texts"`
	Parts []string `json:"parts"`
}

type answers struct {
	// Of each text what each function gives, as JSON.
	Texts [][]string `json:"texts"`
	// The hashes of the same, 8 digits each; dashes where the answer changes from run to run.
	Made []string `json:"made"`
}

// random is splitmix64.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

func changed(number int, from *format) string {
	r := random{uint64(number)}
	text := from.Texts[r.below(len(from.Texts))]
	for n := 1 + r.below(3); n > 0; n-- {
		at := r.below(len(text) + 1)
		end := min(at+r.below(6), len(text))
		part := from.Parts[r.below(len(from.Parts))]
		switch r.below(4) {
		case 0:
			text = text[:at] + text[end:]
		case 1:
			text = text[:at] + part + text[at:]
		case 2:
			text = text[:at] + part + text[end:]
		default:
			from := r.below(len(text) + 1)
			to := min(from+r.below(20), len(text))
			text = text[:at] + text[from:to] + text[at:]
		}
	}
	return text
}

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func fromYaml(text string) string {
	value := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		value["Error"] = err.Error()
	}
	return encoded(value)
}

func fromYamlArray(text string) string {
	value := []any{}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		value = []any{err.Error()}
	}
	return encoded(value)
}

func fromJson(text string) string {
	value := map[string]any{}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		if value == nil {
			return "panic"
		}
		value["Error"] = err.Error()
	}
	return encoded(value)
}

func fromJsonArray(text string) string {
	value := []any{}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		value = []any{err.Error()}
	}
	return encoded(value)
}

func mustFromJson(text string) string {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return err.Error()
	}
	return encoded(value)
}

func fromToml(text string) string {
	value := map[string]any{}
	if err := toml.Unmarshal([]byte(text), &value); err != nil {
		value["Error"] = err.Error()
	}
	return encoded(value)
}

var functions = map[string][]func(string) string{
	"yaml": {fromYaml, fromYamlArray},
	"json": {fromJson, fromJsonArray, mustFromJson},
	"toml": {fromToml},
}

func hash(text string) string {
	hash := fnv.New64a()
	hash.Write([]byte(text))
	sum := hash.Sum64()
	return fmt.Sprintf("%08x", uint32(sum)^uint32(sum>>32))
}

func main() {
	var in map[string]*format
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	for _, from := range in {
		for _, list := range [][]string{from.Texts, from.Parts} {
			for n := range list {
				list[n] = strings.ReplaceAll(list[n], "<ff>", "\xff")
			}
		}
	}
	if len(os.Args) > 2 {
		number, _ := strconv.Atoi(os.Args[2])
		text := changed(number, in[os.Args[1]])
		fmt.Printf("%q\n", text)
		for _, function := range functions[os.Args[1]] {
			fmt.Println(function(text))
		}
		return
	}
	out := map[string]*answers{}
	for name, from := range in {
		answers := &answers{}
		for _, text := range from.Texts {
			var results []string
			for _, function := range functions[name] {
				results = append(results, function(text))
			}
			answers.Texts = append(answers.Texts, results)
		}
		for number := range from.Count {
			text := changed(number, from)
			var results strings.Builder
			for _, function := range functions[name] {
				result := function(text)
				answer := hash(result)
				for range 8 {
					if function(text) != result {
						answer = "--------"
					}
				}
				results.WriteString(answer)
			}
			answers.Made = append(answers.Made, results.String())
		}
		out[name] = answers
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
