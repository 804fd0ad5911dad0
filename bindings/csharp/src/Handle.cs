using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace SimpleIpc
{
    /// <summary>
    /// What all handles have. It is closed by Dispose or by the garbage collector. A handle is for
    /// one thread at a time: a second one gets a SipcRetryException whose status is Busy. A
    /// CancellationToken ends a wait with OperationCanceledException.
    /// </summary>
    public abstract unsafe class Handle : IDisposable
    {
        /// <summary>Something that may take long, with so many nanoseconds to wait.</summary>
        internal delegate int Attempt(long timeoutNs);

        private volatile bool isInterrupted;

        internal Handle(string name, uint role, Options options)
        {
            Options given = options ?? new Options();
            using (Arena arena = Arena.Open())
            {
                fixed (byte* named = Library.Name(name))
                {
                    arena.Check(Raw.sipc_open(
                        named, role, given.Encode(arena), arena.Number, arena.Error));
                }
                Number = *arena.Number;
            }
            Timeout = given.Timeout;
        }

        ~Handle()
        {
            if (Number != 0)
            {
                Raw.sipc_close(Number);
            }
        }

        internal ulong Number { get; }

        internal TimeSpan Timeout { get; }

        internal Leftovers Leftovers { get; } = new Leftovers();

        /// <summary>Messages that were taken stay good. A wait of another thread ends.</summary>
        public void Dispose()
        {
            Raw.sipc_close(Number);
            GC.SuppressFinalize(this);
        }

        /// <summary>
        /// Ends the wait that goes on in this handle, or else the next one: a SipcRetryException
        /// whose status is Interrupted. For other threads.
        /// </summary>
        public void Interrupt()
        {
            isInterrupted = true;
            SipcException.Check(Raw.sipc_interrupt(Number));
            GC.KeepAlive(this);
        }

        /// <summary>
        /// A descriptor of what takes and of clients, for poll: readable as long as there may be
        /// something to take, with a time-out of 0. It is not to be read or closed.
        /// </summary>
        public int Descriptor
        {
            get
            {
                using (Arena arena = Arena.Open())
                {
                    arena.Check(Leftovers.Beside(
                        () => Raw.sipc_fd(Number, (int*)arena.Number, arena.Error), this));
                    return *(int*)arena.Number;
                }
            }
        }

        /// <summary>Tries until the status is final.</summary>
        internal static int Patiently(
            TimeSpan timeout, CancellationToken token, Attempt attempt, params Handle[] handles)
        {
            long all = Library.Nanoseconds(timeout);
            token.ThrowIfCancellationRequested();
            Stopwatch since = Stopwatch.StartNew();
            CancellationTokenRegistration registration = token.CanBeCanceled && handles.Length > 0
                ? token.Register(() => Raw.sipc_interrupt(handles[0].Number))
                : default(CancellationTokenRegistration);
            using (registration)
            {
                while (true)
                {
                    int status = Leftovers.Beside(
                        () => attempt(Library.Left(all, since)), handles);
                    foreach (Handle handle in handles)
                    {
                        handle.Leftovers.TidyUp();
                    }
                    if (status != Raw.INTERRUPTED)
                    {
                        return status;
                    }
                    token.ThrowIfCancellationRequested();
                    foreach (Handle handle in handles)
                    {
                        if (handle.isInterrupted)
                        {
                            handle.isInterrupted = false;
                            return status;
                        }
                    }
                }
            }
        }

        /// <summary>In a thread of its own, which waits without a place in the pool.</summary>
        internal static Task<T> Begin<T>(Func<T> action, CancellationToken token)
        {
            return Task.Factory.StartNew(action, token,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                TaskScheduler.Default);
        }
    }
}
