import io.github.simpleipc.Handle;
import io.github.simpleipc.Receiver;
import io.github.simpleipc.Sender;
import io.github.simpleipc.Server;
import io.github.simpleipc.SipcException;
import io.github.simpleipc.Status;
import java.math.BigInteger;
import java.time.Duration;

/** What the driver does wrong on purpose, and how that ends; described in testing/interop. */
final class Misuse {
    private Misuse() {
    }

    static String of(String kind, String id, Handle handle) throws InterruptedException {
        try {
            switch (kind) {
                case "type" -> ((Sender) handle).send((Runnable) () -> { });
                case "range" -> ((Sender) handle).send(BigInteger.ONE.shiftLeft(64));
                case "text" -> ((Sender) handle).send("caf\ud800");
                case "closed" -> useClosed(id);
                case "thread" -> useFromTwoThreads((Receiver) handle);
                case "forgotten" -> forget((Receiver) handle);
                case "handler" -> failInHandler((Server) handle);
                default -> throw new IllegalStateException("there is no misuse " + kind);
            }
            return "ok";
        } catch (SipcException | IllegalArgumentException refusal) {
            return "refused " + refusal.getMessage();
        }
    }

    private static void useClosed(String name) throws InterruptedException {
        Sender sender = new Sender(name);
        sender.close();
        sender.close();
        sender.send(1);
    }

    private static void useFromTwoThreads(Receiver receiver) throws InterruptedException {
        Thread waiting = new Thread(() -> waitInside(receiver));
        waiting.start();
        try {
            look(receiver);
        } finally {
            receiver.interrupt();
            waiting.join();
        }
    }

    private static void waitInside(Receiver receiver) {
        int status = Status.BUSY;
        while (status == Status.BUSY) { // which it is while the other one looks
            try {
                receiver.receive().close();
            } catch (SipcException.Retry retry) {
                status = retry.status();
            } catch (InterruptedException end) {
                return;
            }
        }
    }

    private static void look(Receiver receiver) throws InterruptedException {
        while (true) {
            try {
                receiver.receive(Duration.ZERO).close();
            } catch (SipcException.Timeout nothing) {
                Thread.yield();
            }
        }
    }

    private static void forget(Receiver receiver) throws InterruptedException {
        receiver.receive();
        System.gc();
    }

    private static void failInHandler(Server server) throws InterruptedException {
        server.on("boom", request -> {
            server.interrupt();
            throw new IllegalStateException("boom");
        });
        server.serve();
    }
}
