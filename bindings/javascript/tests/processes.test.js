// Other processes and threads: how waits end with them, and what a death does.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import * as ipc from "simpleipc";
import { PATIENCE, fresh } from "./place.js";

const PROGRAM = new URL("program.js", import.meta.url);

/**
 * Starts a program of these tests; resolves with it when it has said the word. It may have `ended`
 * by then.
 */
async function start(t, job, name, word) {
  const program = spawn(process.execPath, [PROGRAM.pathname, job, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  program.ended = once(program, "exit");
  t.after(() => program.kill("SIGKILL"));
  const [said] = word ? await once(program.stdout, "data") : [""];
  assert.ok(String(said).startsWith(word ?? ""));
  return program;
}

for (const job of ["receive", "lock", "call"]) {
  test(`Ctrl-C ends a program that waits: ${job}`, async (t) => {
    const name = fresh();
    const holder = job === "lock" ? new ipc.Lock(name) : undefined;
    holder?.tryAcquire();
    const program = await start(t, job, name, "waiting");
    program.kill("SIGINT");
    const [code, signal] = await program.ended;
    assert.deepEqual([code, signal], [null, "SIGINT"]);
    holder?.close();
    ipc.clean();
  });
}

test("a program that exits waits for none of its threads", async (t) => {
  const name = fresh();
  const holder = new ipc.Lock(name);
  holder.tryAcquire();
  const program = await start(t, "exit", name);
  const [code] = await program.ended;
  assert.equal(code, 3);
  holder.close();
});

test("a message is done when its program ends well, and comes again when it fails", async (t) => {
  const name = fresh();
  const sender = new ipc.Sender(name);
  const receiver = new ipc.Receiver(name);
  t.after(() => [sender, receiver].forEach((handle) => handle.close()));
  await sender.send(1);
  const well = await start(t, "take", name);
  assert.deepEqual(await well.ended, [0, null]);
  assert.equal(receiver.tryReceive(), undefined);
  await sender.send(2);
  const program = spawn(process.execPath, [PROGRAM.pathname, "fail", name], { stdio: "ignore" });
  assert.deepEqual(await once(program, "exit"), [1, null]);
  const message = await receiver.receive({ timeout: PATIENCE });
  assert.deepEqual([message.value, message.redelivered], [2, true]);
  message.release();
});

test("the next owner of a lock is told of a death", async (t) => {
  const lock = new ipc.Lock(fresh());
  t.after(() => lock.close());
  const owner = await start(t, "own", lock.name, "owned");
  const acquired = lock.acquire({ timeout: PATIENCE });
  owner.kill("SIGKILL");
  const { abandoned } = await acquired;
  assert.equal(abandoned, owner.pid);
  lock.release();
});

test("a call whose server is killed is lost, and says so", async (t) => {
  const name = fresh();
  const client = new ipc.Client(name);
  t.after(() => client.close());
  const server = await start(t, "serve", name, "serving");
  assert.equal(await client.call("add", [2, 3], { timeout: PATIENCE }), 5);
  await assert.rejects(client.call("crash", [], { timeout: PATIENCE }), (error) => {
    assert.ok(error instanceof ipc.GoneError);
    assert.equal(error.statusName, "SERVER_DIED");
    return true;
  });
  assert.equal(server.signalCode ?? "SIGKILL", "SIGKILL");
});

/** Starts a plugin, calls it, and waits until it has crashed and lives again. */
async function hostOf(program, args) {
  const host = new ipc.Host("host");
  await host.start("calc", program, args, { restarts: 3, within: 60_000 });

  const calc = host.client("calc");
  assert.equal(await calc.call("add", [2, 3], { timeout: 20_000 }), 5);

  const error = await calc.call("crash", [], { timeout: 20_000 }).catch((why) => why);
  console.log("the call is lost:", error.message);
  for await (const event of host.messages({ timeout: 20_000 })) {
    console.log(event);
    if (event.event === "restarting") {
      break;
    }
  }
  await host.stop("calc");
  host.close();
  calc.close();
}

test("who has a channel open can be listed and watched", async (t) => {
  const name = fresh();
  assert.deepEqual(ipc.peers(name), []);
  const watcher = new ipc.PeerWatcher(name);
  t.after(() => watcher.close());
  const server = await start(t, "serve", name, "serving");
  const came = await watcher.receive({ timeout: PATIENCE });
  assert.deepEqual([came.event, came.role, came.pid], ["up", "serve", server.pid]);
  assert.deepEqual([came.program, came.language], ["program.js", "javascript"]);
  ipc.identify("the tests");
  const client = new ipc.Client(name);
  const [, second] = ipc.peers(name);
  assert.deepEqual([second.program, second.role, second.pid], ["the tests", "call", process.pid]);
  assert.ok(second.sinceNs > came.sinceNs);
  assert.equal((await watcher.receive({ timeout: PATIENCE })).id, second.id);
  client.close();
  assert.equal((await watcher.receive({ timeout: PATIENCE })).event, "down");
  server.kill("SIGKILL");
  const went = await watcher.receive({ timeout: PATIENCE });
  assert.deepEqual([went.event, went.id], ["down", came.id]);
  assert.throws(() => ipc.peers("a/b"), ipc.MisuseError);
  assert.throws(() => ipc.identify(5), TypeError);
  ipc.clean();
});

test("a host starts a plugin again that has crashed", async () => {
  await hostOf(process.execPath, [PROGRAM.pathname, "serve"]);
});

test("a host goes on with events while it stops a plugin", async (t) => {
  const host = new ipc.Host(fresh("host"));
  t.after(() => host.close());
  await assert.rejects(host.start("a.b", "true"), ipc.MisuseError);
  await assert.rejects(host.start("p", 5), ipc.MisuseError);
  await host.start("sleeper", "sleep", ["60"], { hangAfter: 60_000 });
  const first = host.receive({ timeout: PATIENCE });
  const stopped = host.stop("sleeper");
  assert.equal((await first).event, "started");
  await stopped;
  const { event, plugin } = await host.receive({ timeout: PATIENCE });
  assert.deepEqual([event, plugin], ["killed", "sleeper"]);
});

test("threads have handles of their own", async (t) => {
  const sender = new ipc.Sender(fresh());
  t.after(() => sender.close());
  const threads = [1, 2].map(() => new Worker(PROGRAM, { workerData: ["thread", sender.name] }));
  await Promise.all(threads.map((thread) => once(thread, "message")));
  const seen = threads.map(async (thread) => (await once(thread, "message"))[0]);
  for (let number = 0; number < 100; number++) {
    await sender.send(number);
  }
  for (const _ of threads) {
    await sender.send(null);
  }
  const numbers = (await Promise.all(seen)).flat().sort((a, b) => a - b);
  assert.deepEqual(numbers, [...Array(100).keys()]);
});

test("what another thread is sent of a handle is of no use there", (t) => {
  const sender = new ipc.Sender(fresh());
  t.after(() => sender.close());
  const copy = structuredClone(sender);
  assert.equal(copy.send, undefined);
  assert.throws(() => ipc.Sender.prototype.send.call(copy, 1), TypeError);
});

test("a thread that waits can be terminated", async (t) => {
  const lock = new ipc.Lock(fresh());
  lock.tryAcquire();
  const program = await start(t, "terminate", lock.name, "terminated");
  assert.deepEqual(await program.ended, [0, null]);
  lock.close();
  // What the thread had open was open until its process ended.
  ipc.clean();
});

test("a library of another ABI is refused, and one that is not there", (t) => {
  const folder = mkdtempSync("/tmp/sipc-abi-");
  t.after(() => rmSync(folder, { recursive: true }));
  const run = () => {
    const env = { ...process.env, SIPC_LIB_DIR: folder };
    const words = ["-e", 'import("simpleipc").catch((why) => console.log(why.message))'];
    const cwd = new URL("..", import.meta.url);
    return execFileSync(process.execPath, words, { env, cwd, encoding: "utf8" });
  };
  assert.match(run(), /libsimpleipc.so cannot be loaded: install it, or set SIPC_LIB_DIR/);
  writeFileSync(`${folder}/other.c`, "unsigned sipc_abi_version(void) { return 99; }\n");
  execFileSync("cc", ["-shared", "-o", `${folder}/libsimpleipc.so`, `${folder}/other.c`]);
  assert.equal(run(), "libsimpleipc speaks ABI 99, this program 1\n");
});
