## Every pattern once, in one program; each part could be in a program of its own.
import simpleipc

# A queue: each message goes to one receiver.
send("tour.queue", "hello")
let receiver = newReceiver("tour.queue")
echo "queue: ", receiver.receive(20_000).value.getStr
try: discard receiver.receive(0)
except TimeoutError: echo "queue: nothing more"
receiver.close()

# A topic: every subscriber gets every message. The frame is filled where it is read.
let (subscriber, publisher) = (newSubscriber("tour.topic"), newPublisher("tour.topic"))
publisher.publish(42)
echo "topic: ", subscriber.receive(20_000).value.getInt
let frame = publisher.loan(dtU8, [4, 6, 3], "rgb8")
for index in 0 ..< frame.len: cast[ptr UncheckedArray[uint8]](frame.address)[index] = 7
publisher.publish(frame, captureTimeNs = nowNs())
let picture = subscriber.receive(20_000).value
echo "topic: ", picture.shape, " ", picture.label, " ", picture.view(uint8)[0]
publisher.close()
subscriber.close()

# A state: the latest value, for whoever comes whenever.
let (setter, watcher) = (newSetter("tour.state"), newWatcher("tour.state"))
setter.set(30)
let speed = watcher.get()
echo "state: ", speed.value.getInt
setter.setIf(31, speed.sequence) # raises a RetryError if somebody else has set it since
echo "state: ", watcher.receive(20_000).value.getInt
setter.close()
watcher.close()

# A signal: something has happened.
let waiter = newWaiter("tour.signal")
notify("tour.signal")
echo "signal: ", waiter.wait(20_000)
waiter.close()

# A lock: one owner at a time, and free when it dies.
let lock = newLock("tour.lock")
lock.withLock: echo "lock: died with it: ", lock.abandoned
lock.close()

# A service; `server.add` and `server.serve` are the usual way to answer.
let (server, client) = (newServer("tour.service"), newClient("tour.service"))
let call = client.start("add", %*[1, 2])
let request = server.request(20_000)
echo "service: ", request.name, " ", request.args[0].getInt, " ", request.args[1].getInt
request.reply(%(request.args[0].getInt + request.args[1].getInt))
echo "service: ", call.outcome(20_000).getInt
client.close()
server.close()
