// Prints how scripts are read: whether they are accepted, and their simple commands.
package main

import (
	"encoding/json"
	"os"
	"sort"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

type command struct {
	Words       []string `json:"words"`
	Assignments []string `json:"assignments,omitempty"`
	Redirects   []string `json:"redirects,omitempty"`
	// Byte offsets of the first word, assignment or redirection and of the end of the last.
	Range       [2]uint `json:"range"`
	Joint       string  `json:"joint"`
	Pipeline    int     `json:"pipeline"`
	Depth       int     `json:"depth"`
	Conditional bool    `json:"conditional,omitempty"`
	Test        bool    `json:"test,omitempty"`
	Substituted int     `json:"substituted,omitempty"`
}

type answer struct {
	Script   string    `json:"script"`
	Error    string    `json:"error,omitempty"`
	Commands []command `json:"commands,omitempty"`
}

type scope struct {
	depth       int
	conditional bool
	test        bool
	substituted int
}

func (s scope) inner() scope { s.depth++; return s }

func (s scope) body() scope { s.depth++; s.conditional = true; return s }

func (s scope) condition() scope { s.depth++; s.test = true; return s }

func (s scope) substitution() scope {
	s.depth++
	s.test = false
	s.substituted++
	return s
}

type reader struct {
	source    string
	pipelines int
	commands  []command
}

func (r *reader) text(node syntax.Node) string {
	return r.source[node.Pos().Offset():node.End().Offset()]
}

func (r *reader) number() int {
	r.pipelines++
	return r.pipelines
}

func (r *reader) list(stmts []*syntax.Stmt, s scope) {
	joint := "start"
	for _, stmt := range stmts {
		r.stmt(stmt, joint, r.number(), s)
		joint = "then"
		if stmt.Background {
			joint = "background"
		}
	}
}

// expansions reads the commands within words.
func (r *reader) expansions(node syntax.Node, s scope) {
	syntax.Walk(node, func(node syntax.Node) bool {
		switch node := node.(type) {
		case *syntax.CmdSubst:
			r.list(node.Stmts, s.substitution())
			return false
		case *syntax.ProcSubst:
			r.list(node.Stmts, s.substitution())
			return false
		}
		return true
	})
}

func (r *reader) redirects(stmt *syntax.Stmt, s scope) {
	for _, redirect := range stmt.Redirs {
		r.expansions(redirect.Word, s)
		if redirect.Hdoc != nil {
			r.expansions(redirect.Hdoc, s)
		}
	}
}

func (r *reader) simple(stmt *syntax.Stmt, words []string, nodes []syntax.Node, c command, s scope) {
	c.Words = words
	c.Depth, c.Conditional, c.Test, c.Substituted = s.depth, s.conditional, s.test, s.substituted
	start, end := ^uint(0), uint(0)
	cover := func(from, to syntax.Pos) {
		start, end = min(start, from.Offset()), max(end, to.Offset())
	}
	for _, node := range nodes {
		cover(node.Pos(), node.End())
	}
	for _, redirect := range stmt.Redirs {
		from := redirect.OpPos
		if redirect.N != nil {
			from = redirect.N.Pos()
		}
		cover(from, redirect.Word.End())
		c.Redirects = append(c.Redirects, redirect.Op.String()+" "+r.text(redirect.Word))
	}
	c.Range = [2]uint{start, end}
	r.commands = append(r.commands, c)
}

func (r *reader) stmt(stmt *syntax.Stmt, joint string, pipeline int, s scope) {
	c := command{Joint: joint, Pipeline: pipeline}
	switch cmd := stmt.Cmd.(type) {
	case nil:
		if len(stmt.Redirs) > 0 {
			r.simple(stmt, []string{}, nil, c, s)
		}
	case *syntax.CallExpr:
		words := []string{}
		var nodes []syntax.Node
		for _, assign := range cmd.Assigns {
			text := r.text(assign.Name)
			c.Assignments = append(c.Assignments, text)
			nodes = append(nodes, assign)
		}
		for _, word := range cmd.Args {
			words = append(words, r.text(word))
			nodes = append(nodes, word)
		}
		r.simple(stmt, words, nodes, c, s)
		for _, node := range nodes {
			r.expansions(node, s)
		}
	case *syntax.DeclClause:
		words := []string{cmd.Variant.Value}
		nodes := []syntax.Node{cmd.Variant}
		for _, arg := range cmd.Args {
			words = append(words, r.text(arg))
			nodes = append(nodes, arg)
			r.expansions(arg, s)
		}
		r.simple(stmt, words, nodes, c, s)
	case *syntax.LetClause:
		words := []string{"let"}
		nodes := []syntax.Node{cmd}
		for _, expr := range cmd.Exprs {
			words = append(words, r.text(expr))
			r.expansions(expr, s)
		}
		r.simple(stmt, words, nodes, c, s)
	case *syntax.TestClause:
		// Only that there is a test counts: its operands are no words of a command.
		r.simple(stmt, []string{"[["}, []syntax.Node{cmd}, c, s)
		r.expansions(cmd, s)
	case *syntax.ArithmCmd:
		r.expansions(cmd.X, s)
	case *syntax.BinaryCmd:
		switch cmd.Op {
		case syntax.AndStmt:
			r.stmt(cmd.X, joint, pipeline, s)
			r.stmt(cmd.Y, "and", r.number(), s)
		case syntax.OrStmt:
			r.stmt(cmd.X, joint, pipeline, s)
			other := s
			other.conditional = true
			r.stmt(cmd.Y, "or", r.number(), other)
		default:
			r.stmt(cmd.X, joint, pipeline, s)
			r.stmt(cmd.Y, "pipe", pipeline, s)
		}
	case *syntax.Subshell:
		r.list(cmd.Stmts, s.inner())
	case *syntax.Block:
		r.list(cmd.Stmts, s.inner())
	case *syntax.IfClause:
		r.ifClause(cmd, s)
	case *syntax.WhileClause:
		r.list(cmd.Cond, s.condition())
		r.list(cmd.Do, s.body())
	case *syntax.ForClause:
		r.expansions(cmd.Loop, s)
		r.list(cmd.Do, s.body())
	case *syntax.CaseClause:
		r.expansions(cmd.Word, s)
		for _, item := range cmd.Items {
			for _, pattern := range item.Patterns {
				r.expansions(pattern, s)
			}
			r.list(item.Stmts, s.body())
		}
	case *syntax.FuncDecl:
		r.stmt(cmd.Body, "start", r.number(), s)
	case *syntax.TimeClause:
		if cmd.Stmt != nil {
			r.stmt(cmd.Stmt, joint, pipeline, s)
		}
	case *syntax.CoprocClause:
		r.stmt(cmd.Stmt, "start", r.number(), s)
	default:
		panic("a kind of command that is not handled")
	}
	r.redirects(stmt, s)
}

func (r *reader) ifClause(clause *syntax.IfClause, s scope) {
	condition := s.condition()
	for first := true; clause != nil; first = false {
		if !first {
			condition.conditional = true
		}
		r.list(clause.Cond, condition)
		r.list(clause.Then, s.body())
		clause = clause.Else
	}
}

func read(script string) answer {
	a := answer{Script: script}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		a.Error = strings.TrimPrefix(err.Error(), "1:")
		return a
	}
	r := reader{source: script}
	r.list(file.Stmts, scope{})
	sort.SliceStable(r.commands, func(i, j int) bool {
		return r.commands[i].Range[0] < r.commands[j].Range[0]
	})
	// Number the pipelines in the order in which their commands come.
	numbers := map[int]int{}
	for i := range r.commands {
		c := &r.commands[i]
		if _, ok := numbers[c.Pipeline]; !ok {
			numbers[c.Pipeline] = len(numbers)
		}
		c.Pipeline = numbers[c.Pipeline]
	}
	a.Commands = r.commands
	return a
}

func main() {
	var scripts []string
	if err := json.NewDecoder(os.Stdin).Decode(&scripts); err != nil {
		panic(err)
	}
	answers := []answer{}
	for _, script := range scripts {
		answers = append(answers, read(script))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(answers); err != nil {
		panic(err)
	}
}
