// Sends a few values; start it before or after quickstart_receive.js.
import * as ipc from "simpleipc";

await ipc.send("chat", "hello");
await ipc.send("chat", 42);
await ipc.send("chat", { x: 1.5, ok: true, tags: ["a", null] });
