// Every pattern once, in one program; each part could be in a program of its own.

import io.github.simpleipc.*;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;

final class Tour {
    public static void main(String[] args) throws InterruptedException {
        Duration soon = Duration.ofSeconds(20);
        Options patient = new Options().timeout(soon);

        // A queue: each message goes to one receiver.
        SimpleIpc.send("tour.queue", "hello");
        try (Receiver receiver = new Receiver("tour.queue")) {
            try (Message message = receiver.receive(soon)) {
                System.out.println("queue: " + message.value());
            }
            try {
                receiver.receive(Duration.ZERO);
            } catch (SipcException.Timeout nothing) {
                System.out.println("queue: nothing more");
            }
        }

        // A topic: every subscriber gets every message. The frame is filled where it is read.
        try (Subscriber subscriber = new Subscriber("tour.topic", patient);
                Publisher publisher = new Publisher("tour.topic")) {
            publisher.publish(42);
            try (Message message = subscriber.receive()) {
                System.out.println("topic: " + message.value());
            }
            try (Loan frame = publisher.loan(Dtype.U8, new long[] {4, 6, 3}, "rgb8")) {
                ByteBuffer pixels = frame.data();
                while (pixels.hasRemaining()) {
                    pixels.put((byte) 7);
                }
                frame.put(SimpleIpc.nowNs());
            }
            try (Message message = subscriber.receive()) {
                Tensor tensor = message.value(Tensor.class);
                System.out.println("topic: " + Arrays.toString(tensor.shape()) + " "
                        + tensor.format() + " " + tensor.data().get(0));
            }
        }

        // A state: the latest value, for whoever comes whenever.
        try (Setter setter = new Setter("tour.state");
                Watcher watcher = new Watcher("tour.state", patient)) {
            setter.set(30);
            long seen;
            try (Message speed = watcher.get()) {
                System.out.println("state: " + speed.value());
                seen = speed.sequence();
            }
            boolean isSet = setter.setIf(31, seen); // false if somebody else has set it since
            try (Message speed = watcher.receive()) {
                System.out.println("state: " + speed.value() + " " + isSet);
            }
        }

        // A signal: something has happened.
        try (Waiter waiter = new Waiter("tour.signal")) {
            SimpleIpc.signal("tour.signal");
            System.out.println("signal: " + waiter.await(soon));
        }

        // A lock: one owner at a time, and free when it dies.
        try (Lock lock = new Lock("tour.lock"); Lock.Held held = lock.lock(soon)) {
            System.out.println("lock: died with it: " + held.abandonedPid());
        }

        // A service; server.on("add", request -> ...) and server.serve() are the usual way.
        try (Server server = new Server("tour.service");
                Client client = new Client("tour.service");
                Call call = client.method("add").args(1, 2).start()) {
            try (Request request = server.receive(soon)) {
                System.out.println("service: " + request.method() + " " + request.args());
                request.reply(request.arg(0, Long.class) + request.arg(1, Long.class));
            }
            System.out.println("service: " + call.result(soon));
        }
    }
}
