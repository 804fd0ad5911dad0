package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"strings"

	ipc "simpleipc"
)

var dtypes = []string{"", "bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f16",
	"f32", "f64", "c64", "c128"}

// reader reads one value of the notation; a fault is a panic, which main answers.
type reader struct {
	text string
	at   int
}

func read(text string) any {
	r := &reader{text: text}
	value := r.value()
	if r.at != len(text) {
		panic("something stands behind the value")
	}
	return value
}

// word goes up to the next delimiter of lists and maps.
func (r *reader) word() string {
	start := r.at
	for r.at < len(r.text) && !strings.ContainsRune(",]}", rune(r.text[r.at])) {
		r.at++
	}
	return r.text[start:r.at]
}

func (r *reader) items(end byte, item func()) {
	for r.text[r.at] != end {
		item()
		if r.text[r.at] == ',' {
			r.at++
		}
	}
	r.at++
}

func (r *reader) value() any {
	kind := r.text[r.at]
	r.at++
	switch kind {
	case '[':
		list := []any{}
		r.items(']', func() { list = append(list, r.value()) })
		return list
	case '{':
		pairs := ipc.Map{}
		r.items('}', func() {
			end := r.at + strings.IndexByte(r.text[r.at:], ':')
			key := string(unhex(r.text[r.at+1 : end]))
			r.at = end + 1
			pairs = append(pairs, ipc.Pair{Key: key, Value: r.value()})
		})
		return pairs
	}
	word := r.word()
	switch kind {
	case 'n':
		return nil
	case 'b':
		return word == "1"
	case 'i':
		return must(strconv.ParseInt(word, 10, 64))
	case 'u':
		return must(strconv.ParseUint(word, 10, 64))
	case 'd':
		return math.Float64frombits(binary.BigEndian.Uint64(unhex(word)))
	case 's':
		return string(unhex(word))
	case 'x':
		return unhex(word)
	}
	parts := strings.Split(word, ":")
	switch kind {
	case 't':
		return tensor(parts, unhex(parts[3]))
	case 'T':
		made := tensor(parts, nil)
		return tensor(parts, pattern(made.Len()*made.Dtype.Size(), number(parts[3])))
	case 'o':
		return ipc.Opaque{ContentType: string(unhex(parts[0])), Data: unhex(parts[1])}
	case 'X':
		return pattern(number(parts[0]), number(parts[1]))
	case 'S':
		letters := make([]byte, number(parts[0]))
		for at := range letters {
			letters[at] = byte('a' + (number(parts[1])+at%23)%26)
		}
		return string(letters)
	}
	panic("no such value: " + string(kind))
}

func tensor(parts []string, data []byte) *ipc.Tensor {
	shape := []int{}
	for _, size := range strings.FieldsFunc(parts[1], func(c rune) bool { return c == 'x' }) {
		shape = append(shape, number(size))
	}
	for dtype, name := range dtypes {
		if name == parts[0] {
			return ipc.RawTensor(ipc.Dtype(dtype), string(unhex(parts[2])), data, shape...)
		}
	}
	panic("no such dtype: " + parts[0])
}

func pattern(length, seed int) []byte {
	data := make([]byte, length)
	for at := range data {
		data[at] = byte(seed + at%251)
	}
	return data
}

func show(value any) string {
	switch value := value.(type) {
	case nil:
		return "n"
	case bool:
		return "b" + flag(value)
	case int64:
		return fmt.Sprintf("i%d", value)
	case uint64:
		return fmt.Sprintf("u%d", value)
	case float64:
		return fmt.Sprintf("d%016x", math.Float64bits(value))
	case string:
		return "s" + showData([]byte(value))
	case []byte:
		return "x" + showData(value)
	case []any:
		items := make([]string, len(value))
		for at, item := range value {
			items[at] = show(item)
		}
		return "[" + strings.Join(items, ",") + "]"
	case ipc.Map:
		items := make([]string, len(value))
		for at, pair := range value {
			items[at] = show(pair.Key) + ":" + show(pair.Value)
		}
		return "{" + strings.Join(items, ",") + "}"
	case *ipc.Tensor:
		sizes := make([]string, len(value.Shape))
		for at, size := range value.Shape {
			sizes[at] = strconv.Itoa(size)
		}
		return fmt.Sprintf("t%s:%s:%x:%s", dtypes[value.Dtype], strings.Join(sizes, "x"),
			value.Format, showData(value.Data()))
	case ipc.Opaque:
		return fmt.Sprintf("o%x:%s", value.ContentType, showData(value.Data))
	}
	panic(fmt.Sprintf("a %T has no notation", value))
}

func showData(data []byte) string {
	if len(data) <= 64 {
		return hex.EncodeToString(data)
	}
	return fmt.Sprintf("#%d:%08x", len(data), crc32.ChecksumIEEE(data))
}

func unhex(text string) []byte { return must(hex.DecodeString(text)) }

func number(text string) int { return must(strconv.Atoi(text)) }

func flag(isSet bool) string {
	if isSet {
		return "1"
	}
	return "0"
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
