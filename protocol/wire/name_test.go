package wire

import "testing"

func TestSplitName(t *testing.T) {
	for _, c := range []struct{ name, service, method string }{
		{"FooApi:echo", "FooApi", "echo"},
		{"echo", "", "echo"},
		{":echo", "", "echo"},
		{"Foo:", "Foo", ""},
		{"a:b:c", "a", "b:c"},
		{"::", "", ":"},
		{":", "", ""},
		{"", "", ""},
		{"\xff\xfe:\x80", "\xff\xfe", "\x80"},
		{"Ålpha:héllo", "Ålpha", "héllo"},
	} {
		if s, m := SplitName(c.name); s != c.service || m != c.method {
			t.Errorf("%q splits into %q and %q", c.name, s, m)
		}
		if s, m := SplitName([]byte(c.name)); string(s) != c.service || string(m) != c.method {
			t.Errorf("bytes %q split into %q and %q", c.name, s, m)
		}
		joined := JoinName(c.service, c.method)
		if s, m := SplitName(joined); s != c.service || m != c.method {
			t.Errorf("%q and %q join to %q, which splits into %q and %q", c.service, c.method, joined, s, m)
		}
		if b := AppendName([]byte("x"), c.service, []byte(c.method)); string(b) != "x"+joined {
			t.Errorf("AppendName %q, JoinName %q", b, joined)
		}
	}
}

func TestJoinNameKeepsAnUnqualifiedNameBare(t *testing.T) {
	for _, c := range []struct{ service, method, want string }{
		{"", "echo", "echo"},
		{"", "a:b", ":a:b"},
		{"S", "a:b", "S:a:b"},
		{"S", "", "S:"},
		{"", "", ""},
	} {
		if got := JoinName(c.service, c.method); got != c.want {
			t.Errorf("JoinName(%q, %q) = %q, not %q", c.service, c.method, got, c.want)
		}
	}
}
