using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace SimpleIpc
{
    /// <summary>
    /// Memory of a channel, to be filled through Data and then put. Disposed of without that, or
    /// when nobody can reach it or its data any more, it goes back. For one thread, as its handle.
    /// </summary>
    public sealed unsafe class Loan : IDisposable, View.IKeeper
    {
        private readonly Producer producer;
        private readonly sipc_value* given;
        private readonly byte* address;
        private readonly byte[] label;
        private bool isOut;

        internal Loan(Producer producer, long bytes) : this(producer)
        {
            if (bytes < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(bytes));
            }
            label = new byte[0];
            Encoder.Head(given, Raw.KIND_BYTES);
            given->len = (ulong)bytes;
            address = Borrow();
            Data = new View(address, given->len, this, true);
        }

        internal Loan(Producer producer, Dtype dtype, long[] shape, string format) : this(producer)
        {
            SimpleIpc.Tensor.Bytes(dtype, shape);
            label = Library.Bytes(format ?? throw new ArgumentNullException(nameof(format)));
            Encoder.Tensor(given, dtype, shape);
            address = Borrow();
            Data = new View(address, given->len, this, true);
        }

        private Loan(Producer producer)
        {
            this.producer = producer;
            given = (sipc_value*)Marshal.AllocHGlobal(sizeof(sipc_value));
            *given = default(sipc_value);
        }

        ~Loan()
        {
            if (isOut)
            {
                ulong number = producer.Number;
                byte* lent = address;
                producer.Leftovers.Run(number, () => Raw.sipc_unloan(number, lent));
            }
            Marshal.FreeHGlobal((IntPtr)given);
        }

        /// <summary>The memory itself. After Put it is a SipcGoneException to look at it.</summary>
        public View Data { get; }

        /// <summary>Puts it as it is now. If that fails, it is still lent.</summary>
        public void Put(
            long captureTimeNs = 0, CancellationToken token = default(CancellationToken))
        {
            Check();
            given->capture_time_ns = captureTimeNs;
            Try(token, false);
            isOut = false;
        }

        /// <summary>Gives it back unless it was put; more than once does no harm.</summary>
        public void Dispose()
        {
            if (isOut)
            {
                SipcException.Check(Leftovers.Beside(
                    () => Raw.sipc_unloan(producer.Number, address), producer));
                isOut = false;
            }
        }

        void View.IKeeper.Check() => Check();

        private byte* Borrow()
        {
            producer.Leftovers.TidyUp();
            Try(CancellationToken.None, true);
            isOut = true;
            return (byte*)given->data;
        }

        private void Try(CancellationToken token, bool isLoan)
        {
            ulong number = producer.Number;
            using (Arena arena = Arena.Open())
            {
                given->label = arena.Pin(label);
                given->label_len = (ulong)label.Length;
                arena.Check(Handle.Patiently(producer.Timeout, token, ns => isLoan
                    ? Raw.sipc_loan(number, given, ns, arena.Error)
                    : Raw.sipc_put(number, given, ns, arena.Error), producer));
            }
            GC.KeepAlive(this);
        }

        private void Check()
        {
            if (!isOut)
            {
                throw SipcException.Of(Raw.CLOSED, 0, "the loan has been put or given back");
            }
        }
    }
}
