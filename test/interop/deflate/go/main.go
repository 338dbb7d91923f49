// SPDX-License-Identifier: Apache-2.0

// Generates inputs, cuts them into writes, compresses them at Go's default level, and writes all of it to stdout for
// the other side to compare: the version of Go, the number of cases, and each of them as frame() says.
//
// Usage: generate SEED CASES
package main

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strconv"
)

const (
	window  = 32768
	buffer  = 2 * window
	shiftAt = buffer - 262
	largest = 300 << 10
)

// What fails here is told by the other end of the pipe too.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type frames struct{ out *bufio.Writer }

func (f frames) number(n int) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(n))
	_, err := f.out.Write(b[:])
	must(err)
}

func (f frames) bytes(b []byte) {
	f.number(len(b))
	_, err := f.out.Write(b)
	must(err)
}

// A case: the number of segments and their sizes, the input, and Go's output.
func (f frames) frame(input []byte, segments []int, output []byte) {
	f.number(len(segments))
	for _, size := range segments {
		f.number(size)
	}
	f.bytes(input)
	f.bytes(output)
}

type compressor struct {
	writer *flate.Writer
	out    bytes.Buffer
}

func (c *compressor) compress(input []byte, segments []int, fresh bool) []byte {
	c.out.Reset()
	if fresh || c.writer == nil {
		writer, err := flate.NewWriter(&c.out, flate.DefaultCompression)
		must(err)
		c.writer = writer
	} else {
		c.writer.Reset(&c.out)
	}
	for _, size := range segments {
		_, err := c.writer.Write(input[:size])
		must(err)
		input = input[size:]
	}
	must(c.writer.Close())
	return c.out.Bytes()
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: generate SEED CASES")
		os.Exit(2)
	}
	seed, err := strconv.ParseUint(os.Args[1], 10, 64)
	must(err)
	cases, err := strconv.Atoi(os.Args[2])
	must(err)

	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	f := frames{out}
	f.bytes([]byte(runtime.Version()))
	f.number(cases)
	g := generator{random{seed}}
	var c compressor
	for i := 0; i < cases; i++ {
		input := g.input()
		segments := g.segments(input)
		// A writer that is used again must do as a new one; most cases save the time to make one.
		f.frame(input, segments, c.compress(input, segments, i%16 == 0))
	}
	must(out.Flush())
}
