package peers

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// build builds a peer unless that has been done with the same sources, and
// returns the path of its program.
func (p *peer) build(t *testing.T) (string, error) {
	out := filepath.Join(suite.BuildDir(t), "peers", p.name)
	program := filepath.Join(out, "client")
	stamp := filepath.Join(out, "stamp")
	sum, err := digest(p.name, "../../thrift", "absent.sh", "go.mod")
	if err != nil {
		return "", err
	}
	if have, err := os.ReadFile(stamp); err == nil && string(have) == sum {
		return program, nil
	}
	if err := suite.Build(t.Context(), p.name, out); err != nil {
		return "", err
	}
	return program, os.WriteFile(stamp, []byte(sum), 0o644)
}

// digest returns a digest of the names and contents of all files under the paths.
func digest(paths ...string) (string, error) {
	hash := sha256.New()
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}
