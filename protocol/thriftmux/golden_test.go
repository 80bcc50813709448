package thriftmux

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestVectorsFrames(t *testing.T) {
	for _, v := range muxVectors(t) {
		b := unhex(t, v.Hex)
		f, n, err := ParseFrame(append(bytes.Clone(b), "next"...), v.Decoded.Length)
		if err != nil || n != len(b) {
			t.Errorf("%s: size %d, %v", v.Name, n, err)
			continue
		}
		if f.Type.String() != v.Decoded.TypeName || f.Tag != v.Decoded.Tag || f.More != v.Decoded.FragmentBit {
			t.Errorf("%s: %+v", v.Name, f)
		}
		if want := v.Name == "tdiscarded-new-type"; f.Newer != want {
			t.Errorf("%s: Newer is %v", v.Name, f.Newer)
		}
		if got := AppendFrame([]byte("before"), f); string(got) != "before"+string(b) {
			t.Errorf("%s: written as %x", v.Name, got)
		}
	}
}

// TestVectorsMessages reads each body, compares it with what the vector says,
// and wants what is written from that to be the vector again.
func TestVectorsMessages(t *testing.T) {
	for _, v := range muxVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			b := unhex(t, v.Hex)
			f, _, err := ParseFrame(b, 0)
			if err != nil {
				t.Fatal(err)
			}
			if v.Decoded.Fragment != nil {
				if hex.EncodeToString(f.Body) != *v.Decoded.Fragment {
					t.Errorf("fragment %x", f.Body)
				}
				return
			}
			again, err := checkMessage(t, f, v.Decoded)
			if err != nil {
				t.Fatal(err)
			}
			if f.Newer {
				again[4] = byte(f.Type.newer())
			}
			if !bytes.Equal(again, b) {
				t.Errorf("written as %x, want %x", again, b)
			}
		})
	}
}

// checkMessage compares and gives the whole frame made from want alone.
func checkMessage(t *testing.T, f Frame, want decoded) ([]byte, error) {
	dst, mark := BeginFrame(nil, f.Type, want.Tag)
	switch f.Type {
	case Tinit, Rinit:
		i, err := ParseInit(f.Body, Limits{})
		if i.Version != want.Version {
			t.Errorf("version %d", i.Version)
		}
		samePairs(t, i.All, want.Headers)
		dst = AppendInit(dst, buildInit(t, want))
		EndFrame(dst, mark)
		return dst, err
	case Tdispatch:
		q, err := ParseTdispatch(f.Body, Limits{})
		samePairs(t, q.Contexts.All, want.Contexts)
		samePairs(t, q.Dtab.All, dtabOf(want))
		if string(q.Dst) != want.Dst || hex.EncodeToString(q.Payload) != want.Payload {
			t.Errorf("%+v", q)
		}
		dst = AppendTdispatch(dst, Request{
			Contexts: build(t, want.Contexts), Dst: []byte(want.Dst), Dtab: build(t, dtabOf(want)), Payload: unhex(t, want.Payload),
		})
		EndFrame(dst, mark)
		return dst, err
	case Rdispatch:
		s, err := ParseRdispatch(f.Body, Limits{})
		samePairs(t, s.Contexts.All, want.Contexts)
		sameResponse(t, s, want)
		dst = AppendRdispatch(dst, Response{Status: want.Status, Contexts: build(t, want.Contexts), Payload: payloadOf(t, want)})
		EndFrame(dst, mark)
		return dst, err
	case Rreq:
		s, err := ParseRreq(f.Body)
		sameResponse(t, s, want)
		dst = AppendRreq(dst, Response{Status: want.Status, Payload: payloadOf(t, want)})
		EndFrame(dst, mark)
		return dst, err
	}
	return checkSmall(t, f, want)
}

