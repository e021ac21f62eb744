// Prints what the HorizontalPodAutoscaler controller of Kubernetes answers to the cases on its
// standard input: proposals of the replica calculator, what becomes of a proposal under a
// behavior, and whole replays of the controller's own reconciliation on a clock of their own.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
)

type input struct {
	Calculator []calculation  `json:"calculator"`
	Behavior   []behaviorCase `json:"behavior"`
	Floats     []string       `json:"floats"`
	Replays    struct {
		First uint64 `json:"first"`
		Count uint64 `json:"count"`
		Steps int    `json:"steps"`
	} `json:"replays"`
}

func main() {
	stdout := os.Stdout
	// The testing package prints its verdict where the answers go.
	os.Stdout = os.Stderr
	testing.Init()
	var in input
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&in); err != nil {
		panic(err)
	}
	run := func(t *testing.T) {
		out := bufio.NewWriter(stdout)
		synctest.Test(t, func(t *testing.T) { answer(t, in, out) })
		if err := out.Flush(); err != nil {
			panic(err)
		}
	}
	testing.Main(
		func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "answers", F: run}}, nil, nil,
	)
}

func answer(t *testing.T, in input, out *bufio.Writer) {
	fmt.Fprintln(out, "{\"calculator\": [")
	lines(out, len(in.Calculator), func(i int) any { return in.Calculator[i].answer() })
	fmt.Fprintln(out, "], \"behavior\": [")
	lines(out, len(in.Behavior), func(i int) any { return in.Behavior[i].answer() })
	fmt.Fprintln(out, "], \"floats\": [")
	lines(out, len(in.Floats), func(i int) any { return float(in.Floats[i]) })
	table := newTable()
	fmt.Fprintln(out, "], \"replays\": [")
	lines(out, int(in.Replays.Count), func(i int) any {
		return replay(t, in.Replays.First+uint64(i), in.Replays.Steps, table)
	})
	fmt.Fprintln(out, "], \"conditions\": [")
	lines(out, len(table.texts), func(i int) any { return table.texts[i] })
	fmt.Fprintln(out, "]}")
}

// Which of several pods an error names depends on the order of a map.
var named = regexp.MustCompile(`Pod (web-|p)[0-9]+`)

func nameless(text string) string { return named.ReplaceAllString(text, "Pod ?") }

func lines(out *bufio.Writer, count int, at func(int) any) {
	for i := range count {
		text, err := json.Marshal(at(i))
		if err != nil {
			panic(err)
		}
		comma := ","
		if i == count-1 {
			comma = ""
		}
		fmt.Fprintf(out, "%s%s\n", text, comma)
	}
}
