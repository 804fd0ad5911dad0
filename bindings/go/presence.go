package simpleipc

import (
	"context"
	"iter"
)

// Peer is a handle that somebody has open on a channel. What it says of itself is for people and
// logs: any member of a channel can write there.
type Peer struct {
	// Pid is its process, as that sees its own number.
	Pid int
	// Program is its name: the file name of its executable, or what it has told Identify.
	Program  string
	Language string
	// Role is the verb it has opened the channel for, as subscribe.
	Role string
	// Since is when it opened the channel, in nanoseconds as of Now.
	Since int64
	// ID identifies the handle among all that ever were on this channel: the Sender of its messages.
	ID uint64
}

func peerOf(value any) Peer {
	said, _ := value.(Map)
	var peer Peer
	for _, one := range []struct {
		key string
		to  any
	}{
		{"pid", &peer.Pid}, {"program", &peer.Program}, {"language", &peer.Language},
		{"role", &peer.Role}, {"since_ns", &peer.Since}, {"id", &peer.ID},
	} {
		_ = Scan(said.Get(one.key), one.to) // what is not told stays empty
	}
	return peer
}

// Peers lists who has a channel open now, in the order of their coming; none if there is no such
// channel. It looks without joining, and needs only leave to read. Of the options Directory counts.
func Peers(name string, options *Options) ([]Peer, error) {
	if err := load(); err != nil {
		return nil, err
	}
	raw, err := options.raw()
	if err != nil {
		return nil, err
	}
	channel, err := cstring("the name", name)
	if err != nil {
		return nil, err
	}
	m, failure := newMessage(), newRawError()
	defer m.Release()
	if err := failure.failure(sipcPeers(channel, raw, &m.raw, failure)); err != nil {
		return nil, err
	}
	list, _ := m.Value().([]any)
	peers := make([]Peer, len(list))
	for index, one := range list {
		peers[index] = peerOf(one)
	}
	return peers, nil
}

// Identify says who this process is to those who list or watch peers: at most 64 bytes; "" is the
// file name of the executable. It counts for handles that are opened from now on.
func Identify(program string) error {
	if err := load(); err != nil {
		return err
	}
	return identify(program)
}

func identify(program string) error {
	name, err := cstringOrNil("the program", program)
	if err != nil {
		return err
	}
	language := [...]byte{'g', 'o', 0}
	failure := newRawError()
	return failure.failure(sipcIdentify(name, &language[0], failure))
}

// PeerWatcher tells who comes and goes on a channel of any pattern, without being on it; who is
// there already comes first. The channel need not be there yet.
type PeerWatcher struct{ consumer }

// OpenPeerWatcher opens a channel to watch its peers.
func OpenPeerWatcher(name string, options *Options) (*PeerWatcher, error) {
	w := &PeerWatcher{}
	return opened(w, w.open(name, rolePeers, options))
}

// PeerEvent is that a peer is up, or down: it has closed its handle, or died.
type PeerEvent struct {
	IsUp bool
	Peer Peer
}

// Event takes the next event.
func (w *PeerWatcher) Event(ctx context.Context) (PeerEvent, error) {
	m, err := w.Receive(ctx)
	if err != nil {
		return PeerEvent{}, err
	}
	defer m.Release()
	return peerEventOf(m), nil
}

// Events is for a loop over events, as Messages of a Receiver.
func (w *PeerWatcher) Events(ctx context.Context) iter.Seq[PeerEvent] {
	return func(yield func(PeerEvent) bool) {
		for m := range w.Messages(ctx) {
			if !yield(peerEventOf(m)) {
				return
			}
		}
	}
}

func peerEventOf(m *Message) PeerEvent {
	said, _ := m.Value().(Map)
	return PeerEvent{IsUp: said.Get("event") == "up", Peer: peerOf(said)}
}
