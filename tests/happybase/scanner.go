package happybase

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/oneport-thrift/oneport/thrift/gen-go/hbase"
)

// scanner is what is left of a scan: the rows as they were when it was opened.
type scanner struct{ rows []*hbase.Row }

// maxScanners bounds the scanners that clients leave open.
const maxScanners = 1000

// scan returns the rows that a scan goes over, in its order.
func (t *table) scan(q *hbase.Scan) ([]*hbase.Row, error) {
	if len(q.FilterString) > 0 {
		return nil, errors.New("filters are not served")
	}
	before := int64(latest)
	if q.Timestamp != nil {
		before = *q.Timestamp
	}
	keys := slices.Sorted(maps.Keys(t.rows))
	start, stop := string(q.StartRow), string(q.StopRow)
	outside := func(key string) bool { return key < start || stop != "" && key >= stop }
	if q.GetReversed() {
		slices.Reverse(keys)
		outside = func(key string) bool { return start != "" && key > start || stop != "" && key <= stop }
	}
	var rows []*hbase.Row
	for _, key := range slices.DeleteFunc(keys, outside) {
		if r := t.get([]byte(key), q.Columns, before, q.GetSortColumns()); r != nil {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// ScannerOpenWithScan opens a scanner.
func (s *Store) ScannerOpenWithScan(_ context.Context, name []byte, q *hbase.Scan, _ attributes) (id int32, err error) {
	err = s.data(name, func(t *table) error {
		if len(s.scanners) >= maxScanners {
			return fmt.Errorf("%d scanners are open", maxScanners)
		}
		rows, err := t.scan(q)
		if err != nil {
			return err
		}
		if s.scanners == nil {
			s.scanners = map[int32]*scanner{}
		}
		s.opened++
		id = s.opened
		s.scanners[id] = &scanner{rows}
		return nil
	})
	return id, err
}

// ScannerOpen opens a scanner from a row on.
func (s *Store) ScannerOpen(ctx context.Context, name, start []byte, columns [][]byte, a attributes) (int32, error) {
	return s.ScannerOpenWithScan(ctx, name, &hbase.Scan{StartRow: start, Columns: columns}, a)
}

// ScannerOpenTs opens a scanner for cells that are older.
func (s *Store) ScannerOpenTs(ctx context.Context, name, start []byte, columns [][]byte, before int64, a attributes) (int32, error) {
	return s.ScannerOpenWithScan(ctx, name, &hbase.Scan{StartRow: start, Columns: columns, Timestamp: &before}, a)
}

// ScannerOpenWithStop opens a scanner up to a row.
func (s *Store) ScannerOpenWithStop(ctx context.Context, name, start, stop []byte, columns [][]byte, a attributes) (int32, error) {
	return s.ScannerOpenWithScan(ctx, name, &hbase.Scan{StartRow: start, StopRow: stop, Columns: columns}, a)
}

// ScannerOpenWithStopTs opens a scanner up to a row for cells that are older.
func (s *Store) ScannerOpenWithStopTs(ctx context.Context, name, start, stop []byte, columns [][]byte, before int64, a attributes) (int32, error) {
	return s.ScannerOpenWithScan(ctx, name, &hbase.Scan{StartRow: start, StopRow: stop, Columns: columns, Timestamp: &before}, a)
}

// ScannerGetList returns the next rows.
func (s *Store) ScannerGetList(_ context.Context, id, n int32) ([]*hbase.Row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sc := s.scanners[id]
	if sc == nil {
		return nil, &hbase.IllegalArgument{Message: fmt.Sprintf("no scanner %d", id)}
	}
	next := sc.rows[:min(len(sc.rows), max(int(n), 0))]
	sc.rows = sc.rows[len(next):]
	if next == nil {
		next = []*hbase.Row{}
	}
	return next, nil
}

// ScannerClose closes a scanner.
func (s *Store) ScannerClose(_ context.Context, id int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scanners[id] == nil {
		return &hbase.IllegalArgument{Message: fmt.Sprintf("no scanner %d", id)}
	}
	delete(s.scanners, id)
	return nil
}
