// The interop driver: one command per line on stdin, one answer per line on stdout. The protocol
// is in testing/interop; values become those of Go and back.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	ipc "simpleipc"
)

var (
	background = context.Background()
	handles    = map[string]ipc.Handle{}
	held       *ipc.Message // of `hold`, until the next one
	request    *ipc.Request // of `serve`, until it is answered
	calls      = map[string]*ipc.Call{}
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "plugin" {
		bePlugin()
		return
	}
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<28)
	for input.Scan() {
		words := strings.Fields(input.Text())
		answer := obey(words)
		fmt.Println(strings.ReplaceAll(answer, "\n", " "))
		if words[0] == "quit" {
			return
		}
	}
}

// obey answers a command; what cannot be done at all is misuse, as status 25.
func obey(words []string) (answer string) {
	defer func() {
		if reason := recover(); reason != nil {
			answer = fmt.Sprintf("error %d %v", ipc.ErrBadArgument, reason)
		}
	}()
	answer, err := do(words[0], words[1:])
	var failure *ipc.Error
	var service *ipc.ServiceError
	switch {
	case errors.As(err, &service):
		return fmt.Sprintf("failed %d %s %s", service.Code, show(service.Message), show(service.Data))
	case errors.As(err, &failure):
		return fmt.Sprintf("error %d %s", failure.Status, failure.Message)
	case err != nil:
		panic(err)
	case answer == "":
		return "ok"
	}
	return answer
}

func do(command string, words []string) (string, error) {
	switch command {
	case "hello":
		return "ok go " + ipc.Version(), nil
	case "open":
		handle, err := open(words[1], words[2], words[3:])
		if err == nil {
			handles[words[0]] = handle
		}
		return "", err
	case "put":
		return "", put(handles[words[0]], read(words[1]), words[2:])
	case "loan":
		return "", loan(handles[words[0]], read(words[1]))
	case "once":
		return once(words[0], words[1], append(words[2:], "")[0])
	case "puts", "loans", "takes", "calls", "serves":
		return repeat(command, handles[words[0]], words[1:])
	case "take", "hold":
		return take(command, handles[words[0]], words[1])
	case "get":
		return get(words[1], handles[words[0]].(*ipc.Watcher).Get)
	case "put_if":
		ctx, cancel := within("10000")
		defer cancel()
		expected := ipc.NoValue
		if words[2] != "new" {
			expected = must(strconv.ParseUint(words[2], 10, 64))
		}
		return "", handles[words[0]].(*ipc.Setter).SetIf(ctx, read(words[1]), expected)
	case "notify":
		return "", handles[words[0]].(*ipc.Notifier).Notify()
	case "wait":
		return wait(words[1], handles[words[0]].(*ipc.Waiter).Wait)
	case "lock":
		ctx, cancel := within(words[1])
		defer cancel()
		lock := handles[words[0]].(*ipc.Lock)
		err := lock.Lock(ctx)
		return "ok abandoned=" + flag(lock.Abandoned() != 0), err
	case "unlock":
		return "", handles[words[0]].(*ipc.Lock).Unlock()
	case "call":
		return call(handles[words[0]].(*ipc.Client), words[1], read(words[2]), append(words[3:], "")[0])
	case "result":
		ctx, cancel := within(words[2])
		defer cancel()
		reply, err := calls[words[1]].Next(ctx)
		if err != nil {
			return "", err
		}
		defer reply.Release()
		return fmt.Sprintf("reply %s more=%s", show(reply.Value()), flag(reply.More())), nil
	case "cancel":
		return "", calls[words[1]].Cancel()
	case "serve":
		return serve(handles[words[0]].(*ipc.Server), words[1])
	case "reply", "fail":
		return "", respond(command, words)
	case "cancelled":
		return "cancelled " + flag(request.Cancelled()), nil
	case "start":
		var args []string
		for _, arg := range read(words[3]).([]any) {
			args = append(args, arg.(string))
		}
		plugin := ipc.Plugin{Name: words[1], Program: read(words[2]).(string), Args: args}
		if plugin.Restarts = number(words[4]); plugin.Restarts == 0 {
			plugin.Restarts = -1
		}
		return "", handles[words[0]].(*ipc.Host).Start(plugin)
	case "stop":
		return "", handles[words[0]].(*ipc.Host).Stop(words[1])
	case "event":
		return event(handles[words[0]].(*ipc.Host), words[1])
	case "peer":
		return peer(handles[words[0]].(*ipc.PeerWatcher), words[1])
	case "misuse":
		return misuse(words[0], words[1]), nil
	case "close":
		handle := handles[words[0]]
		delete(handles, words[0])
		return "", handle.Close()
	case "quit":
		return "", nil
	}
	panic("no command " + command)
}

