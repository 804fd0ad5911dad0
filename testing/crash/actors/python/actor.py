"""The actor in Python: plays one part of a storm and keeps its page.

`actor.py key=value ...`; src/storm/part.rs writes the keys, src/storm/page.rs draws the page. Here
are topics, queues, states, signals and the lock; services are in calls.py.
"""

import mmap
import os
import signal
import sys
import time
import zlib
from collections import deque

import calls
import simpleipc as ipc

# Words of the page.
STATE, ORDER, TURNS, FAILED, RECEIVED, RELEASING, RELEASED, CHANGED, READ, RETRIES = range(10)
NOTED, TOLD, SET_BEGAN_NS, SET_ENDED_NS, INTRUDER = range(10, 15)
BEGUN, DONE, LOG = 16, 17, 256
PLAYING, HUSHED, ENDED = 1, 2, 3
PLAY, HUSH, END = 0, 1, 2
LOG_ENTRIES = 1 << 15
HANDLES_MAX = 64
BYTES_MIN = 20

CALL = 0.3  # how long a call waits before the actor looks at its page again
IDLE = 0.005  # between two looks of an actor that has nothing to do
CROWDED = (27, 26, 43)  # TOO_MANY_PEERS, TOO_MANY_PRODUCERS, SYSTEM


class Page:
    """What the conductor reads; stores of 8 aligned bytes are whole."""

    def __init__(self, path):
        with open(path, "r+b") as file:
            self.words = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")

    def __getitem__(self, index):
        return self.words[index]

    def __setitem__(self, index, value):
        self.words[index] = value

    def count(self, index):
        self.words[index] += 1

    def append(self, stamp, flags):
        count = self[RECEIVED]
        at = LOG + 2 * (count % LOG_ENTRIES)
        self[at], self[at + 1] = stamp, flags
        self[RECEIVED] = count + 1

    def is_log_full(self):
        return self[RECEIVED] - self[READ] >= LOG_ENTRIES


