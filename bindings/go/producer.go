package simpleipc

import "context"

// producer is what puts: a Publisher, a Sender or a Setter.
type producer struct{ handle }

// put copies a value into the channel, or hands over a loan.
func (p *producer) put(ctx context.Context, value any, captureTime int64) error {
	return p.encoded(ctx, value, captureTime, func(timeoutNs int64) Status {
		return sipcPut(p.raw, &p.encoder.value, timeoutNs, &p.encoder.failure)
	})
}

func (p *producer) encoded(ctx context.Context, value any, captureTime int64,
	attempt func(timeoutNs int64) Status) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	defer p.leave()
	e := &p.encoder
	e.value.captureTimeNs = captureTime
	defer e.clear()
	if err := e.encode(value); err != nil {
		return err
	}
	status := attempt(0)
	var err error
	if status != statusOk {
		err = p.finish(ctx, status, attempt)
	}
	if err == nil && e.loan != nil && e.loan.handle == &p.handle {
		e.loan.end(statusOk)
	}
	return err
}

// Publisher puts messages on a topic: every subscriber gets each.
type Publisher struct{ producer }

// OpenPublisher opens a topic to publish on.
func OpenPublisher(name string, options *Options) (*Publisher, error) {
	p := &Publisher{}
	return opened(p, p.open(name, rolePublish, options))
}

// Publish publishes a value; it waits only for lossless subscribers. The value is copied, unless it
// is a *Loan.
func (p *Publisher) Publish(ctx context.Context, value any) error { return p.put(ctx, value, 0) }

// PublishCaptured is Publish of what was captured at this time of Now.
func (p *Publisher) PublishCaptured(ctx context.Context, value any, captureTime int64) error {
	return p.put(ctx, value, captureTime)
}

// Sender puts messages into a queue: one receiver gets each.
type Sender struct{ producer }

// OpenSender opens a queue to send to.
func OpenSender(name string, options *Options) (*Sender, error) {
	s := &Sender{}
	return opened(s, s.open(name, roleSend, options))
}

// Send sends a value; it waits for room. The value is copied, unless it is a *Loan.
func (s *Sender) Send(ctx context.Context, value any) error { return s.put(ctx, value, 0) }

// SendCaptured is Send of what was captured at this time of Now.
func (s *Sender) SendCaptured(ctx context.Context, value any, captureTime int64) error {
	return s.put(ctx, value, captureTime)
}

// Setter sets a state: each value replaces the one before.
type Setter struct{ producer }

// OpenSetter opens a state to set it.
func OpenSetter(name string, options *Options) (*Setter, error) {
	s := &Setter{}
	return opened(s, s.open(name, roleSet, options))
}

// Set sets the value, which is copied, unless it is a *Loan.
func (s *Setter) Set(ctx context.Context, value any) error { return s.put(ctx, value, 0) }

// SetCaptured is Set of what was captured at this time of Now.
func (s *Setter) SetCaptured(ctx context.Context, value any, captureTime int64) error {
	return s.put(ctx, value, captureTime)
}

// SetIf sets the value if the one it is to replace still has this sequence, or is still none
// (NoValue); else it fails with ErrConflict: then get the value and think again.
func (s *Setter) SetIf(ctx context.Context, value any, expected uint64) error {
	return s.encoded(ctx, value, 0, func(timeoutNs int64) Status {
		return sipcPutIf(s.raw, &s.encoder.value, expected, timeoutNs, &s.encoder.failure)
	})
}

// Notifier says that something has happened.
type Notifier struct{ producer }

// OpenNotifier opens a signal to notify.
func OpenNotifier(name string, options *Options) (*Notifier, error) {
	n := &Notifier{}
	return opened(n, n.open(name, roleNotify, options))
}

// Notify says that it has happened to all who wait, or have the signal open to wait.
func (n *Notifier) Notify() error { return n.put(context.Background(), nil, 0) }

// opened is a handle that was opened, or nil.
func opened[T any](one *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return one, nil
}
