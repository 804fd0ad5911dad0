"""iceoryx2 through its wheel: a publish-subscribe service of byte slices.

Lossless: no overflow, and a publisher that retries until the message is delivered. A receiver that
blocks waits for an event service, which the sender notifies after each message, as the event
examples of iceoryx2 do; one that spins needs no events.

A subscriber connects when it first receives; what does not fit into its buffer until then is
dropped. So it says by an event of its own that it has, and outputs that send many wait for that.
"""

import ctypes
import time

import iceoryx2 as iox2

from . import Output
from . import Session as Plain

SPINS = True
COMMON_PARENT = False
DEPTH = 256
WAIT_MS_MAX = 500  # for what notifies nobody, such as a sender that has died
LINGER_SECONDS = 0.05


class Session(Plain):
    def __enter__(self):
        iox2.set_log_level(iox2.LogLevel.Error)
        config = iox2.config.default()
        config.global_cfg.prefix = iox2.FileName.new(f"{self.spec.unique}_")
        config.global_cfg.root_path = iox2.Path.new(self.spec.path("iceoryx2"))
        self.node = iox2.NodeBuilder.new().config(config).create(iox2.ServiceType.Ipc)
        return self

    def __exit__(self, *exception):
        if self.spec.work == "start" and self.spec.role == "a":
            # What a publisher has sent goes with it, unless the subscriber has seen it before.
            time.sleep(LINGER_SECONDS)
        self.node = None

    def open_service(self, channel):
        name = iox2.ServiceName.new(channel)
        builder = self.node.service_builder(name).publish_subscribe(iox2.Slice[ctypes.c_uint8])
        depth = 4 if self.spec.bytes_max > 1 << 20 else DEPTH
        builder = builder.enable_safe_overflow(False).subscriber_max_buffer_size(depth)
        return builder.open_or_create()

    def open_event(self, channel):
        name = iox2.ServiceName.new(channel)
        return self.node.service_builder(name).event().open_or_create()

    def open_output(self, channel):
        builder = self.open_service(channel).publisher_builder()
        builder = builder.initial_max_slice_len(self.spec.bytes_max)
        strategy = iox2.BackpressureStrategy.RetryUntilDelivered
        publisher = builder.backpressure_strategy(strategy).create()
        # Acknowledgements and first messages fit into the buffer.
        is_patient = channel == "ping" and self.spec.work != "start"
        greeting = self.open_greeting(channel).listener_builder().create() if is_patient else None
        if self.spec.is_spinning:
            return LoanOutput(publisher, greeting)
        notifier = self.open_event(channel).notifier_builder().create()
        return NotifyingOutput(publisher, greeting, notifier)

    def open_input(self, channel):
        subscriber = self.open_service(channel).subscriber_builder().create()
        greeting = self.open_greeting(channel).notifier_builder().create()
        if self.spec.is_spinning:
            return Input(subscriber, greeting)
        listener = self.open_event(channel).listener_builder().create()
        return ListeningInput(subscriber, greeting, listener)

    def open_greeting(self, channel):
        return self.open_event(f"{channel}/connected")


class LoanOutput(Output):
    def __init__(self, publisher, greeting):
        self.loan = publisher.loan_slice_uninit
        self.greeting = greeting

    def settle(self):
        if self.greeting is not None:
            self.greeting.blocking_wait()

    def send(self, content, sequence):
        sample = self.loan(content.size)
        content.fill(sample.payload().as_memory_view(), sequence)
        sample.assume_init().send()


class NotifyingOutput(LoanOutput):
    def __init__(self, publisher, greeting, notifier):
        super().__init__(publisher, greeting)
        self.notify = notifier.notify

    def send(self, content, sequence):
        super().send(content, sequence)
        self.notify()


class Input:
    def __init__(self, subscriber, greeting):
        self.subscriber = subscriber
        self.take = subscriber.receive
        self.greeting = greeting
        self.sample = None  # what the message before lies in

    def receive(self):
        self.sample = None
        if self.greeting is not None:
            self.greet()
        while True:
            sample = self.take()
            if sample is not None:
                self.sample = sample
                return sample.payload().as_memory_view()
            self.wait()

    def greet(self):
        self.subscriber.has_samples()  # connects
        self.greeting.notify()
        self.greeting = None

    def wait(self):
        """Looks again at once."""


class ListeningInput(Input):
    def __init__(self, subscriber, greeting, listener):
        super().__init__(subscriber, greeting)
        self.listener = listener
        self.wait_max = iox2.Duration.from_millis(WAIT_MS_MAX)

    def wait(self):
        self.listener.timed_wait(self.wait_max)
