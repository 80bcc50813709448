package happybase

import (
	"fmt"
	"sync"
	"time"

	"github.com/oneport-thrift/oneport/thrift/gen-go/hbase"
)

// Store is an HBase in memory: it implements hbase.Hbase. The zero Store is
// empty.
type Store struct {
	mu       sync.Mutex
	tables   map[string]*table
	scanners map[int32]*scanner
	opened   int32 // numbers the scanners
}

var _ hbase.Hbase = (*Store)(nil)

// with calls f with a table, under the lock. An error becomes an IOError.
func (s *Store) with(name []byte, f func(t *table) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tables[string(name)]
	if !ok {
		return &hbase.IOError{Message: fmt.Sprintf("no table %q", name)}
	}
	if err := f(t); err != nil {
		return &hbase.IOError{Message: err.Error()}
	}
	return nil
}

// data is with for calls that need the table to be enabled.
func (s *Store) data(name []byte, f func(t *table) error) error {
	return s.with(name, func(t *table) error {
		if t.disabled {
			return fmt.Errorf("table %q is disabled", name)
		}
		return f(t)
	})
}

// now is the timestamp of a cell that comes without one.
func now() int64 { return time.Now().UnixMilli() }
