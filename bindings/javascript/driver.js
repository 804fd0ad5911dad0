// The interop driver: one command a line on stdin, one answer a line on stdout. See
// testing/interop.

import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as ipc from "./src/index.js";
import { parse, show } from "./notation.js";

const PUT_TIMEOUT = 10_000;
const ROLES = {
  publish: ipc.Publisher,
  subscribe: ipc.Subscriber,
  send: ipc.Sender,
  receive: ipc.Receiver,
  set: ipc.Setter,
  watch: ipc.Watcher,
  notify: ipc.Notifier,
  wait: ipc.Waiter,
  lock: ipc.Lock,
  call: ipc.Client,
  serve: ipc.Server,
  host: ipc.Host,
  peers: ipc.PeerWatcher,
};

const handles = new Map();
const calls = new Map();
let held; // the message of `hold`, until the next one
let request; // the one of `serve`, until it is answered

function handleOf(id) {
  if (!handles.has(id)) {
    throw new Error(`no handle ${id}`);
  }
  return handles.get(id);
}

function describe(message) {
  const { value, sequence, missed, redelivered, captureTimeNs, age } = message;
  return (
    `value ${show(value)} seq=${sequence} missed=${missed} redelivered=${Number(redelivered)} ` +
    `capture=${captureTimeNs} aged=${Number(age >= 0)}`
  );
}

function open(id, role, name, ...words) {
  const options = { exact: true };
  for (const word of words) {
    const [key, number] = word.split("=");
    options[key] = number === undefined ? true : Number(number);
  }
  handles.set(id, new ROLES[role](name, options));
  return "ok";
}

function verbOf(handle) {
  return { Publisher: "publish", Sender: "send", Setter: "set" }[handle.constructor.name];
}

async function put(id, word, capture) {
  const handle = handleOf(id);
  const captureTimeNs = BigInt(capture?.split("=")[1] ?? 0);
  await handle[verbOf(handle)](parse(word), { captureTimeNs, timeout: PUT_TIMEOUT });
  return "ok";
}

async function loan(id, word) {
  const handle = handleOf(id);
  const value = parse(word);
  const isTensor = value instanceof ipc.Tensor;
  const lent = await handle.loan(isTensor ? value : value.length, { timeout: PUT_TIMEOUT });
  lent.data.set(isTensor ? value.data : value);
  await handle[verbOf(handle)](lent);
  return "ok";
}

async function once(verb, name, word) {
  switch (verb) {
    case "get":
      return finish(await ipc.get(name, { timeout: Number(word), exact: true }));
    case "wait":
      return `count ${await ipc.wait(name, { timeout: Number(word) })}`;
    case "notify":
      await ipc.notify(name);
      return "ok";
    default:
      await { send: ipc.send, publish: ipc.publish, set: ipc.set }[verb](name, parse(word));
      return "ok";
  }
}

async function take(id, ms, isHeld) {
  held?.release();
  held = undefined;
  const message = await handleOf(id).receive({ timeout: Number(ms) });
  if (!isHeld) {
    return finish(message);
  }
  held = message;
  return describe(message);
}

async function get(id, ms) {
  return finish(await handleOf(id).get({ timeout: Number(ms) }));
}

function finish(message) {
  const text = describe(message);
  message.release();
  return text;
}

async function lock(id, ms) {
  const { abandoned } = await handleOf(id).acquire({ timeout: Number(ms) });
  return `ok abandoned=${Number(abandoned !== null)}`;
}

async function call(id, method, word, manner) {
  const client = handleOf(id);
  const args = parse(word);
  if (manner === "oneway") {
    await client.send(method, args);
    return "call 0";
  }
  const started = await client.start(method, args, { idempotent: manner === "idempotent" });
  calls.set(String(started.number), started);
  return `call ${started.number}`;
}

async function result(number, ms) {
  try {
    const { value, done } = await calls.get(number).next({ timeout: Number(ms) });
    return `reply ${show(value)} more=${Number(!done)}`;
  } catch (error) {
    if (error instanceof ipc.ServiceError) {
      return `failed ${error.code} ${show(error.message)} ${show(error.data)}`;
    }
    throw error;
  }
}

async function serve(id, ms) {
  request?.release();
  request = undefined;
  request = await handleOf(id).receive({ timeout: Number(ms) });
  return `request ${request.method} ${show(request.args)} oneway=${Number(request.oneWay)}`;
}

function reply(word, more) {
  if (more === "more") {
    request.push(parse(word));
  } else {
    request.reply(parse(word));
  }
  return "ok";
}

async function puts(id, word, count) {
  const [handle, value] = [handleOf(id), parse(word)];
  for (let turn = 0; turn < count; turn++) {
    await handle.send(value, { timeout: PUT_TIMEOUT });
  }
  return "ok";
}

/** Of each frame only the ends are written: what it costs to fill is not the library's. */
async function loans(id, height, width, count) {
  const handle = handleOf(id);
  const frame = { dtype: "u8", shape: [Number(height), Number(width), 3] };
  for (let turn = 0; turn < count; turn++) {
    const lent = await handle.loan(frame, { timeout: PUT_TIMEOUT });
    lent.data[0] = 1;
    lent.data[lent.data.length - 1] = 2;
    await handle.send(lent, { timeout: PUT_TIMEOUT });
  }
  return "ok";
}

