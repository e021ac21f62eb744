// Prints, for every kustomization of every case, which fields of which objects a build changes.
// A field is named by its keys; the numbers of list items are left out.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

type testCase struct {
	Name  string            `json:"name"`
	Files map[string]string `json:"files"`
}

type change struct {
	// The kustomization built.
	Built string `json:"built"`
	// The file that the object comes from, its kind and its name there.
	File string `json:"file"`
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Keys, one path an item; "(deleted)" where the object is gone.
	Fields []string `json:"fields"`
}

type answer struct {
	Name    string            `json:"name"`
	Changes []change          `json:"changes"`
	Errors  map[string]string `json:"errors,omitempty"`
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	answers := []answer{}
	for _, c := range cases {
		answers = append(answers, run(c))
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	if err := out.Encode(answers); err != nil {
		panic(err)
	}
}

func isKustomization(name string) bool {
	return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization"
}

func run(c testCase) answer {
	result := answer{Name: c.Name, Changes: []change{}, Errors: map[string]string{}}
	var tops []string
	for file, text := range c.Files {
		if isKustomization(path.Base(file)) && !strings.Contains(text, "kind: Component") {
			tops = append(tops, file)
		}
	}
	sort.Strings(tops)
	fs := filesys.MakeFsInMemory()
	for file, text := range c.Files {
		if err := fs.WriteFile("/r/"+file, []byte(text)); err != nil {
			panic(err)
		}
	}
	for _, top := range tops {
		changes, err := build(c, fs, top)
		if err != nil {
			// Only that it failed is compared; the words hold paths and versions.
			result.Errors[top] = "failed"
			if os.Getenv("VERBOSE") != "" {
				fmt.Fprintln(os.Stderr, c.Name, top, err)
			}
			continue
		}
		result.Changes = append(result.Changes, changes...)
	}
	return result
}

func build(c testCase, fs filesys.FileSystem, top string) (found []change, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
		if failed := fs.WriteFile("/r/"+top, []byte(c.Files[top])); failed != nil {
			panic(failed)
		}
	}()
	// Origins are kept on demand only.
	text := strings.TrimRight(c.Files[top], "\n") + "\nbuildMetadata: [originAnnotations]\n"
	if err := fs.WriteFile("/r/"+top, []byte(text)); err != nil {
		return nil, err
	}
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsNone
	options.PluginConfig = types.DisabledPluginConfig()
	dir := path.Dir("/r/" + top)
	objects, err := krusty.MakeKustomizer(options).Run(fs, dir)
	if err != nil {
		return nil, err
	}
	for _, object := range objects.Resources() {
		origin, err := object.GetOrigin()
		if err != nil || origin == nil || origin.Path == "" || origin.Repo != "" {
			continue
		}
		file := strings.TrimPrefix(path.Join(dir, origin.Path), "/r/")
		before, name := original(c.Files[file], object.GetKind(), object.GetName())
		if before == nil {
			continue
		}
		text, err := object.AsYAML()
		if err != nil {
			return nil, err
		}
		var after map[string]any
		if err := yaml.Unmarshal(text, &after); err != nil {
			return nil, err
		}
		if notes, ok := after["metadata"].(map[string]any)["annotations"].(map[string]any); ok {
			delete(notes, "config.kubernetes.io/origin")
			if len(notes) == 0 {
				delete(after["metadata"].(map[string]any), "annotations")
			}
		}
		if fields := differences(before, after); len(fields) > 0 {
			found = append(found, change{top, file, object.GetKind(), name, fields})
		}
	}
	return found, nil
}

// The object of this kind in a file, by its name after the build: its own, or one that it was
// made from by a prefix or suffix. The build forgets what names were before.
func original(text, kind, name string) (found map[string]any, was string) {
	for _, document := range strings.Split("\n"+text, "\n---") {
		var object map[string]any
		if yaml.Unmarshal([]byte(document), &object) != nil || object["kind"] != kind {
			continue
		}
		metadata, _ := object["metadata"].(map[string]any)
		if before, _ := metadata["name"].(string); strings.Contains(name, before) && len(before) > len(was) {
			found, was = object, before
		}
	}
	return found, was
}

// The paths at which the two have other values, in whatever order.
func differences(before, after map[string]any) []string {
	count := map[string]int{}
	flatten(nil, before, func(leaf string) { count[leaf]++ })
	flatten(nil, after, func(leaf string) { count[leaf]-- })
	paths := map[string]bool{}
	for leaf, n := range count {
		if n != 0 {
			paths[strings.SplitN(leaf, "\x00", 2)[0]] = true
		}
	}
	fields := []string{}
	for p := range paths {
		fields = append(fields, p)
	}
	sort.Strings(fields)
	return fields
}

func flatten(at []string, value any, leaf func(string)) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			flatten(append(at[:len(at):len(at)], key), inner, leaf)
		}
	case []any:
		for _, inner := range value {
			flatten(at, inner, leaf)
		}
	case nil:
	default:
		text, _ := json.Marshal(value)
		leaf(strings.Join(at, " ") + "\x00" + string(text))
	}
}
