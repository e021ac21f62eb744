package main

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Values is a named map, as Helm's root values are.
type Values map[string]any

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

func number(content any) int64 {
	value, err := strconv.ParseInt(content.(string), 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func decoded(content any) []byte {
	value, err := base64.StdEncoding.DecodeString(content.(string))
	if err != nil {
		panic(err)
	}
	return value
}

func special(key string, content any) any {
	switch key {
	case "$int":
		return int(number(content))
	case "$int32":
		return int32(number(content))
	case "$int64":
		return number(content)
	case "$uint8":
		return uint8(number(content))
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
	case "$duration":
		return time.Duration(number(content))
	case "$time":
		parts := content.([]any)
		zone, err := time.LoadLocation(parts[1].(string))
		if err != nil {
			panic(err)
		}
		return time.Unix(0, number(parts[0])).In(zone)
	case "$bytes":
		return decoded(content)
	case "$raw":
		return string(decoded(content))
	case "$strings":
		return texts(content)
	case "$ints":
		list := []int{}
		for _, item := range content.([]any) {
			list = append(list, int(item.(float64)))
		}
		return list[:len(list):len(list)]
	case "$stringmap":
		made := map[string]string{}
		for key, item := range content.(map[string]any) {
			made[key] = item.(string)
		}
		return made
	case "$nil":
		switch content {
		case "map":
			return map[string]any(nil)
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
	}
	panic("unknown type " + key)
}