/** Adds up sequence numbers and both ends of the data. */
async function takes(id, count) {
  const handle = handleOf(id);
  let sum = 0;
  for (let turn = 0; turn < count; turn++) {
    const message = await handle.receive({ timeout: PUT_TIMEOUT });
    const data = message.value.data ?? message.value;
    sum += Number(message.sequence) + data[0] + data[data.length - 1];
    message.release();
  }
  return `sum ${sum}`;
}

/** Adds up the results of `add`. */
async function callsOf(id, count) {
  const client = handleOf(id);
  let sum = 0;
  for (let turn = 0; turn < count; turn++) {
    sum += await client.call("add", [2, 3], { timeout: PUT_TIMEOUT });
  }
  return `sum ${sum}`;
}

async function serves(id, count) {
  const server = handleOf(id);
  for (let turn = 0; turn < count; turn++) {
    const asked = await server.receive({ timeout: PUT_TIMEOUT });
    asked.reply(asked.args[0] + asked.args[1]);
  }
  return "ok";
}

/** What comes with an event. */
const FACTS = {
  failed: ({ text }) => text,
  ready: ({ methods }) => methods,
  output: ({ stream, text }) => [stream, text],
  ended: ({ code }) => code,
  killed: ({ signal }) => signal,
  restarting: ({ after }) => after,
};

async function takeEvent(id, ms) {
  const told = await handleOf(id).receive({ timeout: Number(ms) });
  return `event ${told.event} ${told.plugin} ${show(FACTS[told.event]?.(told) ?? null)}`;
}

async function takePeer(id, ms) {
  const told = await handleOf(id).receive({ timeout: Number(ms) });
  return `peer ${told.event} ${told.role} ${told.language} ${told.pid}`;
}

/** What is done wrong, and has to throw unless it says something. */
const MISUSES = {
  type: (id) => handleOf(id).send(() => 1),
  range: (id) => handleOf(id).send(1n << 64n),
  text: (id) => handleOf(id).send("caf\ud800"),
  closed: async (name) => {
    const sender = new ipc.Sender(name);
    sender.close();
    sender.close();
    await sender.send(1);
  },
  thread: () => "impossible a handle does not come along into another thread",
  forgotten: async (id) => {
    await handleOf(id).receive();
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc");
    for (let round = 0; round < 5; round++) {
      await turn(); // what the engine keeps alive until then may go
      collect();
    }
    return "ok";
  },
  handler: async (id) => {
    const enough = new AbortController();
    handleOf(id).method("boom", () => {
      enough.abort();
      throw new RangeError("boom");
    });
    await handleOf(id).serve(enough);
  },
};

async function misuse(kind, id) {
  try {
    return (await MISUSES[kind](id)) ?? "ok";
  } catch (error) {
    return `refused ${error.message}`;
  }
}

/** Serves `add` and `crash`, until its host ends it. */
async function beAPlugin() {
  console.log("hello from javascript");
  const server = new ipc.Server();
  server.method("add", (a, b) => a + b);
  server.method("crash", () => process.abort());
  await server.serve();
}

const COMMANDS = {
  hello: () => `ok javascript ${ipc.version}`,
  open,
  put,
  loan,
  once,
  take,
  hold: (id, ms) => take(id, ms, true),
  get,
  put_if: async (id, word, sequence) => {
    const expected = sequence === "new" ? null : BigInt(sequence);
    await handleOf(id).setIf(parse(word), expected, { timeout: PUT_TIMEOUT });
    return "ok";
  },
  notify: (id) => (handleOf(id).notify(), "ok"),
  wait: async (id, ms) => `count ${await handleOf(id).wait({ timeout: Number(ms) })}`,
  lock,
  unlock: (id) => (handleOf(id).release(), "ok"),
  call,
  result: (id, number, ms) => result(number, ms),
  cancel: async (id, number) => {
    await calls.get(number).cancel();
    return "ok";
  },
  serve,
  reply,
  fail: (code, text, data) => (request.fail(Number(code), parse(text), parse(data)), "ok"),
  cancelled: () => `cancelled ${Number(request.cancelled)}`,
  start: async (id, plugin, program, args, restarts) => {
    await handleOf(id).start(plugin, parse(program), parse(args), { restarts: Number(restarts) });
    return "ok";
  },
  stop: async (id, plugin) => {
    await handleOf(id).stop(plugin);
    return "ok";
  },
  // The plurals: the same verb many times, in loops that are measured from outside.
  puts,
  loans,
  takes,
  calls: callsOf,
  serves,
  misuse,
  event: takeEvent,
  peer: takePeer,
  close: (id) => {
    handleOf(id).close();
    handles.delete(id);
    return "ok";
  },
};

async function answer(line) {
  const [command, ...words] = line.split(" ");
  try {
    return await COMMANDS[command](...words);
  } catch (error) {
    const status = error instanceof ipc.IpcError ? error.status : 25;
    return `error ${status} ${error.message}`;
  }
}

async function obey() {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(line === "quit" ? "ok\n" : `${await answer(line)}\n`);
    if (line === "quit") {
      break;
    }
  }
}

await (process.argv[2] === "plugin" ? beAPlugin() : obey());
