package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// pinnedKey is set in the environment once the generator is pinned; its value is
// the number of the servers' core.
const pinnedKey = "BENCH_SERVER_CORE"

// pinGenerator pins this process to one core, if there are two, by starting it
// again: the runtime then sees one core and makes one thread for it.
func pinGenerator() error {
	if os.Getenv(pinnedKey) != "" {
		return nil
	}
	var may unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil || may.Count() < 2 {
		return err
	}
	var cores []int
	for i := 0; len(cores) < 2; i++ {
		if may.IsSet(i) {
			cores = append(cores, i)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	if err := setCore(cores[1]); err != nil {
		return err
	}
	return unix.Exec(self, os.Args, append(os.Environ(), fmt.Sprintf("%s=%d", pinnedKey, cores[0])))
}

// startPinned starts a server on the servers' core. A process inherits the core of
// the thread that starts it.
func startPinned(cmd *exec.Cmd) error {
	core := -1
	if n, _ := fmt.Sscan(os.Getenv(pinnedKey), &core); n == 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	if err := setCore(core); err != nil {
		return err
	}
	defer unix.SchedSetaffinity(0, &before)
	return cmd.Start()
}

// startHere starts a process on the generator's core.
func startHere(cmd *exec.Cmd) error { return cmd.Start() }

func setCore(core int) error {
	var set unix.CPUSet
	set.Set(core)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin to core %d: %w", core, err)
	}
	return nil
}

// cpuTime returns the CPU time that the process has used, in user and kernel mode,
// by all its threads. It reads the clock of another process, which has no name in
// the library: clock_getcpuclockid(3) makes it of the process's id.
func (p *process) cpuTime() (time.Duration, error) {
	const schedClock = 2
	var t unix.Timespec
	clock := int32(^p.cmd.Process.Pid<<3 | schedClock)
	if err := unix.ClockGettime(clock, &t); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", p.cmd.Process.Pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// resident returns the memory of the process that is in use, in bytes.
func (p *process) resident() (int64, error) {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(statm), &size, &resident); err != nil {
		return 0, err
	}
	return resident * int64(os.Getpagesize()), nil
}

// descriptors returns how many connections this process may open. The runtime has
// raised the soft limit to the hard one.
func descriptors() int {
	const others = 100 // pipes, logs and the runtime's own
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return 0
	}
	return int(min(r.Cur, math.MaxInt32)) - others
}

// machine names the machine for readers.
func machine() string {
	model := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if _, name, ok := strings.Cut(line, "model name\t: "); ok {
			model = strings.TrimSpace(name)
			break
		}
	}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return model
	}
	// Other work that goes on makes numbers worse: cores and caches are shared.
	load, _, _ := strings.Cut(readLine("/proc/loadavg"), " ")
	return fmt.Sprintf("%s, Linux %s, load average %s before", model, unix.ByteSliceToString(u.Release[:]), load)
}

// readLine returns the first line of a file, or nothing.
func readLine(file string) string {
	b, _ := os.ReadFile(file)
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}