// within is a context of so many milliseconds.
func within(milliseconds string) (context.Context, context.CancelFunc) {
	if milliseconds == "0" {
		return ipc.NoWait, func() {}
	}
	return context.WithTimeout(background, time.Duration(number(milliseconds))*time.Millisecond)
}

func open(role, name string, words []string) (ipc.Handle, error) {
	options := &ipc.Options{}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "lossless":
			options.Lossless = true
		case "latest":
			options.Latest = true
		case "history":
			options.History = number(value)
		case "depth":
			options.Depth = number(value)
		case "permits":
			options.Permits = number(value)
		}
	}
	switch role {
	case "publish":
		return ipc.OpenPublisher(name, options)
	case "subscribe":
		return ipc.OpenSubscriber(name, options)
	case "send":
		return ipc.OpenSender(name, options)
	case "receive":
		return ipc.OpenReceiver(name, options)
	case "set":
		return ipc.OpenSetter(name, options)
	case "watch":
		return ipc.OpenWatcher(name, options)
	case "notify":
		return ipc.OpenNotifier(name, options)
	case "wait":
		return ipc.OpenWaiter(name, options)
	case "lock":
		return ipc.OpenLock(name, options)
	case "call":
		return ipc.OpenClient(name, options)
	case "serve":
		return ipc.OpenServer(name, options)
	case "host":
		return ipc.OpenHost(name, options)
	case "peers":
		return ipc.OpenPeerWatcher(name, options)
	}
	panic("no role " + role)
}

func put(handle ipc.Handle, value any, words []string) error {
	ctx, cancel := within("10000")
	defer cancel()
	capture := int64(0)
	if len(words) > 0 {
		capture = must(strconv.ParseInt(strings.TrimPrefix(words[0], "capture="), 10, 64))
	}
	switch handle := handle.(type) {
	case *ipc.Publisher:
		return handle.PublishCaptured(ctx, value, capture)
	case *ipc.Sender:
		return handle.SendCaptured(ctx, value, capture)
	case *ipc.Setter:
		return handle.SetCaptured(ctx, value, capture)
	}
	panic("it does not put")
}

func loan(handle ipc.Handle, value any) error {
	lender := handle.(interface {
		LoanBytes(context.Context, int) (*ipc.Loan, error)
		LoanTensor(context.Context, ipc.Dtype, string, ...int) (*ipc.Loan, error)
	})
	var lent *ipc.Loan
	var err error
	data, isBytes := value.([]byte)
	if isBytes {
		lent, err = lender.LoanBytes(background, len(data))
	} else {
		tensor := value.(*ipc.Tensor)
		data = tensor.Data()
		lent, err = lender.LoanTensor(background, tensor.Dtype, tensor.Format, tensor.Shape...)
	}
	if err != nil {
		return err
	}
	if copy(lent.Data(), data) != len(data) || len(lent.Data()) != len(data) {
		panic("the loan has another size")
	}
	return put(handle, lent, nil)
}

func once(verb, name, word string) (string, error) {
	switch verb {
	case "send":
		return "", ipc.Send(name, read(word))
	case "publish":
		return "", ipc.Publish(name, read(word))
	case "set":
		return "", ipc.Set(name, read(word))
	case "notify":
		return "", ipc.Notify(name)
	case "get":
		return get(word, func(ctx context.Context) (*ipc.Message, error) { return ipc.Get(ctx, name) })
	case "wait":
		return wait(word, func(ctx context.Context) (uint64, error) { return ipc.Wait(ctx, name) })
	}
	panic("no one-call function " + verb)
}

func take(command string, handle ipc.Handle, milliseconds string) (string, error) {
	held.Release()
	ctx, cancel := within(milliseconds)
	defer cancel()
	message, err := handle.(interface {
		Receive(context.Context) (*ipc.Message, error)
	}).Receive(ctx)
	if err != nil {
		return "", err
	}
	if held = message; command == "take" {
		defer message.Release()
	}
	return describe(message), nil
}

