package protocol_test

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

// user is a struct with Write and Read as the Thrift compiler makes them.
type user struct {
	ID     int64
	Name   string
	Active bool
	Score  float64
	Tags   []string
	Counts map[string]int32
}

func (u *user) Write(ctx context.Context, p thrift.TProtocol) error {
	err := first(
		p.WriteStructBegin(ctx, "User"),
		p.WriteFieldBegin(ctx, "id", thrift.I64, 1), p.WriteI64(ctx, u.ID), p.WriteFieldEnd(ctx),
		p.WriteFieldBegin(ctx, "name", thrift.STRING, 2), p.WriteString(ctx, u.Name), p.WriteFieldEnd(ctx),
		p.WriteFieldBegin(ctx, "active", thrift.BOOL, 3), p.WriteBool(ctx, u.Active), p.WriteFieldEnd(ctx),
		p.WriteFieldBegin(ctx, "score", thrift.DOUBLE, 4), p.WriteDouble(ctx, u.Score), p.WriteFieldEnd(ctx),
		p.WriteFieldBegin(ctx, "tags", thrift.LIST, 5), p.WriteListBegin(ctx, thrift.STRING, len(u.Tags)),
	)
	for _, tag := range u.Tags {
		err = first(err, p.WriteString(ctx, tag))
	}
	err = first(err, p.WriteListEnd(ctx), p.WriteFieldEnd(ctx),
		p.WriteFieldBegin(ctx, "counts", thrift.MAP, 6), p.WriteMapBegin(ctx, thrift.STRING, thrift.I32, len(u.Counts)))
	for k, n := range u.Counts {
		err = first(err, p.WriteString(ctx, k), p.WriteI32(ctx, n))
	}
	return first(err, p.WriteMapEnd(ctx), p.WriteFieldEnd(ctx), p.WriteFieldStop(ctx), p.WriteStructEnd(ctx))
}

func (u *user) Read(ctx context.Context, p thrift.TProtocol) error {
	if _, err := p.ReadStructBegin(ctx); err != nil {
		return err
	}
	for {
		_, t, id, err := p.ReadFieldBegin(ctx)
		if err != nil {
			return err
		}
		if t == thrift.STOP {
			return p.ReadStructEnd(ctx)
		}
		if err := u.readField(ctx, p, t, id); err != nil {
			return err
		}
		if err := p.ReadFieldEnd(ctx); err != nil {
			return err
		}
	}
}

func (u *user) readField(ctx context.Context, p thrift.TProtocol, t thrift.TType, id int16) (err error) {
	switch id {
	case 1:
		u.ID, err = p.ReadI64(ctx)
	case 2:
		u.Name, err = p.ReadString(ctx)
	case 3:
		u.Active, err = p.ReadBool(ctx)
	case 4:
		u.Score, err = p.ReadDouble(ctx)
	case 5:
		u.Tags, err = readTags(ctx, p)
	case 6:
		u.Counts, err = readCounts(ctx, p)
	default:
		err = p.Skip(ctx, t)
	}
	return err
}

func readTags(ctx context.Context, p thrift.TProtocol) ([]string, error) {
	_, size, err := p.ReadListBegin(ctx)
	if err != nil {
		return nil, err
	}
	tags := make([]string, 0, size)
	for range size {
		tag, err := p.ReadString(ctx)
		if err != nil {
			return nil, err
		}
		tags = append(tags, tag)
	}
	return tags, p.ReadListEnd(ctx)
}

func readCounts(ctx context.Context, p thrift.TProtocol) (map[string]int32, error) {
	_, _, size, err := p.ReadMapBegin(ctx)
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int32, size)
	for range size {
		k, kerr := p.ReadString(ctx)
		n, nerr := p.ReadI32(ctx)
		if err := first(kerr, nerr); err != nil {
			return nil, err
		}
		counts[k] = n
	}
	return counts, p.ReadMapEnd(ctx)
}

// numbers is a struct of many small fields, where the protocol itself is the cost.
type numbers [24]int32

