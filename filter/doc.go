// Package filter holds filters that need nothing but the standard library.
// Filters that need more stand in packages of their own beside this one.
package filter
