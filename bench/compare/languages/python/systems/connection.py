"""multiprocessing.Pipe: a pair of connected Unix sockets, whose ends are forked apart.

send_bytes and recv_bytes move bytes without pickling. The sockets block, which is what holds a
sender back.
"""

import multiprocessing

from content import SMALL_BYTES_MAX

from . import Output
from . import Session as Plain

SPINS = True
COMMON_PARENT = True


class Session(Plain):
    def __init__(self, spec):
        super().__init__(spec)
        # Both directions use the one pair.
        self.a, self.b = multiprocessing.Pipe()

    def open_output(self, channel):
        return ConnectionOutput(self.a if channel == "ping" else self.b, self.spec)

    def open_input(self, channel):
        return Input(self.b if channel == "ping" else self.a, self.spec)


class ConnectionOutput(Output):
    def __init__(self, connection, spec):
        self.put = connection.send_bytes
        self.buffer = memoryview(bytearray(spec.bytes_max))

    def send(self, content, sequence):
        if content.size <= SMALL_BYTES_MAX:
            self.put(content.pack(sequence))
            return
        memory = self.buffer[: content.size]
        content.fill(memory, sequence)
        self.put(memory)


class Input:
    def __init__(self, connection, spec):
        self.poll = connection.poll
        self.take = self.receive = connection.recv_bytes
        if spec.is_spinning:
            self.receive = self.receive_spinning

    def receive_spinning(self):
        while not self.poll():
            pass
        return self.take()
