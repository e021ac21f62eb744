// Prints how compose-go reads the short forms of ports and volumes, templates and durations, and
// what it makes of whole files.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/compose-spec/compose-go/v2/format"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

type input struct {
	Ports     []string          `json:"ports"`
	Volumes   []string          `json:"volumes"`
	Templates []string          `json:"templates"`
	Durations []string          `json:"durations"`
	Files     map[string]string `json:"files"`
}

type port struct {
	Text     string   `json:"text"`
	Refused  bool     `json:"refused,omitempty"`
	Mappings []string `json:"mappings,omitempty"`
}

type volume struct {
	Text     string `json:"text"`
	Refused  bool   `json:"refused,omitempty"`
	Type     string `json:"type,omitempty"`
	Source   string `json:"source,omitempty"`
	Target   string `json:"target,omitempty"`
	ReadOnly bool   `json:"read_only,omitempty"`
}

type substituted struct {
	Text     string `json:"text"`
	Refused  bool   `json:"refused,omitempty"`
	Required bool   `json:"required,omitempty"`
	// With no variable set.
	Unset string `json:"unset"`
	// Names asked for, in order of the alphabet.
	Asked []string `json:"asked,omitempty"`
}

type duration struct {
	Text    string `json:"text"`
	Refused bool   `json:"refused,omitempty"`
	Nanos   int64  `json:"nanos"`
}

type file struct {
	Name     string             `json:"name"`
	Error    string             `json:"error,omitempty"`
	Services map[string]service `json:"services,omitempty"`
}

type service struct {
	Image       string             `json:"image,omitempty"`
	Build       string             `json:"build,omitempty"`
	Target      string             `json:"target,omitempty"`
	Environment map[string]*string `json:"environment,omitempty"`
	EnvFiles    []string           `json:"env_files,omitempty"`
	DependsOn   map[string]string  `json:"depends_on,omitempty"`
	Ports       []string           `json:"ports,omitempty"`
	Volumes     []string           `json:"volumes,omitempty"`
	Networks    []string           `json:"networks,omitempty"`
	Secrets     []string           `json:"secrets,omitempty"`
	Test        []string           `json:"test,omitempty"`
	Disabled    bool               `json:"disabled,omitempty"`
	Profiles    []string           `json:"profiles,omitempty"`
	Grace       int64              `json:"grace,omitempty"`
}

type output struct {
	Ports     []port        `json:"ports"`
	Volumes   []volume      `json:"volumes"`
	Templates []substituted `json:"templates"`
	Durations []duration    `json:"durations"`
	Files     []file        `json:"files"`
}

func show(p types.ServicePortConfig) string {
	return fmt.Sprintf("%s %s %d %s", p.HostIP, p.Published, p.Target, p.Protocol)
}

func readPort(text string) port {
	mappings, err := types.ParsePortConfig(text)
	if err != nil {
		return port{Text: text, Refused: true}
	}
	out := port{Text: text}
	for _, mapping := range mappings {
		out.Mappings = append(out.Mappings, show(mapping))
	}
	return out
}

func readVolume(text string) volume {
	v, err := format.ParseVolume(text)
	if err != nil {
		return volume{Text: text, Refused: true}
	}
	return volume{Text: text, Type: v.Type, Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly}
}

func substitute(text string) substituted {
	asked := map[string]bool{}
	value, err := template.Substitute(text, func(name string) (string, bool) {
		asked[name] = true
		return "", false
	})
	out := substituted{Text: text}
	var missing *template.MissingRequiredError
	switch {
	case errors.As(err, &missing):
		out.Required = true
		return out
	case err != nil:
		out.Refused = true
		return out
	}
	out.Unset = value
	for name := range asked {
		out.Asked = append(out.Asked, name)
	}
	sort.Strings(out.Asked)
	return out
}

func readDuration(text string) duration {
	var d types.Duration
	if err := d.DecodeMapstructure(text); err != nil {
		return duration{Text: text, Refused: true}
	}
	return duration{Text: text, Nanos: int64(d)}
}

func readFile(name, text string) file {
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  "/project",
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: []byte(text)}},
		Environment: types.Mapping{},
	}, func(o *loader.Options) {
		o.SetProjectName("project", true)
		o.SkipResolveEnvironment = true
		o.Profiles = []string{"*"}
		o.ResolvePaths = false
		o.SkipDefaultValues = true
	})
	if err != nil {
		return file{Name: name, Error: err.Error()}
	}
	out := file{Name: name, Services: map[string]service{}}
	for name, s := range project.AllServices() {
		this := service{Image: s.Image, Environment: s.Environment, Profiles: s.Profiles}
		if s.Build != nil {
			this.Build = s.Build.Context
			this.Target = s.Build.Target
		}
		for _, f := range s.EnvFiles {
			this.EnvFiles = append(this.EnvFiles, fmt.Sprintf("%s %t", f.Path, bool(f.Required)))
		}
		for name, d := range s.DependsOn {
			if this.DependsOn == nil {
				this.DependsOn = map[string]string{}
			}
			this.DependsOn[name] = fmt.Sprintf("%s %t", d.Condition, d.Required)
		}
		for _, p := range s.Ports {
			this.Ports = append(this.Ports, show(p))
		}
		for _, v := range s.Volumes {
			this.Volumes = append(this.Volumes, strings.TrimSpace(fmt.Sprintf("%s %s %s %t", v.Type, v.Source, v.Target, v.ReadOnly)))
		}
		for name := range s.Networks {
			this.Networks = append(this.Networks, name)
		}
		sort.Strings(this.Networks)
		for _, secret := range s.Secrets {
			this.Secrets = append(this.Secrets, secret.Source)
		}
		if s.HealthCheck != nil {
			this.Test = s.HealthCheck.Test
			this.Disabled = s.HealthCheck.Disable
		}
		if s.StopGracePeriod != nil {
			this.Grace = int64(*s.StopGracePeriod)
		}
		out.Services[name] = this
	}
	return out
}

func main() {
	logrus.SetOutput(io.Discard)
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	var out output
	for _, text := range in.Ports {
		out.Ports = append(out.Ports, readPort(text))
	}
	for _, text := range in.Volumes {
		out.Volumes = append(out.Volumes, readVolume(text))
	}
	for _, text := range in.Templates {
		out.Templates = append(out.Templates, substitute(text))
	}
	for _, text := range in.Durations {
		out.Durations = append(out.Durations, readDuration(text))
	}
	names := make([]string, 0, len(in.Files))
	for name := range in.Files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		out.Files = append(out.Files, readFile(name, in.Files[name]))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
