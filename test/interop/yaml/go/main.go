// SPDX-License-Identifier: Apache-2.0

// Answers how Go's YAML packages, as Helm uses them, read and write. A request on standard input is a letter, the length
// of its text as four bytes, and the text; an answer is a fixed number of texts, each with its length before it.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	goyaml "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

// keyText is the text that a key has in the JSON.
func keyText(key interface{}) string {
	number, ok := key.(float64)
	if !ok {
		return fmt.Sprint(key)
	}
	switch text := strconv.FormatFloat(number, 'g', -1, 32); text {
	case "+Inf":
		return ".inf"
	case "-Inf":
		return "-.inf"
	default:
		return text
	}
}

// collides tells whether a mapping has keys of several types with one text: which of them wins is chance.
func collides(value interface{}) bool {
	switch v := value.(type) {
	case []interface{}:
		for _, item := range v {
			if collides(item) {
				return true
			}
		}
	case map[interface{}]interface{}:
		seen := map[string]bool{}
		for key, item := range v {
			text := keyText(key)
			if key != key || seen[text] || collides(item) {
				return true
			}
			seen[text] = true
		}
	}
	return false
}

// reordered is JSON with keys in the order of what a reader makes of them. It is another one where a key was not UTF-8:
// json.Marshal sorts the bytes, and writes U+FFFD, as an escape.
func reordered(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\ufffd`)) {
		return text
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value interface{}
	if err := decoder.Decode(&value); err != nil {
		return []byte(err.Error())
	}
	out, err := json.Marshal(value)
	if err != nil {
		return []byte(err.Error())
	}
	return out
}

func describe(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// guard turns a panic into an error that no YAML has.
func guard(work func() ([]byte, error)) (out []byte, err error) {
	defer func() {
		if trouble := recover(); trouble != nil {
			out, err = nil, fmt.Errorf("panic: %v", trouble)
		}
	}()
	return work()
}

// document answers: the lenient error and JSON (reordered), the strict error, the error and JSON for a map of strings,
// the YAML written from that JSON, and "chance" where the JSON is not determined.
func document(text []byte) []string {
	asJSON, err := guard(func() ([]byte, error) { return yaml.YAMLToJSON(text) })
	_, strict := guard(func() ([]byte, error) { return yaml.YAMLToJSONStrict(text) })
	var stringsByKey map[string]string
	asStrings, stringsErr := guard(func() ([]byte, error) {
		if err := yaml.Unmarshal(text, &stringsByKey); err != nil {
			return nil, err
		}
		return json.Marshal(stringsByKey)
	})
	var written []byte
	if err == nil {
		written, _ = guard(func() ([]byte, error) { return yaml.JSONToYAML(asJSON) })
	}
	chance := ""
	var value interface{}
	_, readErr := guard(func() ([]byte, error) { return nil, goyaml.Unmarshal(text, &value) })
	if readErr == nil && collides(value) {
		chance = "chance"
	}
	return []string{describe(err), string(reordered(asJSON)), describe(strict), describe(stringsErr), string(asStrings), string(written), chance}
}

func native(value interface{}) interface{} {
	switch v := value.(type) {
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
				return i
			}
			if u, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
				return u
			}
		}
		f, _ := v.Float64()
		return f
	case []interface{}:
		for i := range v {
			v[i] = native(v[i])
		}
	case map[string]interface{}:
		for key := range v {
			v[key] = native(v[key])
		}
	}
	return value
}

// emission answers: the YAML of a JSON value, written directly, and the error and YAML of writing it through JSON.
func emission(text []byte) []string {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value interface{}
	if err := decoder.Decode(&value); err != nil {
		return []string{"bad request: " + err.Error(), "", ""}
	}
	value = native(value)
	direct, err := guard(func() ([]byte, error) { return goyaml.Marshal(value) })
	if err != nil {
		direct = []byte(err.Error())
	}
	bridged, err := guard(func() ([]byte, error) { return yaml.Marshal(value) })
	return []string{string(direct), describe(err), string(bridged)}
}

func serve() error {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	for {
		kind, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var size uint32
		if err := binary.Read(in, binary.LittleEndian, &size); err != nil {
			return err
		}
		text := make([]byte, size)
		if _, err := io.ReadFull(in, text); err != nil {
			return err
		}
		var answer []string
		if kind == 'D' {
			answer = document(text)
		} else {
			answer = emission(text)
		}
		for _, part := range answer {
			binary.Write(out, binary.LittleEndian, uint32(len(part)))
			out.WriteString(part)
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
