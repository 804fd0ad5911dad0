// Prints what arrives; ends when nothing came for 2 seconds.
import * as ipc from "simpleipc";

for await (const { value } of ipc.receive("chat", { timeout: 2000 })) {
  console.log(typeof value, value);
}
