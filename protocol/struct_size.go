package protocol

import (
	"reflect"
	"sync"
)

// minStruct is the size that the smallest structs are taken for, in bytes.
const minStruct = 16

// structSizes are the sizes that were asked for, by type: as many as a program has.
var structSizes sync.Map // values are int64

// StructSize returns the value of Memory.Struct for values that are read into a t: the
// size in bytes of the largest struct that can be reached from t, with what its
// optional fields point to. It is found by reflection, once for each type.
func StructSize(t reflect.Type) int64 {
	if size, ok := structSizes.Load(t); ok {
		return size.(int64)
	}
	size := largestStruct(t, map[reflect.Type]bool{})
	structSizes.Store(t, size)
	return size
}

// largestStruct is StructSize for a type reached by way of those that were seen.
func largestStruct(t reflect.Type, seen map[reflect.Type]bool) int64 {
	if t == nil || seen[t] {
		return minStruct
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return largestStruct(t.Elem(), seen)
	case reflect.Map:
		return max(largestStruct(t.Key(), seen), largestStruct(t.Elem(), seen))
	case reflect.Struct:
		size, inner := int64(t.Size()), int64(0)
		for i := range t.NumField() {
			f := t.Field(i).Type
			if f.Kind() == reflect.Pointer && f.Elem().Kind() != reflect.Struct {
				size += max(int64(f.Elem().Size()), pointerSize)
			}
			inner = max(inner, largestStruct(f, seen))
		}
		return max(inner, (size+size/8+minStruct-1)&^(minStruct-1)) // an eighth is what the allocator may add
	}
	return minStruct
}
