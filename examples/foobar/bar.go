package main

import (
	"context"
	"slices"
)

// barService implements BarApi.
type barService struct{}

func (barService) Echo(ctx context.Context, msg string) (string, error) {
	return "bar: " + msg, nil
}

func (barService) Reverse(ctx context.Context, msg string) (string, error) {
	points := []rune(msg)
	slices.Reverse(points)
	return string(points), nil
}

func (barService) Blob(ctx context.Context, data []byte) ([]byte, error) {
	return data, nil
}

func (barService) Index(ctx context.Context, words []string) (map[string][]int64, error) {
	index := make(map[string][]int64)
	for i, word := range words {
		index[word] = append(index[word], int64(i))
	}
	return index, nil
}
