// Prints what Helm makes of charts and values, of rendered files, of .helmignore and of the
// patterns of .Files.Glob.
package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/gobwas/glob"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/ignore"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

type chartCase struct {
	Name   string            `json:"name"`
	Files  map[string]string `json:"files"`
	Values string            `json:"values"`
}

type manifestsCase struct {
	Files     map[string]string `json:"files"`
	Uninstall bool              `json:"uninstall,omitempty"`
}

type ignoreCase struct {
	Text  string   `json:"text"`
	Paths []string `json:"paths"`
}

type globCase struct {
	Pattern string   `json:"pattern"`
	Names   []string `json:"names"`
}

type input struct {
	Charts    []chartCase     `json:"charts"`
	Manifests []manifestsCase `json:"manifests"`
	Ignore    []ignoreCase    `json:"ignore"`
	Match     [][2]string     `json:"match"`
	Glob      []globCase      `json:"glob"`
}

type chartAnswer struct {
	Error    string          `json:"error,omitempty"`
	Values   json.RawMessage `json:"values,omitempty"`
	Charts   []string        `json:"charts,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
}

type document struct {
	Path    string   `json:"path"`
	Content string   `json:"content"`
	Events  []string `json:"events,omitempty"`
	Weight  int      `json:"weight,omitempty"`
}

type manifestsAnswer struct {
	Error     string     `json:"error,omitempty"`
	Manifests []document `json:"manifests,omitempty"`
	Hooks     []document `json:"hooks,omitempty"`
}

type ignoreAnswer struct {
	Error   string   `json:"error,omitempty"`
	Ignored []string `json:"ignored,omitempty"`
}

type matchAnswer struct {
	Matched bool `json:"matched,omitempty"`
	Bad     bool `json:"bad,omitempty"`
}

type globAnswer struct {
	Bad     bool     `json:"bad,omitempty"`
	Matched []string `json:"matched,omitempty"`
}

type output struct {
	Charts    []chartAnswer     `json:"charts"`
	Manifests []manifestsAnswer `json:"manifests"`
	Ignore    []ignoreAnswer    `json:"ignore"`
	Match     []matchAnswer     `json:"match"`
	Glob      []globAnswer      `json:"glob"`
}

func names(c *chart.Chart) []string {
	found := []string{c.ChartFullPath()}
	for _, dependency := range c.Dependencies() {
		found = append(found, names(dependency)...)
	}
	return found
}

func ofChart(c chartCase) chartAnswer {
	var files []*archive.BufferedFile
	paths := make([]string, 0, len(c.Files))
	for path := range c.Files {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	for _, path := range paths {
		files = append(files, &archive.BufferedFile{Name: path, Data: []byte(c.Files[path])})
	}
	loaded, err := loader.LoadFiles(files)
	if err != nil {
		return chartAnswer{Error: err.Error()}
	}
	values, err := loader.LoadValues(strings.NewReader(c.Values))
	if err != nil {
		return chartAnswer{Error: err.Error()}
	}
	if err := chartutil.ProcessDependencies(loaded, values); err != nil {
		return chartAnswer{Error: err.Error()}
	}
	var said bytes.Buffer
	log.SetOutput(&said)
	coalesced, err := util.CoalesceValues(loaded, values)
	if err != nil {
		return chartAnswer{Error: err.Error()}
	}
	encoded, err := json.Marshal(coalesced)
	if err != nil {
		panic(err)
	}
	answer := chartAnswer{Values: encoded, Charts: names(loaded)}
	for _, line := range strings.Split(strings.TrimSpace(said.String()), "\n") {
		if line != "" && !slices.Contains(answer.Warnings, line) {
			answer.Warnings = append(answer.Warnings, line)
		}
	}
	sort.Strings(answer.Warnings)
	return answer
}

func ofManifests(c manifestsCase) manifestsAnswer {
	order := releaseutil.InstallOrder
	if c.Uninstall {
		order = releaseutil.UninstallOrder
	}
	hooks, manifests, err := releaseutil.SortManifests(c.Files, common.VersionSet{}, order)
	if err != nil {
		return manifestsAnswer{Error: err.Error()}
	}
	var answer manifestsAnswer
	for _, manifest := range manifests {
		answer.Manifests = append(answer.Manifests, document{Path: manifest.Name, Content: manifest.Content})
	}
	for _, hook := range hooks {
		found := document{Path: hook.Path, Content: hook.Manifest, Weight: hook.Weight}
		for _, event := range hook.Events {
			found.Events = append(found.Events, event.String())
		}
		answer.Hooks = append(answer.Hooks, found)
	}
	return answer
}

// info is what the rules ask of a file.
type info struct {
	name   string
	folder bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return 0 }
func (i info) Mode() fs.FileMode  { return 0 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.folder }
func (i info) Sys() any           { return nil }

func ofIgnore(c ignoreCase) ignoreAnswer {
	rules, err := ignore.Parse(strings.NewReader(c.Text))
	if err != nil {
		return ignoreAnswer{Error: err.Error()}
	}
	rules.AddDefaults()
	var answer ignoreAnswer
	for _, path := range c.Paths {
		name, folder := strings.CutSuffix(path, "/")
		if rules.Ignore(name, info{name: filepath.Base(name), folder: folder}) {
			answer.Ignored = append(answer.Ignored, path)
		}
	}
	return answer
}

func ofGlob(c globCase) globAnswer {
	var answer globAnswer
	compiled, err := glob.Compile(c.Pattern, '/')
	if err != nil {
		answer.Bad = true
		compiled = glob.MustCompile("**")
	}
	for _, name := range c.Names {
		if compiled.Match(name) {
			answer.Matched = append(answer.Matched, name)
		}
	}
	return answer
}

func main() {
	log.SetFlags(0)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	log.SetFlags(0)
	var cases input
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	var answers output
	for _, c := range cases.Charts {
		answers.Charts = append(answers.Charts, ofChart(c))
	}
	for _, c := range cases.Manifests {
		answers.Manifests = append(answers.Manifests, ofManifests(c))
	}
	for _, c := range cases.Ignore {
		answers.Ignore = append(answers.Ignore, ofIgnore(c))
	}
	for _, c := range cases.Match {
		matched, err := filepath.Match(c[0], c[1])
		answers.Match = append(answers.Match, matchAnswer{Matched: matched, Bad: err != nil})
	}
	for _, c := range cases.Glob {
		answers.Glob = append(answers.Glob, ofGlob(c))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(answers); err != nil {
		panic(err)
	}
}
