//go:build !linux

package main

import (
	"errors"
	"os/exec"
	"runtime"
	"time"
)

var errLinux = errors.New("the CPU time and the memory of another process are only read on Linux")

func pinGenerator() error { return errLinux }

func startPinned(cmd *exec.Cmd) error { return cmd.Start() }

func startHere(cmd *exec.Cmd) error { return cmd.Start() }

func (p *process) cpuTime() (time.Duration, error) { return 0, errLinux }

func (p *process) resident() (int64, error) { return 0, errLinux }

func descriptors() int { return 0 }

func machine() string { return runtime.GOOS + "/" + runtime.GOARCH }
