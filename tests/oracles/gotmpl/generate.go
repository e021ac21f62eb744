package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// maker makes templates of pieces of the grammar: most are sound, some have a flaw somewhere.
type maker struct {
	random *rand.Rand
	// Variables that are declared where we are.
	variables []string
	ranges    int
	// Whether arguments fit what they are given to.
	sound bool
}

// helpers are there for every generated template.
var helpers = map[string]string{
	"a.tpl": "{{ define \"helper\" }}<{{ . }}>{{ end }}\n{{- if . }}a: {{ include \"helper\" \"x\" }}{{ end -}}\n",
}

func newMaker(seed uint64) *maker {
	return &maker{random: rand.New(rand.NewPCG(seed, seed))}
}

func (m *maker) pick(list ...string) string { return list[m.random.IntN(len(list))] }

func (m *maker) chance(percent int) bool { return m.random.IntN(100) < percent }

func (m *maker) make() testCase {
	m.variables = []string{"$"}
	m.ranges = 0
	m.sound = m.chance(75)
	c := testCase{Files: helpers, Missing: m.pick("", "", "zero", "zero", "error")}
	if !m.sound && m.chance(30) {
		c.Text = m.soup()
		return c
	}
	c.Text = m.list(3)
	if m.chance(25) {
		variables := m.variables
		m.variables = []string{"$"}
		c.Text += m.open() + `define "` + m.pick("a", "b", "a", "b", "a", "b", "main.tpl") + `"` + m.close() + m.list(1) +
			m.open() + "end" + m.close()
		m.variables = variables
	}
	if m.chance(3) && len(c.Text) > 0 {
		at := m.random.IntN(len(c.Text))
		c.Text = c.Text[:at] + m.pick("{{", "}}", "\"", "(", ")", "|", ".", "{{end}}", "{{else}}", "$", " ") + c.Text[at:]
	}
	return c
}

// soup is tokens in no order.
func (m *maker) soup() string {
	var text strings.Builder
	for range 1 + m.random.IntN(12) {
		text.WriteString(m.pick(
			"{{", "{{", "{{- ", "}}", "}}", " -}}", " ", " ", "if ", "else", "end", "with ", "range ", "define ",
			"block ", "template ", "break", "continue", ".", ".a", ".s", "$", "$x", ":=", "=", "|", ",", "(", ")",
			"1", "1.5", "'c'", "\"s\"", "`r`", "true", "nil", "printf", "nope", "\n", "/*", "*/", "text", "'", "\"",
			"é", "0x", "1i", "1+2i", "#", "..", ".a.b", "-", "--", "{", "}", "\x00",
		))
	}
	return text.String()
}

func (m *maker) open() string { return m.pick("{{", "{{", "{{ ", "{{- ") }

func (m *maker) close() string { return m.pick("}}", "}}", " }}", " -}}") }

func (m *maker) list(depth int) string {
	var text strings.Builder
	for range 1 + m.random.IntN(3) {
		text.WriteString(m.pick("", "x", " ", "\n", "text ", " a\n b "))
		text.WriteString(m.action(depth))
	}
	text.WriteString(m.pick("", "y", "\n"))
	return text.String()
}

func (m *maker) block(depth int) string {
	mark := len(m.variables)
	text := m.list(depth)
	m.variables = m.variables[:mark]
	return text
}