func get(milliseconds string, get func(context.Context) (*ipc.Message, error)) (string, error) {
	ctx, cancel := within(milliseconds)
	defer cancel()
	message, err := get(ctx)
	if err != nil {
		return "", err
	}
	defer message.Release()
	return describe(message), nil
}

func describe(m *ipc.Message) string {
	isAged := 0 < m.PublishTime() && m.PublishTime() <= m.ReceiveTime()
	return fmt.Sprintf("value %s seq=%d missed=%d redelivered=%s capture=%d aged=%s",
		show(m.Value()), m.Sequence(), m.Missed(), flag(m.Redelivered()), m.CaptureTime(), flag(isAged))
}

func wait(milliseconds string, wait func(context.Context) (uint64, error)) (string, error) {
	ctx, cancel := within(milliseconds)
	defer cancel()
	count, err := wait(ctx)
	return fmt.Sprintf("count %d", count), err
}

func call(client *ipc.Client, method string, args any, manner string) (string, error) {
	if manner == "oneway" {
		list, _ := args.([]any)
		return "call 0", client.Send(background, method, list...)
	}
	started, err := client.Start(background, ipc.Invocation{
		Method: method, Args: args, Idempotent: manner == "idempotent",
	})
	if err != nil {
		return "", err
	}
	number := strconv.Itoa(len(calls) + 1)
	calls[number] = started
	return "call " + number, nil
}

func serve(server *ipc.Server, milliseconds string) (string, error) {
	if request != nil {
		request.Release()
	}
	ctx, cancel := within(milliseconds)
	defer cancel()
	taken, err := server.Receive(ctx)
	if err != nil {
		return "", err
	}
	request = taken
	return fmt.Sprintf("request %s %s oneway=%s", request.Method, show(request.Args),
		flag(request.OneWay())), nil
}

func event(host *ipc.Host, milliseconds string) (string, error) {
	ctx, cancel := within(milliseconds)
	defer cancel()
	event, err := host.Event(ctx)
	if err != nil {
		return "", err
	}
	var fact any
	switch event.Name {
	case "failed":
		fact = event.Text
	case "ready":
		fact = event.Methods
	case "output":
		fact = []any{event.Stream, event.Text}
	case "ended":
		fact = int64(event.Code)
	case "killed":
		fact = int64(event.Signal)
	case "restarting":
		fact = event.After.Milliseconds()
	}
	return fmt.Sprintf("event %s %s %s", event.Name, event.Plugin, show(fact)), nil
}

func peer(watcher *ipc.PeerWatcher, milliseconds string) (string, error) {
	ctx, cancel := within(milliseconds)
	defer cancel()
	event, err := watcher.Event(ctx)
	if err != nil {
		return "", err
	}
	word := "down"
	if event.IsUp {
		word = "up"
	}
	peer := event.Peer
	return fmt.Sprintf("peer %s %s %s %d", word, peer.Role, peer.Language, peer.Pid), nil
}

// bePlugin serves `add` and `crash`, until its host ends it.
func bePlugin() {
	fmt.Println("hello from go")
	server := must(ipc.OpenPlugin(nil))
	must(0, server.HandleFunc("add", func(r *ipc.Request) (any, error) {
		var a, b int
		err := r.Scan(&a, &b)
		return a + b, err
	}))
	must(0, server.HandleFunc("crash", func(*ipc.Request) (any, error) {
		// The Go runtime turns SIGABRT into an exit; what happens by itself is asked for.
		var byItself [4]uintptr
		const maskBytes = 8
		syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGABRT),
			uintptr(unsafe.Pointer(&byItself)), 0, maskBytes, 0, 0)
		_ = syscall.Kill(os.Getpid(), syscall.SIGABRT) // one cannot fail to kill oneself
		select {}
	}))
	must(0, server.Serve(background))
}

func respond(command string, words []string) error {
	if command == "reply" && len(words) > 1 {
		return request.Push(read(words[0]))
	}
	defer request.Release()
	if command == "reply" {
		return request.Reply(read(words[0]))
	}
	code := must(strconv.ParseInt(words[0], 10, 64))
	return request.Fail(&ipc.ServiceError{
		Code: code, Message: read(words[1]).(string), Data: read(words[2]),
	})
}
