// Every pattern once, in one program; each part could be in a program of its own.
import * as ipc from "simpleipc";

const soon = { timeout: 20_000 };

// A queue: each message goes to one receiver.
await ipc.send("tour.queue", "hello");
const receiver = new ipc.Receiver("tour.queue");
console.log("queue:", (await receiver.receive(soon)).value);
try {
  await receiver.receive({ timeout: 0 });
} catch (error) {
  if (error instanceof ipc.TimeoutError) {
    console.log("queue: nothing more");
  }
}
receiver.close();

// A topic: every subscriber gets every message. The frame is filled where it is read.
const subscriber = new ipc.Subscriber("tour.topic");
const publisher = new ipc.Publisher("tour.topic");
await publisher.publish(42);
console.log("topic:", (await subscriber.receive(soon)).value);
const frame = await publisher.loan({ dtype: "u8", shape: [4, 6, 3], format: "rgb8" });
frame.data.fill(7);
await publisher.publish(frame, { captureTimeNs: ipc.nowNs() });
const { value } = await subscriber.receive(soon);
console.log("topic:", value.shape, value.format, value.data[value.offset(0, 0, 0)]);
publisher.close();
subscriber.close();

// A state: the latest value, for whoever comes whenever.
const setter = new ipc.Setter("tour.state");
const watcher = new ipc.Watcher("tour.state");
await setter.set(30);
const speed = await watcher.get();
console.log("state:", speed.value);
await setter.setIf(31, speed.sequence); // rejects (CONFLICT) if somebody else has set it since
console.log("state:", (await watcher.receive(soon)).value);
setter.close();
watcher.close();

// A signal: something has happened.
const waiter = new ipc.Waiter("tour.signal");
await ipc.notify("tour.signal");
console.log("signal:", await waiter.wait(soon));
waiter.close();

// A lock: one owner at a time, and free when it dies.
const lock = new ipc.Lock("tour.lock");
const held = await lock.acquire(soon);
console.log("lock: died with it:", held.abandoned);
held.release();
lock.close();

// A service; `server.method` and `server.serve()` are the usual way to answer.
const server = new ipc.Server("tour.service");
const client = new ipc.Client("tour.service");
const call = await client.start("add", [1, 2]);
const request = await server.receive(soon);
console.log("service:", request.method, request.args);
request.reply(request.args[0] + request.args[1]);
console.log("service:", await call.result(soon));
client.close();
server.close();
