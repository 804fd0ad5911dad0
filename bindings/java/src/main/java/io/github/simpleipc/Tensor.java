package io.github.simpleipc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * An array of numbers: the type of its elements, a shape, and the elements as bytes. One that was
 * received is not copied: it lies in shared memory, read-only, until its message is closed, or
 * until nobody can reach it, its data or its message any more.
 */
public final class Tensor {
    private final Dtype dtype;
    private final long[] shape;
    private final long[] strides;
    private final String format;
    private final ByteBuffer data;
    private final Hold hold;

    Tensor(Dtype dtype, long[] shape, long[] strides, String format, ByteBuffer data, Hold hold) {
        this.dtype = dtype;
        this.shape = shape;
        this.strides = strides;
        this.format = format;
        this.data = data;
        this.hold = hold;
    }

    /**
     * All elements, row-major: what is left of the buffer, which has to be as many bytes. It is not
     * copied here; to send it, only a buffer that is not direct is copied once more.
     */
    public static Tensor of(Dtype dtype, long[] shape, ByteBuffer data, String format) {
        long bytes = bytes(dtype, shape);
        if (data.remaining() != bytes) {
            throw new IllegalArgumentException(dtype + " " + Arrays.toString(shape) + " has "
                    + bytes + " bytes, not " + data.remaining());
        }
        return new Tensor(dtype, shape.clone(), dense(dtype, shape), Objects.requireNonNull(format),
                data.slice().asReadOnlyBuffer().order(ByteOrder.nativeOrder()), null);
    }

    /** A part of something larger: strides are the bytes from one element to the next. */
    public static Tensor strided(
            Dtype dtype, long[] shape, long[] strides, ByteBuffer data, String format) {
        bytes(dtype, shape);
        if (strides.length != shape.length) {
            throw new IllegalArgumentException("there are as many strides as dimensions");
        }
        long reach = dtype.bytes();
        for (int dim = 0; dim < shape.length; dim++) {
            if (shape[dim] == 0) {
                reach = 0;
                break;
            }
            if (strides[dim] < 0) {
                throw new IllegalArgumentException("a stride is not below 0");
            }
            long rows = Math.multiplyExact(shape[dim] - 1, strides[dim]);
            reach = Math.addExact(reach, rows);
        }
        if (data.remaining() < reach) {
            throw new IllegalArgumentException(
                    "it reaches over " + reach + " bytes, and has " + data.remaining());
        }
        return new Tensor(dtype, shape.clone(), strides.clone(), Objects.requireNonNull(format),
                data.slice().asReadOnlyBuffer().order(ByteOrder.nativeOrder()), null);
    }

    /** A copy of numbers. */
    public static Tensor of(float[] numbers, long... shape) {
        ByteBuffer data = Library.memory(Math.multiplyExact(numbers.length, Float.BYTES));
        data.asFloatBuffer().put(numbers);
        return of(Dtype.F32, shape, data, "");
    }

    /** A copy of numbers. */
    public static Tensor of(double[] numbers, long... shape) {
        ByteBuffer data = Library.memory(Math.multiplyExact(numbers.length, Double.BYTES));
        data.asDoubleBuffer().put(numbers);
        return of(Dtype.F64, shape, data, "");
    }

    /** A copy of numbers. */
    public static Tensor of(int[] numbers, long... shape) {
        ByteBuffer data = Library.memory(Math.multiplyExact(numbers.length, Integer.BYTES));
        data.asIntBuffer().put(numbers);
        return of(Dtype.I32, shape, data, "");
    }

    public Dtype dtype() {
        return dtype;
    }

    /** Elements along each dimension; none is one element. */
    public long[] shape() {
        return shape.clone();
    }

    /** Bytes from one element to the next, along each dimension. */
    public long[] strides() {
        return strides.clone();
    }

    /** What the numbers mean, as {@code rgb8}; often empty. */
    public String format() {
        return format;
    }

    /**
     * Where the elements are: a view, read-only and in the machine's byte order. After the message
     * is closed this throws {@link SipcException.Gone}, and views that were taken before must not
     * be used any more.
     */
    public ByteBuffer data() {
        if (hold != null) {
            hold.check();
        }
        return data.duplicate().order(ByteOrder.nativeOrder());
    }

    /** A copy of all elements, row-major. */
    public byte[] bytes() {
        ByteBuffer from = data();
        byte[] copy = new byte[Math.toIntExact(bytes(dtype, shape))];
        if (Arrays.equals(strides, dense(dtype, shape))) {
            from.get(0, copy);
        } else if (copy.length > 0) {
            gather(from, 0, 0, ByteBuffer.wrap(copy));
        }
        return copy;
    }

    private void gather(ByteBuffer from, int dim, long at, ByteBuffer to) {
        if (dim == shape.length) {
            to.put(from.slice((int) at, dtype.bytes()));
            return;
        }
        for (long row = 0; row < shape[dim]; row++) {
            gather(from, dim + 1, at + row * strides[dim], to);
        }
    }

    @Override
    public String toString() {
        return "Tensor[" + dtype + " " + Arrays.toString(shape) + " " + format + "]";
    }

    static long bytes(Dtype dtype, long[] shape) {
        long bytes = dtype.bytes();
        if (shape.length > Raw.DIMS_MAX) {
            throw new IllegalArgumentException("more than " + Raw.DIMS_MAX + " dimensions");
        }
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException(Arrays.toString(shape) + " is no shape");
            }
            bytes = Math.multiplyExact(bytes, size);
        }
        return bytes;
    }

    private static long[] dense(Dtype dtype, long[] shape) {
        long[] strides = new long[shape.length];
        long bytes = dtype.bytes();
        for (int dim = shape.length - 1; dim >= 0; dim--) {
            strides[dim] = bytes;
            bytes *= shape[dim];
        }
        return strides;
    }
}
