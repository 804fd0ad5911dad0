package simpleipc

import (
	"context"
	"math"
	"reflect"
	"runtime"
	"unicode/utf8"
	"unsafe"
)

// Dtype is the type of a tensor's elements.
type Dtype uint32

// Size is the bytes of one element.
func (d Dtype) Size() int {
	switch d {
	case DtypeBool, DtypeU8, DtypeI8:
		return 1
	case DtypeU16, DtypeI16, DtypeF16:
		return 2
	case DtypeU32, DtypeI32, DtypeF32:
		return 4
	case DtypeU64, DtypeI64, DtypeF64, DtypeC64:
		return 8
	case DtypeC128:
		return 16
	}
	return 0
}

// Tensor is an array of numbers of one type. One that was received is a view of the shared memory:
// it can only be read, and only until its message is released.
type Tensor struct {
	Dtype Dtype
	// Shape is the elements along each dimension, at most 8; none is one element.
	Shape []int
	// Strides is the bytes from one element to the next along each dimension; nil is dense, the
	// last dimension without gaps.
	Strides []int
	// Format says what the numbers mean, as rgb8; at most 255 bytes.
	Format string
	data   []byte
	owner  *Message
}

// Element is a type of Go that tensors may have. An F16 is seen as uint16.
type Element interface {
	~bool | ~uint8 | ~int8 | ~uint16 | ~int16 | ~uint32 | ~int32 | ~uint64 | ~int64 |
		~float32 | ~float64 | ~complex64 | ~complex128
}

var dtypes = map[reflect.Kind]Dtype{
	reflect.Bool: DtypeBool, reflect.Uint8: DtypeU8, reflect.Int8: DtypeI8,
	reflect.Uint16: DtypeU16, reflect.Int16: DtypeI16, reflect.Uint32: DtypeU32,
	reflect.Int32: DtypeI32, reflect.Uint64: DtypeU64, reflect.Int64: DtypeI64,
	reflect.Float32: DtypeF32, reflect.Float64: DtypeF64, reflect.Complex64: DtypeC64,
	reflect.Complex128: DtypeC128,
}

// dtypeOf is the dtype of a type of Go.
func dtypeOf[T Element]() Dtype {
	return dtypes[reflect.TypeFor[T]().Kind()]
}

// NewTensor is a tensor of these elements, which are not copied before it is sent. Without a shape
// it has one dimension.
func NewTensor[T Element](elements []T, shape ...int) *Tensor {
	if shape == nil {
		shape = []int{len(elements)}
	}
	var data []byte
	if len(elements) > 0 {
		size := uintptr(len(elements)) * unsafe.Sizeof(elements[0])
		data = unsafe.Slice((*byte)(unsafe.Pointer(&elements[0])), size)
	}
	return &Tensor{Dtype: dtypeOf[T](), Shape: shape, data: data}
}

// RawTensor is a tensor of these bytes, which are not copied before it is sent.
func RawTensor(dtype Dtype, format string, data []byte, shape ...int) *Tensor {
	return &Tensor{Dtype: dtype, Shape: shape, Format: format, data: data}
}

// Data is the bytes of the tensor. It panics if the message they are in was released.
func (t *Tensor) Data() []byte {
	if t.owner != nil {
		t.owner.mustLive()
	}
	return t.data
}

// Len is the number of elements.
func (t *Tensor) Len() int {
	count := 1
	for _, size := range t.Shape {
		count *= size
	}
	return count
}

// IsDense reports whether the elements lie without gaps, the last dimension innermost.
func (t *Tensor) IsDense() bool {
	step := t.Dtype.Size()
	for at := len(t.Shape) - 1; at >= 0 && t.Strides != nil; at-- {
		if t.Shape[at] > 1 && t.Strides[at] != step {
			return false
		}
		step *= max(t.Shape[at], 1)
	}
	return true
}

// Elements is the elements of a dense tensor in place, without a copy: to be read if it was
// received, to be filled if it is that of a Loan.
func Elements[T Element](t *Tensor) ([]T, error) {
	data, dtype := t.Data(), dtypeOf[T]()
	if t.Dtype != dtype && !(t.Dtype == DtypeF16 && dtype == DtypeU16) {
		return nil, newError(ErrBadArgument,
			"the tensor has elements of dtype %d, not %d", t.Dtype, dtype)
	}
	if !t.IsDense() {
		return nil, newError(ErrBadArgument, "the tensor is not dense; use Data and Strides")
	}
	if len(data) == 0 {
		return []T{}, nil
	}
	if uintptr(unsafe.Pointer(&data[0]))%unsafe.Alignof(*new(T)) != 0 {
		return nil, newError(ErrBadArgument, "the tensor is not aligned; copy its Data")
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&data[0])), len(data)/dtype.Size()), nil
}

func (e *encoder) putShape(to *rawValue, dtype Dtype, format string, shape []int) error {
	if len(shape) > dimsMax {
		return newError(ErrBadValue,
			"a tensor has at most %d dimensions, not %d", dimsMax, len(shape))
	}
	if !utf8.ValidString(format) {
		return newError(ErrBadValue, "the format %q is not UTF-8", format)
	}
	to.kind, to.dtype, to.ndim = kindTensor, uint32(dtype), uint32(len(shape))
	for at, size := range shape {
		if size < 0 {
			return newError(ErrBadValue, "a tensor cannot have %d elements along a dimension", size)
		}
		to.shape[at] = uint64(size)
	}
	e.putLabel(to, format)
	return nil
}

