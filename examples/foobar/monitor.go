package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/oneport-thrift/oneport/filter/promfilter"
)

// monitor serves what looks after the program: /metrics to Prometheus, /healthz
// and /readyz to an orchestrator.
type monitor struct {
	stats *promfilter.Metrics
	ready atomic.Bool // new calls are welcome
	http  http.Server
	addr  net.Addr
}

// newMonitor serves on addr, ready to no one yet, until it is closed.
func newMonitor(addr string) (*monitor, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("-metrics: %w", err)
	}
	m := &monitor{stats: promfilter.New(promfilter.Options{}), addr: listener.Addr()}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.stats, collectors.NewGoCollector())

	routes := http.NewServeMux()
	routes.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "alive\n") })
	routes.HandleFunc("GET /readyz", m.readyz)
	m.http = http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	go m.http.Serve(listener) // ends with Close
	return m, nil
}

// readyz tells who sends calls here to send them elsewhere while the server
// drains.
func (m *monitor) readyz(w http.ResponseWriter, _ *http.Request) {
	if !m.ready.Load() {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "ready\n")
}
