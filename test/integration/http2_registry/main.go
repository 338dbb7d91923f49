// SPDX-License-Identifier: Apache-2.0

// A registry that speaks HTTP/2 frame by frame, and does one thing wrong: what a server, a proxy or a line does to
// streams and connections, which a library for servers would never do.
//
// Usage: http2-registry FAULT CA-FILE [LAYOUT]
//
// It writes its own certificate to CA-FILE, tells its address, and serves one repository on the loopback interface,
// which has what an OCI image layout holds. When its input ends it prints what has come of it, as JSON.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: http2-registry FAULT CA-FILE [LAYOUT]")
	}
	fault, known := faults[os.Args[1]]
	if !known {
		log.Fatalf("no fault is called %q", os.Args[1])
	}
	registry := newRegistry()
	if len(os.Args) > 3 {
		if err := registry.take(os.Args[3]); err != nil {
			log.Fatal(err)
		}
	}
	certificate, err := ownCertificate(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{certificate},
		NextProtos:   []string{"h2", "http/1.1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	go serve(listener, registry, fault)
	fmt.Println("listening on", listener.Addr())
	io.Copy(io.Discard, os.Stdin)
	json.NewEncoder(os.Stdout).Encode(registry.report())
}

// serve hands those who speak HTTP/2 to the fault, and the others to a server that does nothing wrong.
func serve(listener net.Listener, registry *registry, fault fault) {
	others := make(chan net.Conn)
	go http.Serve(handedOver{others, listener.Addr()}, registry)
	for {
		accepted, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			connection := accepted.(*tls.Conn)
			if connection.Handshake() != nil {
				connection.Close()
			} else if connection.ConnectionState().NegotiatedProtocol == "h2" {
				newConnection(connection, registry, fault).serve()
			} else {
				others <- connection
			}
		}()
	}
}

// handedOver is a listener of connections that somebody else has accepted.
type handedOver struct {
	connections chan net.Conn
	address     net.Addr
}

func (l handedOver) Accept() (net.Conn, error) { return <-l.connections, nil }
func (l handedOver) Close() error              { return nil }
func (l handedOver) Addr() net.Addr            { return l.address }

func ownCertificate(file string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	form := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "a test"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}, os.WriteFile(file, text, 0o644)
}
