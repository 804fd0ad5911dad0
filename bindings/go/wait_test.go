package simpleipc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

func second[T any](_ T, err error) error { return err }

// waits are all verbs that wait for ever, on handles where nothing comes.
func waits(t *testing.T) map[string]func(context.Context) error {
	subscriber := made[*Subscriber](t)(OpenSubscriber("silent topic", nil))
	receiver := made[*Receiver](t)(OpenReceiver("silent queue", nil))
	watcher := made[*Watcher](t)(OpenWatcher("silent state", nil))
	waiter := made[*Waiter](t)(OpenWaiter("silent signal", nil))
	locked := made[*Lock](t)(OpenLock("taken lock", nil))
	well(t, locked.Lock(background))
	lock := made[*Lock](t)(OpenLock("taken lock", nil))
	client := made[*Client](t)(OpenClient("no service", nil))
	server := made[*Server](t)(OpenServer("no client", nil))
	made[*Subscriber](t)(OpenSubscriber("full topic", &Options{Lossless: true, Depth: 16}))
	publisher := made[*Publisher](t)(OpenPublisher("full topic", nil))
	fill := func(put func(context.Context, any) error) {
		for {
			if err := put(NoWait, 1); err != nil {
				refused(t, "a full channel", err, ErrFull, context.DeadlineExceeded)
				return
			}
		}
	}
	fill(publisher.Publish)
	sender := made[*Sender](t)(OpenSender("full queue", &Options{Depth: 16}))
	fill(sender.Send)
	others := []Handle{
		made[*Subscriber](t)(OpenSubscriber("silent topic", nil)),
		made[*Waiter](t)(OpenWaiter("silent signal", nil)),
	}
	return map[string]func(context.Context) error{
		"subscriber":     func(ctx context.Context) error { return second(subscriber.Receive(ctx)) },
		"receiver":       func(ctx context.Context) error { return second(receiver.Receive(ctx)) },
		"watcher":        func(ctx context.Context) error { return second(watcher.Receive(ctx)) },
		"first value":    func(ctx context.Context) error { return second(watcher.Get(ctx)) },
		"waiter":         func(ctx context.Context) error { return second(waiter.Wait(ctx)) },
		"lock":           lock.Lock,
		"call":           func(ctx context.Context) error { return second(client.Call(ctx, "m")) },
		"server":         func(ctx context.Context) error { return second(server.Receive(ctx)) },
		"serve":          server.Serve,
		"publish":        func(ctx context.Context) error { return publisher.Publish(ctx, 1) },
		"send":           func(ctx context.Context) error { return sender.Send(ctx, 1) },
		"one of several": func(ctx context.Context) error { return second(WaitAny(ctx, others...)) },
		"one-call":       func(ctx context.Context) error { return second(Receive(ctx, "silent queue")) },
		"one-call get":   func(ctx context.Context) error { return second(Get(ctx, "silent state")) },
		"one-call wait":  func(ctx context.Context) error { return second(Wait(ctx, "silent signal")) },
		"service by name": func(ctx context.Context) error {
			return second(CallService(ctx, "no service", "m"))
		},
	}
}

func TestEveryWaitEndsWithItsContext(t *testing.T) {
	fresh(t)
	for name, wait := range waits(t) {
		for _, pause := range []time.Duration{0, 50 * time.Microsecond, 20 * time.Millisecond} {
			ctx, cancel := context.WithCancel(background)
			result := make(chan error)
			go func() { result <- wait(ctx) }()
			time.Sleep(pause) // it is asleep by now, most often
			cancel()
			select {
			case err := <-result:
				refused(t, name, err, context.Canceled, ClassRetry)
			case <-time.After(soon):
				t.Fatalf("%s did not end", name)
			}
			ctx, cancel = context.WithTimeout(background, pause)
			refused(t, name, wait(ctx), context.DeadlineExceeded, ClassRetry)
			cancel()
			refused(t, name+" without waiting", wait(NoWait), context.DeadlineExceeded, ClassRetry)
		}
	}
}

func TestAContextThatEndsLateDisturbsNoLaterWait(t *testing.T) {
	fresh(t)
	sender := made[*Sender](t)(OpenSender("late", nil))
	receiver := made[*Receiver](t)(OpenReceiver("late", nil))
	for round := range 500 {
		ctx, cancel := context.WithCancel(background)
		done := make(chan struct{})
		go func() {
			defer close(done)
			well2(t, sender.Send(background, round))
			cancel()
		}()
		m, err := receiver.Receive(ctx)
		if err != nil {
			refused(t, "the context", err, context.Canceled)
			m, err = receiver.Receive(limited(t))
			well(t, err)
		}
		same(t, "the message", m.Value(), any(int64(round)))
		m.Release()
		<-done
	}
}

