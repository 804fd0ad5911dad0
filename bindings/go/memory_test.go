package simpleipc

import (
	"encoding/json"
	"os"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"unsafe"
)

func TestATensorIsLookedAtInPlace(t *testing.T) {
	fresh(t)
	sender := made[*Sender](t)(OpenSender("tensors", nil))
	receiver := made[*Receiver](t)(OpenReceiver("tensors", nil))
	type height float32
	numbers := make([]height, 6000)
	for index := range numbers {
		numbers[index] = height(index)
	}
	tensor := NewTensor(numbers, 20, 300)
	tensor.Format = "heights"
	well(t, sender.Send(background, tensor))
	m := taken(t)(receiver.Receive(limited(t)))
	arrived := m.Value().(*Tensor)
	same(t, "address", unsafe.Pointer(&arrived.Data()[0]), m.raw.value.data)
	same(t, "address of the bytes", unsafe.Pointer(&m.Bytes()[0]), m.raw.value.data)
	same(t, "format", arrived.Format, "heights")
	elements, err := Elements[height](arrived)
	well(t, err)
	if !reflect.DeepEqual(elements, numbers) || !reflect.DeepEqual(arrived.Shape, []int{20, 300}) {
		t.Error("it is another one")
	}
	_, err = Elements[float64](arrived)
	refused(t, "another dtype", err, ErrBadArgument)

	// What was received is sent on from where it is.
	well(t, sender.Send(background, arrived))
	well(t, sender.Send(background, m.Bytes()))
	second := taken(t)(receiver.Receive(limited(t)))
	if !reflect.DeepEqual(second.Value().(*Tensor).Data(), arrived.Data()) {
		t.Error("it has changed on its second way")
	}
	third := taken(t)(receiver.Receive(limited(t)))
	same(t, "bytes", len(third.Value().([]byte)), 24000)

	m.Release()
	m.Release()
	for name, look := range map[string]func(){
		"data": func() { arrived.Data() }, "bytes": func() { m.Bytes() },
	} {
		refused(t, name, panicOf(look), ErrClosed)
	}
	refused(t, "sending", sender.Send(background, arrived), ErrClosed)
	second.Release()
	third.Release()
	refused(t, "scan of what was looked at", third.Scan(new([]byte)))
	unseen := taken(t)(receiverOf(t, sender, "unseen").Receive(limited(t)))
	unseen.Release()
	refused(t, "value", panicOf(func() { unseen.Value() }), ErrClosed)
	refused(t, "scan", unseen.Scan(new(string)), ErrClosed)
}

func receiverOf(t *testing.T, sender *Sender, value any) *Receiver {
	well(t, sender.Send(background, value))
	return made[*Receiver](t)(OpenReceiver("tensors", nil))
}

func panicOf(work func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	work()
	return nil
}

func TestATensorWithGapsKeepsThem(t *testing.T) {
	fresh(t)
	sender := made[*Sender](t)(OpenSender("gaps", nil))
	receiver := made[*Receiver](t)(OpenReceiver("gaps", nil))
	rows := RawTensor(DtypeU8, "gray8", []byte{1, 2, 0, 0, 3, 4}, 2, 2)
	rows.Strides = []int{4, 1}
	well(t, sender.Send(background, rows))
	arrived := taken(t)(receiver.Receive(limited(t))).Value().(*Tensor)
	if arrived.IsDense() || !reflect.DeepEqual(arrived.Strides, []int{4, 1}) {
		t.Error(arrived)
	}
	same(t, "an element of the second row", arrived.Data()[4], 3)
	_, err := Elements[uint8](arrived)
	refused(t, "elements", err, ErrBadArgument)
	rows.Strides = []int{1}
	refused(t, "too few strides", sender.Send(background, rows), ErrBadValue)
}

