package io.github.simpleipc;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.Test;

public class ServicesTest {
    private static final Duration SOON = Child.SOON;
    private static final Options PATIENT = new Options().timeout(SOON);

    /** What is done with a client while its server serves in a thread of its own. */
    private interface Calls {
        void with(Client client) throws Exception;
    }

    private static void serving(Server server, String name, Calls calls) throws Exception {
        FutureTask<Boolean> serving = ChannelsTest.background(() -> {
            server.serve();
            return true;
        });
        try (server; Client client = new Client(name, PATIENT)) {
            calls.with(client);
        }
        assertTrue(serving.get(SOON.toSeconds(), TimeUnit.SECONDS));
    }

    private static long codeOf(Client client, String method, Object... args) {
        return assertThrows(ServiceException.class, () -> client.call(method, args)).code();
    }

    @Test
    public void aMethodIsCalledWithPlacesOrNames() throws Exception {
        Server server = new Server("calc");
        server.on("add", request -> request.arg(0, Long.class) + request.arg(1, Long.class));
        server.on("args", Request::args);
        server.on("list", Request::list);
        serving(server, "calc", client -> {
            assertEquals(3L, client.call("add", 1, 2));
            assertEquals(3L, client.method("add").named(Map.of("a", 1, "b", 2)).call());
            assertEquals(null, client.call("args"));
            assertEquals(Arrays.asList((Object) null), client.call("args", (Object[]) null));
            assertEquals(List.of(List.of(1L)), client.call("args", List.of(1)));
            assertEquals(Map.of("x", 1L), client.method("args").named(Map.of("x", 1)).call());
            assertEquals(List.of(), client.call("list"));
            assertEquals(ServiceException.BAD_ARGUMENTS, codeOf(client, "add", 1));
            assertEquals(ServiceException.BAD_ARGUMENTS, codeOf(client, "add", 1, "2"));
            assertThrows(IllegalArgumentException.class, () -> client.call("add", new Object()));
        });
    }

    private static long deep(long number) {
        return deep(number + 1) + 1;
    }

    @Test
    public void aHandlerThatThrowsIsAnErrorOfItsCallerAndTheServerGoesOn() throws Exception {
        Server server = new Server("bank");
        server.on("no", request -> {
            throw new ServiceException(17, "empty", Map.of("left", 3));
        });
        server.on("zero", request -> 1 / (request.list().size() - request.list().size()));
        server.on("deep", request -> deep(0));
        server.on("odd", request -> new Object());
        server.on("text", request -> "\ud83d");
        server.on("badly", request -> {
            throw new IllegalStateException("\ud83d");
        });
        server.on("checked", request -> {
            throw new Exception("checked");
        });
        server.on("fine", request -> 1);
        serving(server, "bank", client -> {
            ServiceException error =
                    assertThrows(ServiceException.class, () -> client.call("no"));
            assertEquals(17, error.code());
            assertEquals("empty", error.getMessage());
            assertEquals(Map.of("left", 3L), error.data());
            for (String method : List.of("zero", "deep", "odd", "text", "badly", "checked")) {
                assertEquals(method, ServiceException.BROKEN, codeOf(client, method));
            }
            assertEquals(ServiceException.NO_SUCH_METHOD, codeOf(client, "unknown"));
            assertEquals(1L, client.call("fine"));
        });
    }

    @Test
    public void repliesAreStreamedOneByOne() throws Exception {
        Server server = new Server("log");
        server.on("count", request -> {
            for (long number = 0; number < request.arg(0, Long.class); number++) {
                request.push(number);
            }
            return "the end";
        });
        serving(server, "log", client -> {
            List<Object> seen = new ArrayList<>();
            try (Call call = client.method("count").args(3).start()) {
                assertEquals("the end", call.forEach(SOON, seen::add));
            }
            assertEquals(List.of(0L, 1L, 2L), seen);
            assertEquals("the end", client.call("count", 3));
        });
    }

    @Test
    public void aCallCanBeCancelledAndTheServerLearnsIt() throws InterruptedException {
        try (Server server = new Server("long"); Client client = new Client("long")) {
            Call call = client.method("work").start();
            try (Request request = server.receive(SOON)) {
                assertFalse(request.isCancelled());
                assertThrows(SipcException.Timeout.class, () -> call.reply(Duration.ofMillis(10)));
                call.cancel();
                assertTrue(request.isCancelled());
                assertEquals(Status.CANCELLED, ChannelsTest.statusOf(
                        SipcException.Retry.class, () -> request.push(1)));
            }
            assertEquals(Status.CANCELLED, ChannelsTest.statusOf(
                    SipcException.Retry.class, () -> call.reply(SOON)));
            assertThrows(SipcException.Timeout.class,
                    () -> client.method("work").call(Duration.ofMillis(10)));
        }
    }

