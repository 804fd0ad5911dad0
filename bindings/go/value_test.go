package simpleipc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

func TestRawStructsAreThoseOfC(t *testing.T) {
	program := `#include <simpleipc.h>
#include <stddef.h>
#include <stdio.h>
int main(void) {
	printf("%zu %zu %zu %zu ", sizeof(sipc_error), sizeof(sipc_value), sizeof(sipc_message),
		sizeof(sipc_options));
	printf("%zu %zu %zu %zu ", offsetof(sipc_error, message), offsetof(sipc_value, shape),
		offsetof(sipc_message, value), offsetof(sipc_options, directory));
	printf("%zu %zu %zu", offsetof(sipc_value, capture_time_ns), offsetof(sipc_message, hold),
		offsetof(sipc_options, permits));
}`
	folder := t.TempDir()
	source := filepath.Join(folder, "sizes.c")
	well(t, os.WriteFile(source, []byte(program), 0o600))
	include := os.Getenv("SIPC_INCLUDE")
	if include == "" {
		include = "../../include"
	}
	binary := filepath.Join(folder, "sizes")
	compile := exec.Command("cc", "-I", include, source, "-o", binary)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	wanted, err := exec.Command(binary).Output()
	well(t, err)
	var e rawError
	var v rawValue
	var m rawMessage
	var o rawOptions
	found := fmt.Sprint(unsafe.Sizeof(e), unsafe.Sizeof(v), unsafe.Sizeof(m), unsafe.Sizeof(o),
		unsafe.Offsetof(e.message), unsafe.Offsetof(v.shape), unsafe.Offsetof(m.value),
		unsafe.Offsetof(o.directory), unsafe.Offsetof(v.captureTimeNs), unsafe.Offsetof(m.hold),
		unsafe.Offsetof(o.permits))
	same(t, "sizes and offsets", found, string(wanted))
}

