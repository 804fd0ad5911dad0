// Calls a method of quickstart_serve.js, keeps the result as a state, and says so.
import * as ipc from "simpleipc";

const lock = new ipc.Lock("sums");
const held = await lock.acquire();
await ipc.set("sum", await ipc.call("calc", "add", [1, 2], { timeout: 5000 }));
held.release();
await ipc.notify("summed");
console.log((await ipc.get("sum")).value);
