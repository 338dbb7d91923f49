// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const frameSize = 16 * 1024

// connection is one of HTTP/2 (RFC 9113), with just as much of it as a test needs.
type connection struct {
	net      net.Conn
	registry *registry
	fault    fault

	reading *hpack.Decoder

	writing sync.Mutex // guards what follows
	framer  *http2.Framer
	encoded bytes.Buffer
	encoder *hpack.Encoder

	mutex   sync.Mutex // guards what follows
	room    *sync.Cond
	streams map[uint32]*stream
	window  int64 // bytes that the peer takes on all streams
	initial int64 // and on a new one
}

type stream struct {
	id      uint32
	request request
	window  int64
}

func newConnection(over net.Conn, registry *registry, fault fault) *connection {
	c := &connection{net: over, registry: registry, fault: fault, streams: map[uint32]*stream{}}
	c.window, c.initial = 65535, 65535
	c.room = sync.NewCond(&c.mutex)
	c.framer = http2.NewFramer(over, over)
	c.framer.AllowIllegalWrites = true
	c.encoder = hpack.NewEncoder(&c.encoded)
	c.reading = hpack.NewDecoder(4096, nil)
	return c
}

func (c *connection) serve() {
	defer c.close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c.net, preface); err != nil {
		return
	}
	c.frame(func(f *http2.Framer) { f.WriteSettings(c.fault.settings...) })
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			c.settings(frame)
		case *http2.PingFrame:
			if !frame.IsAck() {
				c.frame(func(f *http2.Framer) { f.WritePing(true, frame.Data) })
			}
		case *http2.WindowUpdateFrame:
			c.makeRoom(frame.StreamID, int64(frame.Increment))
		case *http2.RSTStreamFrame:
			c.forget(frame.StreamID)
		case *http2.HeadersFrame:
			c.begin(frame)
		case *http2.DataFrame:
			c.data(frame)
		}
	}
}

// close ends the connection, and all who wait for room on it.
func (c *connection) close() {
	c.net.Close()
	c.mutex.Lock()
	clear(c.streams)
	c.mutex.Unlock()
	c.room.Broadcast()
}

func (c *connection) forget(id uint32) {
	c.mutex.Lock()
	delete(c.streams, id)
	c.mutex.Unlock()
	c.room.Broadcast()
}

func (c *connection) settings(frame *http2.SettingsFrame) {
	if frame.IsAck() {
		return
	}
	if value, told := frame.Value(http2.SettingInitialWindowSize); told {
		c.mutex.Lock()
		c.initial = int64(value)
		c.mutex.Unlock()
	}
	c.frame(func(f *http2.Framer) { f.WriteSettingsAck() })
}

func (c *connection) makeRoom(id uint32, more int64) {
	c.mutex.Lock()
	if stream := c.streams[id]; id != 0 && stream != nil {
		stream.window += more
	} else if id == 0 {
		c.window += more
	}
	c.mutex.Unlock()
	c.room.Broadcast()
}

func (c *connection) begin(frame *http2.HeadersFrame) {
	fields, err := c.reading.DecodeFull(frame.HeaderBlockFragment())
	if err != nil {
		c.close()
		return
	}
	s := &stream{id: frame.StreamID}
	for _, field := range fields {
		switch field.Name {
		case ":method":
			s.request.method = field.Value
		case ":path":
			s.request.path = field.Value
		case "range":
			s.request.span = field.Value
		}
	}
	c.mutex.Lock()
	s.window = c.initial
	c.streams[s.id] = s
	c.mutex.Unlock()
	c.registry.mutex.Lock()
	c.registry.streams++
	c.registry.mutex.Unlock()
	if c.fault.begun != nil && c.fault.begun(c, s) {
		c.forget(s.id)
	} else if frame.StreamEnded() {
		go c.answer(s)
	}
}

func (c *connection) data(frame *http2.DataFrame) {
	size := uint32(len(frame.Data()))
	c.mutex.Lock()
	s := c.streams[frame.StreamID]
	c.mutex.Unlock()
	if size != 0 {
		c.frame(func(f *http2.Framer) { f.WriteWindowUpdate(0, size) })
	}
	if s == nil {
		return
	}
	s.request.body = append(s.request.body, frame.Data()...)
	if c.fault.coming != nil && c.fault.coming(c, s) {
		c.forget(s.id)
	} else if frame.StreamEnded() {
		go c.answer(s)
	} else if size != 0 {
		c.frame(func(f *http2.Framer) { f.WriteWindowUpdate(s.id, size) })
	}
}

func (c *connection) answer(s *stream) {
	if c.fault.instead != nil && c.fault.instead(c, s) {
		return
	}
	c.send(s, c.registry.answer(s.request))
	if c.fault.after != nil {
		c.fault.after(c, s)
	}
}

func (c *connection) send(s *stream, answer answer) {
	c.headers(s, answer.status, answer.headers, len(answer.body) == 0)
	if len(answer.body) != 0 {
		c.body(s, answer.body, true)
	}
}

func (c *connection) headers(s *stream, status int, headers []header, end bool) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.encoded.Reset()
	if status != 0 { // trailers have none
		c.encoder.WriteField(hpack.HeaderField{Name: ":status", Value: strconv.Itoa(status)})
	}
	for _, header := range headers {
		c.encoder.WriteField(hpack.HeaderField{Name: header.name, Value: header.value})
	}
	block := c.encoded.Bytes()
	if !c.fault.torn || len(block) < 3 {
		c.framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: s.id, BlockFragment: block, EndStream: end, EndHeaders: true, PadLength: c.fault.padding})
		return
	}
	c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: block[:1], EndStream: end})
	c.framer.WriteContinuation(s.id, false, block[1:2])
	c.framer.WriteContinuation(s.id, true, block[2:])
}

// body sends as much at a time as the peer takes.
func (c *connection) body(s *stream, rest []byte, end bool) {
	for len(rest) != 0 {
		padding := 0
		if c.fault.padding != 0 {
			padding = int(c.fault.padding) + 1 // its length is told in a byte
		}
		size := min(len(rest), frameSize-padding)
		needed := int64(size + padding)
		c.mutex.Lock()
		for c.streams[s.id] == s && min(s.window, c.window) < needed {
			c.room.Wait()
		}
		gone := c.streams[s.id] != s
		s.window -= needed
		c.window -= needed
		c.mutex.Unlock()
		if gone {
			return
		}
		last := end && size == len(rest)
		c.frame(func(f *http2.Framer) {
			if c.fault.padding == 0 {
				f.WriteData(s.id, last, rest[:size])
			} else {
				f.WriteDataPadded(s.id, last, rest[:size], make([]byte, c.fault.padding))
			}
		})
		rest = rest[size:]
	}
}

func (c *connection) reset(s *stream, code http2.ErrCode) {
	c.frame(func(f *http2.Framer) { f.WriteRSTStream(s.id, code) })
}

// goAway says that no stream after `last` has been looked at (RFC 9113, 6.8).
func (c *connection) goAway(last uint32, code http2.ErrCode) {
	c.frame(func(f *http2.Framer) { f.WriteGoAway(last, code, nil) })
}

func (c *connection) frame(write func(*http2.Framer)) {
	c.writing.Lock()
	defer c.writing.Unlock()
	write(c.framer)
}
