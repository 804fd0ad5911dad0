package simpleipc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

var background = context.Background()

// soon is much longer than anything takes here.
const soon = 20 * time.Second

// roles are what this program is when it is started as a peer or a plugin of its own tests.
var roles = map[string]func(){}

func TestMain(m *testing.M) {
	if role := os.Getenv("SIPC_TEST_ROLE"); role != "" {
		roles[role]()
		return
	}
	directory, err := os.MkdirTemp("/dev/shm", "sipc-go-")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Setenv("SIPC_DIR", directory)
	code := m.Run()
	os.RemoveAll(directory)
	os.Exit(code)
}

// fresh gives a test a directory of its own for channels.
func fresh(t *testing.T) {
	t.Helper()
	directory, err := os.MkdirTemp(os.Getenv("SIPC_DIR"), "test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SIPC_DIR", directory)
	t.Cleanup(func() { os.RemoveAll(directory) })
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(background, soon)
	t.Cleanup(cancel)
	return ctx
}

// made is what was opened, to be closed when the test is over.
func made[T io.Closer](t *testing.T) func(T, error) T {
	return func(one T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := one.Close(); err != nil {
				t.Errorf("closing again: %v", err)
			}
		})
		return one
	}
}

func well(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, what string, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%s: %v, which is no %v", what, err, target)
		}
	}
}

func same[T comparable](t *testing.T, what string, found, wanted T) {
	t.Helper()
	if found != wanted {
		t.Errorf("%s: found %v, wanted %v", what, found, wanted)
	}
}

func taken(t *testing.T) func(*Message, error) *Message {
	return func(m *Message, err error) *Message {
		t.Helper()
		well(t, err)
		t.Cleanup(m.Release)
		return m
	}
}

// peer is this program in another process, in a role, to which one can listen.
type peer struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func start(t *testing.T, role string, environment ...string) *peer {
	t.Helper()
	p := &peer{Cmd: exec.Command(os.Args[0])}
	p.Env = append(append(os.Environ(), "SIPC_TEST_ROLE="+role), environment...)
	p.Stderr = os.Stderr
	output, err := p.StdoutPipe()
	well(t, err)
	p.lines = bufio.NewScanner(output)
	well(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill() // it may have ended
		_ = p.Wait()
	})
	return p
}

// says waits for the next line of a peer.
func (p *peer) says(t *testing.T, wanted string) {
	t.Helper()
	if !p.lines.Scan() || !strings.Contains(p.lines.Text(), wanted) {
		t.Fatalf("the peer says %q, not %q", p.lines.Text(), wanted)
	}
}

// fatal ends a peer for a reason that its test then shows.
func fatal(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
