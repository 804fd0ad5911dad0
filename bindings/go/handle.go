package simpleipc

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Options say how to open a handle. The zero value, and nil, are the defaults.
type Options struct {
	// Lossless: subscriber: the publisher waits for it rather than overwrite what it has not taken.
	Lossless bool
	// Latest: subscriber: each take skips to the newest message; what it skips counts as missed.
	Latest bool
	// Tap: subscriber: only look on. It takes no place, holds up nobody, and needs only leave to
	// read the channel's files.
	Tap bool
	// Unstamped: producer: do not spend a clock read per message.
	Unstamped bool
	// History: subscriber: start with up to this many past messages of each publisher; publisher:
	// keep that many for late joiners.
	History int
	// Depth is how many messages a producer may be ahead, a power of two from 16 to 65536; whoever
	// opens the channel first decides. 0 is 256 for a topic and 1024 for a queue.
	Depth int
	// PoolBytesMax is the most shared memory for messages above 104 bytes; 0 is 4 GiB.
	PoolBytesMax uint64
	// Directory is where the channel lives; "" is $SIPC_DIR, or the user's own in /dev/shm.
	Directory string
	// Signal: waiter: raise this signal in this process after each notification.
	Signal int
	// Permits: lock: how many may have it at once, 1 to 64; 0 is 1.
	Permits int
}

func (o *Options) raw() (*rawOptions, error) {
	raw := &rawOptions{size: uint32(unsafe.Sizeof(rawOptions{}))}
	if o == nil {
		return raw, nil
	}
	flags := []struct {
		isSet bool
		bit   uint32
	}{
		{o.Lossless, optionLossless}, {o.Latest, optionLatest},
		{o.Unstamped, optionUnstamped}, {o.Tap, optionTap},
	}
	for _, flag := range flags {
		if flag.isSet {
			raw.flags |= flag.bit
		}
	}
	for _, number := range []struct {
		name  string
		value int
		to    *uint32
	}{
		{"History", o.History, &raw.history}, {"Depth", o.Depth, &raw.depth},
		{"Permits", o.Permits, &raw.permits},
	} {
		if number.value < 0 || number.value > math.MaxUint32 {
			return nil, newError(ErrBadArgument, "%s %d is out of range", number.name, number.value)
		}
		*number.to = uint32(number.value)
	}
	if o.Signal < math.MinInt32 || o.Signal > math.MaxInt32 {
		return nil, newError(ErrBadArgument, "Signal %d is out of range", o.Signal)
	}
	raw.poolBytesMax, raw.signal = o.PoolBytesMax, int32(o.Signal)
	directory, err := cstringOrNil("the directory", o.Directory)
	raw.directory = directory
	return raw, err
}

// NoWait is a context for a verb that is only to try: it fails with ErrTimeout (or ErrFull) at
// once if there is nothing (no room).
var NoWait context.Context = noWait{context.Background()}

type noWait struct{ context.Context }

func (noWait) Deadline() (time.Time, bool) { return time.Unix(0, 0), true }
func (noWait) Done() <-chan struct{}       { return over }
func (noWait) Err() error                  { return context.DeadlineExceeded }

var over = func() chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}()

// handle is an open channel, the beginning of every type that Open... makes.
type handle struct {
	raw    uintptr
	name   string
	gate   gate
	closed atomic.Bool
	// A wait may also be interrupted by a signal of the Go runtime, or by a context that ended just
	// after the last wait; those are not reported.
	interrupted atomic.Bool
	encoder     encoder
	last        *Message // until another is asked for: its memory outlives the look at it
	ahead       *Message // taken for a channel of Go that nobody took it from
	held        *held
	cleanup     runtime.Cleanup
}

// gate lets one goroutine at a time into a handle. What the garbage collector finds to be done in
// there is done between two visits, or two attempts of one that waits.
type gate struct {
	sync.Mutex
	isBusy  bool
	errands []func()
}

// Handle is what every type that Open... makes can do.
type Handle interface {
	Close() error
	Interrupt() error
	base() *handle
}

func (h *handle) base() *handle { return h }

func (h *handle) open(name string, role uint32, options *Options) error {
	if err := load(); err != nil {
		return err
	}
	raw, err := options.raw()
	if err != nil {
		return err
	}
	var channel *byte // NULL for the service this process is to be as a plugin
	if role != roleServe || name != pluginName {
		if channel, err = cstring("the name", name); err != nil {
			return err
		}
	}
	h.encoder.failure.size = uint32(unsafe.Sizeof(rawError{}))
	failure := &h.encoder.failure
	status := sipcOpen(channel, role, raw, &h.raw, failure)
	if status != statusOk {
		return failure.failure(status)
	}
	h.name, h.held = name, &held{goal: heldGoal}
	h.cleanup = runtime.AddCleanup(h, func(raw uintptr) { sipcClose(raw) }, h.raw)
	return nil
}

// Close closes the handle; a wait of another goroutine in it ends with ErrClosed. Closing it again
// does nothing. Messages taken through it stay valid until they are released.
func (h *handle) Close() error {
	if h.raw == 0 || h.closed.Swap(true) {
		return nil
	}
	h.cleanup.Stop()
	return bare(sipcClose(h.raw))
}

