// Prints what .dockerignore files leave out, as the builder's walk asks from the root down, and
// which names a glob matches.
package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

type ignoreCase struct {
	Text  string   `json:"text"`
	Paths []string `json:"paths"`
}

type input struct {
	Ignore []ignoreCase `json:"ignore"`
	Glob   [][2]string  `json:"glob"`
}

type ignoreAnswer struct {
	Text     string   `json:"text"`
	Patterns []string `json:"patterns"`
	// Patterns that are refused, when they are read or when they are first tried.
	Refused  []string `json:"refused,omitempty"`
	Excluded []string `json:"excluded,omitempty"`
	Included []string `json:"included,omitempty"`
}

type globAnswer struct {
	Pattern string `json:"pattern"`
	Name    string `json:"name"`
	Matched bool   `json:"matched"`
	Bad     bool   `json:"bad,omitempty"`
}

type output struct {
	Ignore []ignoreAnswer `json:"ignore"`
	Glob   []globAnswer   `json:"glob"`
}

func refused(pattern string) bool {
	if _, err := patternmatcher.New([]string{pattern}); err != nil {
		return true
	}
	matcher, err := patternmatcher.New([]string{strings.TrimPrefix(pattern, "!")})
	if err != nil {
		// Without its `!` it may be another pattern; the first test has settled it.
		return false
	}
	_, err = matcher.MatchesOrParentMatches("a")
	return err != nil
}

func excluded(matcher *patternmatcher.PatternMatcher, path string) bool {
	parts := strings.Split(path, "/")
	var info patternmatcher.MatchInfo
	var matched bool
	for i := range parts {
		var err error
		matched, info, err = matcher.MatchesUsingParentResults(strings.Join(parts[:i+1], "/"), info)
		if err != nil {
			panic(err)
		}
	}
	return matched
}

func answer(c ignoreCase) ignoreAnswer {
	a := ignoreAnswer{Text: c.Text, Patterns: []string{}}
	patterns, err := ignorefile.ReadAll(strings.NewReader(c.Text))
	if err != nil {
		a.Refused = []string{err.Error()}
		return a
	}
	for _, pattern := range patterns {
		if refused(pattern) {
			a.Refused = append(a.Refused, pattern)
		}
	}
	if a.Refused != nil {
		return a
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		panic(err)
	}
	for _, pattern := range matcher.Patterns() {
		text := pattern.String()
		if pattern.Exclusion() {
			text = "!" + text
		}
		a.Patterns = append(a.Patterns, text)
	}
	for _, path := range c.Paths {
		if excluded(matcher, path) {
			a.Excluded = append(a.Excluded, path)
		} else {
			a.Included = append(a.Included, path)
		}
	}
	return a
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	var out output
	for _, c := range in.Ignore {
		out.Ignore = append(out.Ignore, answer(c))
	}
	for _, c := range in.Glob {
		matched, err := filepath.Match(c[0], c[1])
		out.Glob = append(out.Glob, globAnswer{c[0], c[1], matched, err != nil})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
