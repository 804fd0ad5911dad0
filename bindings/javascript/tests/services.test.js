// Services: calls, their ends, and handlers that go wrong.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ipc from "simpleipc";
import { PATIENCE, fresh, pause, turns, until } from "./place.js";

const ROOMY = { timeout: PATIENCE };

/** A server with these methods that serves until the test is over, and a client of it. */
function service(t, methods, options) {
  const name = fresh();
  const server = new ipc.Server(name);
  for (const [method, work] of Object.entries(methods)) {
    server.method(method, work);
  }
  const serving = server.serve(options);
  const client = new ipc.Client(name);
  t.after(async () => {
    client.close();
    server.close();
    await serving;
  });
  return { name, server, client };
}

const code = (wanted) => (error) => {
  assert.ok(error instanceof ipc.ServiceError, String(error));
  assert.equal(error.code, wanted, error.message);
  return true;
};

test("a call has its result, with arguments of every kind", async (t) => {
  const { client, name } = service(t, {
    add: (a, b) => a + b,
    later: async ({ text }) => {
      await pause(5);
      return text;
    },
    one: (value) => value,
    nothing() {},
  });
  assert.equal(await client.call("add", [1, 2], ROOMY), 3);
  assert.equal(await client.call("later", { text: "named" }, ROOMY), "named");
  assert.equal(await client.call("one", 5, ROOMY), 5);
  assert.equal(await client.call("nothing", undefined, ROOMY), null);
  assert.equal(await ipc.call(name, "add", [2, 3], ROOMY), 5);
});

test("many calls are in flight at once, and are answered in any order", async (t) => {
  const { client } = service(t, {
    wait: async (ms) => {
      await pause(ms);
      return ms;
    },
  });
  const wanted = Array.from({ length: 40 }, (_, index) => 40 - index);
  const calls = Promise.all(wanted.map((ms) => client.call("wait", [ms], ROOMY)));
  await turns();
  assert.deepEqual(await calls, wanted);
});

test("a large tensor is the only argument and the result", async (t) => {
  const { client } = service(t, { same: (tensor) => tensor });
  const tensor = new ipc.Tensor("f32", [300, 300], new Float32Array(90_000).fill(0.5));
  const result = await client.call("same", tensor, ROOMY);
  assert.deepEqual(result.data, tensor.data);
  assert.deepEqual(result.shape, [300, 300]);
});

test("a handler that throws is an error for its caller, and the server goes on", async (t) => {
  const { client } = service(t, {
    broken() {
      throw new RangeError("no such thing");
    },
    async odd() {
      throw "a string \ud800";
    },
    own() {
      throw new ipc.ServiceError(7, "not today", { until: "noon" });
    },
    unsendable: () => () => 1,
    *half() {
      yield 1;
      throw new Error("half");
    },
    fine: () => "fine",
  });
  await assert.rejects(client.call("broken", [], ROOMY), (error) => {
    assert.match(error.message, /RangeError: no such thing/);
    return code(-32603)(error);
  });
  await assert.rejects(client.call("odd", [], ROOMY), code(-32603));
  await assert.rejects(client.call("own", [], ROOMY), (error) => {
    assert.deepEqual([error.message, error.data], ["not today", { until: "noon" }]);
    return code(7)(error);
  });
  await assert.rejects(client.call("unsendable", [], ROOMY), code(-32603));
  await assert.rejects(client.call("half", [], ROOMY), code(-32603));
  await assert.rejects(client.call("unknown", [], ROOMY), code(-32601));
  assert.equal(await client.call("fine", [], ROOMY), "fine");
});

