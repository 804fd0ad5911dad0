"""The interop driver: one command per line on stdin, one answer per line on stdout.

The protocol is in testing/interop; values become native ones of Python and back.
"""

import gc
import math
import os
import struct
import sys
import threading
import zlib

import numpy as np

import simpleipc as ipc

PUT_TIMEOUT = 10
ROLES = {
    "publish": ipc.Publisher,
    "subscribe": ipc.Subscriber,
    "send": ipc.Sender,
    "receive": ipc.Receiver,
    "set": ipc.Setter,
    "watch": ipc.Watcher,
    "notify": ipc.Notifier,
    "wait": ipc.Waiter,
    "lock": ipc.Lock,
    "call": ipc.Client,
    "serve": ipc.Server,
    "host": ipc.Host,
    "peers": ipc.PeerWatcher,
}
DTYPES = {
    "bool": "?", "u8": "u1", "i8": "i1", "u16": "u2", "i16": "i2", "u32": "u4", "i32": "i4",
    "u64": "u8", "i64": "i8", "f16": "f2", "f32": "f4", "f64": "f8", "c64": "c8", "c128": "c16",
}  # fmt: skip
NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items()}


def pattern(length, seed):
    block = bytes((seed + i) & 255 for i in range(251))
    return (block * (length // 251 + 1))[:length]


def text_pattern(length, seed):
    block = "".join(chr(97 + (seed + i % 23) % 26) for i in range(23))
    return (block * (length // 23 + 1))[:length]


def tensor(dtype, shape, format_hex, data):
    """A tensor of the notation; the parts but the data are text."""
    array = np.frombuffer(data, DTYPES[dtype]).reshape(sizes_of(shape))
    label = bytes.fromhex(format_hex).decode()
    return ipc.Tensor(array, label) if label else array


def sizes_of(shape):
    return [int(size) for size in shape.split("x")] if shape else []


class Parser:
    """Reads one value of the notation."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def word(self):
        """Up to the next delimiter of lists and maps."""
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in ",]}":
            self.at += 1
        return self.text[start : self.at]

    def value(self):
        kind = self.text[self.at]
        self.at += 1
        if kind == "[":
            return list(self.items("]", self.value))
        if kind == "{":
            return dict(self.items("}", self.pair))
        word = self.word()
        if kind == "n":
            return None
        if kind == "b":
            return word == "1"
        if kind == "i":
            return int(word)
        if kind == "u":
            return ipc.Uint(word)
        if kind == "d":
            return struct.unpack(">d", bytes.fromhex(word))[0]
        if kind == "s":
            return bytes.fromhex(word).decode()
        if kind == "x":
            return bytes.fromhex(word)
        parts = word.split(":")
        if kind == "t":
            return tensor(*parts[:3], bytes.fromhex(parts[3]))
        if kind == "o":
            return ipc.Opaque(bytes.fromhex(parts[1]), bytes.fromhex(parts[0]).decode())
        if kind == "X":
            return pattern(int(parts[0]), int(parts[1]))
        if kind == "S":
            return text_pattern(int(parts[0]), int(parts[1]))
        if kind == "T":
            length = math.prod(sizes_of(parts[1])) * np.dtype(DTYPES[parts[0]]).itemsize
            return tensor(*parts[:3], pattern(length, int(parts[3])))
        raise ValueError(f"no such value: {kind}")

    def items(self, end, item):
        while self.text[self.at] != end:
            yield item()
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def pair(self):
        start = self.at + 1
        self.at = self.text.index(":", start)
        key = bytes.fromhex(self.text[start : self.at]).decode()
        self.at += 1
        return key, self.value()


def show_data(data):
    data = memoryview(data)
    return data.hex() if len(data) <= 64 else f"#{len(data)}:{zlib.crc32(data):08x}"


def show_tensor(array, label):
    shape = "x".join(map(str, array.shape))
    return f"t{NAMES[array.dtype]}:{shape}:{label.encode().hex()}:{show_data(array.tobytes())}"


def show(value, label=""):
    if value is None:
        return "n"
    if isinstance(value, bool):
        return f"b{value:d}"
    if isinstance(value, ipc.Uint):
        return f"u{value}"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "d" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + show_data(value.encode())
    if isinstance(value, bytes):
        return "x" + show_data(value)
    if isinstance(value, list):
        return "[" + ",".join(map(show, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{show(key)}:{show(item)}" for key, item in value.items()) + "}"
    if isinstance(value, ipc.Tensor):
        return show_tensor(value.array, value.format)
    if isinstance(value, ipc.Opaque):
        return f"o{value.content_type.encode().hex()}:{show_data(value.data)}"
    return show_tensor(value, label)


def open_handle(role, name, *options):
    given = {}
    for option in options:
        key, _, number = option.partition("=")
        given[key] = int(number) if number else True
    if "permits" in given:
        return ipc.Semaphore(name, **given)
    return ROLES[role](name, **given)


def put(handle, value, capture_time_ns=0):
    verbs = {ipc.Publisher: "publish", ipc.Sender: "send", ipc.Setter: "set"}
    getattr(handle, verbs[type(handle)])(value, capture_time_ns, PUT_TIMEOUT)


def put_loan(handle, value):
    if isinstance(value, bytes):
        lent = handle.loan_bytes(len(value), PUT_TIMEOUT)
        lent[:] = value
    else:
        array, label = (value.array, value.format) if isinstance(value, ipc.Tensor) else (value, "")
        lent = handle.loan(array.shape, array.dtype, label, PUT_TIMEOUT)
        lent[...] = array
    put(handle, lent)


def describe(message):
    is_aged = 0 < message.publish_time_ns <= message.receive_time_ns
    return (
        f"value {show(message.value, message.format)} seq={message.sequence} "
        f"missed={message.missed} redelivered={message.redelivered:d} "
        f"capture={message.capture_time_ns} aged={is_aged:d}"
    )


held = []  # the message of `hold`, until the next one
requests = []  # the one of `serve`, until it is answered
calls = {}  # by number


def once(verb, name, word=""):
    if verb == "get":
        return describe(ipc.get(name, int(word) / 1000))
    if verb == "wait":
        return f"count {ipc.wait(name, int(word) / 1000)}"
    if verb == "notify":
        ipc.notify(name)
    else:
        {"send": ipc.send, "publish": ipc.publish, "set": ipc.set}[verb](name, Parser(word).value())
    return "ok"


def lend(sender, height, width, count):
    """Of each frame only the ends are written: what it costs to fill is not the library's."""
    for _ in range(count):
        lent = sender.loan((height, width, 3), "uint8", timeout=PUT_TIMEOUT)
        lent[0, 0, 0] = 1
        lent[-1, -1, -1] = 2
        sender.send(lent, timeout=PUT_TIMEOUT)


def weigh(value):
    """Both ends of bytes, or of a tensor where it is."""
    if isinstance(value, bytes):
        return value[0] + value[-1]
    return value.item(0) + value.item(-1)


def repeat(handle, command, *words):
    """One of the plurals: a verb many times, in a loop to be measured from outside."""
    count = int(words[-1])
    if command == "puts":
        value = Parser(words[0]).value()
        for _ in range(count):
            handle.send(value, timeout=PUT_TIMEOUT)
    elif command == "loans":
        lend(handle, *map(int, words))
    elif command == "takes":
        total = 0
        for _ in range(count):
            with handle.receive(PUT_TIMEOUT) as message:
                total += message.sequence + weigh(message.value)
        return f"sum {total}"
    elif command == "calls":
        return f"sum {sum(handle.call('add', 2, 3) for _ in range(count))}"
    elif command == "serves":
        for _ in range(count):
            request = handle.receive(PUT_TIMEOUT)
            a, b = request.args
            request.reply(a + b)
    return "ok"


def start(client, method, value, *manner):
    args = Parser(value).value()
    listed, named = (args or [], {}) if not isinstance(args, dict) else ([], args)
    if manner == ("oneway",):
        client.send(method, *listed, **named)
        return "call 0"
    call = client.start(method, *listed, idempotent=manner == ("idempotent",), **named)
    number = str(len(calls) + 1)
    calls[number] = call
    return f"call {number}"


def result(number, timeout):
    try:
        value = calls[number].next(timeout)
    except StopIteration as end:
        return f"reply {show(end.value)} more=0"
    except ipc.ServiceError as error:
        return f"failed {error.code} {show(error.message)} {show(error.data)}"
    return f"reply {show(value)} more=1"


def serve(server, timeout):
    requests.clear()
    request = server.receive(timeout)
    requests.append(request)
    return f"request {request.method} {show(request.args)} oneway={request.one_way:d}"


def respond(command, *words):
    request = requests[0]
    if command == "reply" and len(words) > 1:
        request.push(Parser(words[0]).value())
        return "ok"
    requests.clear()
    if command == "reply":
        request.reply(Parser(words[0]).value())
    else:
        request.fail(int(words[0]), Parser(words[1]).value(), Parser(words[2]).value())
    return "ok"


FACTS = {
    "failed": lambda event: event.text,
    "ready": lambda event: event.methods,
    "output": lambda event: [event.stream, event.text],
    "ended": lambda event: event.code,
    "killed": lambda event: event.signal,
    "restarting": lambda event: round(event.after * 1000),
}


def take_event(host, timeout):
    event = host.receive(timeout)
    fact = FACTS.get(event.event, lambda event: None)(event)
    return f"event {event.event} {event.plugin} {show(fact)}"


def be_a_plugin():
    """Serves `add` and `crash`, until its host ends it."""
    print("hello from python", flush=True)
    server = ipc.Server()
    server.method(lambda a, b: a + b, name="add")
    server.method(os.abort, name="crash")
    server.serve()


def refused(work):
    """The answer to work that has to raise."""
    try:
        work()
    except (ipc.Error, TypeError, ValueError, OverflowError) as error:
        return f"refused {error}"
    return "ok"


def use_closed(name):
    sender = ipc.Sender(name)
    sender.close()
    sender.close()
    sender.send(1)


def use_from_two_threads(receiver):
    def wait_inside():
        while True:
            try:
                receiver.receive(None)
            except ipc.Interrupted:
                return
            except ipc.Busy:  # the other one looks
                continue

    def look():
        while True:
            try:
                receiver.receive(0)
            except ipc.Timeout:
                continue

    waiting = threading.Thread(target=wait_inside)
    waiting.start()
    answer = refused(look)
    receiver.interrupt()
    waiting.join()
    return answer


def forget(receiver):
    receiver.receive(10)
    gc.collect()
    return "ok"


def fail_in_handler(server):
    def boom(_number):
        server.interrupt()
        raise KeyError("boom")

    server.method(boom)
    server.serve()
    return "ok"


def misuse(handles, kind, name):
    if kind == "closed":
        return refused(lambda: use_closed(name))
    handle = handles[name]
    if kind in ("type", "range", "text"):
        value = {"type": lambda: None, "range": 1 << 64, "text": "\ud800"}[kind]
        return refused(lambda: handle.send(value))
    return {"thread": use_from_two_threads, "forgotten": forget, "handler": fail_in_handler}[kind](
        handle
    )


def answer(handles, command, *words):
    if command == "hello":
        return f"ok python {ipc.__version__}"
    if command == "open":
        handles[words[0]] = open_handle(*words[1:])
    elif command == "put":
        capture = words[2].partition("=")[2] if len(words) > 2 else 0
        put(handles[words[0]], Parser(words[1]).value(), int(capture))
    elif command == "loan":
        put_loan(handles[words[0]], Parser(words[1]).value())
    elif command == "once":
        return once(*words)
    elif command in ("take", "hold"):
        held.clear()
        message = handles[words[0]].receive(int(words[1]) / 1000)
        if command == "hold":
            held.append(message)
            return describe(message)
        with message:
            return describe(message)
    elif command in ("puts", "loans", "takes", "calls", "serves"):
        return repeat(handles[words[0]], command, *words[1:])
    elif command == "get":
        with handles[words[0]].get(int(words[1]) / 1000) as message:
            return describe(message)
    elif command == "put_if":
        expected = None if words[2] == "new" else int(words[2])
        handles[words[0]].set_if(Parser(words[1]).value(), expected, timeout=PUT_TIMEOUT)
    elif command == "notify":
        handles[words[0]].notify()
    elif command == "wait":
        return f"count {handles[words[0]].wait(int(words[1]) / 1000)}"
    elif command == "lock":
        lock = handles[words[0]]
        if not lock.acquire(int(words[1]) / 1000):
            return "error 1 somebody has it"
        return f"ok abandoned={lock.abandoned is not None:d}"
    elif command == "unlock":
        handles[words[0]].release()
    elif command == "call":
        return start(handles[words[0]], *words[1:])
    elif command == "result":
        return result(words[1], int(words[2]) / 1000)
    elif command == "cancel":
        calls[words[1]].cancel()
    elif command == "serve":
        return serve(handles[words[0]], int(words[1]) / 1000)
    elif command in ("reply", "fail"):
        return respond(command, *words)
    elif command == "cancelled":
        return f"cancelled {requests[0].cancelled:d}"
    elif command == "start":
        program, args = Parser(words[2]).value(), Parser(words[3]).value()
        handles[words[0]].start(words[1], program, args, restarts=int(words[4]))
    elif command == "stop":
        handles[words[0]].stop(words[1])
    elif command == "event":
        return take_event(handles[words[0]], int(words[1]) / 1000)
    elif command == "peer":
        event = handles[words[0]].receive(int(words[1]) / 1000)
        word, peer = "up" if event.up else "down", event.peer
        return f"peer {word} {peer.role} {peer.language} {peer.pid}"
    elif command == "misuse":
        return misuse(handles, *words)
    elif command == "close":
        handles.pop(words[0]).close()
    return "ok"


def main():
    handles = {}
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            print("ok", flush=True)
            break
        try:
            print(answer(handles, *words), flush=True)
        except ipc.Error as error:
            print(f"error {error.status} {error}", flush=True)
        except Exception as error:
            print(f"error 25 {type(error).__name__}: {error}", flush=True)


be_a_plugin() if sys.argv[1:] == ["plugin"] else main()
