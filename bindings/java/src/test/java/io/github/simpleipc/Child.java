package io.github.simpleipc;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Another process of the tests: it does what its first argument says. */
final class Child implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(20);

    final Process process;
    private final BufferedReader output;

    private Child(Process process) {
        this.process = process;
        output = process.inputReader();
    }

    /** Starts one; what it prints can be read. */
    static Child start(String... words) throws IOException {
        List<String> command = new ArrayList<>(command());
        command.addAll(Arrays.asList(words));
        ProcessBuilder builder = new ProcessBuilder(command);
        return new Child(builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    static List<String> command() {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return List.of(java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), Child.class.getName());
    }

    String line() throws IOException {
        return output.readLine();
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }

    public static void main(String[] words) throws Exception {
        switch (words[0]) {
            case "take" -> {
                try (Receiver receiver = new Receiver(words[1]);
                        Message kept = receiver.receive(SOON)) {
                    say("taken " + kept.value());
                    Thread.sleep(SOON.toMillis());
                }
            }
            case "lock" -> {
                try (Lock lock = new Lock(words[1]); Lock.Held held = lock.lock(SOON)) {
                    say("locked " + held.abandonedPid());
                    Thread.sleep(SOON.toMillis());
                }
            }
            case "wait" -> {
                Receiver receiver = new Receiver(words[1]);
                say("waiting");
                receiver.receive();
            }
            case "guest" -> {
                SimpleIpc.identify("guest");
                Receiver receiver = new Receiver(words[1]);
                say("open " + receiver.fd());
                Thread.sleep(SOON.toMillis());
            }
            case "die" -> {
                Server server = new Server(words[1]);
                server.on("do", request -> {
                    say("dies");
                    Runtime.getRuntime().halt(1);
                    return null;
                });
                say("serving");
                server.serve();
            }
            case "plugin" -> {
                Server server = Server.plugin();
                server.on("add",
                        request -> request.arg(0, Long.class) + request.arg(1, Long.class));
                server.on("crash", request -> ProcessHandle.current().pid());
                server.serve();
            }
            case "clean" -> SimpleIpc.clean(null, Duration.ZERO);
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