func (m *maker) action(depth int) string {
	end := m.open() + "end" + m.close()
	otherwise := func() string {
		if m.chance(50) {
			return m.open() + "else" + m.close() + m.block(depth-1)
		}
		return ""
	}
	kind := m.random.IntN(20)
	if depth == 0 && kind > 8 {
		kind = m.random.IntN(8)
	}
	switch {
	case kind < 6:
		return m.open() + m.pipeline(2) + m.close()
	case kind < 8:
		name := m.pick("$x", "$y", "$z")
		operator := " := "
		if len(m.variables) > 1 && m.chance(40) {
			name = m.variables[1+m.random.IntN(len(m.variables)-1)]
			operator = " = "
		}
		text := m.open() + name + operator + m.pipeline(1) + m.close()
		m.variables = append(m.variables, name)
		return text
	case kind == 8:
		if m.ranges > 0 {
			return m.open() + m.pick("break", "continue") + m.close()
		}
		return m.pick("{{/* c */}}", "{{- /* c */}}", "{{/* c */ -}}")
	case kind < 12:
		mark := len(m.variables)
		text := m.open() + "if " + m.declaration() + m.pipeline(2) + m.close() + m.block(depth-1)
		if m.chance(25) {
			text += m.open() + "else if " + m.pipeline(1) + m.close() + m.block(depth-1)
		}
		text += otherwise() + end
		m.variables = m.variables[:mark]
		return text
	case kind < 14:
		mark := len(m.variables)
		text := m.open() + "with " + m.declaration() + m.pipeline(1) + m.close() + m.block(depth-1) + otherwise() + end
		m.variables = m.variables[:mark]
		return text
	case kind < 18:
		mark := len(m.variables)
		variables := ""
		switch m.random.IntN(4) {
		case 0:
			variables = "$v := "
			m.variables = append(m.variables, "$v")
		case 1:
			variables = "$i, $e := "
			m.variables = append(m.variables, "$i", "$e")
		}
		m.ranges++
		over := m.pick("$.list", "$.m", "$.ints", "$.strs", "3", "$.el", "$.mm", "$.ll", "$.n", "$.none", "$.maps", "$.sm")
		if !m.sound || m.chance(15) {
			if variables == "$i, $e := " {
				variables = m.pick(variables, "$i, $e := ", "$i ,$e:=")
			}
			over = m.pick(".list", ".m", ".ints", ".strs", ".n", "3", "$", ".none", ".s", ".nested.deep", ".maps", m.pipeline(1))
		}
		if m.sound && variables == "$i, $e := " && (over == "3" || over == "$.n") {
			over = "$.list"
		}
		text := m.open() + "range " + variables + over + m.close() + m.block(depth-1)
		m.ranges--
		text += otherwise() + end
		m.variables = m.variables[:mark]
		return text
	case kind == 18 && m.sound:
		return m.open() + `template "a.tpl" ` + m.pick(".", ".m", "$") + m.close()
	case kind == 18:
		return m.open() + "template " + m.pick(`"a"`, `"b"`, `"main.tpl2"`) + m.pick("", " .", " "+m.operand(1)) + m.close()
	default:
		if m.sound && m.chance(50) {
			return m.open() + m.pick(`include "a.tpl" `, `include "helper" `) + m.pick(".", ".m", "$", ".n") + m.pick("", " | upper", " | printf `[%s]`") + m.close()
		}
		variables, ranges := m.variables, m.ranges
		m.variables, m.ranges = []string{"$"}, 0
		body := m.list(0)
		m.variables, m.ranges = variables, ranges
		return m.open() + "block " + m.pick(`"c"`, `"d"`) + " " + m.operand(1) + m.close() + body + end
	}
}

func (m *maker) declaration() string {
	if m.chance(20) {
		m.variables = append(m.variables, "$w")
		return "$w := "
	}
	return ""
}

// of gives an operand of a kind.
func (m *maker) of(kind string, depth int) string {
	text := m.operandOf(kind, depth)
	if text[0] == '.' && m.chance(85) {
		return "$" + text
	}
	return text
}