func TestALoanIsFilledInPlaceAndSpentOnce(t *testing.T) {
	fresh(t)
	publisher := made[*Publisher](t)(OpenPublisher("loans", nil))
	subscriber := made[*Subscriber](t)(OpenSubscriber("loans", nil))
	loan, err := publisher.LoanTensor(background, DtypeI16, "pcm", 2, 500)
	well(t, err)
	samples, err := Elements[int16](loan.Tensor())
	well(t, err)
	same(t, "samples", len(samples), 1000)
	same(t, "its format", loan.Tensor().Format, "pcm")
	same(t, "alignment", uintptr(unsafe.Pointer(&samples[0]))%64, 0)
	for index := range samples {
		samples[index] = int16(-index)
	}
	refused(t, "in a list", publisher.Publish(background, []any{loan}), ErrBadValue)
	well(t, publisher.PublishCaptured(background, loan, 5))
	refused(t, "again", publisher.Publish(background, loan), ErrBadValue)
	if loan.Data() != nil || loan.Tensor() != nil {
		t.Error("a spent loan still has data")
	}
	well(t, loan.Cancel())
	m := taken(t)(subscriber.Receive(limited(t)))
	arrived := m.Value().(*Tensor)
	elements, err := Elements[int16](arrived)
	well(t, err)
	same(t, "format", arrived.Format, "pcm")
	same(t, "an element", elements[999], -999)
	same(t, "capture time", m.CaptureTime(), 5)

	for range 100 {
		loan, err := publisher.LoanBytes(background, 1<<20)
		well(t, err)
		well(t, loan.Cancel())
		well(t, loan.Cancel())
	}
	_, err = publisher.LoanBytes(background, -1)
	refused(t, "a negative size", err, ErrBadArgument)
	_, err = publisher.LoanTensor(background, DtypeU8, "", -1)
	refused(t, "a negative size", err, ErrBadValue)
	loan, err = publisher.LoanBytes(background, 1000)
	well(t, err)
	well(t, publisher.Close())
	if loan.Data() != nil {
		t.Error("a loan of a closed handle still has data")
	}
	refused(t, "its end", loan.Cancel(), ErrClosed)
}

// audited is what an audit says of a channel.
func audited(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := Audit(name, "")
	well(t, err)
	var channels []map[string]any
	well(t, json.Unmarshal(text, &channels))
	same(t, "channels of that name", len(channels), 1)
	return channels[0]
}

// collected runs the garbage collector, and the clean-ups that follow from it, until it is so.
func collected(t *testing.T, isSo func() bool) {
	t.Helper()
	for range 2000 {
		runtime.GC()
		runtime.Gosched()
		if isSo() {
			return
		}
	}
	t.Error("the garbage collector has left something")
}

// collectedSoon lets what is forgotten go.
func collectedSoon() {
	runtime.GC()
	runtime.Gosched()
}

func TestForgottenMessagesAreReleasedByTheCollector(t *testing.T) {
	fresh(t)
	publisher := made[*Publisher](t)(OpenPublisher("forgotten", nil))
	subscriber := made[*Subscriber](t)(OpenSubscriber("forgotten", &Options{Lossless: true}))
	go func() {
		for range 10_000 {
			well2(t, publisher.Publish(background, make([]byte, 1000)))
		}
	}()
	ctx := limited(t)
	for range 10 {
		for range 1000 {
			m, err := subscriber.Receive(ctx)
			well(t, err)
			same(t, "length", len(m.Bytes()), 1000)
		}
		// Nobody but the binding itself asks the garbage collector to run, which it did below that.
		for ctx.Err() == nil && subscriber.held.count.Load() > 5000 {
			runtime.Gosched()
		}
	}
	well(t, ctx.Err())
	_, err := subscriber.Receive(NoWait) // whoever asks for the next one has done with the last
	refused(t, "receive", err, ErrTimeout)
	collected(t, func() bool {
		return subscriber.held.count.Load() == 0
	})
	channel := audited(t, "forgotten")
	same(t, "leaks", len(channel["leaks"].([]any)), 0)
	// Those in the ring stay until they are written over; each held message would have one more.
	if used := channel["chunks_in_use"].(float64); used > channel["depth"].(float64) {
		t.Errorf("%v chunks are in use", used)
	}
}

func TestForgottenLoansAndHandlesAreTakenBackByTheCollector(t *testing.T) {
	fresh(t)
	publisher := made[*Publisher](t)(OpenPublisher("lent", nil))
	for range 100 {
		loan, err := publisher.LoanBytes(background, 1000)
		for err != nil {
			runtime.GC()
			runtime.Gosched()
			loan, err = publisher.LoanBytes(background, 1000)
		}
		loan.Data()[0] = 1
	}
	for range 1000 {
		subscriber, err := OpenSubscriber("lent", nil)
		for err != nil {
			runtime.GC()
			runtime.Gosched()
			subscriber, err = OpenSubscriber("lent", nil)
		}
		same(t, "open", subscriber.closed.Load(), false)
	}
}

