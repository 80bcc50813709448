package happybase

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oneport-thrift/oneport/thrift/gen-go/hbase"
)

// A table is not safe for concurrent use: the store's lock guards it.
type table struct {
	families map[string]*hbase.Family // by names without a colon
	disabled bool
	rows     map[string]row
}

// A row has the versions of each column, the newest first.
type row map[string][]*hbase.Cell

// latest is the timestamp that no cell's is above.
const latest = 1<<63 - 1

// family returns the family of a column.
func (t *table) family(column []byte) (*hbase.Family, error) {
	name, _, _ := strings.Cut(string(column), ":")
	f, ok := t.families[name]
	if !ok {
		return nil, fmt.Errorf("no family %q", name)
	}
	return f, nil
}

// selects reports whether wanted, which may be a family, means the column.
func selects(wanted []byte, column string) bool {
	family, qualifier, _ := strings.Cut(string(wanted), ":")
	if qualifier == "" {
		return strings.HasPrefix(column, family+":")
	}
	return string(wanted) == column
}

// put writes a version of a column, in place of one with the same timestamp.
func (t *table) put(key, column, value []byte, timestamp int64) error {
	f, err := t.family(column)
	if err != nil {
		return err
	}
	r := t.rows[string(key)]
	if r == nil {
		r = row{}
		t.rows[string(key)] = r
	}
	cells := r[string(column)]
	at, found := slices.BinarySearchFunc(cells, timestamp, func(c *hbase.Cell, ts int64) int { return cmp.Compare(ts, c.Timestamp) })
	cell := &hbase.Cell{Value: bytes.Clone(value), Timestamp: timestamp}
	if found {
		cells[at] = cell
	} else {
		cells = slices.Insert(cells, at, cell)
	}
	r[string(column)] = cells[:min(len(cells), int(max(f.MaxVersions, 1)))]
	return nil
}

// remove deletes the versions up to the timestamp of a column, or of a family.
func (t *table) remove(key, wanted []byte, timestamp int64) error {
	if _, err := t.family(wanted); err != nil {
		return err
	}
	r := t.rows[string(key)]
	for column, cells := range r {
		if !selects(wanted, column) {
			continue
		}
		r[column] = slices.DeleteFunc(cells, func(c *hbase.Cell) bool { return c.Timestamp <= timestamp })
		if len(r[column]) == 0 {
			delete(r, column)
		}
	}
	if len(r) == 0 {
		delete(t.rows, string(key))
	}
	return nil
}

// versions returns up to n versions of a column that are older than before.
func (t *table) versions(key, column []byte, n int, before int64) []*hbase.Cell {
	cells := t.rows[string(key)][string(column)]
	cells = slices.DeleteFunc(slices.Clone(cells), func(c *hbase.Cell) bool { return c.Timestamp >= before })
	return cells[:min(len(cells), n)]
}

// get returns the newest cells of a row that are older than before, of all
// columns or those that are wanted. It returns nil if there are none.
func (t *table) get(key []byte, wanted [][]byte, before int64, sorted bool) *hbase.Row {
	found := map[string]*hbase.Cell{}
	for column := range t.rows[string(key)] {
		if len(wanted) > 0 && !slices.ContainsFunc(wanted, func(w []byte) bool { return selects(w, column) }) {
			continue
		}
		if cells := t.versions(key, []byte(column), 1, before); len(cells) > 0 {
			found[column] = cells[0]
		}
	}
	if len(found) == 0 {
		return nil
	}
	out := &hbase.Row{Row: key}
	if !sorted {
		out.Columns = found
		return out
	}
	for _, column := range slices.Sorted(maps.Keys(found)) {
		out.SortedColumns = append(out.SortedColumns, &hbase.Column{Name: []byte(column), Cell: found[column]})
	}
	return out
}
