package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Values is a named map with methods.
type Values map[string]any

// Keys counts the entries.
func (v Values) Keys() int { return len(v) }

// Path gives an entry.
func (v Values) Path(key string) (any, error) {
	entry, ok := v[key]
	if !ok {
		return nil, fmt.Errorf("%q is not a value", key)
	}
	return entry, nil
}

// Names is a named list with a method.
type Names []string

// Has reports whether the list has a name.
func (n Names) Has(name string) bool {
	for _, one := range n {
		if one == name {
			return true
		}
	}
	return false
}

// Thing is a struct with fields and methods.
type Thing struct {
	Name  string
	Count int
	Tags  []string
	Any   any
	Inner *Thing
}

// Hello takes nothing.
func (t *Thing) Hello() string { return "hello " + t.Name }

// Greet takes a string.
func (t *Thing) Greet(who string) string { return t.Name + " greets " + who }

// Add takes an int and more of them.
func (t *Thing) Add(first int, more ...int) int {
	for _, one := range more {
		first += one
	}
	return first
}

// Fail fails.
func (t *Thing) Fail(why string) (string, error) { return "", fmt.Errorf("thing failed: %s", why) }

// Nothing gives nil.
func (t *Thing) Nothing() any { return nil }

// Ratio takes a float.
func (t *Thing) Ratio(of float64) float64 { return of / 2 }

// Version prints itself.
type Version struct {
	Major string
	Minor string
}

// String makes it a Stringer.
func (v Version) String() string { return "v" + v.Major + "." + v.Minor }

// build makes a value of a description. Plain JSON is what encoding/json makes of it; an object
// with one key that starts with a dollar sign describes another type.
func build(text json.RawMessage) any {
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		panic(err)
	}
	return typed(plain)
}

func typed(plain any) any {
	switch value := plain.(type) {
	case []any:
		list := make([]any, len(value))
		for n, item := range value {
			list[n] = typed(item)
		}
		return list
	case map[string]any:
		if len(value) == 1 {
			for key, content := range value {
				if strings.HasPrefix(key, "$") {
					return special(key, content)
				}
			}
		}
		return entries(value)
	}
	return plain
}

func entries(value map[string]any) map[string]any {
	made := map[string]any{}
	for key, content := range value {
		made[key] = typed(content)
	}
	return made
}

func texts(content any) []string {
	list := []string{}
	for _, item := range content.([]any) {
		list = append(list, item.(string))
	}
	return list[:len(list):len(list)]
}

func special(key string, content any) any {
	number := func() int64 {
		value, err := strconv.ParseInt(content.(string), 10, 64)
		if err != nil {
			panic(err)
		}
		return value
	}
	switch key {
	case "$int":
		return int(number())
	case "$int8":
		return int8(number())
	case "$int16":
		return int16(number())
	case "$int32":
		return int32(number())
	case "$int64":
		return number()
	case "$uint":
		return uint(number())
	case "$uint8":
		return uint8(number())
	case "$uint16":
		return uint16(number())
	case "$uint32":
		return uint32(number())
	case "$uint64":
		value, err := strconv.ParseUint(content.(string), 10, 64)
		if err != nil {
			panic(err)
		}
		return value
	case "$float":
		switch content {
		case "NaN":
			return math.NaN()
		case "+Inf":
			return math.Inf(1)
		case "-Inf":
			return math.Inf(-1)
		case "-0":
			return math.Copysign(0, -1)
		}
		panic(content)
	case "$complex":
		parts := content.([]any)
		return complex(parts[0].(float64), parts[1].(float64))
	case "$duration":
		return time.Duration(number())
	case "$bytes":
		value, err := base64.StdEncoding.DecodeString(content.(string))
		if err != nil {
			panic(err)
		}
		return value
	case "$raw":
		value, err := base64.StdEncoding.DecodeString(content.(string))
		if err != nil {
			panic(err)
		}
		return string(value)
	case "$strings":
		return texts(content)
	case "$ints":
		list := []int{}
		for _, item := range content.([]any) {
			list = append(list, int(item.(float64)))
		}
		return list[:len(list):len(list)]
	case "$maps":
		list := []map[string]any{}
		for _, item := range content.([]any) {
			list = append(list, entries(item.(map[string]any)))
		}
		return list[:len(list):len(list)]
	case "$stringmap":
		made := map[string]string{}
		for key, item := range content.(map[string]any) {
			made[key] = item.(string)
		}
		return made
	case "$intmap":
		made := map[string]int{}
		for key, item := range content.(map[string]any) {
			made[key] = int(item.(float64))
		}
		return made
	case "$nil":
		switch content {
		case "map":
			return map[string]any(nil)
		case "stringmap":
			return map[string]string(nil)
		case "list":
			return []any(nil)
		case "strings":
			return []string(nil)
		}
		panic(content)
	case "$capacity":
		parts := content.([]any)
		list := typed(parts[0]).([]any)
		return list[:int(parts[1].(float64)):len(list)]
	case "$values":
		return Values(entries(content.(map[string]any)))
	case "$names":
		return Names(texts(content))
	case "$thing":
		return thing(content.(map[string]any))
	case "$version":
		parts := texts(content)
		return Version{parts[0], parts[1]}
	case "$func":
		return functionValue(content.(string))
	}
	panic("unknown type " + key)
}

func thing(content map[string]any) *Thing {
	made := &Thing{Name: content["name"].(string), Count: int(content["count"].(float64))}
	if tags, ok := content["tags"]; ok {
		made.Tags = texts(tags)
	}
	made.Any = typed(content["any"])
	if inner, ok := content["inner"]; ok {
		made.Inner = thing(inner.(map[string]any))
	}
	return made
}

func functionValue(name string) any {
	switch name {
	case "add":
		return func(a, b int) int { return a + b }
	case "concat":
		return func(first string, more ...string) string { return first + strings.Join(more, "") }
	case "fails":
		return func() (string, error) { return "", fmt.Errorf("it fails") }
	case "wide":
		return func(value int64) int64 { return value }
	}
	panic("unknown function " + name)
}
