package happybase

import (
	"context"

	"github.com/oneport-thrift/oneport/thrift/gen-go/hbase"
)

// attributes come with most calls, and mean nothing here.
type attributes = map[string][]byte

// GetVer returns up to n versions.
func (s *Store) GetVer(ctx context.Context, name, key, column []byte, n int32, a attributes) ([]*hbase.Cell, error) {
	return s.GetVerTs(ctx, name, key, column, latest, n, a)
}

// GetVerTs returns up to n versions that are older.
func (s *Store) GetVerTs(_ context.Context, name, key, column []byte, before int64, n int32, _ attributes) (cells []*hbase.Cell, err error) {
	err = s.data(name, func(t *table) error {
		if _, err := t.family(column); err != nil {
			return err
		}
		cells = t.versions(key, column, int(n), before)
		return nil
	})
	return cells, err
}

// GetRowWithColumns returns one row or none.
func (s *Store) GetRowWithColumns(ctx context.Context, name, key []byte, columns [][]byte, a attributes) ([]*hbase.Row, error) {
	return s.GetRowsWithColumnsTs(ctx, name, [][]byte{key}, columns, latest, a)
}

// GetRowWithColumnsTs returns one row or none, of cells that are older.
func (s *Store) GetRowWithColumnsTs(ctx context.Context, name, key []byte, columns [][]byte, before int64, a attributes) ([]*hbase.Row, error) {
	return s.GetRowsWithColumnsTs(ctx, name, [][]byte{key}, columns, before, a)
}

// GetRowsWithColumns returns the rows that are there.
func (s *Store) GetRowsWithColumns(ctx context.Context, name []byte, keys, columns [][]byte, a attributes) ([]*hbase.Row, error) {
	return s.GetRowsWithColumnsTs(ctx, name, keys, columns, latest, a)
}

// GetRowsWithColumnsTs returns the rows that are there, of cells that are older.
func (s *Store) GetRowsWithColumnsTs(_ context.Context, name []byte, keys, columns [][]byte, before int64, _ attributes) (rows []*hbase.Row, err error) {
	rows = []*hbase.Row{}
	err = s.data(name, func(t *table) error {
		for _, c := range columns {
			if _, err := t.family(c); err != nil {
				return err
			}
		}
		for _, key := range keys {
			if r := t.get(key, columns, before, false); r != nil {
				rows = append(rows, r)
			}
		}
		return nil
	})
	return rows, err
}
