// Prints what Helm's package strvals makes of lines of --set, --set-string, --set-json,
// --set-file and --set-literal. Values are written as one line of text, see `encode`.
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"

	"helm.sh/helm/v4/pkg/strvals"
)

type input struct {
	// JSON objects that lines are laid over.
	Bases []string `json:"bases"`
	// Flag, number of the base, line. They are asked first.
	Cases [][3]any `json:"cases"`
	// Each is then tried with every flag and every base.
	Lines []string `json:"lines"`
}

// encode writes null as n, booleans as t or f, int64 as i…, float64 as its bits in hexadecimal
// after x, strings as JSON, lists in brackets and maps in braces, sorted by key.
func encode(value any) string {
	switch v := value.(type) {
	case nil:
		return "n"
	case bool:
		if v {
			return "t"
		}
		return "f"
	case int64:
		return "i" + strconv.FormatInt(v, 10)
	case float64:
		return fmt.Sprintf("x%x", math.Float64bits(v))
	case string:
		var text strings.Builder
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(v); err != nil {
			panic(err)
		}
		return strings.TrimSuffix(text.String(), "\n")
	case []any:
		parts := []string{}
		for _, item := range v {
			parts = append(parts, encode(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]any:
		keys := []string{}
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		parts := []string{}
		for _, key := range keys {
			parts = append(parts, encode(key)+":"+encode(v[key]))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	panic(fmt.Sprintf("%T", value))
}

func file(name []rune) (any, error) {
	if strings.HasPrefix(string(name), "no") {
		return nil, fmt.Errorf("open %s: no such file or directory", string(name))
	}
	return "text of " + string(name), nil
}

func ask(flag string, base string, line string) (string, error) {
	values := map[string]any{}
	if err := json.Unmarshal([]byte(base), &values); err != nil {
		panic(err)
	}
	var err error
	switch flag {
	case "--set":
		err = strvals.ParseInto(line, values)
	case "--set-string":
		err = strvals.ParseIntoString(line, values)
	case "--set-json":
		err = strvals.ParseJSON(line, values)
	case "--set-file":
		err = strvals.ParseIntoFile(line, values, file)
	case "--set-literal":
		err = strvals.ParseLiteralInto(line, values)
	default:
		panic(flag)
	}
	return encode(values), err
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	for _, line := range in.Lines {
		for _, flag := range []string{"--set", "--set-string", "--set-json", "--set-file", "--set-literal"} {
			for base := range in.Bases {
				in.Cases = append(in.Cases, [3]any{flag, float64(base), line})
			}
		}
	}
	// For each case the values, "=" if they are as before, or the error after "!".
	answers := []string{}
	for _, one := range in.Cases {
		flag, base, line := one[0].(string), int(one[1].(float64)), one[2].(string)
		value, err := ask(flag, in.Bases[base], line)
		if unchanged, _ := ask(flag, in.Bases[base], ""); value == unchanged {
			value = "="
		}
		if err != nil {
			value = "!" + err.Error()
		}
		answers = append(answers, value)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(answers); err != nil {
		panic(err)
	}
}
