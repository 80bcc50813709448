package happybase

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oneport-thrift/oneport/thrift/gen-go/hbase"
)

// GetTableNames returns the names in order.
func (s *Store) GetTableNames(context.Context) ([][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := [][]byte{}
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		names = append(names, []byte(name))
	}
	return names, nil
}

// CreateTable makes a table, enabled.
func (s *Store) CreateTable(_ context.Context, name []byte, families []*hbase.Family) error {
	t := &table{families: map[string]*hbase.Family{}, rows: map[string]row{}}
	for _, f := range families {
		family := strings.TrimSuffix(string(f.Name), ":")
		if family == "" || strings.Contains(family, ":") {
			return &hbase.IllegalArgument{Message: fmt.Sprintf("family name %q", f.Name)}
		}
		f.Name = []byte(family + ":")
		t.families[family] = f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[string(name)] != nil {
		return &hbase.AlreadyExists{Message: "table name already in use"}
	}
	if s.tables == nil {
		s.tables = map[string]*table{}
	}
	s.tables[string(name)] = t
	return nil
}

// DeleteTable deletes a table that was disabled.
func (s *Store) DeleteTable(_ context.Context, name []byte) error {
	return s.with(name, func(t *table) error {
		if !t.disabled {
			return fmt.Errorf("table %q is enabled", name)
		}
		delete(s.tables, string(name))
		return nil
	})
}

// EnableTable lets data calls through.
func (s *Store) EnableTable(_ context.Context, name []byte) error {
	return s.with(name, func(t *table) error { t.disabled = false; return nil })
}

// DisableTable refuses data calls.
func (s *Store) DisableTable(_ context.Context, name []byte) error {
	return s.with(name, func(t *table) error { t.disabled = true; return nil })
}

// IsTableEnabled is true for tables that are not there, as in HBase.
func (s *Store) IsTableEnabled(_ context.Context, name []byte) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[string(name)]
	return t == nil || !t.disabled, nil
}

// Compact has nothing to do.
func (s *Store) Compact(_ context.Context, name []byte) error {
	return s.with(name, func(*table) error { return nil })
}

// MajorCompact has nothing to do.
func (s *Store) MajorCompact(ctx context.Context, name []byte) error { return s.Compact(ctx, name) }

// GetColumnDescriptors returns the families by name.
func (s *Store) GetColumnDescriptors(_ context.Context, name []byte) (families map[string]*hbase.Family, err error) {
	err = s.with(name, func(t *table) error {
		families = map[string]*hbase.Family{}
		for _, f := range t.families {
			families[string(f.Name)] = f
		}
		return nil
	})
	return families, err
}

// GetTableRegions returns one region, which is everything.
func (s *Store) GetTableRegions(_ context.Context, name []byte) (regions []*hbase.Region, err error) {
	err = s.with(name, func(*table) error {
		regions = []*hbase.Region{{StartKey: []byte{}, EndKey: []byte{}, ID: 1, Name: name, Version: 1, ServerName: []byte("memory"), Port: 1}}
		return nil
	})
	return regions, err
}
