package simpleipc

import (
	"context"
	"io"
	"iter"
	"runtime"
)

// Client calls the methods of a service.
type Client struct{ handle }

// OpenClient opens a service to call it; there may be no server yet.
func OpenClient(name string, options *Options) (*Client, error) {
	c := &Client{}
	return opened(c, c.open(name, roleCall, options))
}

// Invocation is a call in all its detail.
type Invocation struct {
	Method string
	// Args is a list ([]any), a Map of names, one value, or nil for none. A *Tensor as the one
	// value is looked at in place by the server.
	Args any
	// Idempotent: to do it twice is the same as to do it once: should its server die, another one
	// gets the call, or the next to come. Without it that is ErrServerDied.
	Idempotent bool
}

// Call calls a method and waits for its result, of which Value and Scan are the most used. If the
// context ends first the call is cancelled. An error of the server's program is a *ServiceError.
func (c *Client) Call(ctx context.Context, method string, args ...any) (*Message, error) {
	invocation := Invocation{Method: method}
	if len(args) > 0 {
		invocation.Args = args
	}
	return c.Do(ctx, invocation)
}

// Do is Call with all details.
func (c *Client) Do(ctx context.Context, invocation Invocation) (*Message, error) {
	call, err := c.Start(ctx, invocation)
	if err != nil {
		return nil, err
	}
	return call.Result(ctx)
}

// Start starts a call; up to 64 of a client may be in flight.
func (c *Client) Start(ctx context.Context, invocation Invocation) (*Call, error) {
	flags := uint32(0)
	if invocation.Idempotent {
		flags = callIdempotent
	}
	number, err := c.start(ctx, invocation, flags)
	if err != nil {
		return nil, err
	}
	call := &Call{client: c, number: number}
	type inFlight struct {
		client *Client
		number uint64
	}
	call.cleanup = runtime.AddCleanup(call, func(one inFlight) {
		one.client.soon(func() { sipcCancel(one.client.raw, one.number) })
	}, inFlight{c, number})
	return call, nil
}

// Send calls a method and does not ask what becomes of it. It is done at most once.
func (c *Client) Send(ctx context.Context, method string, args ...any) error {
	_, err := c.start(ctx, Invocation{Method: method, Args: args}, callOneWay)
	return err
}

func (c *Client) start(ctx context.Context, invocation Invocation, flags uint32) (uint64, error) {
	method, err := cstring("the method", invocation.Method)
	if err != nil {
		return 0, err
	}
	if err := c.begin(ctx); err != nil {
		return 0, err
	}
	defer c.leave()
	e := &c.encoder
	defer e.clear()
	if err := e.encode(invocation.Args); err != nil {
		return 0, err
	}
	var number uint64
	attempt := func(timeoutNs int64) Status {
		return sipcCall(c.raw, method, &e.value, flags, timeoutNs, &number, &e.failure)
	}
	return number, c.finish(ctx, attempt(0), attempt)
}

// Methods is what the service offers: a list of maps with name, args, returns, idempotent, about.
func (c *Client) Methods(ctx context.Context) ([]any, error) {
	reply, err := c.Call(ctx, ".methods")
	if err != nil {
		return nil, err
	}
	defer reply.Release()
	var methods []any
	return methods, reply.Scan(&methods)
}

// Call is a call in flight.
type Call struct {
	client  *Client
	number  uint64
	isOver  bool
	err     error
	cleanup runtime.Cleanup
}

// Next is the next reply of a stream; the last one, the result, is without More. After that it is
// io.EOF. When the context ends the call is still in flight, and Next may be asked again.
func (c *Call) Next(ctx context.Context) (*Message, error) {
	if c.isOver {
		return nil, io.EOF
	}
	if err := c.client.begin(ctx); err != nil {
		return nil, err
	}
	defer c.client.leave()
	c.client.last = nil
	m, e := newMessage(), &c.client.encoder
	var status Status
	attempt := func(timeoutNs int64) Status {
		status = sipcResult(c.client.raw, c.number, timeoutNs, &m.raw, &e.failure)
		return status
	}
	attempt(0)
	err := error(nil)
	if status != statusOk {
		err = c.client.finish(ctx, status, attempt)
	}
	if status == ErrFailed {
		err = m.serviceError()
	}
	if !mayWait(status) && !(status == statusOk && m.More()) {
		c.isOver = true
		c.cleanup.Stop()
	}
	if err != nil {
		return nil, err
	}
	return c.client.hand(m), nil
}

// serviceError is the error of the server's program that the message holds.
func (m *Message) serviceError() error {
	defer m.Release()
	said, _ := m.Value().(Map)
	failure := &ServiceError{Data: said.Get("data")}
	_ = Scan(said.Get("code"), &failure.Code)
	_ = Scan(said.Get("message"), &failure.Message)
	return failure
}

// Result is the result, after all other replies, which are thrown away. If the context ends first
// the call is cancelled.
func (c *Call) Result(ctx context.Context) (*Message, error) {
	for {
		m, err := c.Next(ctx)
		if err != nil {
			if err != io.EOF {
				_ = c.Cancel() // the error to tell is the first one
			}
			return nil, err
		}
		if !m.More() {
			return m, nil
		}
		m.Release()
	}
}

// Replies is for a loop over a stream: all replies, the result last. Each is released after the
// body of the loop; Err tells what has ended it.
func (c *Call) Replies(ctx context.Context) iter.Seq[*Message] {
	return func(yield func(*Message) bool) {
		for {
			m, err := c.Next(ctx)
			if err != nil {
				if c.err = err; err == io.EOF {
					c.err = nil
				}
				return
			}
			if !visit(m, yield) {
				return
			}
		}
	}
}

// Err is the error that has ended the last loop, or nil if it has seen all replies.
func (c *Call) Err() error { return c.err }

// Cancel ends the call: no server begins with it any more, and one that works on it learns it.
func (c *Call) Cancel() error {
	if c.isOver {
		return nil
	}
	if err := c.client.enter(); err != nil {
		return err
	}
	defer c.client.leave()
	return bare(sipcCancel(c.client.raw, c.number))
}
