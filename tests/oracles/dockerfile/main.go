// Prints how BuildKit reads Dockerfiles and expands words: the syntax tree, the first error with
// its line and the step that gives it, and the result of every expansion.
//
// Three steps can refuse a file: `parse` (lines, flags, JSON, heredocs), `instructions` (what the
// arguments mean) and `convert` (stages and expansions, every stage, no registry: base images
// are empty). `convert` runs a second time with a value for every ARG that has none and for every
// variable that a base image could set; `refused` says that no such value helps.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type input struct {
	Files []file `json:"files"`
	// The environment of all words.
	Env   map[string]string `json:"env"`
	Words []word            `json:"words"`
}

type file struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type word struct {
	Word   string `json:"word"`
	Escape string `json:"escape,omitempty"`
}

type fileAnswer struct {
	Name  string `json:"name"`
	Nodes []node `json:"nodes,omitempty"`
	// The step that refuses the file, its error and the line that the error names (0: none).
	Step  string `json:"step,omitempty"`
	Error string `json:"error,omitempty"`
	Line  int    `json:"line,omitempty"`
	// Whether the file is refused whatever build arguments and base images are given.
	Refused bool `json:"refused,omitempty"`
}

type node struct {
	Command  string    `json:"command"`
	Line     int       `json:"line"`
	Flags    []string  `json:"flags,omitempty"`
	Args     []string  `json:"args,omitempty"`
	JSON     bool      `json:"json,omitempty"`
	Heredocs []heredoc `json:"heredocs,omitempty"`
	Child    *node     `json:"child,omitempty"`
}

type heredoc struct {
	Name    string `json:"name"`
	Expand  bool   `json:"expand,omitempty"`
	Chomp   bool   `json:"chomp,omitempty"`
	Content string `json:"content"`
}

type wordAnswer struct {
	Error     string   `json:"error,omitempty"`
	Result    string   `json:"result"`
	Unmatched []string `json:"unmatched,omitempty"`
	Words     []string `json:"words,omitempty"`
}

// images is a registry in which every image exists and has the given environment.
type images struct {
	env []string
}

func (i images) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	var image dockerspec.DockerOCIImage
	image.OS, image.Architecture = "linux", "amd64"
	image.Config.Env = i.env
	if i.env != nil {
		image.Config.WorkingDir = "/1/2/3/4"
	}
	image.RootFS.DiffIDs = []digest.Digest{digest.FromString("layer")}
	data, err := json.Marshal(image)
	return ref, "", data, err
}

var variable = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// One answer a line, so that differences can be read.
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprint(out, "{\"files\":[\n")
	for n, f := range in.Files {
		line(out, n, readFile(f))
	}
	fmt.Fprint(out, "],\"words\":[\n")
	for n, w := range in.Words {
		line(out, n, readWord(w, in.Env))
	}
	fmt.Fprint(out, "]}\n")
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func line(out *bufio.Writer, n int, value any) {
	if n > 0 {
		fmt.Fprint(out, ",")
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func readFile(f file) (answer fileAnswer) {
	answer.Name = f.Name
	refuse := func(step string, err error) {
		answer.Step, answer.Error, answer.Line = step, oneLine(err), lineOf(err)
	}
	result, err := parser.Parse(strings.NewReader(f.Text))
	if err != nil {
		refuse("parse", err)
		answer.Refused = true
		return answer
	}
	for _, child := range result.AST.Children {
		answer.Nodes = append(answer.Nodes, readNode(child))
	}
	stages, global, err := instructions.Parse(result.AST, linter.New(&linter.Config{}))
	if err != nil {
		refuse("instructions", err)
		answer.Refused = true
		return answer
	}
	if err := convert(f.Text, nil, nil); err != nil {
		refuse("convert", err)
		args, env := helpful(f.Text, stages, global)
		answer.Refused = convert(f.Text, args, env) != nil
	}
	return answer
}

func readNode(n *parser.Node) node {
	out := node{
		Command: strings.ToLower(n.Value),
		Line:    n.StartLine,
		Flags:   n.Flags,
		JSON:    n.Attributes["json"],
	}
	for next := n.Next; next != nil; next = next.Next {
		if len(next.Children) == 1 {
			child := readNode(next.Children[0])
			child.Line = n.StartLine
			out.Child = &child
		} else {
			out.Args = append(out.Args, next.Value)
		}
	}
	for _, h := range n.Heredocs {
		out.Heredocs = append(out.Heredocs, heredoc{h.Name, h.Expand, h.Chomp, h.Content})
	}
	return out
}

func convert(text string, args map[string]string, env []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	caps := pb.Caps.CapSet(pb.Caps.All())
	platform := ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	context := llb.Local("context")
	_, err = dockerfile2llb.Dockerfile2LLB(contextBackground(), []byte(text), dockerfile2llb.ConvertOpt{
		Config:         dockerui.Config{BuildArgs: args, BuildPlatforms: []ocispecs.Platform{platform}},
		MainContext:    &context,
		TargetPlatform: &platform,
		MetaResolver:   images{env},
		LLBCaps:        &caps,
		AllStages:      true,
	})
	return err
}

func contextBackground() context.Context { return context.Background() }

// helpful gives a value to every ARG that nothing in the file gives one, and to every variable
// that a base image could set.
func helpful(text string, stages []instructions.Stage, global []instructions.ArgCommand) (map[string]string, []string) {
	given := map[string]bool{}
	for _, arg := range global {
		for _, pair := range arg.Args {
			given[pair.Key] = given[pair.Key] || pair.Value != nil
		}
	}
	for _, name := range []string{"PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT", "STAGE"} {
		given["TARGET"+name], given["BUILD"+name] = true, true
	}
	args := map[string]string{}
	add := func(pairs []instructions.KeyValuePairOptional) {
		for _, pair := range pairs {
			if pair.Value == nil && !given[pair.Key] {
				args[pair.Key] = "1"
			}
		}
	}
	for _, arg := range global {
		add(arg.Args)
	}
	for _, stage := range stages {
		for _, command := range stage.Commands {
			if arg, ok := command.(*instructions.ArgCommand); ok {
				add(arg.Args)
			}
		}
	}
	env := []string{"PATH=/bin"}
	for _, match := range variable.FindAllStringSubmatch(text, -1) {
		if match[1] != "PATH" {
			env = append(env, match[1]+"=1")
		}
	}
	return args, env
}

func readWord(w word, vars map[string]string) (answer wordAnswer) {
	escape := '\\'
	if w.Escape != "" {
		escape = rune(w.Escape[0])
	}
	var env []string
	for key, value := range vars {
		env = append(env, key+"="+value)
	}
	result, err := shell.NewLex(escape).ProcessWordWithMatches(w.Word, shell.EnvsFromSlice(env))
	if err != nil {
		answer.Error = oneLine(err)
		return answer
	}
	answer.Result = result.Result
	for name := range result.Unmatched {
		answer.Unmatched = append(answer.Unmatched, name)
	}
	slices.Sort(answer.Unmatched)
	answer.Words, _ = shell.NewLex(escape).ProcessWords(w.Word, shell.EnvsFromSlice(env))
	return answer
}

func oneLine(err error) string {
	return string(bytes.ReplaceAll([]byte(err.Error()), []byte("\n"), []byte(" ")))
}

func lineOf(err error) int {
	var located *parser.LocationError
	if errors.As(err, &located) {
		for _, ranges := range located.Locations {
			for _, r := range ranges {
				return r.Start.Line
			}
		}
	}
	return 0
}
