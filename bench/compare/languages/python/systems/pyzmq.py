"""ZeroMQ through pyzmq: PUSH and PULL over a Unix socket; the input binds.

PUSH blocks at the high-water mark of 1000 messages instead of dropping. Large messages are
copied by the sender, which was quicker here than sending without a copy and waiting until the
buffer may be filled again; they are received as frames, whose buffer is ZeroMQ's own memory.
"""

import zmq

from content import SMALL_BYTES_MAX

from . import Output
from . import Session as Plain

SPINS = True
COMMON_PARENT = False


class Session(Plain):
    def __enter__(self):
        self.context = zmq.Context()
        return self

    def __exit__(self, *exception):
        # Waits until everything that was sent has left.
        self.context.destroy(linger=None if exception[0] is None else 0)

    def open_output(self, channel):
        socket = self.context.socket(zmq.PUSH)
        socket.connect(f"ipc://{self.spec.path(channel)}")
        return ZmqOutput(socket, self.spec)

    def open_input(self, channel):
        socket = self.context.socket(zmq.PULL)
        socket.bind(f"ipc://{self.spec.path(channel)}")
        return Input(socket, self.spec)


class ZmqOutput(Output):
    def __init__(self, socket, spec):
        self.put = socket.send
        self.buffer = memoryview(bytearray(spec.bytes_max))

    def send(self, content, sequence):
        if content.size <= SMALL_BYTES_MAX:
            self.put(content.pack(sequence))
            return
        memory = self.buffer[: content.size]
        content.fill(memory, sequence)
        self.put(memory)


class Input:
    def __init__(self, socket, spec):
        self.take = socket.recv
        self.is_large = spec.bytes_max > SMALL_BYTES_MAX
        if spec.is_spinning:
            self.receive = self.receive_spinning
        elif not self.is_large:
            self.receive = socket.recv

    def receive(self):
        return self.take(copy=False).buffer

    def receive_spinning(self):
        while True:
            try:
                if self.is_large:
                    return self.take(zmq.NOBLOCK, copy=False).buffer
                return self.take(zmq.NOBLOCK)
            except zmq.Again:
                pass
