// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// registry is one repository in memory, whatever its name.
type registry struct {
	mutex    sync.Mutex
	content  map[string][]byte // blobs and manifests, by digest
	tags     map[string]string
	streams  int // requests over HTTP/2
	others   int // requests over HTTP/1.1
	happened map[string]bool
}

type header struct{ name, value string }

type answer struct {
	status  int
	headers []header
	body    []byte
}

// request is what came, whole.
type request struct {
	method, path, span string
	body               []byte
}

func newRegistry() *registry {
	return &registry{content: map[string][]byte{}, tags: map[string]string{}, happened: map[string]bool{}}
}

func digestOf(bytes []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(bytes)) }

// take reads a layout's content, and gives its one manifest the tag 1.0.0.
func (r *registry) take(layout string) error {
	files, err := filepath.Glob(filepath.Join(layout, "blobs", "sha256", "*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		bytes, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		r.content["sha256:"+filepath.Base(file)] = bytes
	}
	bytes, err := os.ReadFile(filepath.Join(layout, "index.json"))
	if err != nil {
		return err
	}
	var index struct{ Manifests []struct{ Digest string } }
	if err := json.Unmarshal(bytes, &index); err != nil {
		return err
	}
	r.tags["1.0.0"] = index.Manifests[0].Digest
	return nil
}

// report tells what there is in the end.
func (r *registry) report() map[string]any {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	digests := []string{}
	for digest := range r.content {
		digests = append(digests, digest)
	}
	return map[string]any{"content": digests, "tags": r.tags, "streams": r.streams, "others": r.others}
}

// first tells whether that happens for the first time.
func (r *registry) first(what string) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	before := r.happened[what]
	r.happened[what] = true
	return !before
}

// answer does what a registry that is in order does.
func (r *registry) answer(asked request) answer {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	path, query, _ := strings.Cut(asked.path, "?")
	parameters, _ := url.ParseQuery(query)
	folder, name := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/')+1:]
	digest := parameters.Get("digest")
	switch {
	case asked.method == "POST":
		return answer{status: 202, headers: []header{{"location", path + "session"}}}
	case asked.method == "PUT" && strings.HasSuffix(folder, "/uploads"):
		if digestOf(asked.body) != digest {
			return refusal(400, "DIGEST_INVALID")
		}
		r.content[digest] = asked.body
		return created(strings.TrimSuffix(folder, "uploads")+digest, digest)
	case asked.method == "PUT":
		stored := digestOf(asked.body)
		r.content[stored] = asked.body
		if name != stored {
			r.tags[name] = stored
		}
		return created(path, stored)
	case strings.HasSuffix(folder, "/uploads"):
		return answer{status: 204, headers: []header{{"location", path}, {"range", "0-0"}}}
	}
	if tagged, there := r.tags[name]; there {
		name = tagged
	}
	bytes, there := r.content[name]
	if !there {
		return refusal(404, "NOT_FOUND")
	}
	found := answer{status: 200, headers: []header{{"docker-content-digest", name}}}
	if from, asks := strings.CutPrefix(asked.span, "bytes="); asks {
		if at, err := strconv.Atoi(strings.TrimSuffix(from, "-")); err == nil && at < len(bytes) {
			found.status = 206
			span := fmt.Sprintf("bytes %d-%d/%d", at, len(bytes)-1, len(bytes))
			found.headers = append(found.headers, header{"content-range", span})
			bytes = bytes[at:]
		}
	}
	kind := "application/octet-stream"
	if strings.HasSuffix(folder, "/manifests") {
		kind = "application/vnd.oci.image.manifest.v1+json"
	}
	found.headers = append(found.headers, header{"content-type", kind}, header{"content-length", strconv.Itoa(len(bytes))})
	if asked.method == "GET" {
		found.body = bytes
	}
	return found
}

func created(place, digest string) answer {
	return answer{status: 201, headers: []header{{"location", place}, {"docker-content-digest", digest}}}
}

func refusal(status int, code string) answer {
	return answer{status: status, body: []byte(`{"errors":[{"code":"` + code + `"}]}`)}
}

// ServeHTTP is for those who speak HTTP/1.1.
func (r *registry) ServeHTTP(writer http.ResponseWriter, came *http.Request) {
	r.mutex.Lock()
	r.others++
	r.mutex.Unlock()
	body, err := io.ReadAll(came.Body)
	if err != nil {
		return
	}
	answer := r.answer(request{came.Method, came.URL.RequestURI(), came.Header.Get("Range"), body})
	for _, header := range answer.headers {
		writer.Header().Set(header.name, header.value)
	}
	writer.WriteHeader(answer.status)
	writer.Write(answer.body)
}