func (e *encoder) putTensor(to *rawValue, tensor *Tensor) error {
	if tensor == nil {
		return newError(ErrBadValue, "a nil *Tensor cannot be sent")
	}
	if tensor.Strides != nil && len(tensor.Strides) != len(tensor.Shape) {
		return newError(ErrBadValue, "a tensor has as many strides as dimensions")
	}
	if err := e.putShape(to, tensor.Dtype, tensor.Format, tensor.Shape); err != nil {
		return err
	}
	for at, stride := range tensor.Strides {
		to.strides[at] = int64(stride)
	}
	if tensor.owner != nil && tensor.owner.released.Load() {
		return newError(ErrClosed, "the message of the tensor was released")
	}
	e.putData(to, tensor.data)
	return nil
}

func decodeTensor(raw *rawValue, owner *Message) *Tensor {
	tensor := &Tensor{
		Dtype:  Dtype(raw.dtype),
		Shape:  make([]int, raw.ndim),
		Format: raw.labelText(),
		data:   raw.bytes(),
		owner:  owner,
	}
	strides := make([]int, raw.ndim)
	for at := range tensor.Shape {
		tensor.Shape[at], strides[at] = int(raw.shape[at]), int(raw.strides[at])
	}
	if tensor.Strides = strides; tensor.IsDense() {
		tensor.Strides = nil
	}
	return tensor
}

// Loan is a buffer inside a channel: fill it, then publish, send or set it, and nothing is copied.
// A handle has at most 16 at once.
type Loan struct {
	raw     rawValue
	format  string
	handle  *handle
	isSpent bool
	cleanup runtime.Cleanup
}

// Data is the buffer, 64-byte aligned. It is nil once the loan was put or given back, or
// the handle closed.
func (l *Loan) Data() []byte {
	if l.isSpent || l.handle.closed.Load() {
		return nil
	}
	return l.raw.bytes()
}

// Tensor is the buffer as a tensor, for Elements; nil if it is none, or not lent any more.
func (l *Loan) Tensor() *Tensor {
	if l.raw.kind != kindTensor || l.Data() == nil {
		return nil
	}
	tensor := decodeTensor(&l.raw, nil)
	tensor.Format = l.format
	return tensor
}

// Cancel gives the buffer back unpublished. After the loan was put it does nothing.
func (l *Loan) Cancel() error {
	if l.isSpent {
		return nil
	}
	if err := l.handle.enter(); err != nil {
		return err
	}
	defer l.handle.leave()
	return bare(l.end(sipcUnloan(l.handle.raw, uintptr(l.raw.data))))
}

// end takes the buffer away from the caller if the library has taken it.
func (l *Loan) end(status Status) Status {
	if status == statusOk {
		l.isSpent = true
		l.cleanup.Stop()
	}
	return status
}

func (e *encoder) putLoan(to *rawValue, loan *Loan, depth int) error {
	if loan == nil || loan.isSpent {
		return newError(ErrBadValue, "the loan was put or given back already")
	}
	if depth > 0 {
		return newError(ErrBadValue, "a loan cannot be put inside a list or map")
	}
	captureTimeNs := to.captureTimeNs
	*to = loan.raw
	to.captureTimeNs = captureTimeNs
	e.putLabel(to, loan.format)
	e.loan = loan
	return nil
}

// LoanBytes lends a buffer of so many bytes inside the channel.
func (p *producer) LoanBytes(ctx context.Context, count int) (*Loan, error) {
	if count < 0 {
		return nil, newError(ErrBadArgument, "a buffer cannot have %d bytes", count)
	}
	return p.lend(ctx, "", func(e *encoder) error {
		e.value.kind, e.value.len = kindBytes, uint64(count)
		return nil
	})
}

// LoanTensor lends a buffer inside the channel for a tensor.
func (p *producer) LoanTensor(ctx context.Context, dtype Dtype, format string,
	shape ...int) (*Loan, error) {
	return p.lend(ctx, format, func(e *encoder) error {
		return e.putShape(&e.value, dtype, format, shape)
	})
}

func (p *producer) lend(ctx context.Context, format string,
	describe func(*encoder) error) (*Loan, error) {
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	defer p.leave()
	e := &p.encoder
	defer e.clear()
	e.value.captureTimeNs = 0
	if err := e.encode(nil); err != nil {
		return nil, err
	}
	if err := describe(e); err != nil {
		return nil, err
	}
	attempt := func(timeoutNs int64) Status {
		return sipcLoan(p.raw, &e.value, timeoutNs, &e.failure)
	}
	if err := p.finish(ctx, attempt(0), attempt); err != nil {
		return nil, err
	}
	loan := &Loan{raw: e.value, format: format, handle: &p.handle}
	loan.raw.label, loan.raw.labelLen = nil, 0
	type lent struct {
		handle *handle
		data   uintptr
	}
	loan.cleanup = runtime.AddCleanup(loan, func(one lent) {
		one.handle.soon(func() { sipcUnloan(one.handle.raw, one.data) })
	}, lent{&p.handle, uintptr(e.value.data)})
	return loan, nil
}

// NoValue is the sequence of a state that has no value yet; see Setter.SetIf.
const NoValue uint64 = math.MaxUint64
