// SPDX-License-Identifier: Apache-2.0

// A registry that keeps the lists of referrers itself, on a free port of the loopback interface; all that it holds is in
// its memory. Neither docker-registry nor distribution 3 has that API.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	silent := log.New(io.Discard, "", 0)
	log.Fatal(http.Serve(listener, registry.New(registry.WithReferrersSupport(true), registry.Logger(silent))))
}
