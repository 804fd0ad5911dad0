//go:build !cgo

package simpleipc

import "github.com/ebitengine/purego"

func openLibrary(path string) (uintptr, error) {
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func find(library uintptr, name string) uintptr {
	function, err := purego.Dlsym(library, name)
	if err != nil {
		return 0
	}
	return function
}

// invoke calls a function of the library. What the words point to is on the heap and is kept until
// it returns.
//
//go:uintptrescapes
func invoke(function, a, b, c, d, e, f, g uintptr) uintptr {
	result, _, _ := purego.SyscallN(function, a, b, c, d, e, f, g)
	return result
}
