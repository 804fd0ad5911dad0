// One call without a handle: the handles behind it are opened on first use and stay open.

import { Receiver, Subscriber, Waiter, Watcher } from "./channels.js";
import { Client } from "./client.js";
import { GoneError } from "./errors.js";
import { STATUS } from "./generated.js";
import { Notifier, Publisher, Sender, Setter } from "./producer.js";

/** How long a put waits for room. */
const ROOM_MS = 5000;

const opened = new Map();

/** Works with the handle of a class on a channel; one that has become useless is opened anew. */
async function withHandle(Class, name, work, options) {
  const key = JSON.stringify([Class.name, name, options]);
  const known = opened.get(key);
  if (known !== undefined) {
    try {
      return await work(known);
    } catch (error) {
      if (!(error instanceof GoneError) || error.status === STATUS.SERVER_DIED) {
        throw error;
      }
      opened.delete(key);
      known.close();
    }
  }
  const handle = new Class(name, options);
  opened.set(key, handle);
  return work(handle);
}

/** Sends a value to a queue; waits at most 5 s for room. */
export function send(name, value, options) {
  return withHandle(Sender, name, (sender) => sender.send(value, { timeout: ROOM_MS, ...options }));
}

/** Publishes a value on a topic; waits at most 5 s for lossless subscribers that are behind. */
export function publish(name, value, options) {
  const put = (publisher) => publisher.publish(value, { timeout: ROOM_MS, ...options });
  return withHandle(Publisher, name, put);
}

/** Sets the value of a state. */
export function set(name, value, options) {
  return withHandle(Setter, name, (setter) => setter.set(value, { timeout: ROOM_MS, ...options }));
}

/** Resolves with the value of a state as it is now; waits only if none has been set yet. */
export function get(name, { exact = false, ...options } = {}) {
  return withHandle(Watcher, name, (watcher) => watcher.get(options), { exact });
}

/** Says that something has happened. */
export function notify(name) {
  return withHandle(Notifier, name, (notifier) => notifier.notify());
}

/** Resolves with how many notifications of a signal there were since the last time. */
export function wait(name, options) {
  return withHandle(Waiter, name, (waiter) => waiter.wait(options));
}

/** Calls a method of a service and resolves with its result. */
export function call(service, method, args, { exact = false, ...options } = {}) {
  const work = (client) => client.call(method, args, options);
  return withHandle(Client, service, work, { exact });
}

/** Opens a Receiver: for await (const message of receive("queue")) ... */
export function receive(name, options) {
  return new Receiver(name, options);
}

/** Opens a Subscriber: for await (const message of subscribe("topic")) ... */
export function subscribe(name, options) {
  return new Subscriber(name, options);
}
