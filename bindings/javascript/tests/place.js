// A directory of channels for each file of tests, which is empty again at its end.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import "simpleipc";

process.env.SIPC_DIR = mkdtempSync(`${process.env.SIPC_DIR ?? "/dev/shm"}/js-`);

/** What tests leave on purpose: states. */
const states = new Set();

let count = 0;

/** A name that no other test has. */
export function fresh(prefix = "channel") {
  count += 1;
  return `${prefix}-${count}`;
}

/** The name of a state, which stays when everybody has gone. */
export function freshState() {
  const name = fresh("state");
  states.add(`${name}.sipc`);
  return name;
}

/** A generous limit: machines are loaded. */
export const PATIENCE = 20_000;

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until something holds. */
export async function until(holds, what) {
  const end = performance.now() + PATIENCE;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `it never came to be: ${what}`);
    await pause(5);
  }
}

/** So many turns of the event loop: whoever holds it up is noticed by the time limit of tests. */
export async function turns(count = 20) {
  for (let turn = 0; turn < count; turn++) {
    await pause(1);
  }
}

// The handles that are still open are closed by then.
process.on("exit", () => {
  const left = readdirSync(process.env.SIPC_DIR).filter((name) => !states.has(name));
  rmSync(process.env.SIPC_DIR, { recursive: true });
  if (left.length > 0) {
    console.error(`left behind: ${left.join(" ")}`);
    process.exitCode = 1;
  }
});
