// Errors: one class for each class of statuses, and for those that programs ask for by name.

import { CLASSES, STATUS } from "./generated.js";
import { LAYOUT, Memory, sipc, textAt } from "./library.js";

const NAMES = new Map(Object.entries(STATUS).map(([name, status]) => [status, name]));

/** The base of all errors of this package; `message` says what failed and what to do. */
export class IpcError extends Error {
  constructor(message, status = STATUS.INTERNAL, osCode = 0) {
    super(message);
    this.name = new.target.name;
    this.status = status;
    this.osCode = osCode;
  }

  /** The name of the status: "TIMEOUT". */
  get statusName() {
    return NAMES.get(this.status) ?? "UNKNOWN";
  }
}

/** Nothing is wrong; the same call may succeed later. */
export class RetryError extends IpcError {}

/** Nothing arrived within the time given. */
export class TimeoutError extends RetryError {
  constructor(message = "nothing arrived within the time given") {
    super(message, STATUS.TIMEOUT);
  }
}

/** The handle, or what was waited for, is of no use any more. */
export class GoneError extends IpcError {}

/** The call cannot succeed as it stands; mend it. */
export class MisuseError extends IpcError {}

/** The channel's file is damaged, or of a version that cannot be used. */
export class CorruptError extends IpcError {}

/** The operating system refused; `osCode` says why. */
export class SystemError extends IpcError {}

/** An error of the server's program. A method throws one to answer with it. */
export class ServiceError extends MisuseError {
  constructor(code, message, data = null) {
    if (!Number.isSafeInteger(code) && typeof code !== "bigint") {
      throw new TypeError(`the code of an error is an integer, not ${code}`);
    }
    super(message, STATUS.FAILED);
    this.code = code;
    this.data = data;
  }
}

const OF_CLASS = {
  retry: RetryError,
  gone: GoneError,
  misuse: MisuseError,
  corrupt: CorruptError,
  system: SystemError,
};

/** The error for a status, also for one that this package does not know. */
export function failure(status, message, osCode = 0) {
  if (status === STATUS.TIMEOUT) {
    return new TimeoutError(message);
  }
  const found = CLASSES.find(([, first, last]) => first <= status && status <= last);
  return new (OF_CLASS[found?.[0]] ?? IpcError)(message, status, osCode);
}

const { bytes, size, os_code: OS_CODE, message: MESSAGE } = LAYOUT.error;

/** What the library says of a failure. */
export class Complaint extends Memory {
  constructor() {
    super(bytes);
    this.view.setUint32(size, bytes, true);
  }

  /** The error for a status that was just returned. */
  error(status) {
    const text = new Uint8Array(this.buffer, MESSAGE);
    const message = textAt(this.address + BigInt(MESSAGE), text.indexOf(0));
    return failure(status, message || sipc.status_text(status), this.view.getInt32(OS_CODE, true));
  }

  /** Throws what a status other than OK means. */
  require(status) {
    if (status !== STATUS.OK) {
      throw this.error(status);
    }
  }
}

/** For calls that end before the next one begins. */
export const complaint = new Complaint();
