// Any program talks to any other program on this machine; see README.md.

export { Lock, Receiver, Semaphore, Subscriber, Waiter, Watcher } from "./channels.js";
export { Call, Client } from "./client.js";
export { select } from "./consumer.js";
export {
  CorruptError,
  GoneError,
  IpcError,
  MisuseError,
  RetryError,
  ServiceError,
  SystemError,
  TimeoutError,
} from "./errors.js";
export { Host } from "./host.js";
export { Message } from "./message.js";
export { call, get, notify, publish, receive, send, set, subscribe, wait } from "./oneshot.js";
export { PeerWatcher, identify, peers } from "./peers.js";
export { Loan, Notifier, Publisher, Sender, Setter } from "./producer.js";
export { Request, Server } from "./server.js";
export { audit, clean, nowNs, version } from "./upkeep.js";
export { Float, Opaque, Tensor, Uint } from "./values.js";