    @Test
    public void aCallThatNobodyKeepsIsCancelled() throws Exception {
        try (Server server = new Server("forgotten"); Client client = new Client("forgotten")) {
            client.method("work").start();
            try (Request request = server.receive(SOON)) {
                ChannelsTest.eventually(() -> {
                    System.gc();
                    return request.isCancelled();
                });
            }
        }
    }

    @Test
    public void aRequestThatIsLetGoOfIsAnError() throws InterruptedException {
        try (Server server = new Server("rude"); Client client = new Client("rude", PATIENT)) {
            Call call = client.method("work").start();
            server.receive(SOON).close();
            assertEquals(ServiceException.BROKEN,
                    assertThrows(ServiceException.class, call::result).code());
            Call another = client.method("work").start();
            Request request = server.receive(SOON);
            request.reply(1);
            assertEquals(Status.BAD_ARGUMENT, ChannelsTest.statusOf(
                    SipcException.Misuse.class, () -> request.reply(2)));
            request.close();
            request.close();
            assertThrows(SipcException.Gone.class, () -> request.reply(3));
            assertEquals(1L, another.result());
        }
    }

    @Test
    public void oneWayCallsAndWhatThereIs() throws Exception {
        Server server = new Server("notes");
        server.on(new Server.Offer("note", List.of("text"), true, "Keeps it."), Request::args);
        try (Client client = new Client("notes")) {
            client.send("note", "x");
            try (Request request = server.receive(SOON)) {
                assertTrue(request.isOneWay());
                assertEquals(List.of("x"), request.args());
            }
        }
        serving(server, "notes", client -> {
            Map<?, ?> offer = (Map<?, ?>) client.offers().get(0);
            assertEquals("note", offer.get("name"));
            assertEquals(List.of(List.of("text", "any")), offer.get("args"));
            assertEquals(true, offer.get("idempotent"));
            assertEquals("Keeps it.", offer.get("about"));
        });
        assertThrows(NullPointerException.class, () -> server.on("x", null));
    }

    @Test
    public void aClientIsWaitedForBesideOthers() throws InterruptedException {
        try (Server server = new Server("slow"); Client client = new Client("slow")) {
            Call call = client.method("work").start();
            assertSame(server, SimpleIpc.waitAny(SOON, client, server));
            try (Request request = server.receive(SOON)) {
                request.reply(5);
            }
            assertSame(client, SimpleIpc.waitAny(SOON, client, server));
            assertEquals(5L, call.result(Duration.ZERO));
        }
    }

    @Test
    public void aServerThatDiesIsSaidAndAnIdempotentCallGoesToAnother() throws Exception {
        try (Client client = new Client("mortal", PATIENT);
                Child victim = Child.start("die", "mortal")) {
            assertEquals("serving", victim.line());
            Call call = client.method("do").idempotent().start();
            assertEquals("dies", victim.line());
            try (Server server = new Server("mortal")) {
                try (Request request = server.receive(SOON)) {
                    request.reply("another");
                }
                assertEquals("another", call.result());
            }
            try (Child second = Child.start("die", "mortal")) {
                assertEquals(Status.SERVER_DIED, ChannelsTest.statusOf(
                        SipcException.Gone.class, () -> client.call("do")));
                assertEquals("serving", second.line());
            }
        }
    }

    private static String event(Host host, String wanted) throws InterruptedException {
        StringBuilder seen = new StringBuilder();
        for (Message message : host) {
            String event = (String) message.value(Map.class).get("event");
            seen.append(event).append(' ');
            if (event.equals(wanted)) {
                break;
            }
        }
        return seen.toString();
    }

    @Test
    public void aHostStartsPluginsAndHearsOfTheirCrashes() throws Exception {
        List<String> command = new ArrayList<>(Child.command());
        command.add("plugin");
        String[] args = command.subList(1, command.size()).toArray(new String[0]);
        try (Host host = new Host("host", PATIENT);
                Client calc = host.client("calc", PATIENT)) {
            host.start(new Host.Plugin("calc", command.get(0), args)
                    .restarts(3, Duration.ofSeconds(60)));
            assertEquals("started ready ", event(host, "ready"));
            assertEquals(5L, calc.call("add", 2, 3));
            ProcessHandle.of((Long) calc.call("crash")).get().destroyForcibly();
            assertEquals("killed restarting ", event(host, "restarting"));
            assertEquals(5L, calc.call("add", 2, 3));
            host.stop("calc");
            assertTrue(event(host, "ended").contains("ended")
                    || event(host, "killed").contains("killed"));
            Host.Plugin bad = new Host.Plugin("calc", "false").restarts(-1, null);
            assertThrows(SipcException.Misuse.class, () -> host.start(bad));
            assertThrows(SipcException.Misuse.class, () -> host.stop("nobody"));
        }
        assertThrows(SipcException.Misuse.class, Server::plugin);
    }
}
