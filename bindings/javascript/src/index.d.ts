// The types of package simpleipc. Timeouts are in milliseconds; without one a wait has no end, and
// 0 only tries. Times are nanoseconds of CLOCK_MONOTONIC, as process.hrtime.bigint().

/** The version of the library. */
export const version: string;

/** The clock of all time stamps. */
export function nowNs(): bigint;

/** The element types of tensors, and the typed arrays that hold their elements. */
export interface Elements {
  bool: Uint8Array;
  u8: Uint8Array;
  i8: Int8Array;
  u16: Uint16Array;
  i16: Int16Array;
  u32: Uint32Array;
  i32: Int32Array;
  u64: BigUint64Array;
  i64: BigInt64Array;
  /** The 16 bits of each number. */
  f16: Uint16Array;
  f32: Float32Array;
  f64: Float64Array;
  /** Real and imaginary part in turn. */
  c64: Float32Array;
  c128: Float64Array;
}
export type Dtype = keyof Elements;

/** A number that is sent as a float also if it is whole; with `exact`, one that was received. */
export class Float {
  constructor(value: number, bits?: bigint);
  readonly value: number;
  /** The bits of a NaN other than JavaScript's own. */
  readonly bits: bigint | undefined;
  valueOf(): number;
  toJSON(): number;
}

/** An integer that is sent as unsigned; with `exact`, one that was received. */
export class Uint {
  constructor(value: number | bigint);
  readonly value: number | bigint;
  valueOf(): number | bigint;
}

/** Bytes with a content type. */
export class Opaque {
  constructor(data: ArrayBufferView | ArrayBuffer, contentType: string);
  readonly data: Uint8Array;
  readonly contentType: string;
}

/** An array with a shape, and if wanted a format as "rgb8". */
export class Tensor<D extends Dtype = Dtype> {
  constructor(
    dtype: D,
    shape: readonly number[],
    data: ArrayBufferView | ArrayBuffer,
    options?: { format?: string; strides?: readonly number[] },
  );
  /** A typed array as a tensor of one dimension; undefined for anything else. */
  static of(array: unknown): Tensor | undefined;
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Bytes from one element to the next along each dimension. */
  readonly strides: readonly number[];
  readonly format: string;
  readonly data: Elements[D];
  /** Where the element at these indices begins in `data`. */
  offset(...indices: number[]): number;
  /** A copy that is the program's own. */
  copy(): Tensor<D>;
}

/** What can be sent. Whole numbers up to 2^53 and bigints are ints, other numbers floats. */
export type Sendable =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | Uint
  | Opaque
  | Tensor
  | ArrayBuffer
  | ArrayBufferView
  | readonly Sendable[]
  | ReadonlyMap<string, Sendable>
  | { readonly [key: string]: Sendable };

export interface WaitOptions {
  timeout?: number;
  signal?: AbortSignal;
}

export interface PutOptions extends WaitOptions {
  /** When the content was captured. */
  captureTimeNs?: bigint;
}

interface Place {
  /** Where the channel lives; else $SIPC_DIR, or the user's own directory in /dev/shm. */
  directory?: string;
}

interface ProducerOptions extends Place {
  /** Messages a producer may be ahead, a power of two from 16 to 65536. */
  depth?: number;
  poolBytesMax?: number;
  /** Do not say when messages were put. */
  unstamped?: boolean;
}

interface ConsumerOptions extends Place {
  /** For waits that say no other. */
  timeout?: number;
  /** Values that are sent back as they came: Float, Uint and Map for numbers and objects. */
  exact?: boolean;
  depth?: number;
  poolBytesMax?: number;
}

export interface SubscriberOptions extends ConsumerOptions {
  lossless?: boolean;
  latest?: boolean;
  /** Only look on: nobody waits for it or sees it. */
  tap?: boolean;
  history?: number;
}

/** The base of all errors of this package. */
export class IpcError extends Error {
  readonly status: number;
  readonly statusName: string;
  readonly osCode: number;
}
export class RetryError extends IpcError {}
export class TimeoutError extends RetryError {
  constructor(message?: string);
}
export class GoneError extends IpcError {}
export class MisuseError extends IpcError {}
export class CorruptError extends IpcError {}
export class SystemError extends IpcError {}

/** An error of the server's program. A method throws one to answer with it. */
export class ServiceError extends MisuseError {
  constructor(code: number | bigint, message: string, data?: Sendable);
  readonly code: number | bigint;
  readonly data: any;
}

