"""SimpleIPC through its wheel: a topic with a lossless subscriber, or a queue.

Messages bear no time unless the system is called simpleipc-stamped, as in the Rust worker. Small
messages are put as bytes, which is what most programs do; large ones are filled into a loan and
looked at in place. A receiver that spins asks the iterator of a handle whose time is 0: that is the
call that answers "nothing" without an exception.
"""

import simpleipc as ipc

from content import SMALL_BYTES_MAX

from . import Output
from . import Session as Plain

SPINS = True
COMMON_PARENT = False


class Session(Plain):
    def open_output(self, channel):
        return LoanOutput(self.open_producer(channel))

    def open_input(self, channel):
        spec = self.spec
        consumer = self.open_consumer(channel, 0 if spec.is_spinning else None)
        return (SpinInput if spec.is_spinning else Input)(consumer, spec)

    def open_both(self, channel):
        take = self.open_consumer(channel, None).receive
        return LoanOutput(self.open_producer(channel)).put, take

    def open_producer(self, channel):
        options = {
            "unstamped": self.spec.system != "simpleipc-stamped",
            "directory": self.spec.dir,
        }
        if self.spec.pattern == "queue":
            return ipc.Sender(channel, **options)
        return ipc.Publisher(channel, **options)

    def open_consumer(self, channel, timeout):
        options = {"timeout": timeout, "directory": self.spec.dir}
        if self.spec.pattern == "queue":
            return ipc.Receiver(channel, **options)
        return ipc.Subscriber(channel, lossless=True, **options)


class LoanOutput(Output):
    def __init__(self, handle):
        self.handle = handle
        self.put = handle.send if isinstance(handle, ipc.Sender) else handle.publish

    def send(self, content, sequence):
        if content.size <= SMALL_BYTES_MAX:
            self.put(content.pack(sequence))
            return
        memory = self.handle.loan_bytes(content.size)
        content.fill(memory, sequence)
        self.put(memory)


class Input:
    def __init__(self, handle, spec):
        self.handle = handle
        self.take = handle.receive
        if spec.bytes_max > SMALL_BYTES_MAX:
            self.receive = self.receive_in_place

    def receive(self):
        return self.take().value

    def receive_in_place(self):
        return self.take().buffer


class SpinInput(Input):
    def __init__(self, handle, spec):
        super().__init__(handle, spec)
        self.take = self.take_spinning

    def take_spinning(self):
        handle = self.handle
        message = None
        while message is None:
            message = next(handle, None)
        return message
