package simpleipc

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"unsafe"
)

// Handles and times are passed as machine words: the library wants 64-bit ones.
const _ = uint64(^uintptr(0)) - (1<<64 - 1)

var (
	functions   [len(functionNames)]uintptr
	loading     sync.Once
	loadFailure error
)

// load opens the library, once: $SIPC_LIB_DIR/libsimpleipc.so if that variable is set, else what
// the system finds. One of another ABI is refused before anything else of it is called.
func load() error {
	loading.Do(func() { loadFailure = loadNow() })
	return loadFailure
}

func loadNow() error {
	path := "libsimpleipc.so"
	if directory := os.Getenv("SIPC_LIB_DIR"); directory != "" {
		path = filepath.Join(directory, path)
	}
	library, err := openLibrary(path)
	if err != nil {
		return newError(ErrSystem, "%v; install libsimpleipc, or set SIPC_LIB_DIR to its folder", err)
	}
	for at, name := range functionNames {
		functions[at] = find(library, name)
		if at == atAbiVersion && functions[at] != 0 && sipcAbiVersion() != abiVersion {
			return newError(ErrVersion, "libsimpleipc speaks ABI %d, this program %d",
				sipcAbiVersion(), abiVersion)
		}
		if functions[at] == 0 {
			return newError(ErrVersion, "%s has no %s; install a later libsimpleipc", path, name)
		}
	}
	return identify("")
}

// mustLoad is for the few functions that cannot fail otherwise.
func mustLoad() {
	if err := load(); err != nil {
		panic(err)
	}
}

// Now is the clock of all time stamps: CLOCK_MONOTONIC in nanoseconds, the same in every process
// of the machine. It panics if the library cannot be loaded.
func Now() int64 {
	mustLoad()
	return sipcNowNs()
}

// Version is the library's version. It panics if the library cannot be loaded.
func Version() string {
	mustLoad()
	return sipcVersion()
}

// text copies a static text of the library.
func text(address uintptr) string {
	if address == 0 {
		return ""
	}
	start := *(**byte)(unsafe.Pointer(&address)) // not the Go heap: nothing moves it
	length := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(start), length)) != 0 {
		length++
	}
	return string(unsafe.Slice(start, length))
}

// cstring is a text with the NUL that C wants at its end.
func cstring(what, text string) (*byte, error) {
	bytes := make([]byte, len(text)+1)
	for at := copy(bytes, text) - 1; at >= 0; at-- {
		if bytes[at] == 0 {
			return nil, newError(ErrBadName, "%s %q has a NUL in it", what, text)
		}
	}
	return &bytes[0], nil
}

// cstringOrNil is NULL for the empty text.
func cstringOrNil(what, text string) (*byte, error) {
	if text == "" {
		return nil, nil
	}
	return cstring(what, text)
}

func newError(status Status, format string, words ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, words...)}
}
