package simpleipc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serving runs a server in a goroutine until the test is over.
func serving(t *testing.T, name string) *Server {
	server := made[*Server](t)(OpenServer(name, nil))
	add := Method{
		Name: "add", Args: [][2]string{{"a", "int"}, {"b", "int"}}, Returns: "int", Idempotent: true,
	}
	well(t, server.Handle(add, func(r *Request) (any, error) {
		var a, b int
		if err := r.Scan(&a, &b); err != nil {
			return nil, err
		}
		return a + b, nil
	}))
	for method, handler := range map[string]Handler{
		"echo":  func(r *Request) (any, error) { return r.Args, nil },
		"panic": func(*Request) (any, error) { panic("out of luck") },
		"fail":  func(*Request) (any, error) { return nil, errors.New("no luck") },
		"refuse": func(*Request) (any, error) {
			return nil, &ServiceError{17, "empty", Map{{"left", 3}}}
		},
		"bad": func(*Request) (any, error) { return make(chan int), nil },
		"count": func(r *Request) (any, error) {
			for index := range 3 {
				if err := r.Push(index); err != nil {
					return nil, err
				}
			}
			return "end", nil
		},
		"wait": func(r *Request) (any, error) {
			if err := r.Push("begun"); err != nil {
				return nil, err
			}
			for !r.Cancelled() {
			}
			return nil, Notify("cancelled")
		},
		"say": func(r *Request) (any, error) {
			return nil, Send("said", []any{r.OneWay(), r.Args})
		},
	} {
		well(t, server.HandleFunc(method, handler))
	}
	done := make(chan error)
	go func() { done <- server.Serve(background) }()
	t.Cleanup(func() {
		well2(t, server.Close())
		well2(t, <-done)
	})
	return server
}

func TestAServiceAnswersWhateverItsHandlersDo(t *testing.T) {
	fresh(t)
	serving(t, "calc")
	client := made[*Client](t)(OpenClient("calc", nil))
	failing := func(code int64, text string, method string, args ...any) *ServiceError {
		t.Helper()
		_, err := client.Call(limited(t), method, args...)
		var failure *ServiceError
		if !errors.As(err, &failure) {
			t.Fatalf("%s: %v", method, err)
		}
		refused(t, method, err, ErrFailed, ClassMisuse)
		same(t, method+": code", failure.Code, code)
		if !strings.Contains(failure.Message, text) {
			t.Errorf("%s: %q says nothing of %q", method, failure.Message, text)
		}
		return failure
	}
	for range 2 { // the server goes on
		failing(CodeBroken, "out of luck", "panic")
		failing(CodeBroken, "no luck", "fail")
		failing(CodeBroken, "chan int", "bad")
		failing(CodeNoSuchMethod, "nothing", "nothing")
		failing(CodeBadArguments, "2 arguments", "add", 1)
		failing(CodeBadArguments, "argument 2", "add", 1, "2")
		same(t, "data", failing(17, "empty", "refuse").Data.(Map).Get("left"), any(int64(3)))
		same(t, "sum", taken(t)(client.Call(limited(t), "add", 1, 2)).Value(), any(int64(3)))
		sum := 0
		well(t, taken(t)(CallService(limited(t), "calc", "add", 1, 2)).Scan(&sum))
		same(t, "sum", sum, 3)
	}
	methods, err := client.Methods(limited(t))
	well(t, err)
	same(t, "methods", len(methods), 9)
	first := methods[0].(Map)
	same(t, "first method", first.Get("name"), any("add"))
	same(t, "its second argument", first.Get("args").([]any)[1].([]any)[0], any("b"))
	_, err = client.Call(background, "a\x00b")
	refused(t, "a bad method", err, ClassMisuse)
	_, err = client.Call(background, "add", make(chan int))
	refused(t, "a bad argument", err, ErrBadValue)
}

func TestArgumentsOfAllShapes(t *testing.T) {
	fresh(t)
	serving(t, "echo")
	client := made[*Client](t)(OpenClient("echo", nil))
	for _, args := range []any{nil, []any{}, []any{int64(1)}, Map{{"key", true}}, "one"} {
		reply := taken(t)(client.Do(limited(t), Invocation{Method: "echo", Args: args}))
		same(t, "arguments", fmt.Sprint(reply.Value()), fmt.Sprint(args))
	}
	tensor := NewTensor([]float64{1, 2, 3})
	echo := Invocation{Method: "echo", Args: tensor, Idempotent: true}
	reply := taken(t)(client.Do(limited(t), echo))
	numbers, err := Elements[float64](reply.Value().(*Tensor))
	well(t, err)
	same(t, "an element", numbers[2], 3)
}

