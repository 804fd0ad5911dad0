package io.github.simpleipc;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.Test;
import org.junit.function.ThrowingRunnable;

public class ChannelsTest {
    private static final Duration SOON = Child.SOON;
    private static final Duration MOMENT = Duration.ofMillis(10);

    static int statusOf(Class<? extends SipcException> kind, ThrowingRunnable action) {
        return assertThrows(kind, action).status();
    }

    static void eventually(Callable<Boolean> condition) throws Exception {
        long begin = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - begin > SOON.toNanos()) {
                fail("it did not come to be");
            }
            Thread.sleep(1);
        }
    }

    static long chunksInUse(String name) {
        Matcher found = Pattern.compile("\"chunks_in_use\": ?(\\d+)")
                .matcher(SimpleIpc.audit(name, null));
        assertTrue(found.find());
        return Long.parseLong(found.group(1));
    }

    /** Runs it in a thread of its own, whose result can be had. */
    static <T> FutureTask<T> background(Callable<T> action) {
        FutureTask<T> task = new FutureTask<>(action);
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    private static <T> T result(FutureTask<T> task) throws Exception {
        return task.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    private static List<Object> values(Source<Message> source) {
        return source.stream().map(Message::value).collect(Collectors.toList());
    }

    /** Waits in it without an end, again where {@link #isBusy} is looking; its last status. */
    private static int endOfWait(Class<? extends SipcException> kind, Receiver receiver) {
        for (;;) {
            SipcException end = assertThrows(SipcException.class, receiver::receive);
            if (end.status() != Status.BUSY) {
                assertTrue(end.getMessage(), kind.isInstance(end));
                return end.status();
            }
        }
    }

    private static boolean isBusy(Receiver receiver) throws InterruptedException {
        try {
            receiver.receive(Duration.ZERO).close();
            return false;
        } catch (SipcException.Retry retry) {
            return retry.status() == Status.BUSY;
        }
    }

    @Test
    public void aMessageSaysWhereItComesFrom() throws InterruptedException {
        try (Sender sender = new Sender("facts"); Receiver receiver = new Receiver("facts")) {
            sender.send("x", 7, SOON);
            sender.send("y");
            Message first = receiver.receive(SOON);
            assertEquals(0, first.sequence());
            assertEquals(0, first.missed());
            assertEquals(7, first.captureTimeNs());
            assertFalse(first.isRedelivered());
            assertFalse(first.age().isNegative());
            first.close();
            try (Message second = receiver.receive(SOON)) {
                assertEquals(1, second.sequence());
                assertEquals(first.sender(), second.sender());
                assertThrows(ClassCastException.class, () -> second.value(Long.class));
            }
        }
        try (Publisher publisher = new Publisher("timeless", new Options().unstamped());
                Subscriber subscriber = new Subscriber("timeless")) {
            publisher.publish(1);
            assertEquals(null, subscriber.receive(SOON).age());
        }
    }

    @Test
    public void closingTwiceDoesNoHarmAndThenNothingGoes() throws InterruptedException {
        Sender sender = new Sender("closed");
        Receiver receiver = new Receiver("closed");
        sender.send("still here");
        Message message = receiver.receive(SOON);
        Loan loan = sender.loan(8);
        for (int round = 0; round < 2; round++) {
            sender.close();
            receiver.close();
        }
        assertEquals("still here", message.value());
        message.close();
        message.close();
        Class<SipcException.Gone> gone = SipcException.Gone.class;
        assertEquals(Status.CLOSED, statusOf(gone, () -> sender.send(1)));
        assertEquals(Status.CLOSED, statusOf(gone, () -> receiver.receive(SOON)));
        assertEquals(Status.CLOSED, statusOf(gone, receiver::interrupt));
        assertEquals(Status.CLOSED, statusOf(gone, receiver::fd));
        assertEquals(Status.CLOSED, statusOf(gone, loan::put));
        assertFalse(receiver.iterator().hasNext());
        loan.close();
        loan.close();
    }

    @Test
    public void wrongNamesRolesAndOptionsAreErrors() {
        Class<SipcException.Misuse> misuse = SipcException.Misuse.class;
        assertEquals(Status.BAD_NAME, statusOf(misuse, () -> SimpleIpc.send("a/b", 1)));
        assertThrows(NullPointerException.class, () -> new Receiver(null));
        assertThrows(NullPointerException.class, () -> SimpleIpc.send(null, 1));
        assertThrows(IllegalArgumentException.class, () -> new Sender("a\0b"));
        assertThrows(IllegalArgumentException.class, () -> new Sender("\ud83d"));
        try (Publisher topic = new Publisher("a topic")) {
            assertEquals(Status.WRONG_PATTERN,
                    statusOf(misuse, () -> SimpleIpc.send("a topic", 1)));
            assertThrows(misuse, topic::fd);
        }
        assertThrows(IllegalArgumentException.class, () -> new Options().depth(-1));
        assertThrows(IllegalArgumentException.class, () -> new Options().poolBytesMax(-1));
        assertThrows(misuse, () -> new Sender("n", new Options().depth(100)));
        Options nowhere = new Options().directory(Path.of("/no/such/place"));
        assertEquals(Status.NO_DIRECTORY,
                statusOf(SipcException.System.class, () -> new Sender("n", nowhere)));
    }

    @Test
    public void wrongTimeOutsAreErrors() throws InterruptedException {
        assertThrows(IllegalArgumentException.class,
                () -> new Options().timeout(Duration.ofNanos(-1)));
        try (Receiver receiver = new Receiver("patience")) {
            assertThrows(IllegalArgumentException.class,
                    () -> receiver.receive(Duration.ofMillis(-1)));
            assertThrows(SipcException.Timeout.class, () -> receiver.receive(Duration.ZERO));
            assertThrows(SipcException.Timeout.class, () -> receiver.receive(MOMENT));
            SimpleIpc.send("patience", 1);
            receiver.receive(Duration.ofSeconds(Long.MAX_VALUE)).close();
        }
    }

    @Test
    public void aLoopEndsWhenNothingComes() throws InterruptedException {
        for (int number = 0; number < 5; number++) {
            SimpleIpc.send("loop", number);
        }
        try (Receiver receiver = new Receiver("loop", new Options().timeout(MOMENT))) {
            for (Message message : receiver) {
                if (message.value().equals(1L)) {
                    break;
                }
            }
            assertEquals(List.of(2L, 3L, 4L), values(receiver));
            assertEquals(List.of(), values(receiver));
        }
        assertThrows(SipcException.Timeout.class, () -> SimpleIpc.receive("loop", MOMENT));
    }

    @Test
    public void aFullQueueIsSaidAfterTheTimeOut() throws InterruptedException {
        try (Sender sender = new Sender("full", new Options().depth(16).timeout(MOMENT));
                Receiver receiver = new Receiver("full", new Options().timeout(Duration.ZERO))) {
            assertEquals(Status.FULL, statusOf(SipcException.Retry.class, () -> {
                for (int number = 0; number < 100; number++) {
                    sender.send(number);
                }
            }));
            assertTrue(receiver.stream().count() >= 16);
        }
    }

    @Test
    public void subscribersGetWhatTheirOptionsSay() throws InterruptedException {
        Options now = new Options().timeout(Duration.ZERO).history(2);
        try (Publisher publisher = new Publisher("options",
                        new Options().history(2).depth(16).timeout(MOMENT));
                Subscriber tap = new Subscriber("options", new Options().tap())) {
            for (int number = 1; number <= 3; number++) {
                publisher.publish(number);
            }
            Subscriber late = new Subscriber("options", now);
            Subscriber latest = new Subscriber("options",
                    new Options().timeout(Duration.ZERO).history(2).latest());
            Subscriber lossless = new Subscriber("options",
                    new Options().timeout(Duration.ZERO).lossless());
            assertEquals(List.of(2L, 3L), values(late));
            assertEquals(List.of(3L), values(latest));
            for (int number = 0; number < 16; number++) {
                publisher.publish(number);
            }
            assertEquals(Status.FULL,
                    statusOf(SipcException.Retry.class, () -> publisher.publish(16)));
            assertEquals(16, lossless.stream().count());
            for (int number = 0; number < 100; number++) {
                publisher.publish(number);
                lossless.stream().count();
            }
            assertTrue(late.receive(SOON).missed() > 0);
            assertTrue(tap.receive(SOON).value() instanceof Long);
            late.close();
            latest.close();
            lossless.close();
        }
    }

    @Test
    public void aLoanIsFilledInPlace() throws InterruptedException {
        try (Publisher publisher = new Publisher("loans");
                Subscriber subscriber = new Subscriber("loans", new Options().timeout(SOON))) {
            Loan loan = publisher.loan(Dtype.U8, new long[] {2, 3}, "grey");
            ByteBuffer data = loan.data();
            data.put("abcdef".getBytes());
            assertThrows(BufferOverflowException.class, () -> data.put((byte) 'g'));
            loan.put(9);
            assertThrows(SipcException.Gone.class, loan::put);
            assertThrows(SipcException.Gone.class, loan::data);
            loan.close();
            try (Message message = subscriber.receive()) {
                assertEquals("abcdef", new String(message.value(Tensor.class).bytes()));
                assertEquals("grey", message.value(Tensor.class).format());
                assertEquals(9, message.captureTimeNs());
            }
            try (Loan bytes = publisher.loan(200)) {
                bytes.data().put(199, (byte) 'z');
                bytes.put();
            }
            try (Message message = subscriber.receive()) {
                assertEquals('z', message.value(byte[].class)[199]);
            }
        }
    }

    @Test
    public void aLoanThatIsNotPutGoesBack() throws Exception {
        try (Sender sender = new Sender("returned")) {
            for (int round = 0; round < 40; round++) {
                sender.loan(100).close();
            }
            List<Loan> loans = new ArrayList<>();
            for (int count = 0; count < 16; count++) {
                loans.add(sender.loan(100));
            }
            assertThrows(SipcException.Misuse.class, () -> sender.loan(100));
            loans.clear();
            eventually(() -> {
                System.gc();
                for (int count = 0; count < 16; count++) {
                    try {
                        loans.add(sender.loan(100));
                    } catch (SipcException.Misuse tooMany) {
                        loans.forEach(Loan::close);
                        loans.clear();
                        return false;
                    }
                }
                return true;
            });
            loans.forEach(Loan::close);
            assertThrows(IllegalArgumentException.class, () -> sender.loan(-1));
            assertThrows(IllegalArgumentException.class,
                    () -> sender.loan(Dtype.U8, new long[] {-1}, ""));
        }
    }

    @Test
    public void tenThousandMessagesLeaveNothingWhoeverReleasesThem() throws Exception {
        try (Sender sender = new Sender("many", new Options().depth(16));
                Receiver receiver = new Receiver("many")) {
            for (int number = 0; number < 10_000; number++) {
                sender.send(number % 2 == 0 ? number : new byte[300]);
                Message message = receiver.receive(SOON);
                if (number % 3 == 0) {
                    message.close();
                } else if (number % 100 == 1) {
                    System.gc();
                }
            }
            eventually(() -> {
                System.gc();
                return chunksInUse("many") == 0;
            });
        }
    }

    @Test
    public void aWaitHasTheRoomOfLoansThatAreForgottenMeanwhile() throws Exception {
        try (Sender sender = new Sender("room", new Options().poolBytesMax(1 << 20))) {
            List<Loan> loans = new ArrayList<>();
            for (int count = 0; count < 8; count++) {
                loans.add(sender.loan(120_000));
            }
            FutureTask<Boolean> waiting = background(() -> {
                while (true) {
                    try {
                        sender.send(new byte[600_000]);
                        return true;
                    } catch (SipcException.Retry busy) {
                        assertEquals(Status.BUSY, busy.status()); // with who looks below
                    }
                }
            });
            eventually(() ->
                    assertThrows(SipcException.class, sender::fd).status() == Status.BUSY);
            loans.clear();
            eventually(() -> {
                System.gc();
                return waiting.isDone();
            });
            assertTrue(result(waiting));
            try (Receiver receiver = new Receiver("room")) {
                receiver.receive(SOON).close();
            }
            assertEquals(0, chunksInUse("room"));
        }
    }

    @Test
    public void theCollectorMakesNobodyBusy() throws Exception {
        try (Sender sender = new Sender("swept")) {
            CountDownLatch isInside = new CountDownLatch(1);
            CountDownLatch mayGo = new CountDownLatch(1);
            FutureTask<Boolean> collector = background(() -> {
                sender.whenCollected(new Object(), () -> {
                    isInside.countDown();
                    try {
                        mayGo.await();
                    } catch (InterruptedException never) {
                        throw new AssertionError(never);
                    }
                    return Raw.OK;
                }).clean();
                return true;
            });
            isInside.await();
            int[] tries = {0};
            assertEquals(Raw.OK, Handle.beside(() -> {
                tries[0]++;
                mayGo.countDown();
                return tries[0] == 1 ? Raw.BUSY : Raw.OK;
            }, sender));
            assertEquals(2, tries[0]);
            assertTrue(result(collector));
            assertEquals(Raw.BUSY, Handle.beside(() -> Raw.BUSY, sender));
        }
    }

    @Test
    public void aHandleThatIsLetGoOfIsClosed() throws Exception {
        SimpleIpc.send("let go", 1);
        new Receiver("let go").fd();
        eventually(() -> {
            System.gc();
            return SimpleIpc.peers("let go").stream()
                    .noneMatch(peer -> ((Map<?, ?>) peer).get("role").equals("receive"));
        });
        SimpleIpc.receive("let go", SOON).close();
    }

    @Test
    public void aMessageThatWasNotReleasedComesAgain() throws Exception {
        SimpleIpc.send("again", "important");
        try (Child victim = Child.start("take", "again")) {
            assertEquals("taken important", victim.line());
            victim.kill();
        }
        try (Message message = SimpleIpc.receive("again", SOON)) {
            assertEquals("important", message.value());
            assertTrue(message.isRedelivered());
        }
    }

    @Test
    public void aHandleInUseIsBusyForOthersAndTheyCanInterruptAndClose() throws Exception {
        Receiver receiver = new Receiver("busy");
        FutureTask<Integer> interrupted =
                background(() -> endOfWait(SipcException.Retry.class, receiver));
        eventually(() -> isBusy(receiver));
        receiver.interrupt();
        assertEquals(Status.INTERRUPTED, (int) result(interrupted));
        FutureTask<Integer> closed =
                background(() -> endOfWait(SipcException.Gone.class, receiver));
        eventually(() -> isBusy(receiver));
        receiver.close();
        assertEquals(Status.CLOSED, (int) result(closed));
    }

    @Test
    public void manyThreadsInOneHandleNeverCrash() throws Exception {
        try (Receiver receiver = new Receiver("crowd"); Sender sender = new Sender("crowd")) {
            List<FutureTask<Integer>> crowd = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                crowd.add(background(() -> {
                    int taken = 0;
                    for (int round = 0; round < 500; round++) {
                        try {
                            // With a wait for room the last one might wait for ever.
                            sender.send(List.of("x", round), 0, Duration.ZERO);
                            receiver.receive(Duration.ZERO).close();
                            taken++;
                        } catch (SipcException.Retry busyOrFull) {
                            continue;
                        }
                    }
                    return taken;
                }));
            }
            for (FutureTask<Integer> one : crowd) {
                result(one);
            }
        }
    }

    @Test
    public void aThreadThatWaitsCanBeInterrupted() throws Exception {
        try (Receiver receiver = new Receiver("ended"); Lock mine = new Lock("ended lock");
                Lock other = new Lock("ended lock"); Lock.Held held = mine.lock();
                Client client = new Client("nobody")) {
            List<Callable<Object>> waits = List.of(receiver::receive, other::lock,
                    () -> client.call("m"), () -> SimpleIpc.waitAny(null, receiver),
                    () -> SimpleIpc.receive("ended too", null));
            for (Callable<Object> wait : waits) {
                Thread[] threads = new Thread[1];
                FutureTask<Object> task = new FutureTask<>(() -> {
                    assertThrows(InterruptedException.class, wait::call);
                    return Thread.interrupted();
                });
                threads[0] = new Thread(task);
                threads[0].setDaemon(true);
                threads[0].start();
                Thread.sleep(20); // most times it waits by then; it ends in either case
                threads[0].interrupt();
                assertEquals(false, result(task));
            }
            FutureTask<Boolean> loop = background(() -> {
                Thread.currentThread().interrupt();
                assertEquals(Status.INTERRUPTED, statusOf(SipcException.Retry.class,
                        () -> receiver.iterator().hasNext()));
                return Thread.interrupted();
            });
            assertTrue(result(loop));
            SimpleIpc.send("ended", 1);
            assertEquals(1L, receiver.receive(SOON).value());
            assertEquals(0, held.abandonedPid());
        }
    }

    @Test
    public void ctrlCEndsAProgramThatWaits() throws Exception {
        try (Child child = Child.start("wait", "c")) {
            assertEquals("waiting", child.line());
            Process kill = new ProcessBuilder(
                    "sh", "-c", "kill -INT " + child.process.pid()).start();
            assertEquals(0, kill.waitFor());
            assertTrue(child.process.waitFor(SOON.toSeconds(), TimeUnit.SECONDS));
            assertEquals(130, child.process.exitValue());
        }
    }

    @Test
    public void severalHandlesAreWaitedFor() throws InterruptedException {
        try (Receiver first = new Receiver("first"); Waiter second = new Waiter("second")) {
            assertThrows(SipcException.Timeout.class,
                    () -> SimpleIpc.waitAny(MOMENT, first, second));
            SimpleIpc.signal("second");
            assertSame(second, SimpleIpc.waitAny(SOON, first, second));
            assertEquals(1, second.await(Duration.ZERO));
            SimpleIpc.send("first", 1);
            assertSame(first, SimpleIpc.waitAny(SOON, first, second));
            assertEquals(1L, first.receive(Duration.ZERO).value());
            assertThrows(SipcException.Misuse.class, () -> SimpleIpc.waitAny(MOMENT));
            assertTrue(first.fd() > 0);
        }
    }

    @Test
    public void aStateIsThereForWhoeverComesLate() throws InterruptedException {
        assertThrows(SipcException.Timeout.class, () -> SimpleIpc.get("speed", Duration.ZERO));
        SimpleIpc.set("speed", 30);
        assertEquals(30L, SimpleIpc.get("speed", SOON).value());
        try (Setter setter = new Setter("speed"); Watcher watcher = new Watcher("speed")) {
            assertFalse(setter.setFirst(31));
            long seen = watcher.get().sequence();
            assertTrue(setter.setIf(31, seen));
            assertFalse(setter.setIf(32, seen));
            setter.set(33);
            assertEquals(33L, watcher.receive(SOON).value());
            assertEquals(33L, watcher.get(Duration.ZERO).value());
            assertThrows(SipcException.Timeout.class, () -> watcher.receive(Duration.ZERO));
        }
    }

    @Test
    public void notificationsAreCounted() throws InterruptedException {
        try (Waiter waiter = new Waiter("bell"); Notifier notifier = new Notifier("bell")) {
            notifier.signal();
            notifier.signal();
            SimpleIpc.signal("bell");
            assertEquals(3, waiter.await(SOON));
            assertThrows(SipcException.Timeout.class, () -> waiter.await(Duration.ZERO));
        }
        assertThrows(SipcException.Timeout.class, () -> SimpleIpc.await("bell", Duration.ZERO));
        SimpleIpc.signal("bell");
        assertEquals(1, SimpleIpc.await("bell", SOON));
    }

    @Test
    public void aLockHasOneOwner() throws InterruptedException {
        try (Lock mine = new Lock("robot"); Lock other = new Lock("robot")) {
            try (Lock.Held held = mine.lock()) {
                assertEquals(0, held.abandonedPid());
                assertFalse(other.tryLock());
                assertThrows(SipcException.Timeout.class, () -> other.lock(MOMENT));
                assertEquals(Status.BAD_ARGUMENT,
                        statusOf(SipcException.Misuse.class, mine::lock));
            }
            assertTrue(other.tryLock());
            other.unlock();
            assertThrows(SipcException.Misuse.class, other::unlock);
        }
        Options two = new Options().permits(2);
        try (Lock a = new Lock("places", two); Lock b = new Lock("places", two);
                Lock c = new Lock("places", two)) {
            assertTrue(a.tryLock() && b.tryLock());
            assertFalse(c.tryLock());
        }
    }

    @Test
    public void theNextOwnerIsToldOfADeath() throws Exception {
        try (Lock lock = new Lock("mortal lock");
                Child victim = Child.start("lock", "mortal lock")) {
            assertEquals("locked 0", victim.line());
            victim.kill();
            try (Lock.Held held = lock.lock(SOON)) {
                assertEquals(victim.process.pid(), held.abandonedPid());
            }
            try (Lock.Held held = lock.lock(SOON)) {
                assertEquals(0, held.abandonedPid());
            }
        }
    }

    private static String told(PeerWatcher watcher) throws InterruptedException {
        try (Message message = watcher.receive(SOON)) {
            Map<?, ?> event = message.value(Map.class);
            return event.get("event") + " " + event.get("role");
        }
    }

    @Test
    public void whoComesAndGoesIsTold() throws Exception {
        assertTrue(SimpleIpc.peers("visited").isEmpty());
        try (PeerWatcher watcher = new PeerWatcher("visited");
                Child child = Child.start("guest", "visited")) {
            assertTrue(child.line().startsWith("open"));
            assertEquals("up receive", told(watcher));
            Sender sender = new Sender("visited");
            assertEquals("up send", told(watcher));
            Map<?, ?> guest = SimpleIpc.peers("visited").stream().map(peer -> (Map<?, ?>) peer)
                    .filter(peer -> peer.get("role").equals("receive")).findFirst().get();
            assertEquals("guest", guest.get("program"));
            assertEquals("java", guest.get("language"));
            assertEquals(child.process.pid(), guest.get("pid"));
            sender.close();
            assertEquals("down send", told(watcher));
            child.kill();
            assertEquals("down receive", told(watcher));
        }
        assertThrows(SipcException.Misuse.class, () -> SimpleIpc.peers("a/b"));
    }

    @Test
    public void auditAndClean() throws InterruptedException {
        try (Sender sender = new Sender("seen")) {
            sender.send("x");
            assertTrue(SimpleIpc.audit(null, null).contains("\"seen\""));
            assertTrue(SimpleIpc.audit("seen", null).contains("queue"));
        }
        SimpleIpc.clean(null, Duration.ZERO);
        assertEquals("[]", SimpleIpc.audit("seen", null).strip());
        assertTrue(SimpleIpc.version().matches("\\d+\\.\\d+\\.\\d+.*"));
        assertTrue(SimpleIpc.nowNs() > 0);
    }

    @Test
    public void anUnknownStatusIsAnErrorOfItsClass() {
        assertSame(SipcException.Retry.class, SipcException.of(9, 0, "x").getClass());
        assertSame(SipcException.Gone.class, SipcException.of(19, 0, "x").getClass());
        assertSame(SipcException.Misuse.class, SipcException.of(29, 0, "x").getClass());
        assertSame(SipcException.Corrupt.class, SipcException.of(39, 0, "x").getClass());
        assertSame(SipcException.System.class, SipcException.of(59, 0, "x").getClass());
        assertSame(SipcException.class, SipcException.of(99, 0, "x").getClass());
    }
}