// Interrupt ends the wait of another goroutine in this handle, or else the next one, with
// ErrInterrupted.
func (h *handle) Interrupt() error {
	if h.raw == 0 {
		return newError(ErrClosed, "the handle is not open")
	}
	h.interrupted.Store(true)
	return bare(sipcInterrupt(h.raw))
}

func (h *handle) enter() error {
	if h.raw == 0 {
		return newError(ErrClosed, "the handle is not open")
	}
	h.gate.Lock()
	defer h.gate.Unlock()
	if h.gate.isBusy {
		return newError(ErrBusy,
			"another goroutine is inside the handle of %q; open one for each", h.name)
	}
	h.gate.isBusy = true
	return nil
}

func (h *handle) leave() {
	h.gate.Lock()
	defer h.gate.Unlock()
	h.gate.isBusy = false
	h.gate.run()
}

func (g *gate) run() {
	for _, errand := range g.errands {
		errand()
	}
	g.errands = nil
}

// pause is for whoever is inside, between two attempts.
func (h *handle) pause() {
	h.gate.Lock()
	defer h.gate.Unlock()
	h.gate.run()
}

// soon runs a short errand inside the handle: now, or when whoever is inside leaves. Who waits
// there pauses for it, since it may be what that one waits for.
func (h *handle) soon(errand func()) {
	h.gate.Lock()
	defer h.gate.Unlock()
	if h.gate.isBusy {
		h.gate.errands = append(h.gate.errands, errand)
		sipcInterrupt(h.raw)
	} else {
		errand()
	}
}

// mayWait says that a status is the end of an attempt, but not of the wait.
func mayWait(status Status) bool {
	return status == ErrTimeout || status == ErrFull || status == ErrInterrupted
}

// finish turns the status of a first attempt, with a timeout of 0, into that of the whole wait.
func (h *handle) finish(ctx context.Context, status Status,
	attempt func(timeoutNs int64) Status) error {
	// Without time, there is no space also if memory is only in use.
	isEarly := status == ErrNoSpace && ctx != NoWait
	if !mayWait(status) && !isEarly {
		return h.encoder.failure.failure(status)
	}
	return wait(ctx, status, []*handle{h}, &h.encoder.failure, attempt)
}

func wait(ctx context.Context, status Status, handles []*handle, failure *rawError,
	attempt func(timeoutNs int64) Status) error {
	deadline, isLimited := ctx.Deadline()
	if ctx.Done() != nil && ctx != NoWait {
		raw := handles[0].raw
		stop := context.AfterFunc(ctx, func() { sipcInterrupt(raw) })
		defer stop()
	}
	for {
		if err := ctx.Err(); err != nil && (ctx != NoWait || status != ErrInterrupted) {
			return ended(status, err)
		}
		if status == ErrInterrupted {
			for _, h := range handles {
				if h.interrupted.Swap(false) {
					return failure.failure(status)
				}
			}
		}
		for _, h := range handles {
			h.pause()
		}
		timeoutNs := int64(-1)
		if isLimited {
			timeoutNs = max(int64(time.Until(deadline)), 0)
		}
		status = attempt(timeoutNs)
		if !mayWait(status) {
			return failure.failure(status)
		}
		if status != ErrInterrupted && isLimited && !time.Now().Before(deadline) {
			<-ctx.Done() // its timer is about to say so, too
		}
	}
}

// begin refuses what has ended before it began, and lets no second goroutine in.
func (h *handle) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil && ctx != NoWait {
		return ended(ErrTimeout, err)
	}
	return h.enter()
}

// FD is a descriptor for poll, epoll and the like: readable as long as there may be something to
// take. Then take with NoWait until that fails with ErrTimeout; only that clears it. It is the
// handle's own: do not read, write or close it.
func (h *handle) FD() (int, error) {
	if err := h.enter(); err != nil {
		return -1, err
	}
	defer h.leave()
	var fd int32
	status := sipcFd(h.raw, &fd, &h.encoder.failure)
	if status != statusOk {
		return -1, h.encoder.failure.failure(status)
	}
	return int(fd), nil
}

// WaitAny waits until one of up to 64 handles that take has a message, and answers which; then
// take it with NoWait. Handles are looked at in turn, so that none starves. With several receivers
// on a queue another one may be faster: the take then fails with ErrTimeout; wait again. That a
// Client is answered means that one of its calls has a reply, or has ended: ask Next of each, with
// NoWait.
func WaitAny(ctx context.Context, handles ...Handle) (int, error) {
	var raws []uintptr
	var entered []*handle
	defer func() {
		for _, h := range entered {
			h.leave()
		}
	}()
	for index, one := range handles {
		h := one.base()
		if err := h.begin(ctx); err != nil {
			return -1, err
		}
		entered = append(entered, h)
		if h.ahead != nil {
			return index, nil
		}
		raws = append(raws, h.raw)
	}
	if len(raws) == 0 {
		return -1, newError(ErrBadArgument, "there is no handle to wait for")
	}
	var index uint32
	failure := newRawError()
	attempt := func(timeoutNs int64) Status {
		return sipcWait(&raws[0], uint32(len(raws)), timeoutNs, &index, failure)
	}
	status := attempt(0)
	err := failure.failure(status)
	if mayWait(status) {
		err = wait(ctx, status, entered, failure, attempt)
	}
	if err != nil {
		return -1, err
	}
	return int(index), nil
}
