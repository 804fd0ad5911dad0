import com.sun.jna.Function;
import io.github.simpleipc.Call;
import io.github.simpleipc.Client;
import io.github.simpleipc.Handle;
import io.github.simpleipc.Host;
import io.github.simpleipc.Invocation;
import io.github.simpleipc.Loan;
import io.github.simpleipc.Lock;
import io.github.simpleipc.Message;
import io.github.simpleipc.Notifier;
import io.github.simpleipc.Options;
import io.github.simpleipc.PeerWatcher;
import io.github.simpleipc.Producer;
import io.github.simpleipc.Publisher;
import io.github.simpleipc.Receiver;
import io.github.simpleipc.Request;
import io.github.simpleipc.Sender;
import io.github.simpleipc.Server;
import io.github.simpleipc.ServiceException;
import io.github.simpleipc.Setter;
import io.github.simpleipc.SimpleIpc;
import io.github.simpleipc.SipcException;
import io.github.simpleipc.Source;
import io.github.simpleipc.Status;
import io.github.simpleipc.Subscriber;
import io.github.simpleipc.Tensor;
import io.github.simpleipc.Waiter;
import io.github.simpleipc.Watcher;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The Java side of testing/interop: a command a line comes in, an answer a line goes out. */
final class Driver {
    private static final Duration ROOM = Duration.ofSeconds(10);

