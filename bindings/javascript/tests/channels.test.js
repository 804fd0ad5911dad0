// Queues, topics, states, signals and locks: waiting, ending waits, and what is misused.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as ipc from "simpleipc";
import { PATIENCE, fresh, freshState, pause, turns } from "./place.js";

/** Whether an error is one of this package with this status. */
const status = (name) => (error) => {
  assert.ok(error instanceof ipc.IpcError, String(error));
  assert.equal(error.statusName, name, error.message);
  return true;
};

/** Both ends of a channel of the test's own; closed when it is over. */
function ends(t, [Producer, producerOptions], [Consumer, consumerOptions], name = fresh()) {
  const consumer = new Consumer(name, consumerOptions);
  const producer = new Producer(name, producerOptions);
  t.after(() => [producer, consumer].forEach((handle) => handle.close()));
  return [producer, consumer];
}

const queue = (t, options) => ends(t, [ipc.Sender, options], [ipc.Receiver]);

test("a message wakes who waits, and the event loop turns meanwhile", async (t) => {
  const [sender, receiver] = queue(t);
  const waiting = receiver.receive({ timeout: PATIENCE });
  await turns();
  await sender.send({ x: 1.5 });
  const message = await waiting;
  assert.deepEqual(message.value, { x: 1.5 });
  assert.ok(message.age >= 0);
});

test("several waits of one handle are served in their order", async (t) => {
  const [sender, receiver] = queue(t);
  const waits = [1, 2, 3].map(() => receiver.receive({ timeout: PATIENCE }));
  for (const value of ["a", "b", "c"]) {
    await sender.send(value);
  }
  const values = (await Promise.all(waits)).map((message) => message.value);
  assert.deepEqual(values, ["a", "b", "c"]);
});

test("a timeout is an error of its own", async (t) => {
  const [, receiver] = queue(t);
  for (const timeout of [0, 20]) {
    await assert.rejects(receiver.receive({ timeout }), ipc.TimeoutError);
  }
  for (const timeout of [-1, NaN, "1", 5n]) {
    await assert.rejects(receiver.receive({ timeout }), RangeError);
  }
});

test("an aborted signal ends a wait with its reason, and others go on", async (t) => {
  const [sender, receiver] = queue(t);
  const controller = new AbortController();
  const ended = receiver.receive({ signal: controller.signal });
  const other = receiver.receive({ timeout: PATIENCE });
  controller.abort(new Error("enough"));
  await assert.rejects(ended, /enough/);
  await assert.rejects(receiver.receive({ signal: controller.signal }), /enough/);
  await sender.send(1);
  assert.equal((await other).value, 1);
});

test("interrupt ends the wait in progress, or else the next one", async (t) => {
  const [sender, receiver] = queue(t);
  const waiting = receiver.receive();
  receiver.interrupt();
  await assert.rejects(waiting, status("INTERRUPTED"));
  receiver.interrupt();
  await assert.rejects(receiver.receive(), status("INTERRUPTED"));
  await sender.send(1);
  assert.equal((await receiver.receive()).value, 1);
});

test("a handle is closed twice without harm, and is of no use then", async (t) => {
  const [sender, receiver] = queue(t);
  const waiting = receiver.receive();
  for (const handle of [sender, receiver, sender, receiver]) {
    handle.close();
  }
  await assert.rejects(waiting, status("CLOSED"));
  await assert.rejects(receiver.receive(), ipc.GoneError);
  assert.throws(() => receiver.tryReceive(), ipc.GoneError);
  assert.throws(() => receiver.fd, ipc.GoneError);
  await assert.rejects(sender.send(1), status("CLOSED"));
  await assert.rejects(sender.loan(1), status("CLOSED"));
  assert.throws(() => sender.interrupt(), ipc.GoneError);
  const disposed = new ipc.Receiver(receiver.name);
  disposed[Symbol.dispose]();
  await disposed[Symbol.asyncDispose]();
  assert.ok(disposed.isClosed);
});

test("names and options that are wrong are refused", () => {
  for (const name of ["a/b", ".hidden", "", "n".repeat(201)]) {
    assert.throws(() => new ipc.Sender(name), status("BAD_NAME"));
  }
  for (const name of [undefined, 5, null, "a\0b", "\ud800"]) {
    assert.throws(() => new ipc.Publisher(name ?? {}), TypeError);
  }
  assert.throws(() => new ipc.Sender(fresh(), { depth: 100 }), status("BAD_ARGUMENT"));
  for (const depth of [-1, 1.5, 2 ** 32, "16"]) {
    assert.throws(() => new ipc.Sender(fresh(), { depth }), RangeError);
  }
  assert.throws(() => new ipc.Receiver(fresh(), { timeout: -1 }), RangeError);
  assert.throws(() => new ipc.Receiver(fresh(), { directory: 5 }), TypeError);
  const nowhere = { directory: "/nonexistent/folder" };
  assert.throws(() => new ipc.Receiver(fresh(), nowhere), ipc.SystemError);
});

