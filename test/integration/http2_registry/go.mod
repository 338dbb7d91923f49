module portolan/test/http2-registry

go 1.25.0

require golang.org/x/net v0.30.0

require golang.org/x/text v0.19.0 // indirect