func TestValuesOfGoArriveAsTheyAre(t *testing.T) {
	fresh(t)
	sender := made[*Sender](t)(OpenSender("values", nil))
	receiver := made[*Receiver](t)(OpenReceiver("values", nil))
	type named string
	for _, one := range []struct{ sent, arrives any }{
		{nil, nil},
		{true, true},
		{7, int64(7)},
		{int8(-7), int64(-7)},
		{int64(math.MinInt64), int64(math.MinInt64)},
		{uint8(7), uint64(7)},
		{uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{float32(0.5), 0.5},
		{math.Inf(-1), math.Inf(-1)},
		{"h\u00e9\x00", "h\u00e9\x00"},
		{named("n"), "n"},
		{[]byte{}, []byte{}},
		{[]byte{0, 255}, []byte{0, 255}},
		{[]string{"a", "b"}, []any{"a", "b"}},
		{[2]int{1, 2}, []any{int64(1), int64(2)}},
		{[]any{}, []any{}},
		{[]any{nil, 1, uint(1), 1.0, []any{true}}, []any{nil, int64(1), uint64(1), 1.0, []any{true}}},
		{Map{{"z", 1}, {"a", Map{}}}, Map{{"z", int64(1)}, {"a", Map{}}}},
		{map[string]int{"b": 2, "a": 1}, Map{{"a", int64(1)}, {"b", int64(2)}}},
		{Opaque{"text/plain", []byte("hi")}, Opaque{"text/plain", []byte("hi")}},
	} {
		well(t, sender.Send(background, one.sent))
		m := taken(t)(receiver.Receive(limited(t)))
		if !reflect.DeepEqual(m.Value(), one.arrives) {
			t.Errorf("%#v arrives as %#v", one.sent, m.Value())
		}
	}
}

func TestWhatCannotBeSentIsRefusedBeforeItIs(t *testing.T) {
	fresh(t)
	sender := made[*Sender](t)(OpenSender("refused", nil))
	receiver := made[*Receiver](t)(OpenReceiver("refused", nil))
	deep := any(nil)
	for range 70 {
		deep = []any{deep}
	}
	endless := []any{nil}
	endless[0] = endless
	var none *Tensor
	for name, value := range map[string]any{
		"text that is not UTF-8":       "\xff",
		"such a text in a list":        []any{1, "\xff"},
		"such a key":                   Map{{"\xff", 1}},
		"such a content type":          Opaque{"\xff", nil},
		"such a format":                RawTensor(DtypeU8, "\xff", []byte{1}, 1),
		"a channel of Go":              make(chan int),
		"a struct":                     struct{ A int }{1},
		"a function":                   func() {},
		"a complex number":             complex(1, 2),
		"a key that is no text":        map[int]int{1: 1},
		"too deep a list":              deep,
		"a list that has itself":       endless,
		"no tensor":                    none,
		"a tensor with a size below 0": RawTensor(DtypeU8, "", nil, -1),
		"too many dimensions":          RawTensor(DtypeU8, "", nil, 1, 1, 1, 1, 1, 1, 1, 1, 1),
		"too little data":              RawTensor(DtypeU16, "", []byte{1}, 1),
		"no such dtype":                RawTensor(99, "", []byte{1}, 1),
	} {
		err := sender.Send(background, value)
		if !errors.Is(err, ClassMisuse) {
			t.Errorf("%s: %v", name, err)
		}
		refused(t, "one-call "+name, Send("refused", value), ClassMisuse)
	}
	_, err := receiver.Receive(NoWait)
	refused(t, "nothing was sent", err, ErrTimeout)
	for _, name := range []string{"", "a/b", ".a", "a\x00b", "\xff", strings.Repeat("n", 201)} {
		_, err := OpenPublisher(name, nil)
		refused(t, "name "+name, err, ErrBadName, ClassMisuse)
		refused(t, "one-call name "+name, Publish(name, 1), ErrBadName)
	}
	for _, options := range []Options{
		{Depth: -1}, {Depth: 100}, {History: math.MaxInt}, {Permits: 65}, {Signal: math.MaxInt},
	} {
		_, err := OpenLock("options", &options)
		if options.Depth == 100 || options.History > 0 {
			_, err = OpenPublisher("options2", &options)
		}
		refused(t, fmt.Sprintf("%+v", options), err, ErrBadArgument)
	}
	_, err = OpenPublisher("refused", nil)
	refused(t, "publish on a queue", err, ErrWrongPattern)
}

func TestErrorsAreComparedByStatusAndClassAndCause(t *testing.T) {
	for status, class := range map[Status]Class{
		ErrTimeout: ClassRetry, ErrClosed: ClassGone, ErrBadName: ClassMisuse,
		ErrVersion: ClassCorrupt, ErrInternal: ClassSystem, 9: ClassRetry, 59: ClassSystem, 77: 0,
	} {
		same(t, status.Error(), status.Class(), class)
		err := fmt.Errorf("wrapped: %w", newError(status, "a sentence"))
		refused(t, "a wrapped one", err, status)
		if errors.Is(err, ErrInterrupted) {
			t.Errorf("%v is also ErrInterrupted", err)
		}
	}
	_, err := OpenPublisher("x", &Options{Directory: "/nowhere/at/all"})
	refused(t, "no directory", err, ClassSystem)
	var failure *Error
	if !errors.As(err, &failure) || !strings.Contains(failure.Message, "/nowhere/at/all") {
		t.Errorf("the sentence is %v", err)
	}
	err = (&rawError{osCode: int32(syscall.EACCES)}).failure(ErrNoPermission)
	refused(t, "an error number", err, fs.ErrPermission, syscall.EACCES)
}

func TestScanPutsAValueWhereItFits(t *testing.T) {
	var i int
	var u uint64
	var f float64
	var s string
	var b []byte
	well(t, Scan(int64(-3), &i))
	same(t, "an int", i, -3)
	well(t, Scan(int64(3), &u))
	same(t, "an int as uint", u, 3)
	well(t, Scan(uint64(3), &f))
	same(t, "a uint as float", f, 3)
	well(t, Scan([]byte("x"), &b))
	if !bytes.Equal(b, []byte("x")) {
		t.Error(b)
	}
	refused(t, "a text as int", Scan("3", &i), ErrBadValue)
	refused(t, "a float as int", Scan(3.0, &i), ErrBadValue)
	refused(t, "below 0 as uint", Scan(int64(-1), &u), ErrBadValue)
	refused(t, "too large for int", Scan(uint64(math.MaxUint64), &i), ErrBadValue)
	refused(t, "an int as text", Scan(int64(1), &s), ErrBadValue)
	refused(t, "no pointer", Scan(int64(1), i), ErrBadValue)
}