test("the wrong verb is refused", (t) => {
  const [sender] = queue(t);
  assert.throws(() => new ipc.Subscriber(sender.name), status("WRONG_PATTERN"));
  assert.throws(() => new ipc.Subscriber(sender.name), ipc.MisuseError);
});

test("a loop takes until nothing comes, and releases each message", async (t) => {
  const [sender, receiver] = queue(t);
  for (let index = 0; index < 1000; index++) {
    await sender.send(index);
  }
  const seen = [];
  let last;
  for await (const message of receiver.messages({ timeout: 20 })) {
    seen.push(message.value);
    last = message;
  }
  assert.deepEqual(seen, [...Array(1000).keys()]);
  assert.throws(() => last.sequence, ipc.GoneError);
  assert.equal(last.value, 999);
});

test("a loop over a flood lets others have their turn", async (t) => {
  const [sender, receiver] = queue(t);
  for (let index = 0; index < 1000; index++) {
    await sender.send(index);
  }
  let isServed = false;
  setImmediate(() => (isServed = true));
  for await (const { value } of receiver) {
    if (value === 999) {
      break;
    }
  }
  assert.ok(isServed);
});

test("a loop ends when its handle is closed", async (t) => {
  const [sender, receiver] = queue(t);
  await sender.send(1);
  const seen = [];
  setTimeout(() => receiver.close(), 30);
  for await (const message of receiver) {
    seen.push(message.keep());
  }
  assert.equal(seen[0].value, 1);
  seen[0].release();
});

test("who waits for room holds up neither the event loop nor those behind it", async (t) => {
  const options = { depth: 16 };
  const [publisher, subscriber] = ends(
    t,
    [ipc.Publisher, options],
    [ipc.Subscriber, { ...options, lossless: true }],
  );
  const puts = Array.from({ length: 40 }, (_, index) => publisher.publish(index));
  await turns();
  for (let index = 0; index < 40; index++) {
    const message = await subscriber.receive({ timeout: PATIENCE });
    assert.equal(message.value, index);
    message.release();
  }
  await Promise.all(puts);
  assert.equal(subscriber.tryReceive(), undefined);
});

test("waiting for room ends in time, by a signal, and with the handle", async (t) => {
  const options = { depth: 16 };
  const [publisher] = ends(
    t,
    [ipc.Publisher, options],
    [ipc.Subscriber, { ...options, lossless: true }],
  );
  let isFull = false;
  while (!isFull) {
    await publisher.publish(0, { timeout: 0 }).catch((error) => {
      isFull = status("FULL")(error);
    });
  }
  await assert.rejects(publisher.publish(1, { timeout: 20 }), status("FULL"));
  const controller = new AbortController();
  const aborted = publisher.publish(1, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 20);
  await assert.rejects(aborted, /enough/);
  const interrupted = publisher.publish(1);
  setTimeout(() => publisher.interrupt(), 20);
  await assert.rejects(interrupted, status("INTERRUPTED"));
  const closed = publisher.publish(1);
  setTimeout(() => publisher.close(), 20);
  await assert.rejects(closed, status("CLOSED"));
});

test("options of subscribers: latest, history, tap", async (t) => {
  const [publisher, latest] = ends(
    t,
    [ipc.Publisher, { history: 5 }],
    [ipc.Subscriber, { latest: true }],
  );
  const tap = new ipc.Subscriber(publisher.name, { tap: true });
  t.after(() => tap.close());
  const tapped = tap.receive({ timeout: PATIENCE });
  for (let index = 0; index < 10; index++) {
    await publisher.publish(index);
  }
  const newest = await latest.receive();
  assert.deepEqual([newest.value, newest.missed], [9, 9]);
  assert.equal((await tapped).value, 0);
  assert.throws(() => tap.fd, status("BAD_ARGUMENT"));
  const late = new ipc.Subscriber(publisher.name, { history: 3, timeout: 20 });
  t.after(() => late.close());
  const seen = [];
  for await (const { value } of late) {
    seen.push(value);
  }
  assert.deepEqual(seen, [7, 8, 9]);
});

test("select tells which of several has something", async (t) => {
  const [first, one] = queue(t);
  const [second, two] = queue(t);
  await assert.rejects(ipc.select([one, two], { timeout: 20 }), ipc.TimeoutError);
  await assert.rejects(ipc.select([]), TypeError);
  const waiting = ipc.select([one, two], { timeout: PATIENCE });
  await pause(20);
  await second.send("two");
  const found = await waiting;
  assert.equal(found, two);
  assert.equal(found.tryReceive().value, "two");
  await first.send("a");
  await second.send("b");
  const both = new Set();
  for (let turn = 0; turn < 2; turn++) {
    const handle = await ipc.select([one, two]);
    both.add(handle.tryReceive().value);
  }
  assert.deepEqual([...both].sort(), ["a", "b"]);
});

