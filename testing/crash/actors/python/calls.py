"""Who calls a service, and who serves; what a call is says its number, as in src/storm/call.rs."""

import re
import time
import zlib

import simpleipc as ipc

# As in actor.py, which has this module.
ORDER, BEGUN, DONE = 1, 16, 17
STATE, TURNS, RECEIVED, RETRIES = 0, 2, 4, 9
PLAYING, PLAY, END = 1, 0, 2
HANDLES_MAX, BYTES_MIN = 64, 20
CALL = 0.3

ANSWERED, HAS_FAILED, HAS_DIED, WAS_CANCELLED, SENT, REFUSED, TOO_SLOW = range(1, 8)
ECHO, IDEMPOTENT, STREAM, FAIL, ONE_WAY, CANCELLED = range(6)
KINDS = [ECHO] * 6 + [IDEMPOTENT] * 3 + [STREAM] * 2 + [FAIL] * 2 + [ONE_WAY] * 2 + [CANCELLED]
METHODS = ["echo", "echo", "stream", "fail", "note", "echo"]


def message(sender, number, length):
    """Bytes that say whose call they belong to, and prove themselves."""
    body = sender.to_bytes(8, "little") + number.to_bytes(8, "little")
    body += bytes((number + index) & 255 for index in range(length - BYTES_MIN))
    return zlib.crc32(body).to_bytes(4, "little") + body


def read(data):
    """The sender and the number of such bytes; None if they are torn."""
    if not isinstance(data, (bytes, memoryview)) or len(data) < BYTES_MIN:
        return None
    if int.from_bytes(data[:4], "little") != zlib.crc32(data[4:]):
        return None
    return int.from_bytes(data[4:12], "little"), int.from_bytes(data[12:20], "little")


def call(actor):
    client = actor.open(ipc.Client, **actor.sizes(has_depth=False))
    if client is None:
        return
    page, sender = actor.page, actor.number("id") * HANDLES_MAX
    burst, pause = max(actor.number("burst"), 1), actor.number("pause_us") / 1e6
    page[STATE] = PLAYING
    while page[ORDER] == PLAY and not actor.is_over():
        number = page[BEGUN]
        page[BEGUN] = number + 1
        kind = KINDS[number % 16]
        args = message(sender, number, BYTES_MIN + number * 61 % 3000)
        try:
            if kind == ONE_WAY:
                client.send("note", args)
                how, torn = SENT, False
            else:
                flight = client.start(METHODS[kind], args, idempotent=kind == IDEMPOTENT)
                if kind == CANCELLED:
                    flight.cancel()
                how, torn = end(actor, flight, kind, (sender, number))
            page.append(sender << 32 | number, int(torn) | how << 8)
            page[DONE] = page[RECEIVED]
        except (ipc.Retry, ipc.NoSpace):
            # Promised: on an error nothing has been sent.
            page[BEGUN] = number
            page.count(RETRIES)
        page.count(TURNS)
        if number % burst == 0:
            time.sleep(pause)
    actor.hush()


def end(actor, flight, kind, identity):
    """Takes the replies of a call until it has ended; how, and whether something was amiss."""
    parts, torn, number = 0, False, identity[1]
    while True:
        actor.page.count(TURNS)
        try:
            torn |= read(flight.next(CALL)) != identity
            parts += 1
        except StopIteration as over:
            due = number % 4 if kind == STREAM else 0
            return ANSWERED, torn or read(over.value) != identity or parts != due
        except ipc.ServiceError as error:
            due = {FAIL: 1000 + number % 1000, STREAM: TOO_SLOW}
            return HAS_FAILED, torn or error.code != due.get(kind)
        except ipc.ServerDied as error:
            named = re.search("process ([0-9]+)", str(error))
            return HAS_DIED | (int(named[1]) if named else 0) << 8, torn
        except ipc.Cancelled:
            return WAS_CANCELLED, torn
        except (ipc.Full, ipc.NoSpace):
            return REFUSED, torn
        except ipc.Retry:
            actor.page.count(RETRIES)
            if actor.page[ORDER] == END:
                flight.cancel()


def serve(actor):
    server = actor.open(ipc.Server, **actor.sizes(has_depth=False))
    if server is None:
        return
    actor.page[STATE] = PLAYING
    while not actor.is_over():
        request = actor.attempt(server.receive)
        if request is None:
            continue
        args = request.args
        identity = read(args[0] if isinstance(args, list) and len(args) == 1 else args)
        sender, number = identity or (0, 0)
        actor.page.append(sender << 32 | number, int(identity is None))
        actor.work()
        if identity is not None:
            try:
                answer(request, sender, number)
            except (ipc.Retry, ipc.NoSpace):
                pass  # nobody waits, or the caller is told


def answer(request, sender, number):
    if request.method == "stream":
        for part in range(number % 4):
            try:
                request.push(message(sender, number, BYTES_MIN + 100 * part))
            except ipc.Full:
                request.fail(TOO_SLOW, "its parts are not taken")
                return
        request.reply(message(sender, number, BYTES_MIN))
    elif request.method == "fail":
        request.fail(1000 + number % 1000, f"call {number} is to fail")
    elif request.method == "echo":
        request.reply(message(sender, number, BYTES_MIN + number * 97 % 4000))
