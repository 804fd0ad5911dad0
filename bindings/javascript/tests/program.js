// A program for tests: does what its first argument says and tells how it goes on its output.

import { once } from "node:events";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import * as ipc from "simpleipc";

const [job, name] = workerData ?? process.argv.slice(2);

function say(word) {
  if (isMainThread) {
    console.log(word);
  }
}

const jobs = {
  /** Waits for ever. */
  async receive() {
    const waiting = ipc.receive(name).receive();
    say("waiting");
    await waiting;
  },
  async lock() {
    const waiting = new ipc.Lock(name).acquire();
    say("waiting");
    await waiting;
  },
  async call() {
    const waiting = ipc.call(`${name}-service`, "method");
    say("waiting");
    await waiting;
  },
  /** Ends while threads wait. */
  exit() {
    jobs.lock();
    jobs.call();
    setTimeout(() => process.exit(3), 200);
  },
  /** Ends a thread that waits in every way. */
  async terminate() {
    const thread = new Worker(new URL(import.meta.url), { workerData: ["forever", name] });
    await once(thread, "message");
    await thread.terminate();
    console.log("terminated");
  },
  /** Ends with a message in hand, well or by an error. */
  async take() {
    await ipc.receive(name).receive();
  },
  async fail() {
    await ipc.receive(name).receive();
    throw new Error("on purpose");
  },
  /** Has the lock until it is killed. */
  async own() {
    await new ipc.Lock(name).acquire();
    console.log("owned");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  /** A service whose process can be killed, as a plugin if it has no name. */
  async serve() {
    const server = new ipc.Server(name ?? null);
    server.method("add", (a, b) => a + b);
    server.method("crash", () => process.kill(process.pid, "SIGKILL"));
    console.log("serving");
    await server.serve();
  },
  /** In a thread: receives with a handle of its own until there is a null. */
  async thread() {
    const seen = [];
    const receiver = new ipc.Receiver(name);
    parentPort.postMessage("ready");
    for await (const { value } of receiver) {
      if (value === null) {
        break;
      }
      seen.push(value);
    }
    receiver.close();
    parentPort.postMessage(seen);
  },
  /** In a thread: waits for ever in every way. */
  forever() {
    ipc.receive(`${name}-queue`).receive();
    jobs.lock();
    jobs.call();
    setTimeout(() => parentPort.postMessage("ready"), 100);
  },
};

await jobs[job]();
