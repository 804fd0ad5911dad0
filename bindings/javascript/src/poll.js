// How a thread's event loop learns that there may be something to take. All are used alike: they
// are started when they are made, call back once or more, and are stopped and started again.

import { isMainThread } from "node:worker_threads";
import koffi from "koffi";
import { Memory } from "./library.js";
import { callInThread } from "./threads.js";

/** A tap has no descriptor; it looks as often as the library's own waits for one do. */
const TAP_LOOK_MS = 2;
const POLLIN = 1;
/** In a thread that may be terminated, nobody waits longer at a time. */
const SLICE_MS = 1000;

export function pollTap(look) {
  let timer;
  const start = (wake) => {
    timer = setTimeout(wake, TAP_LOOK_MS);
  };
  const stop = () => clearTimeout(timer);
  start(look);
  return { start, stop, close: stop };
}

/** Calls `look` while a descriptor is readable. */
export function pollDescriptor(fd, look) {
  return isMainThread ? koffi.node.poll(fd, look) : new ThreadPoll(fd, look);
}

/**
 * A thread of its own waits in poll(2): node's loop is not to be used in a thread that may be
 * terminated, because a callback of koffi's that comes then ends the process.
 */
class ThreadPoll {
  #memory = new Memory(8);
  #isRunning = false;
  #look;

  constructor(fd, look) {
    this.#memory.view.setInt32(0, fd, true);
    this.#memory.view.setInt16(4, POLLIN, true);
    this.start(look);
  }

  start(look) {
    this.#look = look;
    if (!this.#isRunning) {
      this.#run();
    }
  }

  stop() {
    this.#look = undefined;
  }

  close() {
    this.stop();
  }

  async #run() {
    this.#isRunning = true;
    while (this.#look !== undefined) {
      const readable = await callInThread("poll", [this.#memory.address, 1, SLICE_MS]);
      if (readable > 0) {
        this.#look?.();
      }
    }
    this.#isRunning = false;
  }
}
