package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// anyOrigin in Origins allows every origin.
const anyOrigin = "*"

// preflightAge is how many seconds a browser may keep the answer to a preflight:
// as long as any browser does at most. Each call is checked by its own Origin.
const preflightAge = "7200"

// maxAllowedHeaders bounds the list of headers that a preflight asks for, in bytes.
const maxAllowedHeaders = 4 << 10

// origins are those whose pages may call.
type origins struct {
	any    bool
	listed map[string]bool
	// protection lets requests pass that no page of another origin can have
	// caused, and those of listed origins.
	protection *http.CrossOriginProtection
}

// init takes over Origins. The error names the entry that is wrong.
func (o *origins) init(list []string) error {
	o.protection = http.NewCrossOriginProtection()
	o.listed = make(map[string]bool, len(list))
	for _, entry := range list {
		if entry == anyOrigin {
			o.any = true
			continue
		}
		if err := checkOrigin(entry); err != nil {
			return fmt.Errorf("server: Origins: %q is no origin as browsers send it: %w", entry, err)
		}
		if err := o.protection.AddTrustedOrigin(entry); err != nil {
			return fmt.Errorf("server: Origins: %w", err)
		}
		o.listed[entry] = true
	}
	if o.any && len(o.listed) > 0 {
		return fmt.Errorf("server: Origins: beside %q, which allows every origin, the entry %q means nothing",
			anyOrigin, list[slices.IndexFunc(list, func(s string) bool { return s != anyOrigin })])
	}
	return nil
}

// checkOrigin returns why no browser sends s as an origin, or nil.
func checkOrigin(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return err
	case u.Scheme == "" || u.Host == "":
		return fmt.Errorf("want scheme://host or scheme://host:port")
	case u.User != nil || u.Scheme+"://"+u.Host != strings.ToLower(s):
		return fmt.Errorf("want scheme://host or scheme://host:port, without a path or a trailing slash")
	case s != strings.ToLower(s):
		return fmt.Errorf("want lower case")
	case strings.Contains(u.Host, "*"):
		return fmt.Errorf("only exact origins can be listed, without wildcards")
	}
	if _, _, err := hostKeys(u.Host); err != nil {
		return err
	}
	port := u.Port()
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		return fmt.Errorf("browsers leave port %s out", port)
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || strconv.FormatUint(n, 10) != port) {
		return fmt.Errorf("want the port in plain digits")
	}
	return nil
}

// configured reports whether any origin may call beside the server's own.
func (o *origins) configured() bool { return o.any || len(o.listed) > 0 }

// mayCall reports whether r may be a call: it comes from no browser, from a page of
// the same origin, or from one of an origin that is listed.
func (h *httpRules) mayCall(r *http.Request) bool {
	return h.origins.any || h.origins.protection.Check(r) == nil
}

// allowOrigin tells the browser that the page which made r may read the answer, if
// its origin is listed. Cookies and other credentials are never allowed.
func (h *httpRules) allowOrigin(answer http.Header, r *http.Request) {
	switch o := &h.origins; {
	case o.any:
		answer.Set("Access-Control-Allow-Origin", anyOrigin)
	case len(o.listed) > 0:
		answer.Add("Vary", "Origin") // caches must keep the answers apart
		if origin := r.Header.Get("Origin"); o.listed[origin] {
			answer.Set("Access-Control-Allow-Origin", origin)
		}
	}
}

// expose lets a page that may read the answer read these headers of it too.
func (h *httpRules) expose(answer http.Header, names []string) {
	if answer.Get("Access-Control-Allow-Origin") == "" {
		return
	}
	names = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(names))), func(s string) bool { return !isToken(s) })
	if len(names) > 0 {
		answer.Set("Access-Control-Expose-Headers", strings.Join(names, ", "))
	}
}

// isPreflight reports whether r is a browser's question whether a page may call.
func (h *httpRules) isPreflight(r *http.Request) bool {
	return h.origins.configured() && r.Method == http.MethodOptions &&
		r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight answers a browser's question whether a page may call. Calls are POST
// requests with whatever headers the application has: an origin that may call may
// send them.
func (x *exchange) preflight() {
	rules, answer := &x.srv.rules, x.w.Header()
	rules.allowOrigin(answer, x.r)
	if answer.Get("Access-Control-Allow-Origin") == "" {
		x.refuseOrigin()
		return
	}
	answer.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	answer.Set("Access-Control-Allow-Methods", http.MethodPost)
	if asked := x.r.Header.Values("Access-Control-Request-Headers"); len(asked) > 0 {
		if names := tokens(strings.Join(asked, ",")); len(names) > 0 {
			answer.Set("Access-Control-Allow-Headers", strings.Join(names, ", "))
		}
	}
	answer.Set("Access-Control-Max-Age", preflightAge)
	x.w.WriteHeader(http.StatusNoContent)
}

// refuseOrigin answers a request that a page of an origin made that may not call.
func (x *exchange) refuseOrigin() {
	x.refuse(http.StatusForbidden, "Origins",
		fmt.Errorf("server: HTTP request of a page of origin %s, which is not in Origins", quoted(x.r.Header.Get("Origin"))),
		"pages of this origin may not call (Origins)")
}

// tokens returns the names in a list with commas, or nil if it is too long or holds
// anything else.
func tokens(list string) []string {
	if len(list) > maxAllowedHeaders {
		return nil
	}
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		name = strings.Trim(name, " \t")
		if name == "" {
			continue
		}
		if !isToken(name) {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// isToken reports whether s can be the name of a header field (RFC 9110, section
// 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
