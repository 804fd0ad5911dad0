// A service with one method; start it before or after quickstart_call.js.
import * as ipc from "simpleipc";

const server = new ipc.Server("calc");
server.method("add", (a, b) => a + b);
await server.serve({ timeout: 5000 });
