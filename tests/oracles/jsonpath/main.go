// Prints what kubectl's JSONPath, which `helm show values --jsonpath` takes, gives with values.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/client-go/util/jsonpath"
	"sigs.k8s.io/yaml"
)

type input struct {
	// Documents of values.
	Values []string `json:"values"`
	// The number of a document, and a template.
	Cases [][2]any `json:"cases"`
}

type answer struct {
	Printed *string `json:"o,omitempty"`
	Parse   string  `json:"p,omitempty"`
	Execute string  `json:"e,omitempty"`
}

func ask(values, text string) (result answer) {
	// Some mistakes make the reference panic; for helm they would be the end.
	defer func() {
		if panicked := recover(); panicked != nil {
			result = answer{Execute: fmt.Sprint("panic: ", panicked)}
		}
	}()
	var data map[string]any
	if err := yaml.Unmarshal([]byte(values), &data); err != nil {
		panic(err)
	}
	path := jsonpath.New("out")
	if err := path.Parse(text); err != nil {
		return answer{Parse: err.Error()}
	}
	var out bytes.Buffer
	if err := path.Execute(&out, data); err != nil {
		return answer{Execute: err.Error()}
	}
	printed := out.String()
	return answer{Printed: &printed}
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	answers := []string{}
	for _, one := range in.Cases {
		text, err := json.Marshal(ask(in.Values[int(one[0].(float64))], one[1].(string)))
		if err != nil {
			panic(err)
		}
		answers = append(answers, string(text))
	}
	fmt.Println("[")
	for number, text := range answers {
		comma := ","
		if number == len(answers)-1 {
			comma = ""
		}
		fmt.Println(text + comma)
	}
	fmt.Println("]")
}