func (m *maker) operandOf(kind string, depth int) string {
	if depth > 0 && m.chance(40) {
		return "(" + m.fitting(kind, depth-1) + ")"
	}
	switch kind {
	case "text":
		return m.pick(".s", ".empty", ".m.a", ".sm.k", `"hi"`, "`r`", ".nested.deep.er", ".th.Name", ".uni", ".ml", ".html", `"%v"`)
	case "int":
		return m.pick(".n", "1", "0", "3", ".neg", "'a'", ".nested.deep.num", ".th.Count", "0x10")
	case "number":
		return m.pick(".x", ".whole", ".big", "1.5", "2.0", "1e6", ".zero")
	case "bool":
		return m.pick(".t", ".f", "true", "false")
	case "list":
		return m.pick(".list", ".strs", ".ints", ".ll", ".el", ".th.Tags", ".maps", ".ns")
	case "map":
		return m.pick(".m", ".mm", ".nested", ".nested.deep", ".em", ".vs", ".vs.sub")
	}
	return m.pick(".s", ".n", ".x", ".t", ".f", ".list", ".m", ".none", ".empty", ".nested", ".strs", "1", `"a"`, ".d", ".ver", ".u8",
		".i64", ".c", ".bs", "$.s", ".nilm", ".zero", ".nope")
}

// fitting gives a command that answers with a kind.
func (m *maker) fitting(kind string, depth int) string {
	text := func() string { return m.of("text", depth) }
	number := func() string { return m.of("int", depth) }
	list := func() string { return m.of("list", depth) }
	anything := func() string { return m.of("any", depth) }
	boolean := func() string { return m.of("bool", depth) }
	switch kind {
	case "text":
		switch m.random.IntN(10) {
		case 0:
			return "upper " + text()
		case 1:
			return "printf " + m.pick(`"%v-%v"`, `"%s|%d"`, `"%q %x"`, `"%5v|%-5v"`, `"%T %#v"`, `"%+v"`, `"%v %v %v"`) + " " + anything() + " " + anything()
		case 2:
			return "print " + anything() + " " + anything()
		case 3:
			return "html " + anything()
		case 4:
			return "join " + text() + " .strs"
		case 5:
			return "typeOf " + anything()
		case 6:
			return text() + m.pick(" | upper", " | printf \"%s!\"", " | html", " | js", " | urlquery", " | println", " | default \"x\"")
		case 7:
			return "slice " + text() + m.pick(" 0", " 0 0", "")
		case 8:
			return "js " + text()
		default:
			return "pick " + boolean() + " " + text() + " " + text() + " | print"
		}
	case "int":
		return m.pick("add "+number()+" "+number(), "len "+list(), "len "+text(), "sum "+number()+" 2", "mapLen "+m.of("map", depth), number()+" | add 1")
	case "number":
		return "half " + m.of("number", depth)
	case "bool":
		same := m.pick("text", "int", "number")
		return m.pick("not "+anything(), m.pick("eq", "ne", "lt", "le", "gt", "ge")+" "+m.of(same, depth)+" "+m.of(same, depth),
			"and "+boolean()+" "+boolean(), "or "+boolean()+" "+boolean(), "eq "+anything()+" nil", "not2 "+boolean())
	case "list":
		return m.pick("list "+anything()+" "+anything(), "texts "+text()+" "+text(), "slice "+list()+" 0")
	case "map":
		return m.pick("dict `a` "+anything()+" `b` "+anything(), "set "+m.of("map", depth)+" `a` 1", "id "+m.of("map", depth))
	}
	return m.pick("and "+anything()+" "+anything(), "or "+anything()+" "+anything(), "id "+anything(), "default 1 "+anything(),
		"index .m `a`", "index .mm `z`", "pick "+boolean()+" "+anything()+" "+anything(), anything(), m.fitting("text", depth), m.fitting("list", depth))
}

func (m *maker) kind() string {
	return m.pick("text", "text", "int", "number", "bool", "list", "map", "any", "any")
}

func (m *maker) pipeline(depth int) string {
	if m.sound {
		if len(m.variables) > 1 && m.chance(20) {
			return m.variables[1+m.random.IntN(len(m.variables)-1)]
		}
		if m.chance(15) {
			return "."
		}
		if m.chance(40) {
			return m.of(m.kind(), depth)
		}
		return m.fitting(m.kind(), depth)
	}
	text := m.command(depth)
	for m.chance(25) {
		text += m.pick(" | ", "|", " |") + m.pick("printf `%v`", "upper", "len", "not", "print", "typeOf", "id",
			"default 1", "add 1", "half", "html", "index .list", "printf `%s-%d` 1", "mapLen", "join `,`", "eq 1", "js",
			"and .t", "or .f", "kindOf", "println", "urlquery", "sum", "list 1", "dict `k`", "range", "nope")
	}
	return text
}

