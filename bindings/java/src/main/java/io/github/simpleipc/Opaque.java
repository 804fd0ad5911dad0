package io.github.simpleipc;

import java.util.Arrays;
import java.util.Objects;

/** Bytes with a content type, as {@code application/json}. */
public record Opaque(byte[] data, String contentType) {
    public Opaque {
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(contentType, "contentType");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Opaque one
                && Arrays.equals(data, one.data)
                && contentType.equals(one.contentType);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(data) * 31 + contentType.hashCode();
    }

    @Override
    public String toString() {
        return "Opaque[" + data.length + " bytes of " + contentType + "]";
    }
}