test("a state has its latest value, for whoever comes whenever", async (t) => {
  const [setter, watcher] = ends(t, [ipc.Setter], [ipc.Watcher], freshState());
  assert.equal(watcher.tryGet(), undefined);
  await assert.rejects(watcher.get({ timeout: 0 }), ipc.TimeoutError);
  await assert.rejects(watcher.get({ timeout: 20 }), ipc.TimeoutError);
  const first = watcher.get({ timeout: PATIENCE });
  await pause(20);
  await setter.setIf(1, null);
  assert.equal((await first).value, 1);
  assert.equal((await watcher.receive()).value, 1);
  await assert.rejects(setter.setIf(2, null), status("CONFLICT"));
  const { sequence } = watcher.tryGet();
  await setter.setIf(2, sequence);
  await assert.rejects(setter.setIf(3, sequence), ipc.RetryError);
  assert.equal(watcher.tryGet().value, 2);
});

test("notifications are counted", async (t) => {
  const [notifier, waiter] = ends(t, [ipc.Notifier], [ipc.Waiter]);
  const waiting = waiter.wait({ timeout: PATIENCE });
  notifier.notify();
  assert.equal(await waiting, 1);
  for (let count = 0; count < 300; count++) {
    notifier.notify();
  }
  assert.equal(await waiter.wait(), 300);
  await assert.rejects(waiter.wait({ timeout: 0 }), ipc.TimeoutError);
});

test("a lock is held by one, and waiting for it holds nobody up", async (t) => {
  const name = fresh();
  const locks = [1, 2, 3, 4, 5, 6].map(() => new ipc.Lock(name));
  t.after(() => locks.forEach((lock) => lock.close()));
  let inside = 0;
  await Promise.all(
    locks.map(async (lock) => {
      const held = await lock.acquire({ timeout: PATIENCE });
      inside += 1;
      assert.equal(inside, 1);
      // More waits than node has threads for files: those must stay free.
      await readFile(new URL(import.meta.url));
      inside -= 1;
      held.release();
    }),
  );
  const held = locks[0].tryAcquire();
  assert.equal(held.abandoned, null);
  assert.equal(locks[1].tryAcquire(), undefined);
  await assert.rejects(locks[1].acquire({ timeout: 20 }), ipc.TimeoutError);
  const aborted = locks[1].acquire({ signal: AbortSignal.timeout(20) });
  await assert.rejects(aborted, { name: "TimeoutError" });
  await assert.rejects(locks[0].acquire(), status("BAD_ARGUMENT"));
  held[Symbol.dispose]();
  assert.throws(() => locks[0].release(), status("BAD_ARGUMENT"));
});

test("a semaphore has so many permits", (t) => {
  const name = fresh();
  const all = [1, 2, 3].map(() => new ipc.Semaphore(name, 2));
  t.after(() => all.forEach((one) => one.close()));
  const held = all.map((one) => one.tryAcquire());
  assert.deepEqual(held.map(Boolean), [true, true, false]);
  assert.throws(() => new ipc.Semaphore(name, 3), ipc.MisuseError);
  held[0].release();
  assert.ok(all[2].tryAcquire());
});

test("one-call functions need no handle", async () => {
  const [queueName, topic, state, signal] = [fresh(), fresh(), freshState(), fresh()];
  await ipc.send(queueName, "hello");
  for await (const { value } of ipc.receive(queueName)) {
    assert.equal(value, "hello");
    break;
  }
  const subscriber = ipc.subscribe(topic);
  await ipc.publish(topic, 1);
  assert.equal((await subscriber.receive()).value, 1);
  await assert.rejects(ipc.get(state, { timeout: 0 }), ipc.TimeoutError);
  await ipc.set(state, new ipc.Float(2));
  assert.equal((await ipc.get(state)).value, 2);
  assert.deepEqual((await ipc.get(state, { exact: true })).value, new ipc.Float(2));
  await assert.rejects(ipc.wait(signal, { timeout: 0 }), ipc.TimeoutError);
  await ipc.notify(signal);
  await ipc.notify(signal);
  assert.equal(await ipc.wait(signal), 2);
  await assert.rejects(ipc.send(topic, 1), status("WRONG_PATTERN"));
  await assert.rejects(ipc.publish("a/b", 1), status("BAD_NAME"));
});

test("audit and clean look at a directory", async (t) => {
  const [sender, receiver] = queue(t);
  await sender.send(1);
  const [found] = ipc.audit(sender.name);
  receiver.tryReceive().release();
  assert.equal(found.name, sender.name);
  assert.ok(ipc.audit().some(({ name }) => name === sender.name));
  assert.equal(typeof ipc.clean(), "number");
  assert.throws(() => ipc.audit("a/b"), status("BAD_NAME"));
  assert.throws(() => ipc.audit(5), TypeError);
  assert.throws(() => ipc.clean({ directory: "/nonexistent" }), ipc.SystemError);
  assert.throws(() => ipc.clean({ ageMax: -1 }), RangeError);
  assert.ok(ipc.nowNs() > 0n);
  assert.match(ipc.version, /^\d+\.\d+/);
});