func TestStreamsManyCallsAndThoseThatAreCancelled(t *testing.T) {
	fresh(t)
	serving(t, "log")
	client := made[*Client](t)(OpenClient("log", nil))
	said := ""
	call, err := client.Start(limited(t), Invocation{Method: "count"})
	well(t, err)
	for reply := range call.Replies(limited(t)) {
		said += fmt.Sprint(reply.Value(), reply.More(), " ")
	}
	well(t, call.Err())
	same(t, "replies", said, "0 true 1 true 2 true endfalse ")
	_, err = call.Next(limited(t))
	refused(t, "after the end", err, io.EOF)
	same(t, "result", taken(t)(client.Call(limited(t), "count")).Value(), any("end"))

	call, err = client.Start(limited(t), Invocation{Method: "echo", Args: 1})
	well(t, err)
	for {
		same(t, "which has a reply", made2(WaitAny(limited(t), client)), 0)
		if reply, err := call.Next(NoWait); err == nil {
			same(t, "reply", reply.Value(), any(int64(1)))
			reply.Release()
			break
		}
	}

	var calls []*Call
	for index := range 20 {
		call, err := client.Start(limited(t), Invocation{Method: "echo", Args: index})
		well(t, err)
		calls = append(calls, call)
	}
	for index := 19; index >= 0; index-- {
		result := taken(t)(calls[index].Result(limited(t)))
		same(t, "result", result.Value(), any(int64(index)))
	}

	cancelled := made[*Waiter](t)(OpenWaiter("cancelled", nil))
	ctx, cancel := context.WithCancel(background)
	call, err = client.Start(limited(t), Invocation{Method: "wait"})
	well(t, err)
	same(t, "begun", taken(t)(call.Next(limited(t))).Value(), any("begun"))
	_, err = call.Next(NoWait)
	refused(t, "no reply yet", err, ErrTimeout)
	well(t, call.Cancel())
	_, err = cancelled.Wait(limited(t))
	well(t, err)
	_, err = call.Next(limited(t))
	refused(t, "a cancelled call", err, ErrCancelled)
	result := make(chan error)
	go func() { _, err := client.Call(ctx, "wait"); result <- err }()
	time.Sleep(time.Millisecond) // the server works on it by now, most often
	cancel()
	refused(t, "a call whose context ends", <-result, context.Canceled)
	if _, err = cancelled.Wait(NoWait); err != nil {
		refused(t, "it had not begun, or goes on", err, ErrTimeout)
	}

	well(t, client.Send(limited(t), "say", 1, "x"))
	m := taken(t)(Receive(limited(t), "said"))
	same(t, "one-way", fmt.Sprint(m.Value()), "[true [1 x]]")
}

func TestForgottenCallsAreCancelled(t *testing.T) {
	fresh(t)
	client := made[*Client](t)(OpenClient("forgotten", nil))
	for range 200 { // 64 may be in flight
		_, err := client.Start(background, Invocation{Method: "m"})
		well(t, err)
		collectedSoon()
	}
}

func TestAServerThatAnswersItself(t *testing.T) {
	fresh(t)
	server := made[*Server](t)(OpenServer("self", nil))
	client := made[*Client](t)(OpenClient("self", nil))
	call, err := client.Start(limited(t), Invocation{Method: "m", Args: 1})
	well(t, err)
	request, err := server.Receive(limited(t))
	well(t, err)
	refused(t, "a value that cannot be sent", request.Reply("\xff"), ErrBadValue)
	answered := make(chan error)
	go func() { answered <- request.Reply(2) }()
	well(t, <-answered)
	refused(t, "an answer after the last", request.Reply(3), ClassMisuse)
	request.Release()
	request.Release()
	refused(t, "an answer after the release", request.Reply(3), ErrClosed)
	same(t, "cancelled", request.Cancelled(), false)
	same(t, "result", taken(t)(call.Result(limited(t))).Value(), any(int64(2)))
	call, err = client.Start(limited(t), Invocation{Method: "m"})
	well(t, err)
	for request := range server.Requests(limited(t)) {
		same(t, "method", request.Method, "m")
		break // unanswered
	}
	_, err = call.Result(limited(t))
	refused(t, "unanswered", err, ErrFailed)
	well(t, server.Interrupt())
	well(t, server.Serve(background))
	well(t, server.Err())
}

