// Calls of the library that wait and have no descriptor: each is made by a thread of its own, so
// that the event loop, and the threads that node reads files with, are never held up.

import { Worker } from "node:worker_threads";

const idle = [];

/** Makes one call of the library by name; resolves with its status. */
export function callInThread(name, args) {
  const thread = idle.pop() ?? new Worker(new URL("./thread.js", import.meta.url));
  thread.ref();
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(why);
    thread.once("error", fail);
    thread.once("message", (status) => {
      thread.off("error", fail);
      thread.unref();
      idle.push(thread);
      resolve(status);
    });
    thread.postMessage([name, args]);
  });
}
