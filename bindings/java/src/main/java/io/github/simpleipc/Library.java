package io.github.simpleipc;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The loaded library, and what all that calls it needs. */
final class Library {
    static final Cleaner CLEANER = Cleaner.create();
    static final long FOREVER = -1;
    private static final int IDENTITY_BYTES_MAX = 64;

    private Library() {}

    /** Binds the functions, of no other library than one that this program was written for. */
    static void load(Class<?> functions) {
        String folder = System.getenv("SIPC_LIB_DIR");
        boolean isGiven = folder != null && !folder.isEmpty();
        NativeLibrary library =
                NativeLibrary.getInstance(isGiven ? folder + "/libsimpleipc.so" : "simpleipc");
        int theirs = library.getFunction("sipc_abi_version").invokeInt(new Object[0]);
        if (theirs != Raw.ABI_VERSION) {
            throw new UnsatisfiedLinkError(
                    "libsimpleipc speaks ABI " + theirs + ", this program " + Raw.ABI_VERSION);
        }
        Native.register(functions, library);
        Raw.sipc_identify(program(), "java\0".getBytes(StandardCharsets.US_ASCII), 0);
    }

    /** The main class, or the name of the jar; null is that of the executable. */
    private static byte[] program() {
        String command = System.getProperty("sun.java.command", "").split(" ", 2)[0];
        String name = command.substring(command.lastIndexOf('/') + 1);
        if (name.isEmpty() || name.length() > IDENTITY_BYTES_MAX || name.indexOf('\0') >= 0) {
            return null;
        }
        return (name + "\0").getBytes(StandardCharsets.UTF_8);
    }

    /** The bytes of a text. */
    static ByteBuffer utf8(CharSequence text) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException broken) {
            throw new IllegalArgumentException("a text has half of a surrogate pair", broken);
        }
    }

    /** A name for the library; null stays null. */
    static byte[] name(String name) {
        if (name == null) {
            return null;
        }
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a name has no NUL in it");
        }
        ByteBuffer text = utf8(name);
        byte[] bytes = new byte[text.remaining() + 1];
        text.get(bytes, 0, bytes.length - 1);
        return bytes;
    }

    static String text(long address) {
        return new Pointer(address).getString(0, "UTF-8");
    }

    /** Memory of this program's own, for structs. */
    static ByteBuffer memory(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    static long address(ByteBuffer direct) {
        return Pointer.nativeValue(Native.getDirectBufferPointer(direct));
    }

    /** What lies there, which somebody else has to keep. */
    static ByteBuffer view(long address, long bytes) {
        if (bytes == 0) {
            return memory(0);
        }
        if (bytes < 0 || bytes > Integer.MAX_VALUE) {
            throw new UnsupportedOperationException(
                    Long.toUnsignedString(bytes) + " bytes are more than a buffer of Java holds");
        }
        return new Pointer(address).getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    }

    /** Nanoseconds of a time-out; null waits for ever. */
    static long nanoseconds(Duration timeout) {
        if (timeout == null) {
            return FOREVER;
        }
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("a time-out is not below 0");
        }
        try {
            return timeout.toNanos();
        } catch (ArithmeticException centuries) {
            return FOREVER;
        }
    }

    /** What is left of a time-out. */
    static long left(long timeout, long begin) {
        return timeout < 0 ? FOREVER : Math.max(0, timeout - (System.nanoTime() - begin));
    }
}
