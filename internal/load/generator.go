package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Generator holds open connections and makes calls on them. One goroutine at a
// time may use it.
type Generator struct {
	conf    Config
	clients []*client
}

// Dial opens the connections of c, one after the other.
func Dial(ctx context.Context, c Config) (*Generator, error) {
	g := &Generator{conf: c.withDefaults()}
	for i := range g.conf.Conns {
		nc, err := g.conf.Dial(ctx)
		if err != nil {
			g.Close()
			return nil, fmt.Errorf("load: connection %d: %w", i, err)
		}
		g.clients = append(g.clients, newClient(nc, &g.conf, i))
	}
	return g, nil
}

// Close closes the connections.
func (g *Generator) Close() error {
	var errs []error
	for _, c := range g.clients {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

// Run makes calls on all connections until b is reached and all replies are
// there. It returns an error if a connection fails, if an answer makes no sense
// and when ctx ends; the Result has what was seen until then. Wrong replies and
// exceptions are counted and are no errors. After an error the generator can
// only be closed.
func (g *Generator) Run(ctx context.Context, b Bound) (*Result, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() {
		for _, c := range g.clients {
			c.interrupt()
		}
	})
	defer stop()
	start := time.Now()
	errs := make([]error, len(g.clients))
	var all sync.WaitGroup
	for i, c := range g.clients {
		all.Go(func() { errs[i] = c.run(b.share(i, len(g.clients)), start, b.Duration) })
	}
	all.Wait()
	res := &Result{Elapsed: time.Since(start)}
	for _, c := range g.clients {
		res.add(c)
	}
	return res, failure(ctx, errs)
}

// failure makes one error of those of the connections.
func failure(ctx context.Context, errs []error) error {
	var first error
	n := 0
	for i, err := range errs {
		if err == nil {
			continue
		}
		if n++; first == nil {
			first = fmt.Errorf("connection %d: %w", i, err)
		}
	}
	switch {
	case n == 0:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("load: interrupted: %w", context.Cause(ctx))
	}
	return fmt.Errorf("load: %d of %d connections failed, the first: %w", n, len(errs), first)
}
