"""The mmap loop of countless demonstrations: one message, a counter and a flag in a mapped file.

The sender waits until the flag is 0, writes, counts, and sets it to 1; the receiver waits until it
is 1, reads, and sets it to 0 when it asks for the next. Blocking means to sleep 1 ms between looks,
as the demonstrations do; spinning is the same without the sleep. It relies on a processor that
keeps the order of stores, and knows nothing of ends that die.
"""

import mmap
import os
import struct
import time

from content import SMALL_BYTES_MAX

from . import Output
from . import Session as Plain

SPINS = True
COMMON_PARENT = False

# flag (a byte), then at 8 the counter, at 16 the length, at 64 the message.
FLAG = 0
COUNTER = 8
HEAD = struct.Struct("<QQ")
MESSAGE = 64
NAP_SECONDS = 0.001


class Session(Plain):
    def open_output(self, channel):
        return MappedOutput(self.map(channel), self.spec)

    def open_input(self, channel):
        return Input(self.map(channel), self.spec)

    def map(self, channel):
        descriptor = os.open(self.spec.path(channel), os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(descriptor, MESSAGE + self.spec.bytes_max)
        mapped = mmap.mmap(descriptor, MESSAGE + self.spec.bytes_max)
        os.close(descriptor)
        return mapped


class End:
    """One side of the file."""

    def __init__(self, mapped, spec):
        self.view = memoryview(mapped)
        self.is_spinning = spec.is_spinning
        self.count = HEAD.unpack_from(self.view, COUNTER)[0]

    def wait(self, flag):
        view = self.view
        if self.is_spinning:
            while view[FLAG] != flag:
                pass
        else:
            while view[FLAG] != flag:
                time.sleep(NAP_SECONDS)


class MappedOutput(End, Output):
    def send(self, content, sequence):
        self.wait(0)
        end = MESSAGE + content.size
        if content.size <= SMALL_BYTES_MAX:
            self.view[MESSAGE:end] = content.pack(sequence)
        else:
            content.fill(self.view[MESSAGE:end], sequence)
        self.count += 1
        HEAD.pack_into(self.view, COUNTER, self.count, content.size)
        self.view[FLAG] = 1


class Input(End):
    has_message = False

    def receive(self):
        if self.has_message:
            self.view[FLAG] = 0
        self.wait(1)
        count, size = HEAD.unpack_from(self.view, COUNTER)
        if count != self.count + 1:
            raise ValueError(f"message {count} comes after {self.count}")
        self.count = count
        self.has_message = True
        return self.view[MESSAGE : MESSAGE + size]
