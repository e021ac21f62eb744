// Prints how sigs.k8s.io/yaml (over go.yaml.in/yaml/v2) reads scalars, documents and the cases
// of yaml-test-suite. Values are written as one line of text, see `encode`.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	yaml2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

type input struct {
	Scalars   []string `json:"scalars"`
	Documents []string `json:"documents"`
	// The crate whose registry source holds the suite.
	Suite string `json:"suite"`
}

type answer struct {
	Text  string `json:"text"`
	Value string `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

type verdict struct {
	ID     string `json:"id"`
	Accept bool   `json:"accept"`
	// FNV-1a of the encoded documents.
	Hash  string `json:"hash,omitempty"`
	Error string `json:"error,omitempty"`
}

type output struct {
	Scalars   []answer  `json:"scalars"`
	Documents []answer  `json:"documents"`
	Suite     []verdict `json:"suite"`
}

// encode writes null as n, booleans as t or f, integers as i…, floats as the bits of their
// float64 in hexadecimal after x, strings as JSON, sequences in brackets and mappings in braces,
// sorted by their encoded keys.
func encode(value any) string {
	switch v := value.(type) {
	case nil:
		return "n"
	case bool:
		if v {
			return "t"
		}
		return "f"
	case int:
		return "i" + strconv.Itoa(v)
	case int64:
		return "i" + strconv.FormatInt(v, 10)
	case uint64:
		return "i" + strconv.FormatUint(v, 10)
	case float64:
		if math.IsNaN(v) {
			return "xNaN"
		}
		return fmt.Sprintf("x%016x", math.Float64bits(v))
	case string:
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(v); err != nil {
			panic(err)
		}
		return strings.TrimSuffix(buffer.String(), "\n")
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, encode(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[any]any:
		var parts []string
		for key, item := range v {
			parts = append(parts, encode(key)+":"+encode(item))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ",") + "}"
	default:
		panic(fmt.Sprintf("unknown type %T", value))
	}
}

// read decodes every document of a stream, and asks sigs.k8s.io/yaml about the first.
func read(text string) (string, error) {
	var encoded []string
	decoder := yaml2.NewDecoder(strings.NewReader(text))
	for {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if len(encoded) == 0 {
			// Not for numbers that JSON lacks: those are no matter of YAML.
			if _, err := yaml.YAMLToJSON([]byte(text)); err != nil && !strings.Contains(err.Error(), "json: unsupported value") {
				return "", err
			}
		}
		encoded = append(encoded, encode(value))
	}
	return strings.Join(encoded, "\n"), nil
}

func ask(text string) answer {
	value, err := read(text)
	if err != nil {
		return answer{Text: text, Error: firstLine(err.Error())}
	}
	return answer{Text: text, Value: value}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func suite(crate string) []verdict {
	home := os.Getenv("CARGO_HOME")
	if home == "" {
		home = filepath.Join(os.Getenv("HOME"), ".cargo")
	}
	root := filepath.Join(home, "registry", "src", "*", crate, "test-data")
	single, _ := filepath.Glob(filepath.Join(root, "*", "in.yaml"))
	several, _ := filepath.Glob(filepath.Join(root, "*", "*", "in.yaml"))
	var verdicts []verdict
	for _, file := range append(single, several...) {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		_, id, _ := strings.Cut(filepath.ToSlash(filepath.Dir(file)), "/test-data/")
		if strings.HasPrefix(id, "name/") || strings.HasPrefix(id, "tags/") {
			// The same cases under other names.
			continue
		}
		value, err := read(string(text))
		if err != nil {
			verdicts = append(verdicts, verdict{ID: id, Error: firstLine(err.Error())})
			continue
		}
		hash := fnv.New64a()
		hash.Write([]byte(value))
		verdicts = append(verdicts, verdict{ID: id, Accept: true, Hash: fmt.Sprintf("%016x", hash.Sum64())})
	}
	sort.Slice(verdicts, func(a, b int) bool { return verdicts[a].ID < verdicts[b].ID })
	return verdicts
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	var out output
	for _, text := range in.Scalars {
		out.Scalars = append(out.Scalars, ask(text))
	}
	for _, text := range in.Documents {
		out.Documents = append(out.Documents, ask(text))
	}
	out.Suite = suite(in.Suite)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
