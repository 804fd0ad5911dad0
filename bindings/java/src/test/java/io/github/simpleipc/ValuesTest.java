package io.github.simpleipc;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.Test;

public class ValuesTest {
    private static final Duration SOON = Child.SOON;

    private static Object roundTrip(Object value) throws InterruptedException {
        SimpleIpc.send("values", value);
        try (Message message = SimpleIpc.receive("values", SOON)) {
            return message.value();
        }
    }

    @Test
    public void structsHaveTheSizeTheyHaveInC() throws Exception {
        Path folder = Files.createTempDirectory("sipc-java-sizes");
        Path program = folder.resolve("sizes");
        Path source = folder.resolve("sizes.c");
        String include = System.getenv().getOrDefault("SIPC_INCLUDE", "../../include");
        Files.writeString(source, """
                #include <simpleipc.h>
                #include <stdio.h>
                int main(void) {
                    return printf("%zu %zu %zu %zu", sizeof(sipc_error), sizeof(sipc_value),
                                  sizeof(sipc_message), sizeof(sipc_options)) < 0;
                }
                """);
        assertEquals(0, new ProcessBuilder("cc", "-I" + include, source.toString(), "-o",
                program.toString()).inheritIO().start().waitFor());
        Process run = new ProcessBuilder(program.toString()).start();
        String sizes = new String(run.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        Files.delete(program);
        Files.delete(source);
        Files.delete(folder);
        assertEquals(sizes, Raw.ERROR_BYTES + " " + Raw.VALUE_BYTES + " " + Raw.MESSAGE_BYTES + " "
                + Raw.OPTIONS_BYTES);
    }

    @Test
    public void valuesArriveAsWhatTheyWere() throws InterruptedException {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("b", 1L);
        map.put("a", List.of(Map.of("k", "v")));
        map.put("", null);
        for (Object value : Arrays.asList(null, true, false, 0L, Long.MIN_VALUE, Long.MAX_VALUE,
                1.5, -0.0, Double.NEGATIVE_INFINITY, "", "gr\u00fcn\0\ud83d\ude00",
                "x".repeat(100_000),
                List.of(), Arrays.asList(1L, List.of(2.0, "x"), null), Map.of(), map,
                new Uint(5), new Uint(-1), new Opaque("{}".getBytes(), "application/json"))) {
            assertEquals(value, roundTrip(value));
        }
        assertEquals(List.of("b", "a", ""), List.copyOf(((Map<?, ?>) roundTrip(map)).keySet()));
        byte[] bytes = {-1, 0, 1};
        assertArrayEquals(bytes, (byte[]) roundTrip(bytes));
        assertArrayEquals(bytes, (byte[]) roundTrip(ByteBuffer.wrap(bytes)));
        ByteBuffer direct = ByteBuffer.allocateDirect(5).position(2).put(bytes).position(2);
        assertArrayEquals(bytes, (byte[]) roundTrip(direct));
    }

    @Test
    public void otherTypesBecomeTheirNeighbours() throws InterruptedException {
        assertEquals(5L, roundTrip((byte) 5));
        assertEquals(5L, roundTrip((short) 5));
        assertEquals(5L, roundTrip(BigInteger.valueOf(5)));
        BigInteger large = BigInteger.ONE.shiftLeft(63);
        assertEquals(Uint.of(large), roundTrip(large));
        assertEquals(large, Uint.of(large).toBigInteger());
        assertEquals(0.5, roundTrip(0.5f));
        assertEquals("c", roundTrip('c'));
        assertEquals("text", roundTrip(new StringBuilder("text")));
        assertEquals(List.of(1L, "x"), roundTrip(new Object[] {1, "x"}));
    }

    @Test
    public void whatCannotBeSentIsAnErrorOfJavaAndNothingIsSent() {
        List<Object> round = new ArrayList<>();
        round.add(round);
        BigInteger tooLarge = BigInteger.ONE.shiftLeft(64);
        for (Object value : new Object[] {new Object(), new BigDecimal(1), Map.of(1, 2),
                Collections.singletonMap(null, 2), tooLarge, BigInteger.valueOf(-1).shiftLeft(63)
                        .subtract(BigInteger.ONE), "\ud83d", List.of(List.of("\ude00x")),
                Map.of("\ud83d", 1), round, new int[] {1}}) {
            assertThrows(IllegalArgumentException.class, () -> SimpleIpc.send("refused", value));
        }
        assertThrows(IllegalArgumentException.class, () -> Uint.of(-1));
        assertThrows(IllegalArgumentException.class, () -> Uint.of(tooLarge));
        Opaque named = new Opaque(new byte[0], "x".repeat(256));
        assertThrows(SipcException.Misuse.class, () -> SimpleIpc.send("refused", named));
        assertThrows(NullPointerException.class, () -> new Opaque(null, "x"));
        assertThrows(SipcException.Timeout.class,
                () -> SimpleIpc.receive("refused", Duration.ZERO));
    }

    @Test
    public void aTensorThatDoesNotFitItsShapeIsRefused() {
        ByteBuffer five = ByteBuffer.allocate(5);
        for (long[] shape : new long[][] {{2, 3}, {-1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}}) {
            assertThrows(IllegalArgumentException.class,
                    () -> Tensor.of(Dtype.U8, shape, five, ""));
        }
        long[] two = {2, 2};
        assertThrows(IllegalArgumentException.class,
                () -> Tensor.strided(Dtype.U8, two, new long[] {4, 1}, five, ""));
        assertThrows(IllegalArgumentException.class,
                () -> Tensor.strided(Dtype.U8, two, new long[] {1}, five, ""));
        assertThrows(IllegalArgumentException.class,
                () -> Tensor.strided(Dtype.U8, two, new long[] {-2, 1}, five, ""));
    }

    @Test
    public void tensorsOfEveryTypeArrive() throws InterruptedException {
        for (Dtype dtype : Dtype.values()) {
            byte[] bytes = new byte[6 * dtype.bytes()];
            for (int index = 0; index < bytes.length; index++) {
                bytes[index] = (byte) (dtype == Dtype.BOOL ? index % 2 : index);
            }
            ByteBuffer data = ByteBuffer.wrap(bytes);
            SimpleIpc.send("tensors", Tensor.of(dtype, new long[] {2, 3}, data, "any"));
            try (Message message = SimpleIpc.receive("tensors", SOON)) {
                Tensor there = message.value(Tensor.class);
                assertEquals(dtype, there.dtype());
                assertArrayEquals(new long[] {2, 3}, there.shape());
                assertEquals("any", there.format());
                assertArrayEquals(bytes, there.bytes());
            }
        }
    }

    @Test
    public void numbersAreMadeTensorsAndReadAsNumbers() throws InterruptedException {
        SimpleIpc.send("numbers", Tensor.of(new float[] {0.5f, -2}, 2, 1));
        SimpleIpc.send("numbers", Tensor.of(new double[] {7}));
        SimpleIpc.send("numbers", Tensor.of(new int[0], 2, 0));
        try (Message message = SimpleIpc.receive("numbers", SOON)) {
            assertEquals(-2f, message.value(Tensor.class).data().asFloatBuffer().get(1), 0);
        }
        try (Message message = SimpleIpc.receive("numbers", SOON)) {
            assertEquals(7, message.value(Tensor.class).data().asDoubleBuffer().get(), 0);
        }
        try (Message message = SimpleIpc.receive("numbers", SOON)) {
            assertEquals(0, message.value(Tensor.class).bytes().length);
        }
    }

    @Test
    public void aPartOfAnImageIsSentByItsStrides() throws InterruptedException {
        byte[] image = "0123456789ab".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer direct = ByteBuffer.allocateDirect(image.length).put(image).flip();
        for (ByteBuffer memory : List.of(ByteBuffer.wrap(image), direct)) {
            Tensor part = Tensor.strided(
                    Dtype.U8, new long[] {3, 2}, new long[] {4, 1}, memory, "");
            assertEquals("014589", new String(part.bytes(), StandardCharsets.US_ASCII));
            SimpleIpc.send("parts", part);
            try (Message message = SimpleIpc.receive("parts", SOON)) {
                assertArrayEquals(part.bytes(), message.value(Tensor.class).bytes());
            }
        }
    }

    @Test
    public void aTensorIsLookedAtWhereItLies() throws Exception {
        byte[] bytes = new byte[10_000];
        Arrays.fill(bytes, (byte) 'a');
        long[] shape = {100, 100};
        SimpleIpc.send("large", Tensor.of(Dtype.U8, shape, ByteBuffer.wrap(bytes), ""));
        Message message = SimpleIpc.receive("large", SOON);
        Tensor tensor = message.value(Tensor.class);
        ByteBuffer data = tensor.data();
        assertTrue(data.isReadOnly() && data.isDirect());
        assertEquals(ByteOrder.nativeOrder(), data.order());
        assertEquals(10_000, data.remaining());
        assertEquals('a', data.get(5000));
        assertEquals(0, Library.address(data) % 64);
        assertTrue(placeOf(Library.address(data)).contains(System.getenv("SIPC_DIR")));
        assertThrows(ReadOnlyBufferException.class, () -> data.put(0, (byte) 1));
        message.close();
        assertThrows(SipcException.Gone.class, tensor::data);
        assertThrows(SipcException.Gone.class, tensor::bytes);
        assertThrows(SipcException.Gone.class, () -> SimpleIpc.send("large", tensor));
    }

    /** The line of the map of memory. */
    private static String placeOf(long address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] range = line.split(" ")[0].split("-");
            if (Long.parseUnsignedLong(range[0], 16) <= address
                    && address < Long.parseUnsignedLong(range[1], 16)) {
                return line;
            }
        }
        return "";
    }

    @Test
    public void aViewKeepsWhatItShowsAndIsThenLetGo() throws Exception {
        byte[] bytes = new byte[100_000];
        Arrays.fill(bytes, (byte) 'x');
        try (Sender sender = new Sender("kept")) {
            ByteBuffer view = receivedView(sender, bytes);
            for (int round = 0; round < 3; round++) {
                System.gc();
                Thread.sleep(20); // for the collector's thread, which would let go of it
                sender.send(new byte[100_000]);
            }
            assertEquals('x', view.get(99_999));
            try (Receiver receiver = new Receiver("kept")) {
                for (int round = 0; round < 3; round++) {
                    receiver.receive(SOON).close();
                }
            }
            assertEquals('x', view.get(0));
            view = null;
            ChannelsTest.eventually(() -> {
                System.gc();
                return ChannelsTest.chunksInUse("kept") == 0;
            });
        }
    }

    private static ByteBuffer receivedView(Sender sender, byte[] bytes) throws Exception {
        sender.send(Tensor.of(Dtype.U8, new long[] {bytes.length}, ByteBuffer.wrap(bytes), ""));
        Receiver receiver = new Receiver("kept");
        ByteBuffer view = receiver.receive(SOON).value(Tensor.class).data();
        receiver.close();
        return view.slice(0, bytes.length);
    }
}
