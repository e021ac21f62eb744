// Prints how Masterminds' semver reads versions and constraints, and which versions satisfy
// which constraints and why not.
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/Masterminds/semver/v3"
)

type input struct {
	Versions    []string `json:"versions"`
	Constraints []string `json:"constraints"`
	// Versions that every constraint is asked about.
	Asked []string `json:"asked"`
	// Texts that are repeated: long inputs.
	Long []struct {
		Text  string `json:"text"`
		Times int    `json:"times"`
	} `json:"long"`
}

type version struct {
	Text   string `json:"text"`
	Error  string `json:"error,omitempty"`
	Shown  string `json:"shown,omitempty"`
	Parts  []any  `json:"parts,omitempty"`
	Strict string `json:"strict,omitempty"`
	// Compared with each of the asked versions.
	Order []int    `json:"order,omitempty"`
	Next  []string `json:"next,omitempty"`
}

type constraint struct {
	Text  string `json:"text"`
	Error string `json:"error,omitempty"`
	Shown string `json:"shown,omitempty"`
	// One letter for each asked version: y or n.
	Check string `json:"check,omitempty"`
	// Why not, for every fifth of the asked versions, so that all are covered in turn.
	Reasons [][]string `json:"reasons,omitempty"`
}

type output struct {
	Asked       []string     `json:"asked"`
	Versions    []version    `json:"versions"`
	Constraints []constraint `json:"constraints"`
}

func next(act func() semver.Version) (shown string) {
	defer func() {
		if recover() != nil {
			shown = "panic"
		}
	}()
	v := act()
	return v.Original()
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	for _, long := range in.Long {
		text := strings.Repeat(long.Text, long.Times)
		in.Versions = append(in.Versions, text)
		in.Constraints = append(in.Constraints, text)
	}
	out := output{Asked: in.Asked}
	var asked []*semver.Version
	for _, text := range in.Asked {
		asked = append(asked, semver.MustParse(text))
	}
	for _, text := range in.Versions {
		one := version{Text: text}
		if _, err := semver.StrictNewVersion(text); err != nil {
			one.Strict = err.Error()
		}
		v, err := semver.NewVersion(text)
		if err != nil {
			one.Error = err.Error()
		} else {
			one.Shown = v.String()
			one.Parts = []any{v.Major(), v.Minor(), v.Patch(), v.Prerelease(), v.Metadata(), v.Original()}
			for _, other := range asked {
				one.Order = append(one.Order, v.Compare(other))
			}
			one.Next = []string{next(v.IncMajor), next(v.IncMinor), next(v.IncPatch)}
		}
		out.Versions = append(out.Versions, one)
	}
	for number, text := range in.Constraints {
		one := constraint{Text: text}
		c, err := semver.NewConstraint(text)
		if err != nil {
			one.Error = err.Error()
		} else {
			one.Shown = c.String()
			for index, v := range asked {
				if c.Check(v) {
					one.Check += "y"
				} else {
					one.Check += "n"
				}
				if (number+index)%5 != 0 {
					continue
				}
				_, errs := c.Validate(v)
				reasons := []string{}
				for _, err := range errs {
					reasons = append(reasons, err.Error())
				}
				one.Reasons = append(one.Reasons, reasons)
			}
		}
		out.Constraints = append(out.Constraints, one)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
