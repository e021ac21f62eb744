// Prints what the libraries that `helm lint` uses say to addresses and names, and which kinds of
// Kubernetes they call deprecated.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"

	"github.com/asaskevich/govalidator"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/kubernetes/scheme"
)

type cases struct {
	Emails []string `json:"emails"`
	URLs   []string `json:"urls"`
	Names  []string `json:"names"`
}

type url struct {
	URL     string `json:"url"`
	IsURL   bool   `json:"is_url"`
	Request bool   `json:"is_request_url"`
}

type email struct {
	Email string `json:"email"`
	Is    bool   `json:"is_email"`
}

type name struct {
	Name      string `json:"name"`
	Subdomain string `json:"subdomain"`
	Label     string `json:"label"`
	Service   string `json:"service"`
	Path      string `json:"path"`
}

type deprecated struct {
	Version     string `json:"api_version"`
	Kind        string `json:"kind"`
	Since       string `json:"since"`
	Removed     string `json:"removed,omitempty"`
	Replacement string `json:"replacement,omitempty"`
}

type answers struct {
	Emails     []email      `json:"emails"`
	URLs       []url        `json:"urls"`
	Names      []name       `json:"names"`
	Deprecated []deprecated `json:"deprecated"`
}

func invalid(text string, found []string) string {
	all := field.ErrorList{}
	for _, message := range found {
		all = append(all, field.Invalid(field.NewPath("metadata").Child("name"), text, message))
	}
	if len(all) == 0 {
		return ""
	}
	return all.ToAggregate().Error()
}

func kinds() []deprecated {
	var found []deprecated
	for kind := range scheme.Scheme.AllKnownTypes() {
		object, err := scheme.Scheme.New(kind)
		if err != nil {
			panic(err)
		}
		since, ok := object.(interface{ APILifecycleDeprecated() (int, int) })
		if !ok {
			continue
		}
		major, minor := since.APILifecycleDeprecated()
		if major == 0 && minor == 0 {
			continue
		}
		one := deprecated{
			Version: kind.GroupVersion().String(),
			Kind:    kind.Kind,
			Since:   fmt.Sprintf("%d.%d", major, minor),
		}
		if removed, ok := object.(interface{ APILifecycleRemoved() (int, int) }); ok {
			if major, minor := removed.APILifecycleRemoved(); major != 0 || minor != 0 {
				one.Removed = fmt.Sprintf("%d.%d", major, minor)
			}
		}
		if replaced, ok := object.(interface {
			APILifecycleReplacement() schema.GroupVersionKind
		}); ok {
			if by := replaced.APILifecycleReplacement(); !by.Empty() {
				one.Replacement = by.GroupVersion().String() + " " + by.Kind
			}
		}
		found = append(found, one)
	}
	sort.Slice(found, func(a, b int) bool {
		if found[a].Version != found[b].Version {
			return found[a].Version < found[b].Version
		}
		return found[a].Kind < found[b].Kind
	})
	return found
}

func main() {
	var given cases
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		panic(err)
	}
	var out answers
	for _, text := range given.Emails {
		out.Emails = append(out.Emails, email{text, govalidator.IsEmail(text)})
	}
	for _, text := range given.URLs {
		out.URLs = append(out.URLs, url{text, govalidator.IsURL(text), govalidator.IsRequestURL(text)})
	}
	for _, text := range given.Names {
		out.Names = append(out.Names, name{
			Name:      text,
			Subdomain: invalid(text, validation.NameIsDNSSubdomain(text, false)),
			Label:     invalid(text, validation.NameIsDNSLabel(text, false)),
			Service:   invalid(text, validation.NameIsDNS1035Label(text, false)),
			Path:      invalid(text, content.IsPathSegmentName(text)),
		})
	}
	out.Deprecated = kinds()
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
