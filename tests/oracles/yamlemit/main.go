// Prints what Helm's toYaml (sigs.k8s.io/yaml over go.yaml.in/yaml/v2), toYamlPretty
// (go.yaml.in/yaml/v3), toJson, toPrettyJson, toRawJson and toToml (BurntSushi/toml) write for generated values. A value is made from
// the number of its case alone, the same way here and in crates/helm/tests/emit, so that the
// answers are hashes only. `go run . CASE < cases.json` prints the texts of one case.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	yaml2 "go.yaml.in/yaml/v2"
	yaml3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

type input struct {
	// How many values there are.
	Count int `json:"count"`
	// Whole strings; `<ff>` stands for the byte 255 in all of these.
	Words []string `json:"words"`
	// Parts of strings.
	Parts []string `json:"parts"`
	// Numbers with a fraction.
	Floats []string `json:"floats"`
	// Values that are written down.
	Fixed []any `json:"fixed"`
}

type output struct {
	// For each case the hashes of what the six write, in that order, 8 digits each;
	// dashes where the answer changes from run to run.
	Cases []string `json:"cases"`
	Fixed []texts  `json:"fixed"`
}

type texts struct {
	Yaml   string `json:"yaml"`
	Pretty string `json:"pretty"`
	Json   string `json:"json"`
	Toml   string `json:"toml"`
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

func (r *random) pick(list []string) string { return list[r.below(len(list))] }

type generator struct {
	random
	in *input
}

func (g *generator) text(parts, most int) string {
	var text strings.Builder
	for n := 1 + g.below(most); n > 0; n-- {
		if parts == 0 {
			text.WriteString(g.pick(g.in.Words))
			text.WriteString(" ")
		} else {
			text.WriteString(g.pick(g.in.Parts))
		}
	}
	return text.String()
}

func (g *generator) str() string {
	switch g.below(8) {
	case 0, 1:
		return g.pick(g.in.Words)
	case 2, 3, 4:
		return g.text(1, 6)
	case 5:
		return g.text(0, 30)
	case 6:
		var text strings.Builder
		for n := 1 + g.below(5); n > 0; n-- {
			text.WriteString(g.text(1, 3))
			text.WriteString("\n")
		}
		return text.String()
	default:
		return g.text(1, 40)
	}
}

func (g *generator) key() string {
	switch g.below(16) {
	case 0:
		return g.str()
	case 1, 2, 3, 4:
		return g.text(1, 3)
	case 5, 6, 7:
		return g.pick(g.in.Words)
	default:
		key := []string{"a", "b", "k", "x-", "K", "a.b"}[g.below(6)]
		return key + strconv.Itoa(g.below(30))
	}
}

func (g *generator) value(depth int) any {
	kinds := 18
	if depth >= 5 {
		kinds = 11
	}
	switch g.below(kinds) {
	case 0:
		return nil
	case 1:
		return g.below(2) == 0
	case 2:
		return int64(g.next()) >> g.below(64)
	case 3:
		number, err := strconv.ParseFloat(g.pick(g.in.Floats), 64)
		if err != nil {
			panic(err)
		}
		return number
	case 4:
		return float64(int64(g.next())>>g.below(64)) / float64(int64(1)<<g.below(40))
	case 5, 6, 7, 8, 9, 10:
		return g.str()
	case 11, 12, 13:
		list := []any{}
		for n := g.below(4); n > 0; n-- {
			list = append(list, g.value(depth+1))
		}
		return list
	default:
		table := map[string]any{}
		for n := g.below(6); n > 0; n-- {
			key := g.key()
			table[key] = g.value(depth + 1)
		}
		return table
	}
}

func toYaml(value any) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}

func toYamlPretty(value any) string {
	var text bytes.Buffer
	encoder := yaml3.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(value); err != nil {
		return ""
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func toJson(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

func toPrettyJson(value any) string {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}

// ordered says whether the keys of all maps in a value have an order: the comparison of the
// libraries is no order for some sets of keys, and their answer then changes from run to run.
func ordered(value any, marshal func(any) ([]byte, error)) bool {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			if !ordered(item, marshal) {
				return false
			}
		}
	case map[string]any:
		wins := map[int]bool{}
		for a, item := range value {
			if !ordered(item, marshal) {
				return false
			}
			count := 0
			for b := range value {
				if a == b {
					continue
				}
				text, err := marshal(map[string]int{a: 7007, b: 8008})
				if err != nil {
					panic(err)
				}
				if bytes.Index(text, []byte("7007\n")) < bytes.Index(text, []byte("8008\n")) {
					count++
				}
			}
			wins[count] = true
		}
		return len(wins) == len(value)
	}
	return true
}

func toRawJson(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(&value); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func toToml(value any) (result string) {
	defer func() {
		if problem := recover(); problem != nil {
			result = fmt.Sprint(problem)
		}
	}()
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).Encode(value); err != nil {
		return err.Error()
	}
	return text.String()
}

func hash(text string) string {
	hash := fnv.New64a()
	hash.Write([]byte(text))
	sum := hash.Sum64()
	return fmt.Sprintf("%08x", uint32(sum)^uint32(sum>>32))
}

func bytesOf(texts []string) {
	for n := range texts {
		texts[n] = strings.ReplaceAll(texts[n], "<ff>", "\xff")
	}
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	bytesOf(in.Words)
	bytesOf(in.Parts)
	make := func(number int) any {
		g := generator{random{uint64(number)}, &in}
		return g.value(0)
	}
	if len(os.Args) > 1 {
		number, _ := strconv.Atoi(os.Args[1])
		value := make(number)
		fmt.Printf("%s\n=====\n%s\n=====\n%s\n=====\n%s\n=====\n%s\n", toYaml(value), toYamlPretty(value), toJson(value), toPrettyJson(value), toToml(value))
		return
	}
	var out output
	for number := range in.Count {
		value := make(number)
		answer := []string{hash(toYaml(value)), hash(toYamlPretty(value)), hash(toJson(value)), hash(toPrettyJson(value)), hash(toRawJson(value)), hash(toToml(value))}
		for n, marshal := range []func(any) ([]byte, error){yaml2.Marshal, yaml3.Marshal} {
			if !ordered(value, marshal) {
				answer[n] = "--------"
			}
		}
		out.Cases = append(out.Cases, strings.Join(answer, ""))
	}
	for _, value := range in.Fixed {
		if number, ok := value.(float64); ok && math.IsNaN(number) {
			panic("no number")
		}
		out.Fixed = append(out.Fixed, texts{toYaml(value), toYamlPretty(value), toJson(value), toToml(value)})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
