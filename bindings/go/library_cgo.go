//go:build cgo

package simpleipc

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#cgo nocallback sipc_go_invoke
#cgo noescape sipc_go_invoke

typedef uintptr_t word;

static word sipc_go_open(const char *path)
{
    return (word)dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static word sipc_go_find(word library, const char *name)
{
    return (word)dlsym((void *)library, name);
}

// A function that takes fewer words does not look at the others.
static word sipc_go_invoke(word function, word a, word b, word c, word d, word e, word f, word g)
{
    return ((word (*)(word, word, word, word, word, word, word))function)(a, b, c, d, e, f, g);
}
*/
import "C"

import (
	"errors"
	"unsafe"
)

func openLibrary(path string) (uintptr, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	library := C.sipc_go_open(name)
	if library == 0 {
		return 0, errors.New(C.GoString(C.dlerror()))
	}
	return uintptr(library), nil
}

func find(library uintptr, name string) uintptr {
	symbol := C.CString(name)
	defer C.free(unsafe.Pointer(symbol))
	return uintptr(C.sipc_go_find(C.word(library), symbol))
}

// invoke calls a function of the library. What the words point to is on the heap and is kept until
// it returns.
//
//go:uintptrescapes
func invoke(function, a, b, c, d, e, f, g uintptr) uintptr {
	return uintptr(C.sipc_go_invoke(C.word(function), C.word(a), C.word(b), C.word(c), C.word(d),
		C.word(e), C.word(f), C.word(g)))
}