    private final Map<String, Handle> handles = new HashMap<>();
    private final Map<String, Call> calls = new HashMap<>();
    private Message held;
    private Request request;

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("plugin")) {
            bePlugin();
            return;
        }
        Driver driver = new Driver();
        BufferedReader input = new BufferedReader(
                new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        String line = input.readLine();
        while (line != null) {
            byte[] answer = (driver.answer(line) + "\n").getBytes(StandardCharsets.UTF_8);
            System.out.write(answer, 0, answer.length);
            System.out.flush();
            line = line.equals("quit") ? null : input.readLine();
        }
    }

    /** Serves `add` and `crash`, until its host ends it. */
    private static void bePlugin() throws InterruptedException {
        System.out.println("hello from java");
        try (Server server = Server.plugin()) {
            server.on("add", call -> call.arg(0, Long.class) + call.arg(1, Long.class));
            server.on("crash", call -> Function.getFunction("c", "abort").invokeInt(new Object[0]));
            server.serve();
        }
    }

    private String answer(String line) {
        String[] all = line.split(" ");
        try {
            String answer = act(all[0], Arrays.copyOfRange(all, 1, all.length));
            return answer == null ? "ok" : answer;
        } catch (ServiceException refusal) {
            return "failed " + refusal.code() + " " + Notation.print(refusal.getMessage()) + " "
                    + Notation.print(refusal.data());
        } catch (SipcException error) {
            return "error " + error.status() + " " + error.getMessage();
        } catch (Exception error) {
            return "error " + Status.BAD_ARGUMENT + " " + error;
        }
    }

    private String act(String command, String[] words) throws InterruptedException {
        switch (command) {
            case "hello":
                return "ok java " + SimpleIpc.version();
            case "open":
                handles.put(words[0], open(words[1], words[2], words));
                return null;
            case "put":
                put(handles.get(words[0]), Notation.read(words[1]), words.length > 2
                        ? Long.parseLong(words[2].substring("capture=".length())) : 0);
                return null;
            case "loan":
                return loan((Producer) handles.get(words[0]), Notation.read(words[1]));
            case "once":
                return once(words[0], words[1], words.length > 2 ? words[2] : null);
            case "take":
            case "hold":
                return take(command, (Source<?>) handles.get(words[0]), milliseconds(words[1]));
            case "puts":
            case "loans":
            case "takes":
            case "calls":
            case "serves":
                return Loops.repeat(command, handles.get(words[0]), words);
            case "get":
                return describe(watcher(words).get(milliseconds(words[1])));
            case "put_if":
                return putIf((Setter) handles.get(words[0]), Notation.read(words[1]), words[2]);
            case "notify":
                ((Notifier) handles.get(words[0])).signal();
                return null;
            case "wait":
                Waiter waiter = (Waiter) handles.get(words[0]);
                return "count " + waiter.await(milliseconds(words[1]));
            case "lock":
                Lock lock = (Lock) handles.get(words[0]);
                long pid = lock.lock(milliseconds(words[1])).abandonedPid();
                return "ok abandoned=" + flag(pid != 0);
            case "unlock":
                ((Lock) handles.get(words[0])).unlock();
                return null;
            case "misuse":
                return Misuse.of(words[0], words[1], handles.get(words[1]));
            case "close":
                handles.remove(words[0]).close();
                return null;
            case "quit":
                handles.values().forEach(Handle::close);
                return null;
            default:
                return serviceAct(command, words);
        }
    }

    private String serviceAct(String command, String[] words) throws InterruptedException {
        switch (command) {
            case "call":
                return call((Client) handles.get(words[0]), words);
            case "result":
                try (Message reply = calls.get(words[1]).reply(milliseconds(words[2]))) {
                    return "reply " + Notation.print(reply.value()) + " more="
                            + flag(reply.hasMore());
                }
            case "cancel":
                calls.get(words[1]).cancel();
                return null;
            case "serve":
                if (request != null) {
                    request.close();
                }
                request = ((Server) handles.get(words[0])).receive(milliseconds(words[1]));
                return "request " + request.method() + " " + Notation.print(request.args())
                        + " oneway=" + flag(request.isOneWay());
            case "reply":
                if (words.length > 1) {
                    request.push(Notation.read(words[0]));
                } else {
                    request.reply(Notation.read(words[0]));
                    request.close();
                }
                return null;
            case "fail":
                request.fail(Long.parseLong(words[0]), (String) Notation.read(words[1]),
                        Notation.read(words[2]));
                request.close();
                return null;
            case "cancelled":
                return "cancelled " + flag(request.isCancelled());
            case "start":
                String[] args = ((List<?>) Notation.read(words[3])).toArray(new String[0]);
                Host.Plugin plugin =
                        new Host.Plugin(words[1], (String) Notation.read(words[2]), args);
                ((Host) handles.get(words[0])).start(
                        plugin.restarts(Integer.parseInt(words[4]), null));
                return null;
            case "stop":
                ((Host) handles.get(words[0])).stop(words[1]);
                return null;
            case "event":
                return event((Host) handles.get(words[0]), milliseconds(words[1]));
            case "peer":
                PeerWatcher watcher = (PeerWatcher) handles.get(words[0]);
                try (Message message = watcher.receive(milliseconds(words[1]))) {
                    Map<?, ?> peer = message.value(Map.class);
                    return "peer " + peer.get("event") + " " + peer.get("role") + " "
                            + peer.get("language") + " " + peer.get("pid");
                }
            default:
                throw new IllegalArgumentException("there is no command " + command);
        }
    }

    private static Handle open(String role, String name, String[] words) {
        Options options = new Options();
        for (String word : Arrays.asList(words).subList(3, words.length)) {
            String[] parts = word.split("=");
            int number = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
            switch (parts[0]) {
                case "lossless" -> options.lossless();
                case "latest" -> options.latest();
                case "history" -> options.history(number);
                case "depth" -> options.depth(number);
                case "permits" -> options.permits(number);
                default -> throw new IllegalArgumentException(word);
            }
        }
        return switch (role) {
            case "publish" -> new Publisher(name, options);
            case "subscribe" -> new Subscriber(name, options);
            case "send" -> new Sender(name, options);
            case "receive" -> new Receiver(name, options);
            case "set" -> new Setter(name, options.timeout(ROOM));
            case "watch" -> new Watcher(name, options);
            case "notify" -> new Notifier(name, options);
            case "wait" -> new Waiter(name, options);
            case "lock" -> new Lock(name, options);
            case "call" -> new Client(name, options);
            case "serve" -> new Server(name, options);
            case "host" -> new Host(name, options);
            case "peers" -> new PeerWatcher(name, options);
            default -> throw new IllegalArgumentException("there is no role " + role);
        };
    }

    private static void put(Handle handle, Object value, long capture) throws InterruptedException {
        if (handle instanceof Publisher publisher) {
            publisher.publish(value, capture, ROOM);
        } else if (handle instanceof Sender sender) {
            sender.send(value, capture, ROOM);
        } else {
            ((Setter) handle).set(value, capture, ROOM);
        }
    }

    private static String loan(Producer producer, Object value) throws InterruptedException {
        if (value instanceof byte[] bytes) {
            try (Loan loan = producer.loan(bytes.length)) {
                loan.data().put(bytes);
                loan.put();
            }
        } else {
            Tensor tensor = (Tensor) value;
            try (Loan loan = producer.loan(tensor.dtype(), tensor.shape(), tensor.format())) {
                loan.data().put(tensor.data());
                loan.put();
            }
        }
        return null;
    }

    private String once(String verb, String name, String word) throws InterruptedException {
        switch (verb) {
            case "send" -> SimpleIpc.send(name, Notation.read(word));
            case "publish" -> SimpleIpc.publish(name, Notation.read(word));
            case "set" -> SimpleIpc.set(name, Notation.read(word));
            case "notify" -> SimpleIpc.signal(name);
            case "get" -> {
                return describe(SimpleIpc.get(name, milliseconds(word)));
            }
            case "wait" -> {
                return "count " + SimpleIpc.await(name, milliseconds(word));
            }
            default -> throw new IllegalArgumentException(verb);
        }
        return null;
    }

    private String take(String command, Source<?> source, Duration timeout)
            throws InterruptedException {
        if (held != null) {
            held.close();
            held = null;
        }
        Message message = (Message) source.receive(timeout);
        if (command.equals("take")) {
            return describe(message);
        }
        held = message;
        return facts(message);
    }

    private Watcher watcher(String[] words) {
        return (Watcher) handles.get(words[0]);
    }

    private static String putIf(Setter setter, Object value, String expected)
            throws InterruptedException {
        boolean isSet = expected.equals("new")
                ? setter.setFirst(value) : setter.setIf(value, Long.parseUnsignedLong(expected));
        return isSet ? null : "error " + Status.CONFLICT + " the value is another one";
    }

    private String call(Client client, String[] words) throws InterruptedException {
        Object args = Notation.read(words[2]);
        Invocation invocation = client.method(words[1]);
        if (args instanceof Map<?, ?> named) {
            Map<String, Object> copy = new LinkedHashMap<>();
            named.forEach((key, value) -> copy.put((String) key, value));
            invocation.named(copy);
        } else if (args != null) {
            invocation.args(((List<?>) args).toArray());
        }
        String manner = words.length > 3 ? words[3] : "";
        if (manner.equals("oneway")) {
            invocation.send();
            return "call 0";
        }
        String number = Integer.toString(calls.size() + 1);
        calls.put(number, manner.isEmpty() ? invocation.start() : invocation.idempotent().start());
        return "call " + number;
    }

    private static String event(Host host, Duration timeout) throws InterruptedException {
        try (Message message = host.receive(timeout)) {
            Map<?, ?> event = message.value(Map.class);
            Object fact = switch ((String) event.get("event")) {
                case "failed" -> event.get("text");
                case "ready" -> event.get("methods");
                case "output" -> List.of(event.get("stream"), event.get("text"));
                case "ended" -> event.get("code");
                case "killed" -> event.get("signal");
                case "restarting" -> event.get("after_ms");
                default -> null;
            };
            return "event " + event.get("event") + " " + event.get("plugin") + " "
                    + Notation.print(fact);
        }
    }

    private static String describe(Message message) {
        try (message) {
            return facts(message);
        }
    }

    private static String facts(Message message) {
        boolean isAged = message.publishTimeNs() > 0
                && message.publishTimeNs() <= message.receiveTimeNs();
        return "value " + Notation.print(message.value())
                + " seq=" + Long.toUnsignedString(message.sequence())
                + " missed=" + Long.toUnsignedString(message.missed())
                + " redelivered=" + flag(message.isRedelivered())
                + " capture=" + message.captureTimeNs()
                + " aged=" + flag(isAged);
    }

    private static Duration milliseconds(String word) {
        return Duration.ofMillis(Long.parseLong(word));
    }

    private static int flag(boolean is) {
        return is ? 1 : 0;
    }
}
