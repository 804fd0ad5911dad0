package main

import (
	"context"
	"fmt"

	ipc "simpleipc"
)

// repeat does one of the plurals: the same verb many times, in a loop measured from outside.
func repeat(command string, handle ipc.Handle, words []string) (string, error) {
	ctx, cancel := within("20000")
	defer cancel()
	count := number(words[len(words)-1])
	switch command {
	case "puts":
		return "", puts(ctx, handle.(*ipc.Sender), read(words[0]), count)
	case "loans":
		return "", loans(ctx, handle.(*ipc.Sender), number(words[0]), number(words[1]), count)
	case "takes":
		return takes(ctx, handle.(*ipc.Receiver), count)
	case "calls":
		return addMany(ctx, handle.(*ipc.Client), count)
	}
	return "", serves(ctx, handle.(*ipc.Server), count)
}

func puts(ctx context.Context, sender *ipc.Sender, value any, count int) error {
	for range count {
		if err := sender.Send(ctx, value); err != nil {
			return err
		}
	}
	return nil
}

// loans writes only the ends of each frame: what it costs to fill is not the library's.
func loans(ctx context.Context, sender *ipc.Sender, height, width, count int) error {
	for range count {
		frame, err := sender.LoanTensor(ctx, ipc.DtypeU8, "", height, width, 3)
		if err != nil {
			return err
		}
		data := frame.Data()
		data[0], data[len(data)-1] = 1, 2
		if err := sender.Send(ctx, frame); err != nil {
			return err
		}
	}
	return nil
}

// takes adds up sequence numbers and both ends of the data.
func takes(ctx context.Context, receiver *ipc.Receiver, count int) (string, error) {
	sum := uint64(0)
	for range count {
		message, err := receiver.Receive(ctx)
		if err != nil {
			return "", err
		}
		data := message.Bytes()
		sum += message.Sequence() + uint64(data[0]) + uint64(data[len(data)-1])
		message.Release()
	}
	return fmt.Sprintf("sum %d", sum), nil
}

// addMany adds up the results of `add`.
func addMany(ctx context.Context, client *ipc.Client, count int) (string, error) {
	sum := 0
	for range count {
		reply, err := client.Call(ctx, "add", 2, 3)
		if err != nil {
			return "", err
		}
		var result int
		if err := reply.Scan(&result); err != nil {
			return "", err
		}
		sum += result
		reply.Release()
	}
	return fmt.Sprintf("sum %d", sum), nil
}

func serves(ctx context.Context, server *ipc.Server, count int) error {
	for range count {
		request, err := server.Receive(ctx)
		if err != nil {
			return err
		}
		var a, b int
		if err := request.Scan(&a, &b); err != nil {
			return err
		}
		if err := request.Reply(a + b); err != nil {
			return err
		}
		request.Release()
	}
	return nil
}
