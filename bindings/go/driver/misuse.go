package main

import (
	"context"
	"errors"
	"math/big"
	"runtime"

	ipc "simpleipc"
)

// misuse does something wrong on purpose, and says how that ended.
func misuse(kind, id string) string {
	var err error
	switch kind {
	case "type":
		err = handles[id].(*ipc.Sender).Send(background, func() {})
	case "range":
		err = handles[id].(*ipc.Sender).Send(background, new(big.Int).Lsh(big.NewInt(1), 64))
	case "text":
		err = handles[id].(*ipc.Sender).Send(background, "caf\xe9")
	case "closed":
		err = useClosed(id)
	case "thread":
		err = useFromTwoGoroutines(handles[id].(*ipc.Receiver))
	case "forgotten":
		forget(handles[id].(*ipc.Receiver))
	case "handler":
		failInHandler(handles[id].(*ipc.Server))
	default:
		panic("no misuse " + kind)
	}
	if err != nil {
		return "refused " + err.Error()
	}
	return "ok"
}

func useClosed(name string) error {
	sender := must(ipc.OpenSender(name, nil))
	must(0, sender.Close())
	must(0, sender.Close())
	return sender.Send(background, 1)
}

func useFromTwoGoroutines(receiver *ipc.Receiver) error {
	isOver := make(chan struct{})
	go func() {
		defer close(isOver)
		err := error(ipc.ErrBusy)
		for errors.Is(err, ipc.ErrBusy) { // with the one who looks below
			_, err = receiver.Receive(background)
		}
	}()
	err := error(ipc.ErrTimeout)
	for errors.Is(err, ipc.ErrTimeout) {
		_, err = receiver.Receive(ipc.NoWait)
		runtime.Gosched()
	}
	must(0, receiver.Interrupt())
	<-isOver
	return err
}

// forget asks for the next message, for until then the last one is kept.
func forget(receiver *ipc.Receiver) {
	must(receiver.Receive(background))
	if _, err := receiver.Receive(ipc.NoWait); !errors.Is(err, ipc.ErrTimeout) {
		panic(err)
	}
	runtime.GC()
}

func failInHandler(server *ipc.Server) {
	ctx, cancel := context.WithCancel(background)
	must(0, server.HandleFunc("boom", func(*ipc.Request) (any, error) {
		cancel()
		panic("boom")
	}))
	if err := server.Serve(ctx); !errors.Is(err, context.Canceled) {
		panic(err)
	}
}
