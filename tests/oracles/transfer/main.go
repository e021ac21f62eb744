// Prints which files of a build context BuildKit sends: the Dockerfile is converted by its
// frontend, the folder filtered by the file transfer's own walk.
package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

type build struct {
	Dockerfile string `json:"dockerfile"`
	Ignore     string `json:"ignore"`
}

type input struct {
	Files  []string `json:"files"`
	Builds []build  `json:"builds"`
}

type answer struct {
	build
	Error string   `json:"error,omitempty"`
	Sent  []string `json:"sent"`
}

type output struct {
	Files  []string `json:"files"`
	Builds []answer `json:"builds"`
}

// followed gives the paths that the build asks for. Without any the whole context is sent;
// a build that does not use its context has no such source.
func followed(ctx context.Context, dockerfile string) (paths []string, used bool, err error) {
	state, err := dockerfile2llb.Dockerfile2LLB(ctx, []byte(dockerfile), dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{},
	})
	if err != nil {
		return nil, false, err
	}
	definition, err := state.State.Marshal(ctx, llb.LinuxAmd64)
	if err != nil {
		return nil, false, err
	}
	for _, bytes := range definition.Def {
		var op pb.Op
		if err := op.Unmarshal(bytes); err != nil {
			return nil, false, err
		}
		source := op.GetSource()
		if source == nil || source.Identifier != "local://context" {
			continue
		}
		used = true
		if list := source.Attrs[pb.AttrFollowPaths]; list != "" {
			err = json.Unmarshal([]byte(list), &paths)
		}
		return paths, used, err
	}
	return nil, false, nil
}

func sent(ctx context.Context, root string, in build) ([]string, error) {
	paths, used, err := followed(ctx, in.Dockerfile)
	if err != nil || !used {
		return nil, err
	}
	excludes, err := ignorefile.ReadAll(strings.NewReader(in.Ignore))
	if err != nil {
		return nil, err
	}
	found := []string{}
	opt := &fsutil.FilterOpt{ExcludePatterns: excludes, FollowPaths: paths}
	err = fsutil.WalkDir(ctx, root, opt, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, filepath.ToSlash(path))
		}
		return err
	})
	sort.Strings(found)
	return found, err
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	root, err := os.MkdirTemp("", "context")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(root)
	for _, file := range in.Files {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			panic(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			panic(err)
		}
	}
	out := output{Files: in.Files}
	for _, b := range in.Builds {
		a := answer{build: b, Sent: []string{}}
		files, err := sent(context.Background(), root, b)
		if err != nil {
			a.Error = err.Error()
		} else if files != nil {
			a.Sent = files
		}
		out.Builds = append(out.Builds, a)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
