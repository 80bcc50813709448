package happybase

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/oneport-thrift/oneport/thrift/gen-go/hbase"
)

// MutateRows writes as of now.
func (s *Store) MutateRows(_ context.Context, name []byte, rows []*hbase.RowMutations, _ attributes) error {
	return s.mutate(name, rows, now(), latest)
}

// MutateRowsTs writes, and deletes what is not newer.
func (s *Store) MutateRowsTs(_ context.Context, name []byte, rows []*hbase.RowMutations, timestamp int64, _ attributes) error {
	return s.mutate(name, rows, timestamp, timestamp)
}

func (s *Store) mutate(name []byte, rows []*hbase.RowMutations, written, deleted int64) error {
	return s.data(name, func(t *table) error {
		for _, r := range rows {
			for _, m := range r.Mutations {
				var err error
				if m.IsDelete {
					err = t.remove(r.Row, m.Column, deleted)
				} else {
					err = t.put(r.Row, m.Column, m.Value, written)
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// AtomicIncrement adds to a counter, which begins at 0.
func (s *Store) AtomicIncrement(_ context.Context, name, key, column []byte, value int64) (sum int64, err error) {
	err = s.data(name, func(t *table) error {
		for _, c := range t.versions(key, column, 1, latest) {
			if len(c.Value) != 8 {
				return fmt.Errorf("column %q holds %d bytes, and a counter has 8", column, len(c.Value))
			}
			sum = int64(binary.BigEndian.Uint64(c.Value))
		}
		sum += value
		return t.put(key, column, binary.BigEndian.AppendUint64(nil, uint64(sum)), now())
	})
	return sum, err
}