func TestInterruptEndsTheWaitInProgressOrTheNext(t *testing.T) {
	fresh(t)
	receiver := made[*Receiver](t)(OpenReceiver("interrupted", nil))
	well(t, receiver.Interrupt())
	_, err := receiver.Receive(background)
	refused(t, "the next wait", err, ErrInterrupted)
	result := make(chan error)
	for range 20 {
		go func() { _, err := receiver.Receive(background); result <- err }()
		time.Sleep(time.Millisecond)
		well(t, receiver.Interrupt())
		refused(t, "the wait in progress", <-result, ErrInterrupted)
	}
	_, err = receiver.Receive(NoWait)
	refused(t, "after that", err, ErrTimeout)
}

func TestClosingEndsTheWaitInProgressAndMayBeDoneTwice(t *testing.T) {
	fresh(t)
	result := make(chan error)
	for range 20 {
		receiver, err := OpenReceiver("closed", nil)
		well(t, err)
		go func() { _, err := receiver.Receive(background); result <- err }()
		time.Sleep(time.Millisecond)
		well(t, receiver.Close())
		refused(t, "the wait in progress", <-result, ErrClosed, ClassGone)
		well(t, receiver.Close())
		_, err = receiver.Receive(background)
		refused(t, "use after that", err, ErrClosed)
		_, err = receiver.FD()
		refused(t, "its descriptor", err, ErrClosed)
		refused(t, "an interrupt", receiver.Interrupt(), ErrClosed)
	}
	var never Publisher
	refused(t, "a handle that was never opened", never.Publish(background, 1), ErrClosed)
	refused(t, "its interrupt", never.Interrupt(), ErrClosed)
	well(t, never.Close())
	_, err := WaitAny(background)
	refused(t, "no handle", err, ErrBadArgument)
	_, err = WaitAny(background, &never)
	refused(t, "such a handle", err, ErrClosed)
	publisher := made[*Publisher](t)(OpenPublisher("puts", nil))
	_, err = WaitAny(background, publisher)
	refused(t, "a handle that puts", err, ErrWrongRole)
	well(t, publisher.Close())
	refused(t, "publish", publisher.Publish(background, 1), ErrClosed)
	_, err = publisher.LoanBytes(background, 1)
	refused(t, "loan", err, ErrClosed)
}

