package simpleipc

import (
	"context"
	"iter"
	"syscall"
	"time"
)

// Host starts programs as plugins, hears what becomes of them, and starts them again when they
// crash. They end with it, also when it is killed. A plugin `spell` of the host `editor` serves the
// service `editor.spell`; see OpenPlugin. Anybody may subscribe to `editor.events`.
type Host struct {
	consumer
	directory string
}

// OpenHost opens a host of this name.
func OpenHost(name string, options *Options) (*Host, error) {
	h := &Host{}
	if options != nil {
		h.directory = options.Directory
	}
	return opened(h, h.open(name, roleHost, options))
}

// Plugin is a program to be started.
type Plugin struct {
	// Name is a name of its own without dots.
	Name string
	// Program is a path, or a name to be found in PATH.
	Program string
	Args    []string
	// Restarts is how often it is started again, when it crashes, within the time Within: 0 is 3
	// times, below 0 is never, and no time is 60 s. One that ends with code 0 has done what it
	// wanted.
	Restarts int
	Within   time.Duration
	// HangAfter is how long it may take no call before it is killed and started again; 0 is as long
	// as it likes.
	HangAfter time.Duration
}

// Start starts a plugin and looks after it. That it runs, or cannot, is an event.
func (h *Host) Start(plugin Plugin) error {
	wish := Map{{"name", plugin.Name}, {"program", plugin.Program}}
	if plugin.Args != nil {
		wish = append(wish, Pair{"args", plugin.Args})
	}
	if plugin.Restarts != 0 {
		wish = append(wish, Pair{"restarts", max(plugin.Restarts, 0)})
	}
	if plugin.Within != 0 {
		wish = append(wish, Pair{"seconds", plugin.Within.Seconds()})
	}
	if plugin.HangAfter != 0 {
		wish = append(wish, Pair{"hang_after", plugin.HangAfter.Seconds()})
	}
	return h.wish(wish)
}

// Stop asks a plugin to end, and after two seconds ends it; it returns when it has gone.
func (h *Host) Stop(name string) error { return h.wish(Map{{"name", name}, {"stop", true}}) }

func (h *Host) wish(wish Map) error {
	if err := h.enter(); err != nil {
		return err
	}
	defer h.leave()
	e := &h.encoder
	defer e.clear()
	if err := e.encode(wish); err != nil {
		return err
	}
	return e.failure.failure(sipcPlugin(h.raw, &e.value, &e.failure))
}

// Client opens the service of a plugin, of whichever process it is at the time, to call it.
func (h *Host) Client(plugin string) (*Client, error) {
	return OpenClient(h.name+"."+plugin, &Options{Directory: h.directory})
}

// Event is something that has happened to a plugin. What is not told with it is empty.
type Event struct {
	// Name is started, failed (Text), ready (Methods), output (Stream, Text), hung, ended (Code),
	// killed (Signal), restarting (After) or given_up.
	Name   string
	Plugin string
	// Pid is 0 if the plugin has no process.
	Pid     int
	Text    string
	Stream  string
	Methods []any
	Code    int
	Signal  syscall.Signal
	After   time.Duration
	// Missed counts events that the host was too slow for.
	Missed uint64
}

// Event takes the next event.
func (h *Host) Event(ctx context.Context) (Event, error) {
	m, err := h.Receive(ctx)
	if err != nil {
		return Event{}, err
	}
	defer m.Release()
	return EventOf(m), nil
}

// Events is for a loop over events, as Messages of a Receiver.
func (h *Host) Events(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for m := range h.Messages(ctx) {
			if !yield(EventOf(m)) {
				return
			}
		}
	}
}

// EventOf reads what a host has published on its topic of events.
func EventOf(m *Message) Event {
	said, _ := m.Value().(Map)
	event := Event{Missed: m.Missed()}
	var signal, afterMs int
	for _, one := range []struct {
		key string
		to  any
	}{
		{"event", &event.Name}, {"plugin", &event.Plugin}, {"pid", &event.Pid},
		{"text", &event.Text}, {"stream", &event.Stream}, {"methods", &event.Methods},
		{"code", &event.Code}, {"signal", &signal}, {"after_ms", &afterMs},
	} {
		_ = Scan(said.Get(one.key), one.to) // what is not told stays empty
	}
	event.Signal = syscall.Signal(signal)
	event.After = time.Duration(afterMs) * time.Millisecond
	return event
}
