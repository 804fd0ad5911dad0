"""multiprocessing.Queue: both ends are forked from one process.

The queue is bounded, which is what holds the sender back; a thread of its own pickles what was put
and writes it to a pipe. An object must not change once it has been put, so large messages are
copied into a new `bytes`.
"""

import multiprocessing
from queue import Empty

from content import SMALL_BYTES_MAX

from . import Output
from . import Session as Plain

SPINS = True
COMMON_PARENT = True
DEPTH = 1024


class Session(Plain):
    def __init__(self, spec):
        super().__init__(spec)
        fork = multiprocessing.get_context("fork")
        self.queues = {channel: fork.Queue(DEPTH) for channel in ("ping", "pong")}

    def __exit__(self, *exception):
        for queue in self.queues.values():
            queue.close()
            queue.join_thread()  # which may still have to send what was put

    def open_output(self, channel):
        return QueueOutput(self.queues[channel], self.spec)

    def open_input(self, channel):
        return Input(self.queues[channel], self.spec)


class QueueOutput(Output):
    def __init__(self, queue, spec):
        self.put = queue.put
        self.buffer = memoryview(bytearray(spec.bytes_max))

    def send(self, content, sequence):
        if content.size <= SMALL_BYTES_MAX:
            self.put(content.pack(sequence))
            return
        memory = self.buffer[: content.size]
        content.fill(memory, sequence)
        self.put(bytes(memory))


class Input:
    def __init__(self, queue, spec):
        self.receive = queue.get
        if spec.is_spinning:
            self.try_get = queue.get_nowait
            self.receive = self.receive_spinning

    def receive_spinning(self):
        while True:
            try:
                return self.try_get()
            except Empty:
                pass
