package simpleipc

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"
	"unsafe"
)

// Send sends one value to a queue. The channel is opened on first use and stays open in this
// process. It waits at most 5 s for room. Any goroutine.
func Send(name string, value any) error { return once(name, value, sipcSend) }

// Publish publishes one value on a topic, as Send.
func Publish(name string, value any) error { return once(name, value, sipcPublish) }

// Set sets the value of a state, as Send.
func Set(name string, value any) error { return once(name, value, sipcSet) }

// Notify says that something has happened, as Send.
func Notify(name string) error {
	return once(name, nil, func(name *byte, _ *rawValue, failure *rawError) Status {
		return sipcNotify(name, failure)
	})
}

func once(name string, value any, put func(*byte, *rawValue, *rawError) Status) error {
	if err := load(); err != nil {
		return err
	}
	channel, err := cstring("the name", name)
	if err != nil {
		return err
	}
	e := newEncoder()
	defer e.clear()
	if err := e.encode(value); err != nil {
		return err
	}
	for {
		status := put(channel, &e.value, &e.failure)
		if status != ErrInterrupted { // by a signal of the Go runtime
			return e.failure.failure(status)
		}
	}
}

// Receive takes one message out of a queue. The channel is opened on first use and stays open in
// this process. Any goroutine.
func Receive(ctx context.Context, name string) (*Message, error) {
	return kept(&receivers, name, OpenReceiver, func(r *Receiver) (*Message, error) {
		return r.Receive(ctx)
	})
}

// Get is the value of a state as it is now; it waits only for a first one. As Receive.
func Get(ctx context.Context, name string) (*Message, error) {
	return kept(&watchers, name, OpenWatcher, func(w *Watcher) (*Message, error) {
		return w.Get(ctx)
	})
}

// Wait waits until something happens; how many times it did since this process last waited for it,
// or since the beginning of its first wait. As Receive.
func Wait(ctx context.Context, name string) (uint64, error) {
	return kept(&waiters, name, OpenWaiter, func(w *Waiter) (uint64, error) {
		return w.Wait(ctx)
	})
}

// CallService calls a method of a service and waits for its result, as Client.Call. Any goroutine.
func CallService(ctx context.Context, service, method string, args ...any) (*Message, error) {
	return kept(&clients, service, OpenClient, func(c *Client) (*Message, error) {
		return c.Call(ctx, method, args...)
	})
}

var (
	receivers idle[*Receiver]
	watchers  idle[*Watcher]
	waiters   idle[*Waiter]
	clients   idle[*Client]
)

// idle are handles that no one-call function is using, by directory and name. While one is in use
// another goroutine opens its own: the first may wait for ever.
type idle[T Handle] struct {
	sync.Mutex
	handles map[string][]T
}

func (i *idle[T]) take(key string) (one T, ok bool) {
	i.Lock()
	defer i.Unlock()
	handles := i.handles[key]
	if len(handles) == 0 {
		return one, false
	}
	i.handles[key] = handles[:len(handles)-1]
	return handles[len(handles)-1], true
}

func (i *idle[T]) put(key string, one T) {
	i.Lock()
	defer i.Unlock()
	if i.handles == nil {
		i.handles = map[string][]T{}
	}
	i.handles[key] = append(i.handles[key], one)
}

// kept does work with a handle that is kept open. One that is of no use any more, because its file
// was removed, is replaced once by a fresh one.
func kept[T Handle, R any](idle *idle[T], name string, open func(string, *Options) (T, error),
	work func(T) (R, error)) (R, error) {
	key := os.Getenv("SIPC_DIR") + "\x00" + name
	for {
		handle, isKept := idle.take(key)
		if !isKept {
			var err error
			if handle, err = open(name, nil); err != nil {
				var none R
				return none, err
			}
		}
		result, err := work(handle)
		if !errors.Is(err, ClassGone) || errors.Is(err, ErrServerDied) {
			idle.put(key, handle)
			return result, err
		}
		_ = handle.Close()
		if !isKept {
			return result, err
		}
	}
}

// Audit describes a channel, or with the name "" all of a directory, as a JSON list: name, pattern,
// peers, lanes, waiting messages, memory, leaks. The directory "" is the usual one.
func Audit(name, directory string) (json.RawMessage, error) {
	if err := load(); err != nil {
		return nil, err
	}
	channel, err := cstringOrNil("the name", name)
	if err != nil {
		return nil, err
	}
	place, err := cstringOrNil("the directory", directory)
	if err != nil {
		return nil, err
	}
	failure := newRawError()
	for capacity := uint64(1 << 16); ; {
		buffer, needed := make([]byte, capacity), uint64(0)
		status := sipcAudit(channel, place, unsafe.SliceData(buffer), capacity, &needed, failure)
		if status != statusOk {
			return nil, failure.failure(status)
		}
		if needed <= capacity {
			return json.RawMessage(buffer[:needed-1]), nil
		}
		capacity = needed + needed/2
	}
}

// Clean removes what nobody uses: files of channels whose processes are all dead, and queues left
// with messages that are all older than ageMax; how many channels. Those in use are never touched.
func Clean(directory string, ageMax time.Duration) (int, error) {
	if err := load(); err != nil {
		return 0, err
	}
	place, err := cstringOrNil("the directory", directory)
	if err != nil {
		return 0, err
	}
	var count uint64
	failure := newRawError()
	err = failure.failure(sipcClean(place, ageMax.Nanoseconds(), &count, failure))
	return int(count), err
}