/** A received message. What its value shows of the shared memory is there until its release. */
export class Message<T = any> implements Disposable {
  private constructor();
  readonly value: T;
  readonly sequence: bigint;
  readonly sender: bigint;
  readonly missed: number;
  readonly redelivered: boolean;
  readonly captureTimeNs: bigint;
  readonly publishTimeNs: bigint;
  readonly receiveTimeNs: bigint;
  /** Milliseconds on the way; undefined if it is not stamped. */
  readonly age: number | undefined;
  /** A loop releases each message when its body ends, unless this was called. */
  keep(): this;
  release(): void;
  [Symbol.dispose](): void;
}

declare class Handle implements Disposable, AsyncDisposable {
  protected constructor();
  readonly name: string;
  readonly isClosed: boolean;
  close(): void;
  /** Ends the wait in progress, or else the next one. */
  interrupt(): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

declare class Consumer<T> extends Handle implements AsyncIterable<T> {
  readonly fd: number;
  /** The next one if there is one. */
  tryReceive(): T | undefined;
  receive(options?: WaitOptions): Promise<T>;
  /** Whether there is something to take. */
  readonly hasNext: boolean;
  /** Resolves when there is something to take. */
  ready(options?: WaitOptions): Promise<void>;
  /** Ends when nothing comes within the timeout, and when the handle is closed. */
  messages(options?: WaitOptions): AsyncGenerator<T, void, void>;
  [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;
}

/** Resolves with one of several handles that has something to take: `tryReceive` it. */
export function select<H extends Consumer<any>>(
  handles: readonly H[],
  options?: WaitOptions,
): Promise<H>;

/** Memory inside a channel, to be filled in place and put by the handle that lent it. */
export class Loan<D extends Dtype = Dtype> implements Disposable {
  private constructor();
  readonly data: Elements[D];
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly format: string;
  cancel(): void;
  [Symbol.dispose](): void;
}

/** Memory for bytes. */
export interface BytesLoan extends Disposable {
  readonly data: Buffer;
  cancel(): void;
}

type Puttable = Sendable | Loan | BytesLoan;

declare class Producer extends Handle {
  loan<D extends Dtype>(
    like: { dtype: D; shape: readonly number[]; format?: string },
    options?: WaitOptions,
  ): Promise<Loan<D>>;
  loan(bytes: number, options?: WaitOptions): Promise<BytesLoan>;
}

export class Publisher extends Producer {
  constructor(name: string, options?: ProducerOptions & { history?: number });
  publish(value: Puttable, options?: PutOptions): Promise<void>;
}

export class Sender extends Producer {
  constructor(name: string, options?: ProducerOptions);
  send(value: Puttable, options?: PutOptions): Promise<void>;
}

export class Setter extends Producer {
  constructor(name: string, options?: ProducerOptions);
  set(value: Puttable, options?: PutOptions): Promise<void>;
  /** Sets if the value is still the one of this sequence; null: if there is none yet. */
  setIf(value: Puttable, expected: bigint | number | null, options?: PutOptions): Promise<void>;
}

export class Notifier extends Handle {
  constructor(name: string, options?: Place);
  notify(): void;
}

export class Subscriber<T = any> extends Consumer<Message<T>> {
  constructor(name: string, options?: SubscriberOptions);
}

export class Receiver<T = any> extends Consumer<Message<T>> {
  constructor(name: string, options?: ConsumerOptions);
}

export class Watcher<T = any> extends Consumer<Message<T>> {
  constructor(name: string, options?: ConsumerOptions);
  /** The value as it is now, if one has been set. */
  tryGet(): Message<T> | undefined;
  get(options?: WaitOptions): Promise<Message<T>>;
}

export class Waiter extends Consumer<number> {
  /** `signal` is the number of one to raise in this process instead. */
  constructor(name: string, options?: Place & { timeout?: number; signal?: number });
  wait(options?: WaitOptions): Promise<number>;
}

export interface Held extends Disposable {
  readonly abandoned: number | null;
  release(): void;
}

export class Lock extends Handle {
  constructor(name: string, options?: Place);
  /** The process that died holding it, if its last owner did. */
  readonly abandoned: number | null;
  acquire(options?: WaitOptions): Promise<Held>;
  tryAcquire(): Held | undefined;
  release(): void;
}

export class Semaphore extends Lock {
  constructor(name: string, permits: number, options?: Place);
}

/** The arguments of a call: a list, an object if they have names, or nothing. */
export type Args = Sendable;

export interface CallOptions extends WaitOptions {
  /** To do it twice is the same as to do it once. */
  idempotent?: boolean;
}

export interface Reply<T> {
  value: T;
  /** Whether it is the last one. */
  done: boolean;
}

/** A call in flight. */
export class Call<T = any> implements AsyncIterable<T> {
  private constructor();
  readonly number: bigint;
  next(options?: WaitOptions): Promise<Reply<T>>;
  result(options?: WaitOptions): Promise<T>;
  cancel(): Promise<void>;
  [Symbol.asyncIterator](): AsyncGenerator<T, T, void>;
}

export interface Method {
  name: string;
  args?: [name: string, type: string][];
  returns?: string;
  idempotent?: boolean;
  about?: string;
}

export class Client extends Handle {
  constructor(name: string, options?: ProducerOptions & { exact?: boolean });
  call<T = any>(method: string, args?: Args, options?: CallOptions): Promise<T>;
  start<T = any>(method: string, args?: Args, options?: CallOptions): Promise<Call<T>>;
  /** Does not ask what becomes of it. */
  send(method: string, args?: Args): Promise<void>;
  methods(options?: WaitOptions): Promise<Method[]>;
  cancel(number: bigint): Promise<void>;
}

export class Request<A = any> implements Disposable {
  private constructor();
  readonly method: string;
  readonly args: A;
  readonly oneWay: boolean;
  readonly cancelled: boolean;
  readonly isAnswered: boolean;
  reply(value?: Sendable): void;
  push(value: Sendable): void;
  fail(code: number | bigint, message: string, data?: Sendable): void;
  release(): void;
  [Symbol.dispose](): void;
}

export interface ServeOptions extends WaitOptions {
  /** Requests that are worked on at once. */
  concurrency?: number;
}

export class Server extends Consumer<Request> {
  /** Without a name: the service that this process is to be as a plugin. */
  constructor(name?: string | null, options?: ConsumerOptions);
  method(
    name: string,
    work: (this: Request, ...args: any[]) => unknown,
    options?: Omit<Method, "name">,
  ): this;
  serve(options?: ServeOptions): Promise<void>;
}

export interface PluginOptions {
  restarts?: number;
  /** Milliseconds in which it may be restarted so often. */
  within?: number;
  /** Milliseconds without taking a call after which it is killed. */
  hangAfter?: number;
}

/** What has happened to a plugin. */
export interface PluginEvent {
  event:
    | "started"
    | "failed"
    | "ready"
    | "output"
    | "hung"
    | "ended"
    | "killed"
    | "restarting"
    | "given_up";
  plugin: string;
  /** 0 if it has no process. */
  pid: number;
  text?: string;
  stream?: "stdout" | "stderr";
  methods?: string[];
  code?: number;
  signal?: number;
  /** Milliseconds until it is started again. */
  after?: number;
  /** Events that the host was too slow for. */
  missed: number;
}

export class Host extends Consumer<PluginEvent> {
  constructor(name: string, options?: ConsumerOptions);
  start(name: string, program: string, args?: string[], options?: PluginOptions): Promise<void>;
  stop(name: string): Promise<void>;
  client(name: string, options?: ProducerOptions & { exact?: boolean }): Client;
}

/** Somebody who has a channel open. */
export interface Peer {
  pid: number;
  program: string;
  language: string;
  role: string;
  sinceNs: bigint;
  /** The sender of its messages. */
  id: bigint;
}

export interface PeerEvent extends Peer {
  event: "up" | "down";
}

/** Takes who comes and goes on a channel, without being on it. */
export class PeerWatcher extends Consumer<PeerEvent> {
  constructor(name: string, options?: Place & { timeout?: number });
}

/** Who has a channel open now, in the order of their coming. */
export function peers(name: string, options?: Place): Peer[];

/** Says who this process is: counts for handles that are opened from now on. */
export function identify(program: string, language?: string): void;

export function send(name: string, value: Sendable, options?: PutOptions): Promise<void>;
export function publish(name: string, value: Sendable, options?: PutOptions): Promise<void>;
export function set(name: string, value: Sendable, options?: PutOptions): Promise<void>;
export function get<T = any>(
  name: string,
  options?: WaitOptions & { exact?: boolean },
): Promise<Message<T>>;
export function notify(name: string): Promise<void>;
export function wait(name: string, options?: WaitOptions): Promise<number>;
export function call<T = any>(
  service: string,
  method: string,
  args?: Args,
  options?: CallOptions & { exact?: boolean },
): Promise<T>;
export function receive<T = any>(name: string, options?: ConsumerOptions): Receiver<T>;
export function subscribe<T = any>(name: string, options?: SubscriberOptions): Subscriber<T>;

/** Describes a channel, or all of a directory. Changes nothing. */
export function audit(name?: string | null, options?: Place): any[];

/** Removes what nobody uses; returns how many channels. */
export function clean(options?: Place & { ageMax?: number }): number;