func TestAServerIsKilledInTheMiddleOfACall(t *testing.T) {
	fresh(t)
	p := start(t, "serve and hang")
	p.says(t, "serving")
	client := made[*Client](t)(OpenClient("hang", nil))
	call, err := client.Start(limited(t), Invocation{Method: "m"})
	well(t, err)
	p.says(t, "taken")
	well(t, p.Process.Kill())
	_, err = call.Result(limited(t))
	refused(t, "its call", err, ErrServerDied, ClassGone)
}

// hostOf starts a plugin, calls it, and waits until it has crashed and lives again.
func hostOf(ctx context.Context, program string) error {
	host, err := OpenHost("host", nil)
	if err != nil {
		return err
	}
	defer host.Close()
	if err := host.Start(Plugin{Name: "calc", Program: program, Restarts: 3}); err != nil {
		return err
	}
	calc, err := host.Client("calc")
	if err != nil {
		return err
	}
	defer calc.Close()
	sum, err := calc.Call(ctx, "add", 2, 3)
	if err != nil {
		return err
	}
	fmt.Println("the sum is", sum.Value())
	if _, err := calc.Call(ctx, "crash"); errors.Is(err, ErrServerDied) {
		fmt.Println("the call is lost:", err)
	}
	for event := range host.Events(ctx) {
		fmt.Println(event.Plugin, event.Name)
		if event.Name == "restarting" {
			return nil
		}
	}
	return host.Err()
}

func TestAHostAndItsPlugin(t *testing.T) {
	fresh(t)
	t.Setenv("SIPC_TEST_ROLE", "plugin")
	well(t, hostOf(limited(t), os.Args[0]))
	host := made[*Host](t)(OpenHost("host2", nil))
	until := func(name string) Event {
		t.Helper()
		for event := range host.Events(limited(t)) {
			if event.Name == name {
				return event
			}
		}
		t.Fatalf("no event %q: %v", name, host.Err())
		return Event{}
	}
	others := made[*Subscriber](t)(OpenSubscriber("host2.events", nil))
	well(t, host.Start(Plugin{Name: "calc", Program: os.Args[0], Args: []string{"an argument"}}))
	same(t, "which", made2(WaitAny(limited(t), host)), 0)
	started, err := host.Event(limited(t))
	well(t, err)
	same(t, "first event", started.Name, "started")
	same(t, "the same for others", EventOf(taken(t)(others.Receive(limited(t)))).Pid, started.Pid)
	output := until("output")
	same(t, "output", output.Stream+" "+output.Text, "stdout started with an argument")
	same(t, "methods", len(until("ready").Methods), 2)
	refused(t, "starting it twice", host.Start(Plugin{Name: "calc", Program: "true"}), ClassMisuse)
	well(t, host.Stop("calc"))
	same(t, "the signal", until("killed").Signal, syscall.SIGTERM)
	refused(t, "stopping it twice", host.Stop("calc"), ClassMisuse)
	refused(t, "a bad name", host.Start(Plugin{Name: "a.b", Program: "true"}), ErrBadName)
	well(t, host.Start(Plugin{Name: "ghost", Program: "/nowhere/at/all", Restarts: -1}))
	if text := until("failed").Text; !strings.Contains(text, "/nowhere/at/all") {
		t.Error(text)
	}
	_, err = OpenServer(pluginName, nil)
	refused(t, "a NUL", err, ErrBadName)
	_, err = OpenPlugin(nil)
	refused(t, "this is no plugin", err, ErrBadName)
}

func made2[T any](one T, err error) T {
	if err != nil {
		panic(err)
	}
	return one
}

func init() {
	roles["serve and hang"] = func() {
		server, err := OpenServer("hang", nil)
		fatal(err)
		fmt.Println("serving")
		_, err = server.Receive(background)
		fatal(err)
		fmt.Println("taken")
		select {}
	}
	roles["plugin"] = func() {
		if len(os.Args) > 1 {
			fmt.Println("started with", os.Args[1])
		}
		server, err := OpenPlugin(nil)
		fatal(err)
		fatal(server.HandleFunc("add", func(r *Request) (any, error) {
			var a, b int
			err := r.Scan(&a, &b)
			return a + b, err
		}))
		fatal(server.HandleFunc("crash", func(*Request) (any, error) {
			return nil, syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}))
		fatal(server.Serve(background))
	}
}
