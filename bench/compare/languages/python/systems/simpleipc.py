"""SimpleIPC through its wheel: a topic with a lossless subscriber, or a queue.

Messages bear no time unless the system is called simpleipc-stamped, as in the Rust worker. Small
messages are put as bytes, which is what most programs do; large ones are filled into a loan and
looked at in place. Messages are taken by iterating over the handle; one that spins has a time of 0,
so that its loops end as soon as there is nothing.
"""

import operator

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
    """Iterates over the values of the messages, or over their buffers if some are large."""

    def __init__(self, handle, spec):
        fact = "buffer" if spec.bytes_max > SMALL_BYTES_MAX else "value"
        self.contents = map(operator.attrgetter(fact), handle)
        self.receive = self.contents.__next__


class SpinInput(Input):
    def __init__(self, handle, spec):
        super().__init__(handle, spec)
        self.receive = self.receive_spinning

    def receive_spinning(self):
        while True:
            for content in self.contents:
                return content
