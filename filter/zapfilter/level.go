package zapfilter

import (
	"go.uber.org/zap/zapcore"

	"github.com/oneport-thrift/oneport/filter/internal/outcome"
)

// level is Warn if the fault was the client's, and Error if it was the server's.
func (o Options) level(of outcome.Outcome) zapcore.Level {
	switch {
	case of.ServerFault():
		return zapcore.ErrorLevel
	case of.Err != nil:
		return zapcore.WarnLevel
	case of.Exception:
		return o.Exception
	}
	return o.Success
}
