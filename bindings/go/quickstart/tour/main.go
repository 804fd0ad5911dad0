// Every pattern once, in one program; each part could be in a program of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"time"

	ipc "simpleipc"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()

	// A queue: each message goes to one receiver.
	check(ipc.Send("tour.queue", "hello"))
	receiver := open(ipc.OpenReceiver("tour.queue", nil))
	fmt.Println("queue:", value(receiver.Receive(ctx)))
	if _, err := receiver.Receive(ipc.NoWait); errors.Is(err, ipc.ErrTimeout) {
		fmt.Println("queue: nothing more")
	}
	shut(receiver)

	// A topic: every subscriber gets every message. The frame is filled where it is read.
	subscriber := open(ipc.OpenSubscriber("tour.topic", nil))
	publisher := open(ipc.OpenPublisher("tour.topic", nil))
	check(publisher.Publish(ctx, 42))
	fmt.Println("topic:", value(subscriber.Receive(ctx)))
	frame := open(publisher.LoanTensor(ctx, ipc.DtypeU8, "rgb8", 4, 6, 3))
	for index := range frame.Data() {
		frame.Data()[index] = 7
	}
	check(publisher.PublishCaptured(ctx, frame, ipc.Now()))
	message := open(subscriber.Receive(ctx))
	picture := message.Value().(*ipc.Tensor)
	fmt.Println("topic:", picture.Shape, picture.Format, picture.Data()[0])
	message.Release()
	shut(publisher, subscriber)

	// A state: the latest value, for whoever comes whenever.
	setter := open(ipc.OpenSetter("tour.state", nil))
	watcher := open(ipc.OpenWatcher("tour.state", nil))
	check(setter.Set(ctx, 30))
	speed := open(watcher.Get(ctx))
	fmt.Println("state:", speed.Value())
	err := setter.SetIf(ctx, 31, speed.Sequence()) // ErrConflict if somebody else has set it since
	speed.Release()
	fmt.Println("state:", value(watcher.Receive(ctx)), err)
	shut(setter, watcher)

	// A signal: something has happened.
	waiter := open(ipc.OpenWaiter("tour.signal", nil))
	check(ipc.Notify("tour.signal"))
	fmt.Println("signal:", open(waiter.Wait(ctx)))
	shut(waiter)

	// A lock: one owner at a time, and free when it dies.
	lock := open(ipc.OpenLock("tour.lock", nil))
	check(lock.Lock(ctx))
	fmt.Println("lock: died with it:", lock.Abandoned())
	check(lock.Unlock())
	shut(lock)

	// A service; server.HandleFunc and server.Serve are the usual way to answer.
	server := open(ipc.OpenServer("tour.service", nil))
	client := open(ipc.OpenClient("tour.service", nil))
	call := open(client.Start(ctx, ipc.Invocation{Method: "add", Args: []int{1, 2}}))
	request := open(server.Receive(ctx))
	fmt.Println("service:", request.Method, request.Args)
	var a, b int
	check(request.Scan(&a, &b))
	check(request.Reply(a + b))
	request.Release()
	fmt.Println("service:", value(call.Result(ctx)))
	shut(client, server)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// open is for a short program: any error is its end.
func open[T any](one T, err error) T {
	check(err)
	return one
}

func value(message *ipc.Message, err error) any {
	check(err)
	defer message.Release()
	return message.Value()
}

func shut(handles ...io.Closer) {
	for _, one := range handles {
		check(one.Close())
	}
}
