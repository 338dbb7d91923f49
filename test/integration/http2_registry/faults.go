// SPDX-License-Identifier: Apache-2.0
package main

import (
	"strings"

	"golang.org/x/net/http2"
)

// fault is what is done wrong, or only seldom done. Of the functions true means that there is nothing more to do about
// that stream.
type fault struct {
	begun    func(*connection, *stream) bool // when its headers have come
	coming   func(*connection, *stream) bool // when some of its body has come
	instead  func(*connection, *stream) bool // of an answer
	after    func(*connection, *stream)      // an answer
	settings []http2.Setting
	padding  uint8 // bytes in each frame of headers and of bodies
	torn     bool  // headers in several frames
}

var faults = map[string]fault{
	"none":            {},
	"padding":         {padding: 100},
	"torn-headers":    {torn: true},
	"one-stream":      {settings: []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 1}}},
	"small-window":    {settings: []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 1000}}},
	"no-table":        {settings: []http2.Setting{{ID: http2.SettingHeaderTableSize, Val: 0}}},
	"hints":           {instead: hints},
	"trailers":        {instead: trailers},
	"no-length":       {instead: noLength},
	"unknown-frames":  {instead: unknownFrames},
	"refused":         {instead: once(reset(http2.ErrCodeRefusedStream))},
	"internal-error":  {instead: once(reset(http2.ErrCodeInternal))},
	"internal-always": {instead: reset(http2.ErrCodeInternal)},
	"cancel":          {instead: once(reset(http2.ErrCodeCancel))},
	"calm-down":       {instead: once(reset(http2.ErrCodeEnhanceYourCalm))},
	"no-error":        {instead: once(reset(http2.ErrCodeNo))},
	"http-1.1":        {instead: reset(http2.ErrCodeHTTP11Required)},
	"bad-compression": {instead: once(badCompression)},
	"close":           {instead: once(closed)},
	"go-away":         {instead: once(goAwayInstead(http2.ErrCodeNo))},
	"go-away-calm":    {instead: once(goAwayInstead(http2.ErrCodeEnhanceYourCalm))},
	"go-away-after":   {after: goAwayAfter},
	"reset-after":     {after: func(c *connection, s *stream) { c.reset(s, http2.ErrCodeNo) }},
	"half-reset":      {instead: once(half(func(c *connection, s *stream) { c.reset(s, http2.ErrCodeInternal) }))},
	"half-cancel":     {instead: once(half(func(c *connection, s *stream) { c.reset(s, http2.ErrCodeCancel) }))},
	"half-end":        {instead: once(half(endEarly))},
	"half-close":      {instead: once(half(func(c *connection, _ *stream) { c.close() }))},
	"half-go-away":    {instead: once(half(goAwayNow))},
	"upload-reset":    {begun: once(upload(reset(http2.ErrCodeInternal)))},
	"upload-refused":  {begun: once(upload(reset(http2.ErrCodeRefusedStream)))},
	"upload-go-away":  {begun: once(upload(goAwayInstead(http2.ErrCodeNo)))},
	"upload-last":     {begun: once(upload(lastOfAll))},
	"upload-503":      {begun: once(upload(busy))},
	"upload-half":     {coming: once(halfCame(reset(http2.ErrCodeInternal)))},
	"upload-close":    {coming: once(halfCame(closed))},
	"upload-201":      {coming: once(halfCame(createdEarly))},
}

type deed = func(*connection, *stream) bool

// once does it to the first request of a kind alone.
func once(does deed) deed {
	return func(c *connection, s *stream) bool {
		if !c.registry.first(s.request.method + " " + s.request.path) {
			return false
		}
		// Where it was nothing to do, it is still to come.
		if does(c, s) {
			return true
		}
		c.registry.mutex.Lock()
		delete(c.registry.happened, s.request.method+" "+s.request.path)
		c.registry.mutex.Unlock()
		return false
	}
}

func reset(code http2.ErrCode) deed {
	return func(c *connection, s *stream) bool {
		c.reset(s, code)
		return true
	}
}

func closed(c *connection, _ *stream) bool {
	c.close()
	return true
}

// goAwayInstead has not looked at the stream, and says so.
func goAwayInstead(code http2.ErrCode) deed {
	return func(c *connection, s *stream) bool {
		c.goAway(max(s.id, 2)-2, code)
		c.close()
		return true
	}
}

// goAwayAfter takes nothing more, as servers do after so many requests.
func goAwayAfter(c *connection, s *stream) {
	c.goAway(s.id, http2.ErrCodeNo)
	c.close()
}

func goAwayNow(c *connection, s *stream) {
	c.goAway(s.id, http2.ErrCodeInternal)
	c.close()
}

// lastOfAll takes this stream, and none after it.
func lastOfAll(c *connection, s *stream) bool {
	c.goAway(s.id, http2.ErrCodeNo)
	return false
}

func badCompression(c *connection, s *stream) bool {
	c.frame(func(f *http2.Framer) {
		f.WriteHeaders(http2.HeadersFrameParam{
			StreamID: s.id, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, EndStream: true, EndHeaders: true})
	})
	return true
}

func hints(c *connection, s *stream) bool {
	c.headers(s, 103, []header{{"link", "</style>; rel=preload"}}, false)
	return false
}

func trailers(c *connection, s *stream) bool {
	answer := c.registry.answer(s.request)
	if len(answer.body) == 0 {
		c.send(s, answer)
		return true
	}
	c.headers(s, answer.status, answer.headers, false)
	c.body(s, answer.body, false)
	c.headers(s, 0, []header{{"x-checked", "yes"}}, true)
	return true
}

func noLength(c *connection, s *stream) bool {
	answer := c.registry.answer(s.request)
	headers := answer.headers
	answer.headers = nil
	for _, header := range headers {
		if header.name != "content-length" || s.request.method == "HEAD" {
			answer.headers = append(answer.headers, header)
		}
	}
	c.send(s, answer)
	return true
}

func unknownFrames(c *connection, s *stream) bool {
	c.frame(func(f *http2.Framer) {
		f.WriteRawFrame(0x77, 0, s.id, []byte("hello"))
		f.WriteRawFrame(0x0a, 0, 0, []byte("hello"))
	})
	return false
}

// half sends half of an answer's body, and then does what it is told. Answers without a body are whole.
func half(then func(*connection, *stream)) deed {
	return func(c *connection, s *stream) bool {
		answer := c.registry.answer(s.request)
		if len(answer.body) < 2 {
			return false
		}
		c.headers(s, answer.status, answer.headers, false)
		c.body(s, answer.body[:len(answer.body)/2], false)
		then(c, s)
		return true
	}
}

func endEarly(c *connection, s *stream) {
	c.frame(func(f *http2.Framer) { f.WriteData(s.id, true, nil) })
}

// upload does it to what brings a blob alone.
func upload(does deed) deed {
	return func(c *connection, s *stream) bool {
		brings := s.request.method == "PUT" && strings.Contains(s.request.path, "/uploads/")
		return brings && does(c, s)
	}
}

// halfCame does it when a good part of a blob is here.
func halfCame(does deed) deed {
	return upload(func(c *connection, s *stream) bool { return len(s.request.body) >= frameSize && does(c, s) })
}

func busy(c *connection, s *stream) bool {
	c.headers(s, 503, nil, true)
	c.reset(s, http2.ErrCodeNo)
	return true
}

// createdEarly says that it has stored what has not come yet, and stores nothing.
func createdEarly(c *connection, s *stream) bool {
	c.headers(s, 201, nil, true)
	c.reset(s, http2.ErrCodeNo)
	return true
}
