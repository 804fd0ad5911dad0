// Package simpleipc lets any program talk to any other program on this machine, in any language:
// queues (Send, Receive), topics (Publish, Subscriber), states (Set, Get, Watcher), signals
// (Notify, Wait), locks, services (Server, Client), plugins (Host) and presence (Peers) in shared
// memory, without a server, a schema or a set-up call.
//
//	simpleipc.Send("chat", "hello")                    // one program
//	message, err := simpleipc.Receive(ctx, "chat")     // another one, in any language
//
// # Waiting
//
// Whatever may wait takes a context, and ends at once with its error when that is cancelled or its
// deadline passes. [NoWait] only tries. SIGINT ends a Go program while it waits, too.
//
// # Goroutines
//
// A handle belongs to one goroutine at a time, on whatever thread that runs: a second one inside
// it gets ErrBusy. Close, Interrupt and Message.Release may come from any.
//
// # Memory
//
// Message.Bytes, Tensor.Data and Elements show the shared memory itself. It can only be read (to
// write to it is a fault), and only until the message is released: by Release, by the loop that
// gave it, or by the garbage collector, but not before the next message is asked for through the
// same handle or that is closed. So hold on to the message: `defer message.Release()`.
package simpleipc
