package server

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/oneport-thrift/oneport/mux"
)

// isHealth reports whether r asks how the server is, as balancers do.
func isHealth(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		(r.URL.Path == "/healthz" || r.URL.Path == "/readyz")
}

// serveHealth answers for /healthz and /readyz.
func (s *Server) serveHealth(w http.ResponseWriter, path string) {
	if path == "/readyz" {
		if text := s.notReady(); text != "" {
			http.Error(w, text, http.StatusServiceUnavailable)
			return
		}
	}
	fmt.Fprintln(w, "ok")
}

// notReady returns why the server is not ready in words that anybody may read, or
// "" if it is.
func (s *Server) notReady() string {
	if s.Draining() {
		return "draining"
	}
	if s.Ready == nil {
		return ""
	}
	err := s.askReady()
	if err == nil {
		return ""
	}
	if n, ok := s.load.mayLog("ready", time.Now()); ok {
		s.log.Warn("server: not ready (Ready)", "err", err, "unlogged", n)
	}
	var public *mux.Error
	switch {
	case s.VerboseErrors:
		return "not ready: " + err.Error()
	case errors.As(err, &public):
		_, text := mux.Public(err)
		return "not ready: " + text
	}
	return "not ready"
}

// askReady asks the application. A panic means no.
func (s *Server) askReady() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = mux.NewPanicError(v)
		}
	}()
	return s.Ready()
}