func (m *maker) command(depth int) string {
	if depth == 0 || m.chance(45) {
		return m.operand(depth)
	}
	one := func() string { return m.operand(depth - 1) }
	switch m.random.IntN(16) {
	case 0:
		return m.pick("eq", "ne", "lt", "le", "gt", "ge") + " " + one() + " " + one()
	case 1:
		return m.pick("and", "or") + " " + one() + " " + one()
	case 2:
		return "not " + one()
	case 3:
		return "len " + one()
	case 4:
		return "index " + one() + " " + m.pick("0", "1", `"a"`, one())
	case 5:
		return "slice " + one() + m.pick("", " 1", " 0 1", " 1 2")
	case 6:
		return "printf " + m.pick(`"%v"`, `"%d"`, `"%s %v"`, `"%q"`, `"%5.2f|%-5d|"`, `"%T"`, `"%x"`, `"%+v %#v"`, `"%t%%"`) + " " + one() + m.pick("", " "+one())
	case 7:
		return m.pick("print", "println") + " " + one() + " " + one()
	case 8:
		return "list " + one() + " " + one()
	case 9:
		return "dict " + m.pick(`"a"`, `"b"`, one()) + " " + one()
	case 10:
		return "add " + one() + " " + one()
	case 11:
		return "pick " + one() + " " + one() + " " + one()
	case 12:
		return "set " + m.pick(".m", "$.nested", one()) + " " + m.pick(`"new"`, one()) + " " + one()
	case 13:
		return "include " + m.pick(`"a"`, `"b"`, `"c"`, one()) + " " + one()
	case 14:
		return "tpl " + m.pick("`{{ .s }}`", "`{{ . }}x`", "`{{ nope }}`", "`{{ .a.b.c }}`", one()) + " " + one()
	default:
		return m.pick("upper", "half", "mapLen", "listLen", "typeOf", "kindOf", "html", "js", "urlquery", "textsLen",
			"bytesLen", "int64", "dur", "byte", "call .f", "fail", ".th.Greet", ".th.Add 1", ".vs.Path", ".ns.Has") + " " + one()
	}
}

func (m *maker) operand(depth int) string {
	if depth > 0 && m.chance(25) {
		return "(" + m.pipeline(depth-1) + ")" + m.pick("", "", "", ".a", ".Name")
	}
	switch m.random.IntN(12) {
	case 0:
		return m.pick("1", "0", "-3", "1.5", "'a'", "1e3", "0x1F", "1_000", "07", "1i")
	case 1:
		return m.pick(`"hi"`, "`raw`", `""`, `"a\tb"`, `"é"`)
	case 2:
		return m.pick("true", "false", "nil")
	case 3:
		return "."
	case 4:
		return m.variables[m.random.IntN(len(m.variables))] + m.pick("", "", ".s", ".m.a")
	case 5:
		return m.pick("none", "nilMap", "thing", "nilTexts")
	default:
		return fmt.Sprint(m.pick(".s", ".n", ".x", ".t", ".f", ".list", ".m", ".m.a", ".nested", ".nested.deep", ".nested.deep.er",
			".none", ".nope", ".nope.deeper", ".strs", ".ints", ".maps", ".th", ".th.Name", ".th.Any", ".th.Inner.Name", ".th.Hello",
			".th.nope", ".vs", ".vs.Keys", ".vs.v", ".ns", ".ver", ".i64", ".u8", ".bs", ".d", ".empty", ".zero", ".s.nope", ".c",
			".f1", ".sm", ".sm.k", ".sm.nope", ".nilm", ".nilm.a", ".th.Tags"))
	}
}
