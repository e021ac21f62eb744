// Prints whether label selectors select label maps, and which selectors are refused.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

type input struct {
	Selectors []metav1.LabelSelector `json:"selectors"`
	Maps      []map[string]string    `json:"maps"`
	Labels    []map[string]string    `json:"labels"`
}

// A row holds one letter for each label map: y selected, n not; or ! for a refused selector.
type output struct {
	Selectors []string `json:"selectors"`
	Maps      []string `json:"maps"`
}

func row(selector labels.Selector, all []map[string]string) string {
	result := ""
	for _, one := range all {
		if selector.Matches(labels.Set(one)) {
			result += "y"
		} else {
			result += "n"
		}
	}
	return result
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	out := output{}
	for i := range in.Selectors {
		selector, err := metav1.LabelSelectorAsSelector(&in.Selectors[i])
		if err != nil {
			out.Selectors = append(out.Selectors, "!")
			continue
		}
		out.Selectors = append(out.Selectors, row(selector, in.Labels))
	}
	for _, one := range in.Maps {
		out.Maps = append(out.Maps, row(labels.Set(one).AsSelectorPreValidated(), in.Labels))
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
