package simpleipc

import (
	"fmt"
	"reflect"
	"runtime"
	"sort"
	"unicode/utf8"
	"unsafe"
)

// Values are sent from, and arrive as, the types of Go:
//
//	nil, bool, string, []byte       themselves
//	int, int8 ... int64             int, which arrives as int64
//	uint, uint8 ... uint64          uint, which arrives as uint64
//	float32, float64                float, which arrives as float64
//	[]any, any other slice          list, which arrives as []any
//	Map, map[string]T               map, which arrives as Map; a Go map is sent sorted by its keys
//	*Tensor, *Loan                  tensor, which arrives as *Tensor
//	Opaque                          itself

// Map is a map that keeps its order.
type Map []Pair

// Pair is one key of a Map and its value.
type Pair struct {
	Key   string
	Value any
}

// Get is the value of a key, or nil.
func (m Map) Get(key string) any {
	for _, pair := range m {
		if pair.Key == key {
			return pair.Value
		}
	}
	return nil
}

// Opaque is bytes with a content type, as application/json.
type Opaque struct {
	ContentType string
	Data        []byte
}

const depthMax = 64

// encoder is what one call passes to the library; it is kept for the next one.
type encoder struct {
	value   rawValue
	failure rawError
	pins    runtime.Pinner
	loan    *Loan // of which value is made
}

func newRawError() *rawError {
	return &rawError{size: uint32(unsafe.Sizeof(rawError{}))}
}

func newEncoder() *encoder {
	e := &encoder{}
	e.failure.size = uint32(unsafe.Sizeof(rawError{}))
	return e
}

// encode makes e.value of a value, after which clear must be called.
func (e *encoder) encode(value any) error {
	e.failure.size = uint32(unsafe.Sizeof(rawError{}))
	return e.put(&e.value, value, 0)
}

func (e *encoder) clear() {
	e.pins.Unpin()
	e.value.data, e.value.items, e.value.label, e.loan = nil, nil, nil, nil
}

// pin keeps Go memory where it is; memory of the library is no matter of Go's.
func (e *encoder) pin(pointer unsafe.Pointer) {
	defer func() { _ = recover() }() // what is no Go memory cannot be pinned
	e.pins.Pin(pointer)
}

func (e *encoder) put(to *rawValue, value any, depth int) error {
	*to = rawValue{size: uint32(unsafe.Sizeof(rawValue{})), captureTimeNs: to.captureTimeNs}
	if depth > depthMax {
		return newError(ErrBadValue, "lists and maps are nested more than %d deep", depthMax)
	}
	switch value := value.(type) {
	case nil:
		to.kind = kindNull
	case bool:
		to.kind = kindBool
		if value {
			to.i = 1
		}
	case int:
		to.kind, to.i = kindInt, int64(value)
	case int64:
		to.kind, to.i = kindInt, value
	case uint64:
		to.kind, to.u = kindUint, value
	case float64:
		to.kind, to.f = kindFloat, value
	case string:
		return e.putText(to, value)
	case []byte:
		to.kind = kindBytes
		e.putData(to, value)
	case []any:
		return e.putList(to, len(value), depth, func(index int) any { return value[index] })
	case Map:
		return e.putMap(to, value, depth)
	case *Tensor:
		return e.putTensor(to, value)
	case *Loan:
		return e.putLoan(to, value, depth)
	case Opaque:
		if !utf8.ValidString(value.ContentType) {
			return newError(ErrBadValue, "the content type %q is not UTF-8", value.ContentType)
		}
		to.kind = kindOpaque
		e.putData(to, value.Data)
		e.putLabel(to, value.ContentType)
	default:
		return e.putReflected(to, reflect.ValueOf(value), depth)
	}
	return nil
}

func (e *encoder) putText(to *rawValue, text string) error {
	if !utf8.ValidString(text) {
		return newError(ErrBadValue, "the text %.60q is not UTF-8; send a []byte", text)
	}
	to.kind = kindStr
	e.putData(to, unsafe.Slice(unsafe.StringData(text), len(text)))
	return nil
}

