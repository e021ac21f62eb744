// Prints how Kubernetes reads, prints and compares quantities.
package main

import (
	"encoding/json"
	"errors"
	"os"

	"k8s.io/apimachinery/pkg/api/resource"
)

type input struct {
	Parse   []string    `json:"parse"`
	Compare [][2]string `json:"compare"`
}

type parsed struct {
	Text      string `json:"text"`
	Error     string `json:"error,omitempty"`
	Canonical string `json:"canonical,omitempty"`
	Format    string `json:"format,omitempty"`
	Sign      int    `json:"sign"`
	Value     *int64 `json:"value,omitempty"`
	Milli     *int64 `json:"milli,omitempty"`
}

type compared struct {
	A     string `json:"a"`
	B     string `json:"b"`
	Order int    `json:"order"`
	Sum   string `json:"sum"`
}

type output struct {
	Parse   []parsed   `json:"parse"`
	Compare []compared `json:"compare"`
}

func canonical(q resource.Quantity) string {
	// String would give back the text of the input where that is nearly canonical.
	number, suffix := q.CanonicalizeBytes(nil)
	return string(number) + string(suffix)
}

func answer(text string) parsed {
	q, err := resource.ParseQuantity(text)
	switch {
	case errors.Is(err, resource.ErrFormatWrong):
		return parsed{Text: text, Error: "format"}
	case errors.Is(err, resource.ErrNumeric):
		return parsed{Text: text, Error: "number"}
	case errors.Is(err, resource.ErrSuffix):
		return parsed{Text: text, Error: "suffix"}
	case err != nil:
		return parsed{Text: text, Error: err.Error()}
	}
	result := parsed{Text: text, Canonical: canonical(q), Format: string(q.Format), Sign: q.Sign()}
	// Beyond int64 these two overflow silently, and below zero they are wrong (-1500m gives 0,
	// -500m gives 1): there is no answer to compare with.
	limit := resource.MustParse("9223372036854775807")
	zero := resource.MustParse("0")
	if q.Cmp(limit) <= 0 && q.Cmp(zero) >= 0 {
		value := q.Value()
		result.Value = &value
	}
	limit = resource.MustParse("9223372036854775")
	if q.Cmp(limit) <= 0 && q.Cmp(zero) >= 0 {
		milli := q.MilliValue()
		result.Milli = &milli
	}
	return result
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	var out output
	for _, text := range in.Parse {
		out.Parse = append(out.Parse, answer(text))
	}
	for _, pair := range in.Compare {
		a, b := resource.MustParse(pair[0]), resource.MustParse(pair[1])
		order := a.Cmp(b)
		sum := a.DeepCopy()
		sum.Add(b)
		out.Compare = append(out.Compare, compared{pair[0], pair[1], order, canonical(sum)})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
