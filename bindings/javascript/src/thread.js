// A thread that waits in calls of the library, or for a descriptor; see threads.js.

import { parentPort } from "node:worker_threads";
import { poll, sipc } from "./library.js";

const calls = { ...sipc, poll };

parentPort.on("message", ([name, args]) => parentPort.postMessage(calls[name](...args)));
