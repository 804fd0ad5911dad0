import io.github.simpleipc.Client;
import io.github.simpleipc.Dtype;
import io.github.simpleipc.Handle;
import io.github.simpleipc.Loan;
import io.github.simpleipc.Message;
import io.github.simpleipc.Receiver;
import io.github.simpleipc.Request;
import io.github.simpleipc.Sender;
import io.github.simpleipc.Server;
import io.github.simpleipc.Tensor;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The plurals: the same verb many times, in loops that are measured from outside. */
final class Loops {
    private static final Duration ROOM = Duration.ofSeconds(10);

    private Loops() {}

    /** One of them. */
    static String repeat(String command, Handle handle, String[] words)
            throws InterruptedException {
        int count = Integer.parseInt(words[words.length - 1]);
        switch (command) {
            case "puts" -> puts((Sender) handle, Notation.read(words[1]), count);
            case "loans" -> loans((Sender) handle, Long.parseLong(words[1]),
                    Long.parseLong(words[2]), count);
            case "takes" -> {
                return "sum " + takes((Receiver) handle, count);
            }
            case "calls" -> {
                return "sum " + calls((Client) handle, count);
            }
            default -> serves((Server) handle, count);
        }
        return null;
    }

    private static void puts(Sender sender, Object value, int count) throws InterruptedException {
        for (int turn = 0; turn < count; turn++) {
            sender.send(value, 0, ROOM);
        }
    }

    /** Of each frame only the ends are written: what it costs to fill is not the library's. */
    private static void loans(Sender sender, long height, long width, int count)
            throws InterruptedException {
        for (int turn = 0; turn < count; turn++) {
            try (Loan loan = sender.loan(Dtype.U8, new long[] {height, width, 3}, "")) {
                ByteBuffer data = loan.data();
                data.put(0, (byte) 1);
                data.put(data.limit() - 1, (byte) 2);
                loan.put();
            }
        }
    }

    /** Adds up sequence numbers and both ends of the data. */
    private static long takes(Receiver receiver, int count) throws InterruptedException {
        long sum = 0;
        for (int turn = 0; turn < count; turn++) {
            try (Message message = receiver.receive(ROOM)) {
                sum += message.sequence() + ends(message.value());
            }
        }
        return sum;
    }

    private static int ends(Object value) {
        if (value instanceof byte[] bytes) {
            return Byte.toUnsignedInt(bytes[0]) + Byte.toUnsignedInt(bytes[bytes.length - 1]);
        }
        ByteBuffer data = ((Tensor) value).data();
        return Byte.toUnsignedInt(data.get(0)) + Byte.toUnsignedInt(data.get(data.limit() - 1));
    }

    /** Adds up the results of `add`. */
    private static long calls(Client client, int count) throws InterruptedException {
        long sum = 0;
        for (int turn = 0; turn < count; turn++) {
            sum += (Long) client.call("add", 2, 3);
        }
        return sum;
    }

    private static void serves(Server server, int count) throws InterruptedException {
        for (int turn = 0; turn < count; turn++) {
            try (Request request = server.receive(ROOM)) {
                request.reply(request.arg(0, Long.class) + request.arg(1, Long.class));
            }
        }
    }
}
