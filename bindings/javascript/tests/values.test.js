// Values: what is sent as what, what comes back, and what is refused before anything is sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ipc from "simpleipc";
import { LAYOUT } from "../src/library.js";
import { fresh } from "./place.js";

const name = fresh();
const sender = new ipc.Sender(name);
const plain = new ipc.Receiver(name);
test.after(() => [sender, plain].forEach((handle) => handle.close()));

/** What a value is when it arrives. */
async function passed(value) {
  await sender.send(value);
  return plain.tryReceive().value;
}

/** The same for one that sends back what it gets. */
async function passedExactly(value) {
  const exactName = fresh();
  const to = new ipc.Sender(exactName);
  const from = new ipc.Receiver(exactName, { exact: true });
  await to.send(value);
  const received = from.tryReceive().value;
  to.close();
  from.close();
  return received;
}

test("structs have the sizes that C gives them", () => {
  // `check` asks the compiler.
  const wanted = process.env.SIPC_SIZES ?? "224 280 512 40";
  const { value, message, error, options } = LAYOUT;
  assert.equal([value, message, error, options].map(({ bytes }) => bytes).join(" "), wanted);
});

test("values of the language come back as they were", async () => {
  const numbers = [0, -1, 2 ** 53 - 1, 1.5, -0, 1e300, NaN];
  for (const value of [null, true, false, ...numbers, "", "h\0\u00e9\u{1f600}"]) {
    assert.deepEqual(await passed(value), value);
  }
  const nested = { a: [1, [2.5, null]], b: { c: "d", e: [] }, f: {} };
  assert.deepEqual(await passed(nested), nested);
  assert.deepEqual(await passed(new Map([["k", 1]])), { k: 1 });
  assert.deepEqual(await passed(Object.assign(Object.create(null), { k: 1 })), { k: 1 });
});

test("whole numbers are ints, others floats, and a Float is a float", async () => {
  const kind = async (value) => (await passedExactly(value)).constructor.name;
  assert.equal(await kind(1), "Number");
  assert.equal(await kind(1.5), "Float");
  assert.equal(await kind(-0), "Float");
  assert.equal(await kind(2 ** 53), "Float");
  assert.equal(await kind(new ipc.Float(1)), "Float");
  assert.equal(await kind(new ipc.Uint(1)), "Uint");
  assert.equal(await passed(new ipc.Float(3)), 3);
});

test("integers beyond 2^53 are bigints", async () => {
  for (const value of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 53n]) {
    assert.equal(await passed(value), value);
  }
  assert.equal(await passed(5n), 5);
  assert.deepEqual(await passedExactly(2n ** 64n - 1n), new ipc.Uint(2n ** 64n - 1n));
});

test("what is received exactly is sent back as the same", async () => {
  const value = new Map([
    ["2", new ipc.Float(1)],
    ["1", [new ipc.Uint(7), 7, new ipc.Float(NaN, 0x7ff80000deadbeefn)]],
  ]);
  const once = await passedExactly(value);
  const twice = await passedExactly(once);
  assert.deepEqual(twice, value);
  assert.deepEqual([...twice.keys()], ["2", "1"]);
});

test("a key that is a trap for objects is a key like others", async () => {
  const received = await passed(new Map([["__proto__", 1], ["constructor", 2]]));
  assert.deepEqual(Object.entries(received), [["__proto__", 1], ["constructor", 2]]);
  assert.equal(Object.getPrototypeOf(received), Object.prototype);
});

test("bytes are a Buffer, and a content type makes them an Opaque", async () => {
  assert.deepEqual(await passed(new Uint8Array([1, 2])), Buffer.from([1, 2]));
  assert.deepEqual(await passed(Buffer.alloc(100_000, 7)), Buffer.alloc(100_000, 7));
  assert.deepEqual(await passed(new ArrayBuffer(3)), Buffer.alloc(3));
  const opaque = await passed(new ipc.Opaque(Buffer.from("{}"), "application/json"));
  assert.equal(opaque.contentType, "application/json");
  assert.deepEqual(Buffer.from(opaque.data), Buffer.from("{}"));
});

