"""Every pattern once, in one program; each part could be in a program of its own."""

import numpy as np

import simpleipc as ipc

# A queue: each message goes to one receiver.
ipc.send("tour.queue", "hello")
with ipc.Receiver("tour.queue") as receiver:
    print("queue:", receiver.receive(timeout=20).value)
    try:
        receiver.receive(timeout=0)
    except ipc.Timeout:
        print("queue: nothing more")

# A topic: every subscriber gets every message. The frame is filled where it is read.
with ipc.Subscriber("tour.topic") as subscriber, ipc.Publisher("tour.topic") as publisher:
    publisher.publish(42)
    print("topic:", subscriber.receive(timeout=20).value)
    frame = publisher.loan((4, 6, 3), np.uint8, format="rgb8")
    frame[:] = 7
    publisher.publish(frame, capture_time_ns=ipc.now_ns())
    message = subscriber.receive(timeout=20)
    print("topic:", message.value.shape, message.format, message.value[0, 0, 0])

# A state: the latest value, for whoever comes whenever.
with ipc.Setter("tour.state") as setter, ipc.Watcher("tour.state") as watcher:
    setter.set(30)
    speed = watcher.get()
    print("state:", speed.value)
    setter.set_if(31, speed.sequence)  # raises Conflict if somebody else has set it since
    print("state:", watcher.receive(timeout=20).value)

# A signal: something has happened.
with ipc.Waiter("tour.signal") as waiter:
    ipc.notify("tour.signal")
    print("signal:", waiter.wait(timeout=20))

# A lock: one owner at a time, and free when it dies.
with ipc.Lock("tour.lock", timeout=20) as lock:
    print("lock: died with it:", lock.abandoned)

# A service; `@server.method` and `server.serve()` are the usual way to answer.
with ipc.Server("tour.service") as server, ipc.Client("tour.service") as client:
    call = client.start("add", 1, 2)
    request = server.receive(timeout=20)
    print("service:", request.method, request.args)
    request.reply(sum(request.args))
    print("service:", call.result(timeout=20))
