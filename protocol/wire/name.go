package wire

// SplitName splits the name of a message at its first ':' into service and
// method. The service is empty for a name without ':' and for one that begins
// with it, so ":foo" is the same call as "foo". Both parts are views of name;
// its bytes are taken as they are, valid UTF-8 or not.
func SplitName[N ~string | ~[]byte](name N) (service, method N) {
	for i := range len(name) {
		if name[i] == ':' {
			return name[:i], name[i+1:]
		}
	}
	return name[:0], name
}

// JoinName is the reverse of [SplitName]: "service:method", or method alone if
// service is empty, unless method has a ':' itself, which then needs one in
// front. A service with a ':' in it cannot be told apart after joining.
func JoinName(service, method string) string {
	if bareName(service, method) {
		return method
	}
	return service + ":" + method
}

// AppendName appends what [JoinName] returns.
func AppendName[S, M ~string | ~[]byte](dst []byte, service S, method M) []byte {
	if bareName(service, method) {
		return append(dst, method...)
	}
	dst = append(dst, service...)
	dst = append(dst, ':')
	return append(dst, method...)
}

func bareName[S, M ~string | ~[]byte](service S, method M) bool {
	if len(service) > 0 {
		return false
	}
	for i := range len(method) {
		if method[i] == ':' {
			return false
		}
	}
	return true
}