func (s *numbers) Write(ctx context.Context, p thrift.TProtocol) error {
	if err := p.WriteStructBegin(ctx, "Numbers"); err != nil {
		return err
	}
	for i, n := range s {
		if err := p.WriteFieldBegin(ctx, "n", thrift.I32, int16(i+1)); err != nil {
			return err
		}
		if err := p.WriteI32(ctx, n); err != nil {
			return err
		}
		if err := p.WriteFieldEnd(ctx); err != nil {
			return err
		}
	}
	return first(p.WriteFieldStop(ctx), p.WriteStructEnd(ctx))
}

func (s *numbers) Read(ctx context.Context, p thrift.TProtocol) error {
	if _, err := p.ReadStructBegin(ctx); err != nil {
		return err
	}
	for {
		_, t, id, err := p.ReadFieldBegin(ctx)
		if err != nil {
			return err
		}
		if t == thrift.STOP {
			return p.ReadStructEnd(ctx)
		}
		if s[id-1], err = p.ReadI32(ctx); err != nil {
			return err
		}
		if err := p.ReadFieldEnd(ctx); err != nil {
			return err
		}
	}
}

// text is a struct of one string.
type text struct{ S string }

func (s *text) Write(ctx context.Context, p thrift.TProtocol) error {
	return first(p.WriteStructBegin(ctx, "Text"), p.WriteFieldBegin(ctx, "s", thrift.STRING, 1),
		p.WriteString(ctx, s.S), p.WriteFieldEnd(ctx), p.WriteFieldStop(ctx), p.WriteStructEnd(ctx))
}

func (s *text) Read(ctx context.Context, p thrift.TProtocol) error {
	_, err1 := p.ReadStructBegin(ctx)
	_, _, _, err2 := p.ReadFieldBegin(ctx)
	v, err3 := p.ReadString(ctx)
	_, _, _, err4 := p.ReadFieldBegin(ctx)
	s.S = v
	return first(err1, err2, err3, err4, p.ReadFieldEnd(ctx), p.ReadStructEnd(ctx))
}

var samples = []struct {
	name  string
	value thrift.TStruct
}{
	{"user", &user{ID: 1 << 40, Name: "Ada Lovelace", Active: true, Score: 0.5,
		Tags: []string{"engine", "notes", "numbers"}, Counts: map[string]int32{"a": 1, "b": 2}}},
	{"numbers", &numbers{0: 1, 7: -1, 23: 1 << 30}},
	{"16KiB", &text{S: strings.Repeat("x", 16<<10)}},
}

// BenchmarkWrite writes a struct with our codec and the runtime's protocol, each into memory that is
// used again.
func BenchmarkWrite(b *testing.B) {
	for _, f := range formats {
		for _, s := range samples {
			b.Run(f.name+"/"+s.name+"/ours", func(b *testing.B) {
				b.ReportAllocs()
				p, out := f.codec(0), make([]byte, 0, 32<<10)
				for b.Loop() {
					p.Reset(nil, out)
					if err := s.value.Write(b.Context(), p); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(f.name+"/"+s.name+"/apache", func(b *testing.B) {
				b.ReportAllocs()
				mem := thrift.NewTMemoryBufferLen(32 << 10)
				p := f.apache(mem)
				for b.Loop() {
					mem.Reset()
					if err := s.value.Write(b.Context(), p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRead reads the structs that BenchmarkWrite writes.
func BenchmarkRead(b *testing.B) { benchmarkInput(b, thrift.TStruct.Read) }

// BenchmarkSkip skips them.
func BenchmarkSkip(b *testing.B) {
	benchmarkInput(b, func(_ thrift.TStruct, ctx context.Context, p thrift.TProtocol) error {
		return p.Skip(ctx, thrift.STRUCT)
	})
}

func benchmarkInput(b *testing.B, read func(thrift.TStruct, context.Context, thrift.TProtocol) error) {
	for _, f := range formats {
		for _, s := range samples {
			p := f.codec(0)
			p.Reset(nil, nil)
			if err := s.value.Write(b.Context(), p); err != nil {
				b.Fatal(err)
			}
			in := p.Out()
			b.Run(f.name+"/"+s.name+"/ours", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					p.Reset(in, nil)
					if err := read(s.value, b.Context(), p); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(f.name+"/"+s.name+"/apache", func(b *testing.B) {
				b.ReportAllocs()
				mem := thrift.NewTMemoryBufferLen(len(in))
				p := f.apache(mem)
				for b.Loop() {
					mem.Reset()
					mem.Write(in)
					if err := read(s.value, b.Context(), p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
