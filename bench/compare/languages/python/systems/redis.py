"""Redis through redis-py: a list as the queue, on a server that role b starts on a Unix socket.

RPUSH answers how long the list has become: a sender that is too far ahead waits, since Redis itself
would grow instead. Streams push and pop 64 messages with one command, as the documentation
recommends for throughput; a message on its own costs each side a round trip to the server. Nothing
is saved to disk. The server may run on any core.
"""

import collections
import os
import subprocess
import time

import redis

from content import SMALL_BYTES_MAX

from . import Output
from . import Session as Plain

SPINS = False
COMMON_PARENT = False
DEPTH = 1024
BATCH = 64
BATCH_BYTES = 1 << 20
START_SECONDS_MAX = 10


class Session(Plain):
    server = None

    def __enter__(self):
        path = self.spec.path("redis.sock")
        if self.spec.role == "b":
            self.server = start_server(path, self.spec.dir)
        self.client = redis.Redis(unix_socket_path=path)
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self.client.ping()
                return self
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def __exit__(self, *exception):
        self.client.close()
        if self.server is not None:
            self.server.terminate()
            self.server.wait()

    def open_output(self, channel):
        is_batched = self.spec.work == "stream" and channel == "ping"
        kind = BatchOutput if is_batched else RedisOutput
        return kind(self.client, channel, self.spec)

    def open_input(self, channel):
        # A connection that waits cannot be used for anything else meanwhile.
        client = redis.Redis(unix_socket_path=self.spec.path("redis.sock"))
        is_batched = self.spec.work == "stream" and channel == "ping"
        return (BatchInput if is_batched else Input)(client, channel)


def start_server(path, directory):
    words = ["redis-server", "--port", "0", "--unixsocket", path, "--save", ""]
    words += ["--appendonly", "no", "--dir", directory, "--logfile", ""]
    server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.sched_setaffinity(server.pid, range(os.cpu_count()))
    return server


class RedisOutput(Output):
    def __init__(self, client, channel, spec):
        self.client = client
        self.channel = channel
        self.buffer = memoryview(bytearray(spec.bytes_max))

    def message(self, content, sequence):
        if content.size <= SMALL_BYTES_MAX:
            return content.pack(sequence)
        memory = self.buffer[: content.size]
        content.fill(memory, sequence)
        return memory

    def send(self, content, sequence):
        ahead = self.client.rpush(self.channel, self.message(content, sequence))
        self.wait_for_room(ahead)

    def wait_for_room(self, ahead):
        while ahead >= DEPTH:
            time.sleep(0.0001)
            ahead = self.client.llen(self.channel)


class BatchOutput(RedisOutput):
    def __init__(self, client, channel, spec):
        super().__init__(client, channel, spec)
        self.messages = []
        self.bytes = 0

    def send(self, content, sequence):
        message = self.message(content, sequence)
        # A buffer that is filled again for the next message has to be copied.
        self.messages.append(message if isinstance(message, bytes) else bytes(message))
        self.bytes += content.size
        if len(self.messages) == BATCH or self.bytes >= BATCH_BYTES:
            self.flush()

    def flush(self):
        if self.messages:
            ahead = self.client.rpush(self.channel, *self.messages)
            self.messages.clear()
            self.bytes = 0
            self.wait_for_room(ahead)


class Input:
    def __init__(self, client, channel):
        self.client = client
        self.channel = channel

    def receive(self):
        return self.client.blpop(self.channel)[1]


class BatchInput(Input):
    def __init__(self, client, channel):
        super().__init__(client, channel)
        self.messages = collections.deque()

    def receive(self):
        if not self.messages:
            _, batch = self.client.blmpop(0, 1, self.channel, direction="LEFT", count=BATCH)
            self.messages.extend(batch)
        return self.messages.popleft()
