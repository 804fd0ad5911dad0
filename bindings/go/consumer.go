package simpleipc

import (
	"context"
	"errors"
	"iter"
)

// consumer is what takes messages: a Subscriber, a Receiver or a Watcher.
type consumer struct {
	handle
	err error
}

// Receive takes the next message, waiting for it without using the CPU.
func (c *consumer) Receive(ctx context.Context) (*Message, error) {
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	defer c.leave()
	if m := c.ahead; m != nil {
		c.ahead = nil
		return m, nil
	}
	return c.take(ctx)
}

func (h *handle) take(ctx context.Context) (*Message, error) {
	h.last = nil
	m := newMessage()
	if status := sipcTake(h.raw, 0, &m.raw, &h.encoder.failure); status != statusOk {
		err := h.finish(ctx, status, func(timeoutNs int64) Status {
			return sipcTake(h.raw, timeoutNs, &m.raw, &h.encoder.failure)
		})
		if err != nil {
			return nil, err
		}
	}
	return h.hand(m), nil
}

// isEnd reports errors that are a good end of a loop: the context has ended, or somebody has
// interrupted or closed the handle.
func isEnd(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err()) ||
		errors.Is(err, ErrInterrupted) || errors.Is(err, ErrClosed)
}

// Messages is for a loop, which ends with the context, when the handle is interrupted or closed, or
// with an error, which Err then tells. Each message is released after the body of the loop.
//
//	for message := range receiver.Messages(ctx) { ... }
func (c *consumer) Messages(ctx context.Context) iter.Seq[*Message] {
	return func(yield func(*Message) bool) {
		for {
			m, err := c.Receive(ctx)
			if err != nil {
				c.end(ctx, err)
				return
			}
			if !visit(m, yield) {
				return
			}
		}
	}
}

func visit(m *Message, yield func(*Message) bool) bool {
	defer m.Release()
	return yield(m)
}

// Chan is for select: messages arrive on it until the context ends, the handle is interrupted or
// closed, or there is an error, which Err then tells; then it is closed. Until then the handle
// belongs to it. Whoever takes a message releases it. One that nobody takes is the first that the
// next Receive gets.
func (c *consumer) Chan(ctx context.Context) <-chan *Message {
	messages := make(chan *Message)
	go func() {
		defer close(messages)
		for {
			m, err := c.Receive(ctx)
			if err != nil {
				c.end(ctx, err)
				return
			}
			select {
			case messages <- m:
			case <-ctx.Done():
				c.end(ctx, nil)
				c.ahead = m
				return
			}
		}
	}()
	return messages
}

func (c *consumer) end(ctx context.Context, err error) {
	if c.err = err; err != nil && isEnd(ctx, err) {
		c.err = nil
	}
}

// Err is the error that has ended the last loop over Messages or Chan, or nil if its end was a good
// one.
func (c *consumer) Err() error { return c.err }

// Subscriber takes the messages of a topic.
type Subscriber struct{ consumer }

// OpenSubscriber opens a topic to subscribe to.
func OpenSubscriber(name string, options *Options) (*Subscriber, error) {
	s := &Subscriber{}
	return opened(s, s.open(name, roleSubscribe, options))
}

// Receiver takes messages out of a queue. One is done when it is released, or when the next is
// taken; one that was not done when its receiver died is delivered again.
type Receiver struct{ consumer }

// OpenReceiver opens a queue to receive from.
func OpenReceiver(name string, options *Options) (*Receiver, error) {
	r := &Receiver{}
	return opened(r, r.open(name, roleReceive, options))
}

// Watcher takes values of a state: Receive the newest that it has not taken yet, Get the one that
// holds now.
type Watcher struct{ consumer }

// OpenWatcher opens a state to watch it.
func OpenWatcher(name string, options *Options) (*Watcher, error) {
	w := &Watcher{}
	return opened(w, w.open(name, roleWatch, options))
}

// Get is the value as it is now, also if it was taken before; it waits only for a first one.
func (w *Watcher) Get(ctx context.Context) (*Message, error) {
	if err := w.begin(ctx); err != nil {
		return nil, err
	}
	defer w.leave()
	w.last = nil
	m := newMessage()
	attempt := func(timeoutNs int64) Status {
		return sipcCurrent(w.raw, timeoutNs, &m.raw, &w.encoder.failure)
	}
	if status := attempt(0); status != statusOk {
		if err := w.finish(ctx, status, attempt); err != nil {
			return nil, err
		}
	}
	return w.hand(m), nil
}

// Waiter waits for a signal.
type Waiter struct {
	handle
	err error
}

// OpenWaiter opens a signal to wait for it.
func OpenWaiter(name string, options *Options) (*Waiter, error) {
	w := &Waiter{}
	return opened(w, w.open(name, roleWait, options))
}

// Wait waits until something happens; how many times it did since the last time.
func (w *Waiter) Wait(ctx context.Context) (uint64, error) {
	if err := w.begin(ctx); err != nil {
		return 0, err
	}
	defer w.leave()
	m, err := w.take(ctx)
	if err != nil {
		return 0, err
	}
	return m.raw.value.u, nil
}

// Notifications is for a loop, as Messages of a Receiver: how many there were, again and again.
func (w *Waiter) Notifications(ctx context.Context) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for {
			count, err := w.Wait(ctx)
			if err != nil {
				if w.err = err; isEnd(ctx, err) {
					w.err = nil
				}
				return
			}
			if !yield(count) {
				return
			}
		}
	}
}

// Err is the error that has ended the last loop, or nil if its end was a good one.
func (w *Waiter) Err() error { return w.err }

// Lock has one owner at a time, or with Options.Permits a few. It is free at once when one dies.
type Lock struct {
	handle
	abandoned uint64
}

// OpenLock opens a lock, or with Options.Permits a semaphore.
func OpenLock(name string, options *Options) (*Lock, error) {
	l := &Lock{}
	return opened(l, l.open(name, roleLock, options))
}

// Lock waits until the lock, or a permit, is this handle's, which has at most one.
func (l *Lock) Lock(ctx context.Context) error {
	if err := l.begin(ctx); err != nil {
		return err
	}
	defer l.leave()
	l.abandoned = 0
	attempt := func(timeoutNs int64) Status {
		return sipcLock(l.raw, timeoutNs, &l.abandoned, &l.encoder.failure)
	}
	return l.finish(ctx, attempt(0), attempt)
}

// Abandoned is the process that died holding the lock, if its last owner did: what it protects may
// be half done; else 0.
func (l *Lock) Abandoned() int { return int(l.abandoned) }

// Unlock unlocks, or gives the permit back. Close does it, too.
func (l *Lock) Unlock() error {
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	return l.encoder.failure.failure(sipcUnlock(l.raw, &l.encoder.failure))
}
