// Checked by tsc only: the types say what may be done with the package, and what may not.

import * as ipc from "simpleipc";

interface Result {
  label: string;
  box: number[];
}

export async function uses(signal: AbortSignal): Promise<number> {
  await ipc.send("queue", { label: "cat", box: [1, 2, 3n], extra: new Map([["k", null]]) });
  const options = { captureTimeNs: ipc.nowNs(), timeout: 5, signal };
  await ipc.publish("topic", new Float32Array(3), options);
  for await (const message of ipc.receive<Result>("queue", { timeout: 1000 })) {
    const label: string = message.value.label;
    const sequence: bigint = message.keep().sequence;
    console.log(label, sequence, message.age?.toFixed(1));
  }
  using camera = new ipc.Publisher("camera", { history: 2 });
  const frame = await camera.loan({ dtype: "f32", shape: [2, 2], format: "depth" });
  const pixels: Float32Array = frame.data;
  pixels.fill(1);
  await camera.publish(frame);
  const bytes = await camera.loan(100);
  bytes.data.write("text");
  await camera.publish(bytes);
  const tensor = new ipc.Tensor("u64", [1], new BigUint64Array(1));
  const element: bigint | undefined = tensor.data[tensor.offset(0)];
  await using client = new ipc.Client("calc");
  const sum = await client.call<number>("add", [1, 2], { idempotent: true, signal });
  for await (const part of await client.start<string>("stream")) {
    part.toUpperCase();
  }
  const server = new ipc.Server("calc").method("add", (a: number, b: number) => a + b);
  server.method("list", function* () {
    yield this.method;
  });
  await server.serve({ signal, concurrency: 4 });
  const [queue, waiter] = [new ipc.Receiver("queue"), new ipc.Waiter("signal")];
  const found: ipc.Receiver | ipc.Waiter = await ipc.select([queue, waiter], { timeout: 5 });
  found.close();
  using held = await new ipc.Lock("robot").acquire({ timeout: 5 });
  const dead: number | null = held.abandoned;
  const host = new ipc.Host("editor");
  await host.start("spell", "node", ["spell.js"], { restarts: 1 });
  for await (const { event, plugin, text } of host) {
    console.log(event === "failed" ? text : plugin);
  }
  try {
    await new ipc.Setter("state").setIf(1, null);
  } catch (error) {
    if (error instanceof ipc.ServiceError) {
      console.log(error.code, error.data);
    } else if (error instanceof ipc.IpcError) {
      console.log(error.status, error.statusName, error.osCode);
    }
  }
  return sum + Number(element) + (dead ?? 0);
}

export function misuses(): void {
  // @ts-expect-error undefined is no value
  void ipc.send("queue", undefined);
  // @ts-expect-error a function is no value
  void ipc.send("queue", { work: () => 1 });
  // @ts-expect-error there is no such dtype
  new ipc.Tensor("u9", [1], new Uint8Array(1));
  // @ts-expect-error a time is a bigint
  void ipc.publish("topic", 1, { captureTimeNs: 5 });
  // @ts-expect-error messages are made by the package
  new ipc.Message();
  // @ts-expect-error a channel has a name
  new ipc.Sender();
}
