package main

import (
	"context"
	"slices"
)

// barService does what bar.thrift says.
type barService struct{}

func (barService) Echo(_ context.Context, msg string) (string, error) { return "bar: " + msg, nil }

func (barService) Reverse(_ context.Context, msg string) (string, error) {
	runes := []rune(msg)
	slices.Reverse(runes)
	return string(runes), nil
}

func (barService) Blob(_ context.Context, data []byte) ([]byte, error) { return data, nil }

func (barService) Index(_ context.Context, words []string) (map[string][]int64, error) {
	positions := map[string][]int64{}
	for i, word := range words {
		positions[word] = append(positions[word], int64(i))
	}
	return positions, nil
}
