// Command bare is the limit that servers in Go are held against: an echo of frames
// that does nothing else. It has a goroutine a connection, which reads up to
// 64 KiB, turns each whole frame's message type from call to reply, and sends all
// of them back in one write.
package main

import (
	"encoding/binary"
	"net"
	"time"

	"github.com/oneport-thrift/oneport/tests/bench/child"
)

const (
	readSize = 64 << 10
	typeAt   = 7 // behind the frame's length and three bytes of the version word
	reply    = 2
)

func main() { child.Server(serve) }

func serve(l net.Listener, o child.Options) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			echo(c, o.Block)
		}()
	}
}

// echo answers the frames of c until it ends.
func echo(c net.Conn, block time.Duration) {
	buf := make([]byte, 0, readSize)
	for {
		n, err := c.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return
		}
		buf = buf[:len(buf)+n]
		whole := answer(buf, block)
		if whole > 0 {
			if _, err := c.Write(buf[:whole]); err != nil {
				return
			}
		}
		buf = buf[:copy(buf, buf[whole:])]
		if len(buf) == cap(buf) {
			return // a frame that the benchmark does not send
		}
	}
}

// answer makes replies of the whole frames in b and returns their size.
func answer(b []byte, block time.Duration) (whole int) {
	for len(b)-whole > typeAt {
		size := 4 + int(binary.BigEndian.Uint32(b[whole:]))
		if len(b)-whole < size {
			break
		}
		if block > 0 {
			time.Sleep(block)
		}
		b[whole+typeAt] = reply
		whole += size
	}
	return whole
}