test("a stream is a loop, and leaving it ends the generator", async (t) => {
  let ended = 0;
  const { client } = service(t, {
    async *count(to) {
      try {
        for (let number = 0; number < to; number++) {
          yield number;
          await pause(1);
        }
        return "done";
      } finally {
        ended += 1;
      }
    },
  });
  const call = await client.start("count", [5]);
  const seen = [];
  for await (const number of call) {
    seen.push(number);
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  assert.equal(await call.result(), "done");
  assert.equal(await client.call("count", [3], ROOMY), "done");
  for await (const number of await client.start("count", [1_000_000])) {
    if (number === 3) {
      break;
    }
  }
  await until(() => ended === 3, "the generator is ended");
});

test("a call without an answer ends in time, by a signal, and with the handle", async (t) => {
  const name = fresh();
  const client = new ipc.Client(name);
  t.after(() => client.close());
  await assert.rejects(client.call("nobody", [], { timeout: 20 }), ipc.TimeoutError);
  const signal = AbortSignal.timeout(20);
  await assert.rejects(client.call("nobody", [], { signal }), { name: "TimeoutError" });
  const call = await client.start("nobody");
  await assert.rejects(call.next({ timeout: 0 }), ipc.TimeoutError);
  const interrupted = call.next();
  setTimeout(() => client.interrupt(), 20);
  await assert.rejects(interrupted, ipc.RetryError);
  const cancelled = call.next();
  setTimeout(() => call.cancel(), 20);
  await assert.rejects(cancelled, { statusName: "CANCELLED" });
  const closed = (await client.start("nobody")).result();
  setTimeout(() => client.close(), 20);
  await assert.rejects(closed, ipc.GoneError);
  await assert.rejects(client.call("nobody"), ipc.GoneError);
  client.close();
});

test("a server sees that nobody waits", async (t) => {
  const name = fresh();
  const server = new ipc.Server(name);
  const client = new ipc.Client(name);
  t.after(() => [client, server].forEach((handle) => handle.close()));
  const call = await client.start("long", [1]);
  const request = await server.receive(ROOMY);
  assert.deepEqual([request.method, request.args, request.oneWay], ["long", [1], false]);
  assert.equal(request.cancelled, false);
  await call.cancel();
  await until(() => request.cancelled, "the cancel is seen");
  assert.throws(() => request.push(1), { statusName: "CANCELLED" });
  request.release();
  assert.throws(() => request.reply(1), ipc.GoneError);
  request.release();
  await client.send("shout", { loud: true });
  const shout = await server.receive(ROOMY);
  assert.deepEqual([shout.args, shout.oneWay], [{ loud: true }, true]);
  shout.release();
});

test("a request that is dropped, or whose result is refused, is an error", async (t) => {
  const name = fresh();
  const server = new ipc.Server(name);
  const client = new ipc.Client(name);
  t.after(() => [client, server].forEach((handle) => handle.close()));
  const dropped = client.call("drop", [], ROOMY);
  (await server.receive(ROOMY)).release();
  await assert.rejects(dropped, ipc.IpcError);
  const failed = client.call("fail", [], ROOMY);
  const request = await server.receive(ROOMY);
  assert.throws(() => request.fail("7", "no"), TypeError);
  request.fail(7, "no", [1]);
  await assert.rejects(failed, (error) => {
    assert.deepEqual(error.data, [1]);
    return code(7)(error);
  });
});

test("what a service offers can be asked", async (t) => {
  const { client, server } = service(t, {});
  const add = { args: [["a", "int"], ["b", "int"]], returns: "int", about: "adds" };
  server.method("add", (a, b) => a + b, { ...add, idempotent: true });
  assert.throws(() => server.method("bad", "no function"), TypeError);
  const [offered] = await client.methods(ROOMY);
  assert.deepEqual(offered, { name: "add", ...add, idempotent: true });
});

test("a server works on so many requests at once as it is told", async (t) => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await pause(5);
    inside -= 1;
  };
  const { client } = service(t, { work }, { concurrency: 2 });
  await Promise.all(Array.from({ length: 10 }, () => client.call("work", [], ROOMY)));
  assert.equal(most, 2);
});

test("serving ends in time, by a signal, and when it is interrupted", async (t) => {
  const server = new ipc.Server(fresh());
  t.after(() => server.close());
  await server.serve({ timeout: 20 });
  await server.serve({ signal: AbortSignal.timeout(20) });
  setTimeout(() => server.interrupt(), 20);
  await assert.rejects(server.serve(), { statusName: "INTERRUPTED" });
});
