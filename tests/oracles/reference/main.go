// Prints how image references are read: parts, normal form and familiar form, or the kind of error.
package main

import (
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/json"
	"errors"
	"os"
	"strings"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
)

type answer struct {
	Text       string `json:"text"`
	Error      string `json:"error,omitempty"`
	Domain     string `json:"domain,omitempty"`
	Repository string `json:"repository,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Digest     string `json:"digest,omitempty"`
	Familiar   string `json:"familiar,omitempty"`
	Full       string `json:"full,omitempty"`
}

func kind(err error) string {
	switch {
	case strings.Contains(err.Error(), "must be lowercase"):
		return "uppercase"
	case strings.Contains(err.Error(), "64-byte hexadecimal"):
		return "identifier"
	case errors.Is(err, reference.ErrNameTooLong):
		return "too long"
	case errors.Is(err, digest.ErrDigestInvalidFormat):
		return "digest format"
	case errors.Is(err, digest.ErrDigestInvalidLength):
		return "digest length"
	case errors.Is(err, digest.ErrDigestUnsupported):
		return "digest algorithm"
	case errors.Is(err, reference.ErrReferenceInvalidFormat):
		return "format"
	}
	return err.Error()
}

func main() {
	var cases []string
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	var answers []answer
	for _, text := range cases {
		named, err := reference.ParseNormalizedNamed(text)
		if err != nil {
			answers = append(answers, answer{Text: text, Error: kind(err)})
			continue
		}
		a := answer{
			Text:       text,
			Domain:     reference.Domain(named),
			Repository: reference.Path(named),
			Familiar:   reference.FamiliarName(named),
			Full:       named.String(),
		}
		if tagged, ok := named.(reference.Tagged); ok {
			a.Tag = tagged.Tag()
		}
		if digested, ok := named.(reference.Digested); ok {
			a.Digest = digested.Digest().String()
		}
		answers = append(answers, a)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(answers); err != nil {
		panic(err)
	}
}