func (e *encoder) putData(to *rawValue, data []byte) {
	if len(data) > 0 {
		to.data, to.len = unsafe.Pointer(&data[0]), uint64(len(data))
		e.pin(to.data)
	}
}

func (e *encoder) putLabel(to *rawValue, label string) {
	if len(label) > 0 {
		to.label, to.labelLen = unsafe.StringData(label), uint64(len(label))
		e.pin(unsafe.Pointer(to.label))
	}
}

func (e *encoder) putItems(to *rawValue, count int) []rawValue {
	items := make([]rawValue, count)
	if count > 0 {
		to.items = &items[0]
		e.pin(unsafe.Pointer(to.items))
	}
	return items
}

func (e *encoder) putList(to *rawValue, count, depth int, item func(int) any) error {
	to.kind, to.count = kindList, uint64(count)
	items := e.putItems(to, count)
	for index := range items {
		if err := e.put(&items[index], item(index), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) putMap(to *rawValue, pairs Map, depth int) error {
	to.kind, to.count = kindMap, uint64(len(pairs))
	items := e.putItems(to, 2*len(pairs))
	for index, pair := range pairs {
		if err := e.put(&items[2*index], pair.Key, depth+1); err != nil {
			return err
		}
		if err := e.put(&items[2*index+1], pair.Value, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// putReflected takes the types that are used less often.
func (e *encoder) putReflected(to *rawValue, value reflect.Value, depth int) error {
	switch value.Kind() {
	case reflect.Bool:
		return e.put(to, value.Bool(), depth)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return e.put(to, value.Int(), depth)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return e.put(to, value.Uint(), depth)
	case reflect.Float32, reflect.Float64:
		return e.put(to, value.Float(), depth)
	case reflect.String:
		return e.put(to, value.String(), depth)
	case reflect.Slice, reflect.Array:
		return e.putList(to, value.Len(), depth, func(index int) any {
			return value.Index(index).Interface()
		})
	case reflect.Map:
		if value.Type().Key().Kind() == reflect.String {
			pairs := make(Map, 0, value.Len())
			for _, key := range value.MapKeys() {
				pairs = append(pairs, Pair{key.String(), value.MapIndex(key).Interface()})
			}
			sort.Slice(pairs, func(a, b int) bool { return pairs[a].Key < pairs[b].Key })
			return e.putMap(to, pairs, depth)
		}
	}
	return newError(ErrBadValue, "a value of type %s cannot be sent", value.Type())
}

// decode makes a value of Go. Text, bytes and what lists and maps hold are copied, the data of
// tensors is looked at where it is, in the memory of the message.
func decode(raw *rawValue, owner *Message) any {
	switch raw.kind {
	case kindNull:
		return nil
	case kindBool:
		return raw.i != 0
	case kindInt:
		return raw.i
	case kindUint:
		return raw.u
	case kindFloat:
		return raw.f
	case kindStr:
		return string(raw.bytes())
	case kindBytes:
		return append([]byte{}, raw.bytes()...)
	case kindOpaque:
		return Opaque{raw.labelText(), append([]byte{}, raw.bytes()...)}
	case kindTensor:
		return decodeTensor(raw, owner)
	case kindList:
		list := make([]any, raw.count)
		for index := range list {
			list[index] = decode(raw.item(index), owner)
		}
		return list
	case kindMap:
		pairs := make(Map, raw.count)
		for index := range pairs {
			key := raw.item(2 * index)
			pairs[index] = Pair{string(key.bytes()), decode(raw.item(2*index+1), owner)}
		}
		return pairs
	}
	return Opaque{fmt.Sprintf("unknown kind %d", raw.kind), nil}
}

// The pointers of an empty value are none, and must not be touched.

func (raw *rawValue) bytes() []byte {
	if raw.len == 0 {
		return []byte{}
	}
	return unsafe.Slice((*byte)(raw.data), raw.len)
}

func (raw *rawValue) labelText() string {
	if raw.labelLen == 0 {
		return ""
	}
	return string(unsafe.Slice(raw.label, raw.labelLen))
}

func (raw *rawValue) item(index int) *rawValue {
	return (*rawValue)(unsafe.Add(unsafe.Pointer(raw.items), uintptr(index)*unsafe.Sizeof(*raw)))
}