func TestAWaitHasTheRoomOfLoansThatAreForgottenMeanwhile(t *testing.T) {
	fresh(t)
	sender := made[*Sender](t)(OpenSender("room", &Options{PoolBytesMax: 1 << 20}))
	func() {
		loans := make([]*Loan, 8)
		for index := range loans {
			var err error
			loans[index], err = sender.LoanBytes(background, 120_000)
			well(t, err)
		}
		refused(t, "no room", sender.Send(NoWait, make([]byte, 600_000)), ErrNoSpace)
		runtime.KeepAlive(loans)
	}()
	ctx := limited(t)
	result := make(chan error, 1)
	go func() { result <- sender.Send(ctx, make([]byte, 600_000)) }()
	for ctx.Err() == nil && len(result) == 0 {
		runtime.GC()
		runtime.Gosched()
	}
	well(t, <-result)
	receiver := made[*Receiver](t)(OpenReceiver("room", nil))
	m, err := receiver.Receive(ctx)
	well(t, err)
	m.Release()
	same(t, "chunks in use", audited(t, "room")["chunks_in_use"].(float64), 0)
}

func TestAViewLivesUntilTheNextMessage(t *testing.T) {
	fresh(t)
	publisher := made[*Publisher](t)(OpenPublisher("views", &Options{Depth: 16}))
	subscriber := made[*Subscriber](t)(OpenSubscriber("views", nil))
	for round := range 50 {
		data := make([]byte, 5000)
		for index := range data {
			data[index] = byte(round)
		}
		well(t, publisher.Publish(background, data))
		view := func() []byte {
			m, err := subscriber.Receive(limited(t))
			well(t, err)
			return m.Bytes()
		}()
		runtime.GC()
		for range 40 { // would be written over it, were it released
			well(t, publisher.Publish(background, make([]byte, 5000)))
		}
		same(t, "first byte", view[0], byte(round))
		same(t, "last byte", view[4999], byte(round))
		for range 40 {
			if m, err := subscriber.Receive(NoWait); err == nil {
				m.Release()
			}
		}
	}
}

func TestAHandleGoesFromThreadToThread(t *testing.T) {
	fresh(t)
	lock := made[*Lock](t)(OpenLock("mutex", nil))
	sender := made[*Sender](t)(OpenSender("travel", nil))
	receiver := made[*Receiver](t)(OpenReceiver("travel", nil))
	onThread := func(work func()) {
		var done sync.WaitGroup
		done.Add(1)
		go func() {
			defer done.Done()
			runtime.LockOSThread() // never unlocked: the thread ends with its goroutine
			work()
		}()
		done.Wait()
	}
	for round := range 20 {
		onThread(func() { well2(t, lock.Lock(limited(t))) })
		onThread(func() { well2(t, sender.Send(background, round)) })
		var m *Message
		onThread(func() { m, _ = receiver.Receive(limited(t)) })
		onThread(func() { same(t, "value", m.Value(), any(int64(round))); m.Release() })
		onThread(func() { well2(t, lock.Unlock()) })
	}
}

// well2 is well for goroutines that are not the test's.
func well2(t *testing.T, err error) {
	if err != nil {
		t.Error(err)
	}
}

func TestAuditAndClean(t *testing.T) {
	fresh(t)
	well(t, Send("left", "behind"))
	channel := audited(t, "left")
	same(t, "name", channel["name"], any("left"))
	same(t, "pattern", channel["pattern"], any("queue"))
	_, err := Audit("a/b", "")
	refused(t, "a bad name", err, ErrBadName)
	directory := os.Getenv("SIPC_DIR")
	p := start(t, "leave a queue")
	p.says(t, "left")
	well(t, p.Wait())
	count, err := Clean(directory, 0)
	well(t, err)
	same(t, "cleaned", count, 1)
	_, err = Clean("/nowhere/at/all", 0)
	refused(t, "no directory", err, ClassSystem)
}

func init() {
	roles["leave a queue"] = func() {
		fatal(Send("orphan", 1))
		os.Stdout.WriteString("left\n")
	}
}
