package protocol_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

func TestTransportIsOneStatelessObject(t *testing.T) {
	a, b := &protocol.Binary{}, &protocol.Compact{}
	tr := a.Transport()
	if tr != b.Transport() {
		t.Error("two codecs have two transports")
	}
	if !tr.IsOpen() || tr.Open() != nil || tr.Close() != nil || !tr.IsOpen() {
		t.Error("the transport can be closed")
	}
	if err := tr.Flush(t.Context()); err != nil {
		t.Errorf("Flush: %v", err)
	}
	if n := tr.RemainingBytes(); n != thrift.UnknownRemainingBytes {
		t.Errorf("RemainingBytes = %d", n)
	}
	_, readErr := tr.Read(make([]byte, 1))
	_, writeErr := tr.Write(make([]byte, 1))
	for _, err := range []error{readErr, writeErr} {
		var te thrift.TTransportException
		if !errors.As(err, &te) {
			t.Errorf("error %v, want a TTransportException", err)
		}
	}
}

// TestTransportWhileTheCodecServesOthers is for the race detector: a stub's connectivity check asks
// on while the codec is reset and used by the next call.
func TestTransportWhileTheCodecServesOthers(t *testing.T) {
	for _, f := range formats {
		p := f.codec(0)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 100 {
					if !p.Transport().IsOpen() {
						t.Error("the transport is closed")
					}
				}
			})
		}
		for range 100 {
			p.ResetBody(protocol.Message{Name: "a"}, []byte{0}, nil)
			if err := p.Skip(t.Context(), thrift.STRUCT); err != nil {
				t.Error(err)
			}
			if err := p.WriteI32(t.Context(), 1); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
	}
}