func checkSmall(t *testing.T, f Frame, want decoded) ([]byte, error) {
	switch f.Type {
	case Treq:
		q, err := ParseTreq(f.Body)
		trace, ok := q.Trace()
		if !ok || hex.EncodeToString(trace.Append(nil)[:24]) != want.Keys[0].Value || trace.Flags != 0 {
			t.Errorf("trace %+v, %v", trace, ok)
		}
		made := OldRequest{Payload: unhex(t, want.Payload)}
		made.SetTrace(trace)
		dst, mark := BeginFrame(nil, Treq, want.Tag)
		dst = AppendTreq(dst, made)
		EndFrame(dst, mark)
		return dst, err
	case Rerr:
		if string(f.Body) != want.Why || IsCheckTinit(f) != (want.Why == "tinit check") {
			t.Errorf("why %q", f.Body)
		}
		return AppendRerr(nil, want.Tag, want.Why), nil
	case Tdiscarded:
		d, err := ParseTdiscarded(f.Body)
		if d.Tag != want.DiscardTag || string(d.Why) != want.Why {
			t.Errorf("%+v", d)
		}
		return AppendTdiscarded(nil, want.DiscardTag, want.Why), err
	case Tlease:
		d, err := ParseTlease(f.Body)
		if d != time.Duration(want.HowMuch)*time.Millisecond {
			t.Errorf("lease %v", d)
		}
		return AppendTlease(nil, time.Duration(want.HowMuch)*time.Millisecond), err
	}
	if len(f.Body) != 0 {
		t.Errorf("a body: %x", f.Body)
	}
	return AppendEmpty(nil, f.Type, want.Tag), nil
}

func samePairs(t *testing.T, all func(func(k, v []byte) bool), want []keyValue) {
	t.Helper()
	i := 0
	for k, v := range all {
		if i >= len(want) || string(k) != want[i].Key || hex.EncodeToString(v) != want[i].Value {
			t.Fatalf("pair %d: %q = %x", i, k, v)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d pairs, want %d", i, len(want))
	}
}

func build(t *testing.T, want []keyValue) (p Pairs) {
	t.Helper()
	for _, kv := range want {
		if err := AddPair(&p, kv.Key, unhex(t, kv.Value)); err != nil {
			t.Fatal(err)
		}
	}
	if p.Len() != len(want) {
		t.Errorf("Len %d, want %d", p.Len(), len(want))
	}
	return p
}

func buildInit(t *testing.T, want decoded) Init {
	t.Helper()
	i := Init{Version: want.Version}
	for _, kv := range want.Headers {
		if kv.Key == InitFrameLimit {
			n, err := strconv.Atoi(string(kv.Decoded))
			if err != nil {
				t.Fatal(err)
			}
			i.AddFrameLimit(n)
			continue
		}
		i.Add(kv.Key, string(unhex(t, kv.Value)))
	}
	return i
}

func dtabOf(want decoded) (kvs []keyValue) {
	for _, e := range want.Dtab {
		kvs = append(kvs, keyValue{Key: e[0], Value: hex.EncodeToString([]byte(e[1]))})
	}
	return kvs
}

func payloadOf(t *testing.T, want decoded) []byte {
	if want.Status != StatusOK {
		return []byte(want.Message)
	}
	return unhex(t, want.Payload)
}

func sameResponse(t *testing.T, s Response, want decoded) {
	t.Helper()
	if s.Status != want.Status || !bytes.Equal(s.Payload, payloadOf(t, want)) {
		t.Errorf("status %d, payload %x", s.Status, s.Payload)
	}
}

// TestVectorsPlainThrift holds the frames of plain Thrift on the same port against
// the wire package: none of them may be cut otherwise than a client meant it.
func TestVectorsPlainThrift(t *testing.T) {
	types := map[string]wire.Type{"CALL": wire.Call, "REPLY": wire.Reply, "EXCEPTION": wire.Exception}
	n := 0
	for _, v := range readVectors(t) {
		if v.Protocol != "framed-thrift" {
			continue
		}
		n++
		b, want := unhex(t, v.Hex), v.Decoded
		size, err := wire.FrameSize(b, 0)
		if err != nil || size != len(b) || size != want.Length+4 {
			t.Errorf("%s: frame of %d, %v", v.Name, size, err)
			continue
		}
		prefix := unhex(t, want.TTwitter)
		if !bytes.HasPrefix(b[4:], prefix) {
			t.Errorf("%s: no header struct", v.Name)
			continue
		}
		message := b[4+len(prefix):]
		h, err := wire.ParseHeader(wire.Binary, message, 0)
		if err != nil || string(h.Name) != want.Name || h.SeqID != want.SeqID || h.Type != types[want.Type.(string)] {
			t.Errorf("%s: %+v, %v", v.Name, h, err)
		}
		made, mark := wire.BeginFrame(nil)
		made = wire.AppendHeader(append(made, prefix...), wire.Binary, h.Type, want.Name, want.SeqID)
		made = append(made, unhex(t, want.Args)...)
		wire.EndFrame(made, mark)
		if !bytes.Equal(made, b) {
			t.Errorf("%s: written as %x", v.Name, made)
		}
	}
	if n+len(muxVectors(t)) != 63 {
		t.Errorf("%d plain vectors and %d of Mux, want 63 in all", n, len(muxVectors(t)))
	}
}