func TestASecondGoroutineInAHandleIsTold(t *testing.T) {
	fresh(t)
	receiver := made[*Receiver](t)(OpenReceiver("busy", nil))
	sender := made[*Sender](t)(OpenSender("busy", nil))
	result := make(chan error)
	go func() {
		_, err := receiver.Receive(background)
		for errors.Is(err, ErrBusy) { // with the one who looks below
			_, err = receiver.Receive(background)
		}
		result <- err
	}()
	for !errors.Is(receiver.enter(), ErrBusy) { // until the other one is inside
		receiver.leave()
		runtime.Gosched()
	}
	_, err := receiver.Receive(background)
	refused(t, "receive", err, ErrBusy, ClassRetry)
	_, err = WaitAny(background, receiver)
	refused(t, "wait", err, ErrBusy)
	well(t, sender.Send(background, 1))
	well(t, <-result)
	// Many at once: each call goes well or is told.
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 500 {
				if err := sender.Send(NoWait, "x"); err != nil && !errors.Is(err, ErrBusy) &&
					!errors.Is(err, ErrFull) {
					t.Error(err)
				}
				m, err := receiver.Receive(NoWait)
				if err == nil {
					same(t, "value", m.Value(), any("x"))
					m.Release()
				} else if !errors.Is(err, ErrBusy) && !errors.Is(err, ErrTimeout) {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
}

func TestALoopTakesEachMessageUntilItsContextEnds(t *testing.T) {
	fresh(t)
	sender := made[*Sender](t)(OpenSender("loop", nil))
	receiver := made[*Receiver](t)(OpenReceiver("loop", nil))
	for index := range 5 {
		well(t, sender.Send(background, index))
	}
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	next := int64(0)
	var kept *Message
	for m := range receiver.Messages(ctx) {
		same(t, "message", m.Value(), any(next))
		kept = m
		if next++; next == 3 {
			break
		}
	}
	same(t, "released", kept.released.Load(), true)
	for m := range receiver.Messages(ctx) {
		same(t, "message", m.Value(), any(next))
		if next++; next == 5 {
			cancel()
		}
	}
	same(t, "messages", next, 5)
	well(t, receiver.Err())
	for range receiver.Messages(NoWait) {
		t.Error("there are more")
	}
	well(t, receiver.Err())
	well(t, receiver.Interrupt())
	for range receiver.Messages(background) {
		t.Error("there are more")
	}
	well(t, receiver.Err())
	refused(t, "panic in the body", panicOf(func() {
		well(t, sender.Send(background, 1))
		for range receiver.Messages(background) {
			panic(errors.ErrUnsupported)
		}
	}), errors.ErrUnsupported)
	well(t, os.RemoveAll(os.Getenv("SIPC_DIR"))) // somebody removes the files
	for range receiver.Messages(limited(t)) {
		t.Error("there are more")
	}
	refused(t, "the end of the loop", receiver.Err(), ErrUnlinked)
}

func TestAChannelOfGoLosesNothing(t *testing.T) {
	fresh(t)
	sender := made[*Sender](t)(OpenSender("chan", nil))
	receiver := made[*Receiver](t)(OpenReceiver("chan", nil))
	for index := range 100 {
		well(t, sender.Send(background, index))
	}
	next := int64(0)
	for next < 100 {
		ctx, cancel := context.WithCancel(background)
		messages := receiver.Chan(ctx)
		for range 3 {
			select {
			case m, isOpen := <-messages:
				if isOpen && next < 100 {
					same(t, "message", m.Value(), any(next))
					m.Release()
					next++
				}
			case <-time.After(time.Millisecond):
			}
		}
		cancel()
		for m := range messages {
			same(t, "message", m.Value(), any(next))
			m.Release()
			next++
		}
		well(t, receiver.Err())
		if receiver.ahead != nil {
			_, err := WaitAny(limited(t), receiver)
			well(t, err)
		}
	}
	_, err := receiver.Receive(NoWait)
	refused(t, "nothing more", err, ErrTimeout)
}

func TestOneOfSeveralHandlesIsWaitedFor(t *testing.T) {
	fresh(t)
	receiver := made[*Receiver](t)(OpenReceiver("several", nil))
	waiter := made[*Waiter](t)(OpenWaiter("reload", nil))
	go func() { well2(t, Notify("reload")); well2(t, Notify("reload")) }()
	index, err := WaitAny(limited(t), receiver, waiter)
	well(t, err)
	same(t, "which", index, 1)
	count := uint64(0)
	for more := range waiter.Notifications(limited(t)) {
		if count += more; count == 2 {
			break
		}
	}
	well(t, waiter.Err())
	well(t, Send("several", 1))
	index, err = WaitAny(limited(t), receiver, waiter)
	well(t, err)
	same(t, "which", index, 0)
	well(t, receiver.Interrupt())
	well(t, Send("several", 1))
}

func TestADescriptorIsReadableWhenThereIsAMessage(t *testing.T) {
	fresh(t)
	receiver := made[*Receiver](t)(OpenReceiver("fd", nil))
	fd, err := receiver.FD()
	well(t, err)
	epoll, err := syscall.EpollCreate1(0)
	well(t, err)
	defer syscall.Close(epoll)
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
	well(t, syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, fd, &event))
	go func() { well2(t, Send("fd", 1)) }()
	for {
		events := make([]syscall.EpollEvent, 1)
		count, err := syscall.EpollWait(epoll, events, int(soon/time.Millisecond))
		if err == syscall.EINTR {
			continue
		}
		well(t, err)
		same(t, "readable", count, 1)
		m, err := receiver.Receive(NoWait)
		if err == nil {
			m.Release()
			return
		}
	}
}

func TestStates(t *testing.T) {
	fresh(t)
	setter := made[*Setter](t)(OpenSetter("speed", nil))
	watcher := made[*Watcher](t)(OpenWatcher("speed", nil))
	_, err := watcher.Get(NoWait)
	refused(t, "no value yet", err, ErrTimeout)
	well(t, setter.SetIf(background, 1, NoValue))
	refused(t, "there is one", setter.SetIf(background, 2, NoValue), ErrConflict, ClassRetry)
	m := taken(t)(watcher.Receive(limited(t)))
	well(t, setter.SetIf(background, m.Value().(int64)+1, m.Sequence()))
	refused(t, "it is another", setter.SetIf(background, 9, m.Sequence()), ErrConflict)
	same(t, "get", taken(t)(watcher.Get(limited(t))).Value(), any(int64(2)))
	_, err = watcher.Receive(NoWait)
	refused(t, "it was seen", err, ErrTimeout)
	well(t, Set("speed", 3))
	same(t, "one-call", taken(t)(Get(limited(t), "speed")).Value(), any(int64(3)))
}

func TestOneCallFunctionsOfManyGoroutines(t *testing.T) {
	fresh(t)
	var all sync.WaitGroup
	sum, lock := int64(0), sync.Mutex{}
	for index := range 8 {
		all.Add(2)
		go func() {
			defer all.Done()
			for range 50 {
				well2(t, Send("crowd", index))
			}
		}()
		go func() {
			defer all.Done()
			for range 50 {
				m, err := Receive(limited(t), "crowd")
				if err != nil {
					t.Error(err)
					return
				}
				lock.Lock()
				sum += m.Value().(int64)
				lock.Unlock()
				m.Release()
			}
		}()
	}
	all.Wait()
	same(t, "sum", sum, 28*50)
	well(t, os.RemoveAll(os.Getenv("SIPC_DIR"))) // and the kept handles are opened anew
	well(t, os.Mkdir(os.Getenv("SIPC_DIR"), 0o700))
	well(t, Send("crowd", "anew"))
	same(t, "anew", taken(t)(Receive(limited(t), "crowd")).Value(), any("anew"))
}

func TestTheOwnerOfALockDies(t *testing.T) {
	fresh(t)
	lock := made[*Lock](t)(OpenLock("mortal", nil))
	p := start(t, "lock and wait")
	p.says(t, "locked")
	refused(t, "somebody has it", lock.Lock(NoWait), ErrTimeout)
	well(t, p.Process.Kill())
	well(t, lock.Lock(limited(t)))
	same(t, "who died", lock.Abandoned(), p.Process.Pid)
	refused(t, "locking twice", lock.Lock(background), ErrBadArgument)
	well(t, lock.Unlock())
	refused(t, "unlocking twice", lock.Unlock(), ErrBadArgument)
	well(t, lock.Lock(limited(t)))
	same(t, "who died", lock.Abandoned(), 0)
}

func TestPeersComeAndGo(t *testing.T) {
	fresh(t)
	peers, err := Peers("mortal", nil)
	well(t, err)
	same(t, "peers of no channel", len(peers), 0)
	watcher := made[*PeerWatcher](t)(OpenPeerWatcher("mortal", nil))
	_, err = watcher.Event(NoWait)
	refused(t, "nobody yet", err, ErrTimeout)
	p := start(t, "lock and wait")
	p.says(t, "locked")
	came, err := watcher.Event(limited(t))
	well(t, err)
	same(t, "came", came.IsUp, true)
	peers, err = Peers("mortal", nil)
	well(t, err)
	same(t, "peers", len(peers), 1)
	same(t, "the one that came", peers[0], came.Peer)
	same(t, "pid", peers[0].Pid, p.Process.Pid)
	same(t, "who", peers[0].Language+" "+peers[0].Role+" "+peers[0].Program, "go lock a locker")
	well(t, p.Process.Kill())
	for went := range watcher.Events(limited(t)) {
		same(t, "went", went.IsUp, false)
		same(t, "which", went.Peer.ID, came.Peer.ID)
		break
	}
	_, err = Peers("a/b", nil)
	refused(t, "a bad name", err, ErrBadName)
	refused(t, "a bad program", Identify("a\x00b"), ClassMisuse)
	peers, err = Peers("mortal", &Options{Directory: "/nowhere/at/all"})
	refused(t, "no directory", err, ClassSystem)
}

func TestCtrlCEndsAProgramThatWaits(t *testing.T) {
	fresh(t)
	for _, role := range []string{"lock and wait", "wait with a context"} {
		p := start(t, role)
		p.says(t, "locked")
		time.Sleep(20 * time.Millisecond) // it waits by now, most often
		well(t, p.Process.Signal(os.Interrupt))
		if role == "wait with a context" {
			p.says(t, "the wait has ended: context canceled")
			well(t, p.Wait())
		} else if err := p.Wait(); err == nil {
			t.Error("it has ended as if all were well")
		}
	}
}

func TestAnotherLibraryIsRefused(t *testing.T) {
	p := start(t, "load", "SIPC_LIB_DIR=/nowhere")
	p.says(t, "/nowhere/libsimpleipc.so")
	if other := os.Getenv("SIPC_TEST_OTHER_LIBRARY"); other != "" {
		p = start(t, "load", "SIPC_LIB_DIR="+other)
		p.says(t, "libsimpleipc speaks ABI 99, this program 1")
	}
}

func init() {
	roles["lock and wait"] = func() {
		fatal(Identify("a locker"))
		lock, err := OpenLock("mortal", nil)
		fatal(err)
		fatal(lock.Lock(background))
		fmt.Println("locked")
		_, err = Receive(background, "nothing")
		fatal(err)
	}
	roles["wait with a context"] = func() {
		ctx, stop := signal.NotifyContext(background, os.Interrupt)
		defer stop()
		fmt.Println("locked")
		_, err := Receive(ctx, "nothing")
		fmt.Println("the wait has ended:", err)
	}
	roles["load"] = func() {
		err := Send("x", 1)
		_, second := OpenPublisher("x", nil)
		if !errors.Is(err, second) {
			fmt.Println("the second time it is", second)
		}
		fmt.Println(err)
	}
}
