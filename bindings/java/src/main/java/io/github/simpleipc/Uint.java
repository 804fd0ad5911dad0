package io.github.simpleipc;

import java.math.BigInteger;

/** An integer that is sent, and was received, as an unsigned one; the bits are those of a long. */
public record Uint(long bits) {
    private static final int BITS = 64;

    /** Throws IllegalArgumentException if it needs more than 64 bits, or a sign. */
    public static Uint of(BigInteger number) {
        if (number.signum() < 0 || number.bitLength() > BITS) {
            throw new IllegalArgumentException(number + " does not fit 64 bits without a sign");
        }
        return new Uint(number.longValue());
    }

    /** Throws IllegalArgumentException below 0. */
    public static Uint of(long number) {
        return of(BigInteger.valueOf(number));
    }

    public BigInteger toBigInteger() {
        return new BigInteger(toString());
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(bits);
    }
}