test("typed arrays are tensors", async () => {
  for (const array of [Int16Array.of(-1, 2), Float32Array.of(0.5), BigInt64Array.of(-1n)]) {
    const tensor = await passed(array);
    assert.ok(tensor instanceof ipc.Tensor);
    assert.deepEqual(tensor.data, array);
    assert.deepEqual(tensor.shape, [array.length]);
  }
  assert.equal((await passed(new Uint8ClampedArray(4))).dtype, "u8");
});

test("a tensor keeps its shape, format and strides", async () => {
  const rows = new ipc.Tensor("u8", [2, 3], new Uint8Array([1, 2, 3, 0, 4, 5, 6]), {
    format: "grey",
    strides: [4, 1],
  });
  const received = await passed(rows);
  assert.deepEqual(received.shape, [2, 3]);
  assert.deepEqual(received.strides, [4, 1]);
  assert.equal(received.format, "grey");
  assert.equal(received.data[received.offset(1, 2)], 6);
  assert.throws(() => received.offset(2, 0), RangeError);
  const scalar = await passed(new ipc.Tensor("f64", [], Float64Array.of(2.5)));
  assert.deepEqual([scalar.shape, scalar.data[0]], [[], 2.5]);
});

test("a tensor that fits nothing is refused", () => {
  const refused = [
    [TypeError, "u9", [1], new Uint8Array(1)],
    [TypeError, "toString", [1], new Uint8Array(1)],
    [TypeError, "u8", [-1], new Uint8Array(1)],
    [TypeError, "u8", 1, new Uint8Array(1)],
    [TypeError, "u8", new Array(9).fill(1), new Uint8Array(1)],
    [TypeError, "u8", [1], "x"],
    [RangeError, "u16", [2], new Uint8Array(3)],
    [RangeError, "f32", [1], new Uint8Array(new ArrayBuffer(5), 1)],
    [TypeError, "u8", [1], new Uint8Array(1), { format: "x".repeat(256) }],
    [RangeError, "u8", [2, 2], new Uint8Array(4), { strides: [3, 1] }],
    [TypeError, "u8", [2], new Uint8Array(4), { strides: [-1] }],
  ];
  for (const [kind, ...args] of refused) {
    assert.throws(() => new ipc.Tensor(...args), kind, String(args));
  }
});

test("what cannot be sent is an error of the language, and nothing is sent", async () => {
  const cycle = [];
  cycle.push(cycle);
  const refused = [
    [TypeError, undefined],
    [TypeError, () => 1],
    [TypeError, Symbol("s")],
    [TypeError, [undefined]],
    [TypeError, { a: undefined }],
    [TypeError, new Date()],
    [TypeError, new (class Point {})()],
    [TypeError, new Map([[1, 2]])],
    [TypeError, "\ud800"],
    [TypeError, { "\udc00": 1 }],
    [RangeError, 2n ** 64n],
    [RangeError, -(2n ** 63n) - 1n],
    [RangeError, cycle],
  ];
  for (const [kind, value] of refused) {
    await assert.rejects(sender.send(value), kind);
  }
  assert.equal(plain.tryReceive(), undefined);
  for (const value of [-1, 1.5, 2n ** 64n, "1", NaN]) {
    assert.throws(() => new ipc.Uint(value), RangeError);
  }
  assert.throws(() => new ipc.Float("1"), TypeError);
  assert.throws(() => new ipc.Opaque("text", "a/b"), TypeError);
  await assert.rejects(sender.send(1, { captureTimeNs: 5 }), TypeError);
});

test("what overlaps in memory is refused by the library", async () => {
  const tensor = new ipc.Tensor("u8", [2, 2], new Uint8Array(3), { strides: [1, 1] });
  await assert.rejects(sender.send(tensor), (error) => {
    assert.ok(error instanceof ipc.MisuseError);
    assert.equal(error.statusName, "BAD_VALUE");
    return true;
  });
});

test("a large value of many parts passes", async () => {
  const value = Array.from({ length: 20_000 }, (_, index) => ({ index, text: `item ${index}` }));
  assert.deepEqual(await passed(value), value);
});
