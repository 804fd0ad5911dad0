package simpleipc

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// Message is what was taken: a value, and what is known of its way here.
type Message struct {
	raw      rawMessage
	value    any
	isLooked bool
	released atomic.Bool
	held     *held
	cleanup  runtime.Cleanup
}

func newMessage() *Message {
	m := &Message{}
	m.raw.size = uint32(unsafe.Sizeof(m.raw))
	return m
}

// held counts the messages of a handle that are not released. Whoever forgets to release them would
// be short of messages long before the garbage collector sees a reason to run, since to it they are
// small; so there is a reason when their number has doubled.
type held struct {
	count atomic.Int64
	goal  int64
}

const heldGoal = 8

func (h *held) add() {
	count := h.count.Add(1)
	switch {
	case count >= h.goal:
		h.goal = 2 * count
		go runtime.GC()
	case 4*count < h.goal:
		h.goal = max(2*count, heldGoal)
	}
}

// hand counts a message that was taken, and lets the garbage collector release it if nobody else
// does.
func (h *handle) hand(m *Message) *Message {
	h.last = m
	if m.raw.hold == 0 {
		return m
	}
	m.held = h.held
	m.held.add()
	type forgotten struct {
		hold uintptr
		held *held
	}
	m.cleanup = runtime.AddCleanup(m, func(one forgotten) {
		sipcRelease(&rawMessage{size: uint32(unsafe.Sizeof(rawMessage{})), hold: one.hold})
		one.held.count.Add(-1)
	}, forgotten{m.raw.hold, h.held})
	return m
}

// Release lets go of the message and, in a queue, reports it done. Releasing it again does nothing.
// Views of its memory must not be used any more. Any goroutine.
func (m *Message) Release() {
	if m == nil || m.released.Swap(true) || m.raw.hold == 0 {
		return
	}
	m.cleanup.Stop()
	sipcRelease(&m.raw)
	if m.held != nil {
		m.held.count.Add(-1)
	}
}

func (m *Message) mustLive() {
	if m.released.Load() {
		panic(newError(ErrClosed, "the message was released"))
	}
}

// Value is the value. Text and bytes are copies; a *Tensor is a view of the memory of the message.
// It panics if the message was released before the first look at its value.
func (m *Message) Value() any {
	if !m.isLooked {
		m.mustLive()
		m.value, m.isLooked = decode(&m.raw.value, m), true
	}
	return m.value
}

// Bytes is a view of the data of a text, of bytes, of a tensor or of an opaque value, without a
// copy; nil for any other. It can only be read, and only until the message is released. It panics
// if it was released already.
func (m *Message) Bytes() []byte {
	m.mustLive()
	switch m.raw.value.kind {
	case kindStr, kindBytes, kindOpaque, kindTensor:
		return m.raw.value.bytes()
	}
	return nil
}

// Scan puts the value into what target points to, as Scan says.
func (m *Message) Scan(target any) error {
	if !m.isLooked && m.released.Load() {
		return newError(ErrClosed, "the message was released")
	}
	return Scan(m.Value(), target)
}

// Sequence grows by one with each message of one sender.
func (m *Message) Sequence() uint64 { return m.raw.sequence }

// Sender identifies the sending handle among all handles of this channel.
func (m *Message) Sender() uint64 { return m.raw.sender }

// Missed is how many messages of a topic this subscriber lost since its previous take.
func (m *Message) Missed() uint64 { return m.raw.missed }

// Redelivered reports that an earlier receiver died while it held this message of a queue.
func (m *Message) Redelivered() bool { return m.raw.flags&messageRedelivered != 0 }

// More reports that more replies to this call follow.
func (m *Message) More() bool { return m.raw.flags&messageMore != 0 }

// CaptureTime is when the content was captured, in nanoseconds as of Now, or 0.
func (m *Message) CaptureTime() int64 { return m.raw.value.captureTimeNs }

// PublishTime is when it was put, in nanoseconds as of Now, or 0 if it is unstamped.
func (m *Message) PublishTime() int64 { return m.raw.publishTimeNs }

// ReceiveTime is when it was taken, in nanoseconds as of Now, or 0 if it is unstamped.
func (m *Message) ReceiveTime() int64 { return m.raw.receiveTimeNs }

// Age is how long it was on its way, or 0 if it is unstamped.
func (m *Message) Age() time.Duration {
	return time.Duration(m.raw.receiveTimeNs - m.raw.publishTimeNs)
}

// Scan puts a value that arrived into what target points to: any, bool, int, int64, uint64,
// float64, string, []byte, []any, Map, *Tensor or Opaque. An int or a uint is put into each number
// that can hold it. What does not fit is ErrBadValue.
func Scan(value, target any) error {
	isDone := false
	switch target := target.(type) {
	case *any:
		*target, isDone = value, true
	case *bool:
		*target, isDone = value.(bool)
	case *int:
		var wide int64
		if err := Scan(value, &wide); err != nil {
			return err
		}
		*target, isDone = int(wide), true
	case *int64:
		switch value := value.(type) {
		case int64:
			*target, isDone = value, true
		case uint64:
			*target, isDone = int64(value), value < 1<<63
		}
	case *uint64:
		switch value := value.(type) {
		case int64:
			*target, isDone = uint64(value), value >= 0
		case uint64:
			*target, isDone = value, true
		}
	case *float64:
		switch value := value.(type) {
		case float64:
			*target, isDone = value, true
		case int64:
			*target, isDone = float64(value), true
		case uint64:
			*target, isDone = float64(value), true
		}
	case *string:
		*target, isDone = value.(string)
	case *[]byte:
		*target, isDone = value.([]byte)
	case *[]any:
		*target, isDone = value.([]any)
	case *Map:
		*target, isDone = value.(Map)
	case **Tensor:
		*target, isDone = value.(*Tensor)
	case *Opaque:
		*target, isDone = value.(Opaque)
	}
	if !isDone {
		return newError(ErrBadValue, "a %T does not fit into %T", value, target)
	}
	return nil
}
