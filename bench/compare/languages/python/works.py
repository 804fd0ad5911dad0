"""The works, each a generator for either role: what it yields at is the moment when it is ready.

A channel `ping` leads from role a to role b, and `pong` back. Role b opens its input before a opens
anything, and its output only after `go`, because the input at the other side does not exist before.
"""

import resource
import time

import numpy

from content import END, Content, End, Marked, Stamp, sequence_of, word
from figures import quantiles

ROUNDS_WARM = 500
WAKES_WARM = 2
FRAMES_WARM = 3
CALL_BATCHES_WARM = 5
CALL_BATCH = 1000
BAND_BYTES = 128 << 10
IDLE_MS = 1000
# The clock is read once in as many messages, or in as many bytes if that is sooner.
MESSAGES_PER_LOOK = 256
BYTES_PER_LOOK = 1 << 20
SHORT = Content(16)  # acknowledges


class Work:
    """One work in one role; results go to `report(size, **words)`."""

    def __init__(self, spec, session, report):
        self.spec = spec
        self.session = session
        self.report = report

    def run(self):
        name = self.spec.work
        if name not in WORKS:
            raise ValueError(f"the work {name} is not done in Python")
        role = "" if name == "call" else f"_{self.spec.role}"
        return getattr(self, f"{name}{role}")()

    def open_output(self, channel):
        output = self.session.open_output(channel)
        output.settle()
        return output

    def budget_end(self, start_ns):
        return start_ns + self.spec.budget_ms * 1_000_000

    # pingpong: a sends, b checks and answers, a checks. Reported is half of each round trip.

    def pingpong_a(self):
        pong = self.session.open_input("pong")
        ping = self.session.open_output("ping")
        yield
        ping.settle()
        send, receive, now = ping.send, pong.receive, time.monotonic_ns
        for size in self.spec.sizes:
            content = Content(size)
            check = content.check
            times = []
            good = True
            for sequence in range(ROUNDS_WARM):
                send(content, sequence)
                good &= check(receive(), sequence)
            sequence = ROUNDS_WARM
            end = 0
            until = self.budget_end(now())
            while end < until:
                start = now()
                send(content, sequence)
                good &= check(receive(), sequence)
                end = now()
                times.append(end - start)
                sequence += 1
            send(End(content, sequence), END)
            receive()  # b has nothing of this size left
            self.report(size, unit="ns", **quantiles(times, 2), verified=int(good))

    def pingpong_b(self):
        ping = self.session.open_input("ping")
        yield
        pong = self.open_output("pong")
        send, receive = pong.send, ping.receive
        for size in self.spec.sizes:
            content = Content(size)
            check = content.check
            expected = 0
            message = receive()
            while check(message, expected):
                send(content, expected)
                expected += 1
                message = receive()
            require_end(message, size, expected)
            message = None
            send(content, expected)

    # wake: a sleeps between messages, b in receive().

    def wake_a(self):
        ping = self.session.open_output("ping")
        yield
        ping.settle()
        for sequence in range(self.spec.count):
            time.sleep(self.spec.gap_ms / 1000)
            ping.send(Stamp(time.monotonic_ns()), sequence)
            ping.flush()

    def wake_b(self):
        ping = self.session.open_input("ping")
        yield
        times = []
        good = True
        for expected in range(self.spec.count):
            message = ping.receive()
            times.append(time.monotonic_ns() - word(message, 1))
            good &= len(message) == 16 and sequence_of(message) == expected
        self.report(16, unit="ns", **quantiles(after(times, WAKES_WARM)), verified=int(good))

    # stream: as fast as it goes, the receiver holding the sender back.

    def stream_a(self):
        pong = self.session.open_input("pong")
        ping = self.session.open_output("ping")
        yield
        ping.settle()
        send, now = ping.send, time.monotonic_ns
        for size in self.spec.sizes:
            content = Content(size)
            burst = max(1, min(MESSAGES_PER_LOOK, BYTES_PER_LOOK // size))
            count = 0
            start = now()
            until = self.budget_end(start)
            while now() < until:
                for sequence in range(count, count + burst):
                    send(content, sequence)
                count += burst
            send(End(content, count), END)
            ping.flush()
            pong.receive()
            self.report(size, start_ns=start, count=count)

    def stream_b(self):
        ping = self.session.open_input("ping")
        yield
        pong = self.open_output("pong")
        receive = ping.receive
        for size in self.spec.sizes:
            check = Content(size).check
            expected = 0
            message = receive()
            while check(message, expected):
                expected += 1
                message = receive()
            end = time.monotonic_ns()
            require_end(message, size, expected)
            message = None
            self.report(size, end_ns=end, count=expected, verified=1)
            pong.send(SHORT, 0)
            pong.flush()

    # frame: large messages one at a time, filled in place where the system allows it.

    def frame_a(self):
        pong = self.session.open_input("pong")
        ping = self.session.open_output("ping")
        yield
        ping.settle()
        count = self.spec.count
        for size in self.spec.sizes:
            parts = self.parts(size)
            frames = 0
            sequence = 0
            until = self.budget_end(time.monotonic_ns())
            while frames < count + FRAMES_WARM if count else time.monotonic_ns() < until:
                began = time.monotonic_ns()
                for part in parts:
                    part.mark = began
                    ping.send(part, sequence)
                    ping.flush()
                    sequence += 1
                pong.receive()
                frames += 1
            ping.send(Stamp(sequence), END)
            ping.flush()
            pong.receive()

    def parts(self, size):
        """The messages that make one frame."""
        step = BAND_BYTES if self.spec.kind == "follow" else size
        return [Marked(min(step, size - start)) for start in range(0, size, step)]

    def frame_b(self):
        ping = self.session.open_input("ping")
        yield
        pong = self.open_output("pong")
        look = getattr(self, f"look_{self.spec.kind}")
        for size in self.spec.sizes:
            parts = self.parts(size)
            # Ones, so that the pages are there.
            private = numpy.ones(size // 8, numpy.uint64)
            times = []
            good = True
            sequence = 0
            while True:
                message = ping.receive()
                seen = time.monotonic_ns()
                if sequence_of(message) == END:
                    break
                began = word(message, 1)
                for part in parts:
                    part.mark = began
                done, is_right = look(ping, message, parts, sequence, private)
                message = None  # the sender may want its memory
                good &= is_right
                times.append((done or seen) - began)
                sequence += len(parts)
                pong.send(SHORT, 0)
                pong.flush()
            good &= word(message, 1) == sequence
            message = None
            figures = quantiles(after(times, FRAMES_WARM))
            self.report(size, unit="ns", **figures, verified=int(good))
            pong.send(SHORT, 0)
            pong.flush()

    # Each answers when it was done, if not at once, and whether the frame was right.

    def look_seen(self, _ping, message, parts, sequence, _private):
        words = numpy.frombuffer(message, numpy.uint64)
        return None, parts[0].has_marks(words, sequence)

    def look_read(self, _ping, message, parts, sequence, _private):
        words = numpy.frombuffer(message, numpy.uint64)
        total = numpy.add.reduce(words)
        done = time.monotonic_ns()
        return done, parts[0].is_sum(total, sequence) and int(words[0]) == sequence

    def look_copied(self, _ping, message, parts, sequence, private):
        numpy.copyto(private, numpy.frombuffer(message, numpy.uint64))
        done = time.monotonic_ns()
        return done, parts[0].has_marks(private, sequence)

    def look_follow(self, ping, message, parts, sequence, private):
        copies = []
        start = 0
        for part in parts:
            if start > 0:
                message = None
                message = ping.receive()
            copy = private[start : start + part.size // 8]
            numpy.copyto(copy, numpy.frombuffer(message, numpy.uint64))
            copies.append(copy)
            start += len(copy)
        done = time.monotonic_ns()
        numbered = enumerate(zip(parts, copies), sequence)
        return done, all(part.has_marks(copy, number) for number, (part, copy) in numbered)

    # start: from the first line of a program to its first message being there.

    def start_a(self):
        ping = self.open_output("ping")
        ping.send(Stamp(self.spec.started_ns), 0)
        ping.flush()
        yield

    def start_b(self):
        ping = self.session.open_input("ping")
        yield
        times = []
        good = True
        for _ in range(self.spec.count):
            message = ping.receive()
            times.append(time.monotonic_ns() - word(message, 1))
            good &= len(message) == 16 and sequence_of(message) == 0
        self.report(16, unit="ns", **quantiles(times), verified=int(good))

    # idle: what waiting costs, all threads of the process included.

    def idle_a(self):
        ping = self.session.open_output("ping")
        yield
        ping.settle()
        # The first one connects, so that b then waits for a message and not for a connection.
        ping.send(Stamp(0), 0)
        ping.flush()
        time.sleep((self.spec.gap_ms or IDLE_MS) / 1000)
        ping.send(Stamp(0), 1)
        ping.flush()

    def idle_b(self):
        ping = self.session.open_input("ping")
        yield
        ping.receive()
        start = time.monotonic_ns()
        before = resource.getrusage(resource.RUSAGE_SELF)
        ping.receive()
        after = resource.getrusage(resource.RUSAGE_SELF)
        seconds = (time.monotonic_ns() - start) / 1e9
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        switches = after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw
        words = {"cpu_ns": round(cpu * 1e9), "switches": switches, "seconds": f"{seconds:.3f}"}
        self.report(**words, verified=1)

    # call: put, take and release in one process; against other languages, the cost of the binding.

    def call(self):
        put, take = self.session.open_both("ping")
        yield
        for size in self.spec.sizes:
            values = range(CALL_BATCH)
            if size != 8:
                values = [number.to_bytes(size, "little") for number in values]
            for _ in range(CALL_BATCHES_WARM):
                self.call_batch(put, take, values)
            times = []
            until = self.budget_end(time.monotonic_ns())
            while time.monotonic_ns() < until:
                times.append(self.call_batch(put, take, values))
            self.report(size, unit="ns", **quantiles(times, CALL_BATCH), verified=1)

    def call_batch(self, put, take, values):
        start = time.monotonic_ns()
        for value in values:
            put(value)
            if take().value != value:
                raise ValueError("another value came than was sent")
        return time.monotonic_ns() - start


def after(samples, warm):
    """All but the first, if there are more than that."""
    return samples[warm:] if len(samples) > warm else samples


def require_end(message, size, count):
    """A message that is not the one expected has to be the end of all that came before."""
    if sequence_of(message) != END:
        raise ValueError(f"message {count} of {size} bytes is damaged, or another one")
    if len(message) >= 16 and word(message, 1) != count:
        raise ValueError(f"{word(message, 1)} messages of {size} bytes were sent, {count} came")


WORKS = ("pingpong", "wake", "stream", "frame", "start", "idle", "call")
