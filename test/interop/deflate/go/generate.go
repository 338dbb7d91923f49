// SPDX-License-Identifier: Apache-2.0

package main

// A small generator of its own: the cases of a seed must not change with Go's versions.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// A number below n.
func (r *random) below(n int) int { return int(r.next() >> 33 % uint64(n)) }

// A number from low to high, both included.
func (r *random) between(low, high int) int { return low + r.below(high-low+1) }

func (r *random) chance(percent int) bool { return r.below(100) < percent }

type generator struct{ random }

// Most inputs are small, so that there may be many; the others pass the places where the window moves.
func (g *generator) size() int {
	switch roll := g.below(100); {
	case roll < 30:
		return g.below(300)
	case roll < 65:
		return g.below(5000)
	case roll < 87:
		return g.below(40000)
	case roll < 97:
		return g.between(buffer-600, buffer+window)
	default:
		return g.between(buffer, largest)
	}
}

func (g *generator) input() []byte {
	n := g.size()
	if n > shiftAt && g.chance(50) {
		return g.acrossShift(n)
	}
	if !g.chance(15) {
		return g.kind(n)
	}
	var mixed []byte
	for len(mixed) < n {
		mixed = append(mixed, g.kind(g.between(1, 1+n/2))...)
	}
	return mixed[:n]
}

func (g *generator) kind(n int) []byte {
	switch g.below(11) {
	case 0:
		return g.noise(n, 256)
	case 1:
		return g.noise(n, g.between(1, 5))
	case 2:
		return g.noise(n, g.between(6, 90))
	case 3:
		return g.runs(n, 10)
	case 4:
		return g.runs(n, 700)
	case 5:
		return g.period(n, g.between(1, 600))
	case 6:
		return g.period(n, g.between(window-300, 70000))
	case 7:
		return g.copies(n, 256, 500, 10)
	case 8:
		return g.copies(n, g.between(2, 250), window+300, g.between(4, 300))
	case 9:
		return g.words(n)
	default:
		return g.skewed(n, g.between(2, 8))
	}
}

// Bytes of an alphabet of k letters.
func (g *generator) noise(n, k int) []byte {
	first := g.below(256)
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(first + g.below(k))
	}
	return b
}

func (g *generator) runs(n, longest int) []byte {
	b := make([]byte, 0, n+longest)
	for len(b) < n {
		c := byte(g.next())
		for count := g.between(1, longest); count > 0; count-- {
			b = append(b, c)
		}
	}
	return b[:n]
}

func (g *generator) period(n, p int) []byte {
	b := g.noise(min(n, p), g.between(20, 256))
	for len(b) < n {
		b = append(b, b[len(b)-p])
	}
	return b
}

// Literals of an alphabet of k letters, and copies of what stands at most so far back.
func (g *generator) copies(n, k, farthest, longest int) []byte {
	b := make([]byte, 0, n+longest+16)
	for len(b) < n {
		if len(b) == 0 || g.chance(50) {
			for count := g.between(1, 16); count > 0; count-- {
				b = append(b, byte(g.below(k)))
			}
			continue
		}
		distance := g.between(1, min(len(b), farthest))
		if len(b) > window && g.chance(25) {
			distance = g.between(window-300, min(len(b), window+3))
		}
		for count := g.between(1, longest); count > 0; count-- {
			b = append(b, b[len(b)-distance])
		}
	}
	return b[:n]
}

var vocabulary = []string{
	"apiVersion: v1\n", "kind: ", "metadata:\n", "name: ", "labels:\n", "app.kubernetes.io/name: ", "spec:\n", "  ", "    ",
	"{{ include \"chart.fullname\" . }}", "{{- if .Values.enabled }}\n", "{{- end }}\n", "replicas: ", "containers:\n",
	"image: ", "ports:\n", "- ", "true", "false", "1", "80", "# ", "\n", "\n\n", "http", "service",
}

func (g *generator) words(n int) []byte {
	b := make([]byte, 0, n+64)
	for len(b) < n {
		if g.chance(3) {
			b = append(b, byte(g.next()))
		}
		b = append(b, vocabulary[g.below(len(vocabulary))]...)
	}
	return b[:n]
}

// Mostly small values: many candidates for each match, of which only the first 128 count.
func (g *generator) skewed(n, times int) []byte {
	b := make([]byte, n)
	for i := range b {
		v := 255
		for j := 0; j < times; j++ {
			v = v * g.below(256) >> 8
		}
		b[i] = byte(v)
	}
	return b
}

// Matches whose distance is within reach or not, by whether the window has moved when they are looked for.
func (g *generator) acrossShift(n int) []byte {
	b := g.noise(n, 64)
	for at := shiftAt; at+300 < n; at += window {
		for count := g.between(1, 4); count > 0; count-- {
			to := at + g.between(-10, 262)
			if count == 1 {
				to = at + g.between(-2, 2)
			}
			length := min(g.between(4, 40), n-to)
			from := to - g.between(window-270, window+2)
			if from >= 0 {
				copy(b[to:to+length], b[from:from+length])
			}
		}
	}
	return b
}

// The sizes of the writes.
func (g *generator) segments(input []byte) []int {
	n := len(input)
	switch g.below(10) {
	case 0, 1, 2:
		return []int{n}
	case 3:
		return g.pieces(n, 1+n/3)
	case 4:
		return g.pieces(n, 5000)
	case 5, 6, 7:
		return g.cutsWhereItShows(n)
	case 8:
		if n > 4000 {
			return g.likeTar(n)
		}
		return g.pieces(n, 1)
	default:
		return g.likeTar(n)
	}
}

func (g *generator) pieces(n, longest int) []int {
	sizes := []int{}
	for n > 0 {
		size := min(n, g.between(1, longest))
		sizes = append(sizes, size)
		n -= size
	}
	return sizes
}

// Cuts where the buffer is so full that the window moves early.
func (g *generator) cutsWhereItShows(n int) []int {
	sizes := []int{}
	done := 0
	at := g.between(shiftAt, buffer+1)
	if g.chance(60) {
		at = g.between(buffer-3, buffer+1)
	}
	for ; at < n; at += window + g.between(-4, 4) {
		sizes = append(sizes, at-done)
		done = at
	}
	return append(sizes, n-done)
}

// Headers, bodies and padding as a tar writer has them.
func (g *generator) likeTar(n int) []int {
	sizes := []int{}
	for n > 0 {
		body := g.below(70000)
		for _, size := range []int{512, body, -body & 511} {
			size = min(size, n)
			sizes = append(sizes, size)
			n -= size
		}
	}
	return sizes
}
