// Shared memory that the program looks at: in place, and never after it is somebody else's.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ipc from "simpleipc";
import { PATIENCE, fresh, pause, until } from "./place.js";

const SHAPE = [64, 64, 3];
const BYTES = 64 * 64 * 3;

/** Runs the collector until something holds. */
async function collected(holds, what) {
  await until(async () => {
    globalThis.gc();
    await pause(1);
    return holds();
  }, what);
}

function topic(t, options) {
  const name = fresh();
  const subscriber = new ipc.Subscriber(name, options);
  const publisher = new ipc.Publisher(name);
  t.after(() => [publisher, subscriber].forEach((handle) => handle.close()));
  return [publisher, subscriber];
}

test("a loan is filled and looked at in place, and ends with its put", async (t) => {
  const [publisher, subscriber] = topic(t);
  const loan = await publisher.loan({ dtype: "u8", shape: SHAPE, format: "rgb8" });
  const { data } = loan;
  assert.deepEqual([data.length, loan.format], [BYTES, "rgb8"]);
  data.fill(7);
  await publisher.publish(loan, { captureTimeNs: 5n });
  assert.equal(data.length, 0);
  await assert.rejects(publisher.publish(loan), ipc.GoneError);
  loan.cancel();
  const message = await subscriber.receive();
  const { value } = message;
  assert.equal(message.captureTimeNs, 5n);
  assert.deepEqual([value.shape, value.format, value.data[BYTES - 1]], [SHAPE, "rgb8", 7]);
  const own = value.copy();
  message.release();
  message.release();
  assert.equal(value.data.length, 0);
  assert.equal(own.data[BYTES - 1], 7);
});

test("a loan of bytes, and one that is given back", async (t) => {
  const [publisher, subscriber] = topic(t);
  const bytes = await publisher.loan(5);
  bytes.data.write("hello");
  await publisher.publish(bytes);
  assert.equal((await subscriber.receive()).value.toString(), "hello");
  for (let turn = 0; turn < 100; turn++) {
    const loan = await publisher.loan({ dtype: "f64", shape: [1000] });
    loan[Symbol.dispose]();
    loan.cancel();
    assert.equal(loan.data.length, 0);
  }
  const other = new ipc.Publisher(fresh());
  t.after(() => other.close());
  await assert.rejects(other.publish(await publisher.loan(5)), ipc.MisuseError);
  await assert.rejects(publisher.loan(-1), RangeError);
  await assert.rejects(publisher.loan({ dtype: "u9", shape: [1] }), TypeError);
  await assert.rejects(publisher.loan({ dtype: "u8", shape: [-1] }), TypeError);
  const nine = { dtype: "u8", shape: new Array(9).fill(1) };
  await assert.rejects(publisher.loan(nine), ipc.MisuseError);
});

test("loans that are forgotten are given back by the collector", async (t) => {
  const [publisher] = topic(t);
  for (let count = 0; count < 64; count++) {
    await collected(() => canLend(publisher), "some loan is given back");
  }
});

const lettingGo = {
  forgotten: (loans) => {
    loans.length = 0;
  },
  cancelled: (loans) => loans.forEach((loan) => loan.cancel()),
};

for (const [how, letGo] of Object.entries(lettingGo)) {
  test(`loans that are ${how} while the handle waits for room are that room`, async (t) => {
    const sender = new ipc.Sender(fresh(), { poolBytesMax: 2 ** 20 });
    t.after(() => sender.close());
    const loans = await Promise.all(Array.from({ length: 8 }, () => sender.loan(120_000)));
    const sent = beside(() => sender.send(Buffer.alloc(600_000), { timeout: PATIENCE }));
    await until(() => isBusy(sender), "the sender waits");
    letGo(loans);
    await collected(() => true, "the collector has run");
    await sent;
    (await ipc.receive(sender.name).receive()).release();
    assert.equal(ipc.audit(sender.name)[0].chunks_in_use, 0);
  });
}