def fill(sender, number, length):
    """The bytes of a message, which prove themselves."""
    if length < BYTES_MIN:
        return bytes((number + index) & 255 for index in range(length))
    ramp = bytes((number + index) & 255 for index in range(256))
    rest = length - BYTES_MIN
    body = sender.to_bytes(8, "little") + number.to_bytes(8, "little")
    body += (ramp * (rest // 256 + 1))[:rest]
    return zlib.crc32(body).to_bytes(4, "little") + body


def is_whole(stamp, data):
    sender, number = stamp >> 32, stamp & 0xFFFFFFFF
    if len(data) < BYTES_MIN:
        return bytes(data) == fill(sender, number, number % BYTES_MIN)
    named = (int.from_bytes(data[4:12], "little"), int.from_bytes(data[12:20], "little"))
    crc = int.from_bytes(data[:4], "little")
    return named == (sender, number) and crc == zlib.crc32(data[4:])


def length_of(sender, number, most):
    """Mostly small; now and then `most`."""
    mix = (number * 2654435761 + sender * 40503) >> 7
    kind, rest = mix % 64, mix // 64
    if kind < 8:
        return number % BYTES_MIN
    if kind < 44:
        return 20 + rest % 85
    if kind < 58:
        return 105 + rest % 4000
    if kind < 63:
        return 5000 + rest % 60000
    return most if rest % 8 == 0 else most // 16


class Actor:
    def __init__(self, words):
        self.words = words
        self.page = Page(words["page"])
        self.looks = 0
        become_user(self.number("uid"), self.number("gid"))

    def number(self, key):
        return int(self.words.get(key, 0))

    def play(self):
        roles = {
            "publish": self.publish,
            "send": self.send,
            "set": self.set,
            "notify": self.notify,
            "subscribe": self.subscribe,
            "receive": self.receive,
            "watch": self.watch,
            "wait": self.wait,
            "own": self.own,
            "call": lambda: calls.call(self),
            "serve": lambda: calls.serve(self),
        }
        roles[self.words["role"]]()
        # On its way out the interpreter takes handlers away, and the signal would end it.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        self.page[STATE] = ENDED

    def open(self, opening, **options):
        """Opens, as soon as there is a place; None when told to end before."""
        while self.page[ORDER] != END:
            self.page.count(TURNS)
            try:
                return opening(self.words["channel"], directory=self.words["dir"], **options)
            except (ipc.Retry, ipc.NoSpace):
                pass
            except ipc.Error as error:
                if error.status not in CROWDED:
                    raise
            self.page.count(RETRIES)
            time.sleep(IDLE)
        return None

    def sizes(self, has_depth=True):
        """What the first one to open a channel decides."""
        sizes = {"pool_bytes_max": self.number("pool")}
        return {**sizes, "depth": self.number("depth")} if has_depth else sizes

    def publish(self):
        unstamped = self.number("unstamped") == 1
        publisher = self.open(ipc.Publisher, unstamped=unstamped, **self.sizes())
        self.produce(publisher and publisher.publish)

    def send(self):
        unstamped = self.number("unstamped") == 1
        sender = self.open(ipc.Sender, unstamped=unstamped, **self.sizes())
        self.produce(sender and sender.send)

    def set(self):
        unstamped = self.number("unstamped") == 1
        setter = self.open(ipc.Setter, unstamped=unstamped, **self.sizes(has_depth=False))

        def set_and_say_when(*value):
            began_ns = ipc.now_ns()
            setter.set(*value)
            self.page[SET_ENDED_NS] = ipc.now_ns()
            self.page[SET_BEGAN_NS] = began_ns

        self.produce(setter and set_and_say_when)

    def notify(self):
        notifier = self.open(ipc.Notifier)
        self.produce(notifier and (lambda *_value: notifier.notify()))

    def produce(self, put):
        if put is None:
            return
        burst, pause = max(self.number("burst"), 1), self.number("pause_us") / 1e6
        sender = self.number("id") * HANDLES_MAX
        turn = 0
        self.page[STATE] = PLAYING
        while self.page[ORDER] == PLAY:
            self.put_next(put, sender)
            turn += 1
            if turn % burst == 0:
                time.sleep(pause)
        self.hush()

    def hush(self):
        """Begins nothing any more, until it is told to end."""
        self.page[STATE] = HUSHED
        while self.page[ORDER] != END:
            self.page.count(TURNS)
            time.sleep(IDLE)

    def put_next(self, put, sender):
        number = self.page[DONE]
        length = length_of(sender, number, self.number("bytes"))
        self.page[BEGUN] = number + 1
        try:
            put(fill(sender, number, length), sender << 32 | number, CALL)
            self.page[DONE] = number + 1
        except (ipc.Retry, ipc.NoSpace):
            # Promised: on an error nothing has been sent.
            self.page[BEGUN] = number
            self.page.count(RETRIES)
        self.page.count(TURNS)

    def is_over(self):
        """Waits until the conductor has read enough of the log; true when told to end."""
        self.page.count(TURNS)
        while self.page.is_log_full() and self.page[ORDER] != END:
            self.page.count(TURNS)
            time.sleep(IDLE)
        return self.page[ORDER] == END

    def attempt(self, take):
        """What a take has taken; None if it was no more than "not now"."""
        try:
            return take(CALL)
        except (ipc.Retry, ipc.NoSpace):
            self.page.count(RETRIES)
            return None

    def take(self, consumer):
        """The next message, in the log; None if none came."""
        message = self.attempt(consumer.receive)
        if message is not None:
            stamp = message.capture_time_ns
            torn = not is_whole(stamp, message.buffer)
            flags = int(torn) | int(message.redelivered) << 1 | message.missed << 8
            self.page.append(stamp, flags)
        return message

    def look(self, watcher):
        """A value, in the log with its place in the order of all; None if none came."""
        self.looks += 1
        value = self.attempt(watcher.get if self.looks % 8 == 0 else watcher.receive)
        if value is not None:
            stamp = value.capture_time_ns
            self.page.append(stamp, int(not is_whole(stamp, value.buffer)) | value.sequence << 8)
        return value

    def release(self, message):
        """Lets a message go, and looks at it once more before."""
        if not is_whole(message.capture_time_ns, message.buffer):
            self.page.count(CHANGED)
        self.page.count(RELEASING)
        message.release()
        self.page.count(RELEASED)

    def work(self):
        """Now and then takes its time, so that death finds a message in hand."""
        if self.number("work_us") > 0 and self.page[RECEIVED] % 8 == 0:
            time.sleep(self.number("work_us") / 1e6)

    def subscribe(self):
        subscriber = self.open(
            ipc.Subscriber,
            lossless=self.number("lossless") == 1,
            latest=self.number("latest") == 1,
            tap=self.number("tap") == 1,
            history=self.number("history"),
            **self.sizes(),
        )
        self.follow(subscriber, self.take)

    def watch(self):
        self.follow(self.open(ipc.Watcher, **self.sizes(has_depth=False)), self.look)

    def follow(self, consumer, take):
        if consumer is None:
            return
        self.page[STATE] = PLAYING
        held = deque()
        while not self.is_over():
            message = take(consumer)
            if message is not None:
                held.append(message)
            if len(held) > self.number("hold"):
                self.release(held.popleft())
            self.work()
        while held:
            self.release(held.popleft())

    def receive(self):
        receiver = self.open(ipc.Receiver, **self.sizes())
        if receiver is None:
            return
        self.page[STATE] = PLAYING
        while not self.is_over():
            message = self.take(receiver)
            if message is not None:
                self.work()
                self.release(message)

    def wait(self):
        """Counts what it is notified of."""
        waiter = self.open(ipc.Waiter)
        if waiter is None:
            return
        self.page[STATE] = PLAYING
        while not self.is_over():
            self.page[NOTED] += self.attempt(waiter.wait) or 0

    def own(self):
        """Has the lock in turn with others, and says so to the witness of src/storm/witness.rs."""
        witness, me = Page(self.words["witness"]), self.number("id")
        lock = self.open(ipc.Lock)
        if lock is None:
            return
        burst, pause = max(self.number("burst"), 1), self.number("pause_us") / 1e6
        self.page[STATE] = PLAYING
        while self.page[ORDER] == PLAY:
            number = self.page[DONE]
            self.page[BEGUN] = number + 1
            if self.attempt(lock.acquire):
                if lock.abandoned is not None:
                    self.page.count(TOLD)
                before, witness[0] = witness[0], me
                until = time.monotonic() + 8
                while before and not (lock.abandoned is not None and witness[LOG + before] == 1):
                    if time.monotonic() > until:
                        self.page[INTRUDER] = before
                        break
                    time.sleep(0.001)
                time.sleep(self.number("work_us") / 1e6)
                if witness[0] != me:
                    self.page[INTRUDER] = 2**64 - 1
                witness[0] = 0
                lock.release()
                self.page[DONE] = number + 1
            self.page.count(TURNS)
            if self.page[DONE] % burst == 0:
                time.sleep(pause)
        self.hush()


def become_user(user, group):
    """Takes the user's numbers, and a handler that does nothing but end what waits."""
    signal.signal(signal.SIGUSR1, lambda number, frame: None)
    if user:
        os.setgroups([group])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)


def main():
    actor = Actor(dict(word.split("=", 1) for word in sys.argv[1:]))
    try:
        actor.play()
    except ipc.Error as error:
        actor.page[FAILED] = error.status
        print(f"actor {actor.words['id']}: {error}", file=sys.stderr)
        sys.exit(1)


main()
