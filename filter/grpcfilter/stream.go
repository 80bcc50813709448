package grpcfilter

import (
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/oneport-thrift/oneport/mux"
)

// stream is the grpc.ServerTransportStream of a call: it takes the metadata of the
// response. Thrift has headers only, so trailers are headers too.
type stream struct {
	method string

	mu              sync.Mutex
	header, trailer metadata.MD
	sent            bool // the header may not be changed any more
}

func (s *stream) Method() string { return s.method }

func (s *stream) SetHeader(md metadata.MD) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addHeader(md)
}

// SendHeader ends the setting of headers. They leave with the reply.
func (s *stream) SendHeader(md metadata.MD) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.addHeader(md)
	s.sent = true
	return err
}

func (s *stream) addHeader(md metadata.MD) error {
	if s.sent {
		return status.Error(codes.Internal, "grpcfilter: headers were sent before")
	}
	s.header = metadata.Join(s.header, md)
	return nil
}

func (s *stream) SetTrailer(md metadata.MD) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trailer = metadata.Join(s.trailer, md)
	return nil
}

// addTo returns h with what was set.
func (s *stream) addTo(h mux.Header) mux.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.header) == 0 && len(s.trailer) == 0 {
		return h
	}
	return appendMetadata(appendMetadata(h, s.header), s.trailer)
}