test("a loan that is cancelled while it is put is either", async (t) => {
  const name = fresh();
  const sender = new ipc.Sender(name, { depth: 16 });
  const receiver = new ipc.Receiver(name);
  t.after(() => [sender, receiver].forEach((handle) => handle.close()));
  for (const end of [() => sender.interrupt(), () => receiver.receive({ timeout: PATIENCE })]) {
    while (await sender.send(0, { timeout: 0 }).then(() => true, () => false));
    const loan = await sender.loan(100);
    loan.data.fill("x");
    const put = beside(() => sender.send(loan, { timeout: PATIENCE })).catch(() => {});
    await until(() => isBusy(sender), "the sender waits");
    loan.cancel();
    await pause(20);
    assert.equal(loan.data.length, 100, "its memory is still needed");
    await end();
    await put;
    assert.equal(loan.data.length, 0);
  }
  const values = [];
  for await (const { value } of receiver.messages({ timeout: 0 })) {
    values.push(value.toString());
  }
  assert.deepEqual(values.filter((value) => value !== "0"), ["x".repeat(100)]);
  assert.equal(ipc.audit(name)[0].chunks_in_use, 0);
});

/** Does something that another look at the handle, as `isBusy`, may have refused. */
async function beside(work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error.statusName !== "BUSY") {
        throw error;
      }
    }
  }
}

function isBusy(handle) {
  try {
    return handle.fd === undefined;
  } catch (error) {
    return error.statusName === "BUSY";
  }
}

/** Lends and forgets, if a handle's 16 are not all lent. */
async function canLend(publisher) {
  try {
    await publisher.loan(1000, { timeout: 0 });
    return true;
  } catch {
    return false;
  }
}

test("a view keeps its message", async (t) => {
  const [publisher, subscriber] = topic(t);
  const take = async (value) => {
    await publisher.publish(new Uint16Array(BYTES).fill(value));
    return (await subscriber.receive()).value.data;
  };
  const first = await take(1);
  for (let turn = 0; turn < 2000; turn++) {
    await take(2);
    if (turn % 500 === 0) {
      globalThis.gc();
      await pause(1);
    }
  }
  assert.ok(first.every((element) => element === 1));
});

test("a value is there when its handles are closed", async (t) => {
  const [publisher, subscriber] = topic(t);
  await publisher.publish(Buffer.alloc(100_000, 5));
  const message = await subscriber.receive();
  const { value } = message;
  publisher.close();
  subscriber.close();
  assert.ok(value.every((byte) => byte === 5));
  message.release();
  assert.equal(value.length, 0);
});

test("of ten thousand messages that nobody releases nothing is left", async (t) => {
  const [publisher, subscriber] = topic(t);
  for (let count = 0; count < 10_000; count++) {
    await publisher.publish(new Float32Array(2000));
    const message = await subscriber.receive();
    if (count % 2 === 0) {
      assert.equal(message.value.data.length, 2000);
    }
    if (count % 1000 === 0) {
      globalThis.gc();
      await pause(1);
    }
  }
  // What is in use now is what a late joiner could ask for.
  const audit = () => ipc.audit(publisher.name)[0];
  await collected(() => audit().chunks_in_use <= audit().depth, "no message is held");
  assert.deepEqual(audit().leaks, []);
});

test("handles that are forgotten are closed by the collector", async () => {
  const name = fresh();
  const peers = () => ipc.audit().filter((found) => found.name === name).length;
  (() => {
    for (let count = 0; count < 100; count++) {
      new ipc.Subscriber(name);
    }
  })();
  const waited = new ipc.Receiver(fresh());
  await assert.rejects(waited.receive({ timeout: 5 }), ipc.TimeoutError);
  waited.close();
  (() => new ipc.Subscriber(name).receive({ timeout: 5 }).catch(() => {}))();
  assert.equal(peers(), 1);
  await collected(() => peers() === 0, "the channel is gone");
});

test("a handle in which somebody waits is not forgotten", async (t) => {
  const name = fresh();
  const sender = new ipc.Sender(name);
  t.after(() => sender.close());
  const waiting = new ipc.Receiver(name).receive();
  for (let turn = 0; turn < 10; turn++) {
    globalThis.gc();
    await pause(1);
  }
  await sender.send(1);
  const message = await waiting;
  assert.equal(message.value, 1);
  message.release();
  await collected(() => ipc.audit(name)[0].peers.length === 1, "the receiver is closed");
});
