package simpleipc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"sync/atomic"
)

// Server takes the calls of a service and answers them: each goes to one of its servers.
type Server struct {
	handle
	handlers map[string]Handler
	offer    []any
	err      error
}

// Handler answers a request with the result, or with an error: a *ServiceError as it is, any other
// as one with CodeBroken. A panic is such an error, too, and the server goes on.
type Handler func(*Request) (any, error)

// Method describes what callers may call, to those who ask for it. Only the name is needed.
type Method struct {
	Name string
	// Args are the names of the arguments, each with its type.
	Args    [][2]string
	Returns string
	// Idempotent: a call of it is done again by another server if this one dies.
	Idempotent bool
	About      string
}

const pluginName = "\x00" // of the service that the host has chosen; no other can have it

// OpenServer opens a service to serve it.
func OpenServer(name string, options *Options) (*Server, error) {
	if name == pluginName {
		return nil, newError(ErrBadName, "the name %q has a NUL in it", name)
	}
	s := &Server{handlers: map[string]Handler{}}
	return opened(s, s.open(name, roleServe, options))
}

// OpenPlugin opens the service that this process is to be as a plugin of a host.
func OpenPlugin(options *Options) (*Server, error) {
	s := &Server{handlers: map[string]Handler{}}
	if err := s.open(pluginName, roleServe, options); err != nil {
		return nil, err
	}
	s.name = os.Getenv("SIPC_PLUGIN")
	return s, nil
}

// Handle makes a function a method of the service, for Serve.
func (s *Server) Handle(method Method, handler Handler) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	args := []any{}
	for _, arg := range method.Args {
		args = append(args, []any{arg[0], arg[1]})
	}
	offer := append(s.offer, Map{
		{"name", method.Name}, {"args", args}, {"returns", method.Returns},
		{"idempotent", method.Idempotent}, {"about", method.About},
	})
	e := &s.encoder
	defer e.clear()
	if err := e.encode(offer); err != nil {
		return err
	}
	if err := e.failure.failure(sipcDescribe(s.raw, &e.value, &e.failure)); err != nil {
		return err
	}
	s.offer = offer
	s.handlers[method.Name] = handler
	return nil
}

// HandleFunc is Handle with nothing but a name.
func (s *Server) HandleFunc(name string, handler Handler) error {
	return s.Handle(Method{Name: name}, handler)
}

// Serve answers calls, one after the other in this goroutine, until the context ends, which is
// then the error, or the handle is interrupted or closed.
func (s *Server) Serve(ctx context.Context) error {
	for {
		request, err := s.Receive(ctx)
		if err != nil {
			if ctx.Err() == nil && isEnd(ctx, err) {
				return nil
			}
			return err
		}
		s.answer(request)
	}
}

// answer ends a request in every case. That its client is gone is no matter of the server's.
func (s *Server) answer(request *Request) {
	defer request.Release()
	handler := s.handlers[request.Method]
	if handler == nil {
		text := fmt.Sprintf("there is no method %s", request.Method)
		_ = request.Fail(&ServiceError{Code: CodeNoSuchMethod, Message: text})
		return
	}
	value, err := request.handle(handler)
	if err == nil {
		if err = request.Reply(value); err == nil || errors.Is(err, ErrTooLarge) {
			return // the client of a result that is too large was told so by the library
		}
		err = fmt.Errorf("the result cannot be sent: %w", err)
	}
	_ = request.Fail(err)
}

func (r *Request) handle(handler Handler) (value any, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return handler(r)
}

// Receive takes the next request, for servers that answer themselves: many at once, or in other
// goroutines.
func (s *Server) Receive(ctx context.Context) (*Request, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	m, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	call, _ := m.Value().([]any)
	if len(call) != 2 {
		m.Release()
		return nil, newError(ErrCorrupt, "a request is a list of a method and its arguments")
	}
	method, _ := call[0].(string)
	return &Request{Method: method, Args: call[1], message: m}, nil
}

// Requests is for a loop that answers requests itself, as Messages of a Receiver; one that was not
// answered in the body of the loop is an error for its client.
func (s *Server) Requests(ctx context.Context) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		for {
			request, err := s.Receive(ctx)
			if err != nil {
				if s.err = err; isEnd(ctx, err) {
					s.err = nil
				}
				return
			}
			if !visit(request.message, func(*Message) bool { return yield(request) }) {
				return
			}
		}
	}
}

// Err is the error that has ended the last loop, or nil if its end was a good one.
func (s *Server) Err() error { return s.err }

// Request is a call that was taken and is to be answered, by one goroutine at a time.
type Request struct {
	Method string
	// Args is a list ([]any), a Map of names, one value, or nil for none.
	Args    any
	message *Message
	inside  atomic.Bool
}

// Scan puts the arguments, which have to be as many, into what the targets point to, as Scan does.
// What does not fit is a *ServiceError with CodeBadArguments.
func (r *Request) Scan(targets ...any) error {
	args, isList := r.Args.([]any)
	if !isList && r.Args != nil {
		args = []any{r.Args}
	}
	if len(args) != len(targets) {
		text := fmt.Sprintf("%s takes %d arguments, not %d", r.Method, len(targets), len(args))
		return &ServiceError{Code: CodeBadArguments, Message: text}
	}
	for index, target := range targets {
		if err := Scan(args[index], target); err != nil {
			text := fmt.Sprintf("%s: argument %d: %v", r.Method, index+1, err)
			return &ServiceError{Code: CodeBadArguments, Message: text}
		}
	}
	return nil
}

// Reply answers with the result.
func (r *Request) Reply(value any) error { return r.reply(value, 0) }

// Push is one reply of a stream, before the result; ErrCancelled if nobody waits, ErrFull if the
// client does not take its replies.
func (r *Request) Push(value any) error { return r.reply(value, replyMore) }

// Fail answers with an error: a *ServiceError as it is, any other as one with CodeBroken.
func (r *Request) Fail(err error) error {
	var failure *ServiceError
	if !errors.As(err, &failure) {
		failure = &ServiceError{Code: CodeBroken, Message: err.Error()}
	}
	return r.reply(Map{
		{"code", failure.Code}, {"message", failure.Message}, {"data", failure.Data},
	}, replyError)
}

func (r *Request) reply(value any, flags uint32) error {
	e := newEncoder()
	defer e.clear()
	if err := e.encode(value); err != nil {
		return err
	}
	if err := r.enter(); err != nil {
		return err
	}
	defer r.inside.Store(false)
	return e.failure.failure(sipcReply(&r.message.raw, &e.value, flags, &e.failure))
}

func (r *Request) enter() error {
	if r.inside.Swap(true) {
		return newError(ErrBusy, "another goroutine is answering this request")
	}
	if r.message.released.Load() {
		r.inside.Store(false)
		return newError(ErrClosed, "the request was released")
	}
	return nil
}

// Cancelled reports that nobody waits for the answer any more; to be asked in long work.
func (r *Request) Cancelled() bool {
	if r.enter() != nil {
		return false
	}
	defer r.inside.Store(false)
	return sipcCancelled(&r.message.raw) == ErrCancelled
}

// OneWay reports that the client does not ask what becomes of it.
func (r *Request) OneWay() bool { return r.message.raw.flags&messageOneWay != 0 }

// Release lets go of the request. One that was not answered is an error for its client.
func (r *Request) Release() { r.message.Release() }
