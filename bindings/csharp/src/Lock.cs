using System;
using System.Threading;

namespace SimpleIpc
{
    /// <summary>A lock of the machine, free at once when its owner dies; a semaphore with option
    /// Permits.</summary>
    public sealed unsafe class Lock : Handle
    {
        public Lock(string name, Options options = null)
            : base(name ?? throw new ArgumentNullException(nameof(name)), Raw.ROLE_LOCK, options) {}

        /// <summary>What is to be disposed of to unlock.</summary>
        public sealed class Held : IDisposable
        {
            private Lock owner;

            internal Held(Lock owner, ulong abandonedPid)
            {
                this.owner = owner;
                AbandonedPid = abandonedPid;
            }

            /// <summary>
            /// The process that died with it, if the last owner did; else 0. What the lock protects
            /// may be half done.
            /// </summary>
            public ulong AbandonedPid { get; }

            /// <summary>Unlocks; the second time nothing.</summary>
            public void Dispose()
            {
                Interlocked.Exchange(ref owner, null)?.Release();
            }
        }

        /// <summary>A time-out of 0 only tries; SipcTimeoutException when it is over.</summary>
        public Held Acquire(
            TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            using (Arena arena = Arena.Open())
            {
                arena.Check(Patiently(timeout ?? Timeout, token,
                    ns => Raw.sipc_lock(Number, ns, arena.Number, arena.Error), this));
                return new Held(this, *arena.Number);
            }
        }

        /// <summary>The same in a thread of its own.</summary>
        public System.Threading.Tasks.Task<Held> AcquireAsync(
            TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            return Begin(() => Acquire(timeout, token), token);
        }

        /// <summary>Whether it is free, and now this handle's.</summary>
        public bool TryAcquire()
        {
            try
            {
                Acquire(TimeSpan.Zero);
                return true;
            }
            catch (SipcTimeoutException)
            {
                return false;
            }
        }

        /// <summary>Also from another thread than the one that locked.</summary>
        public void Release()
        {
            using (Arena arena = Arena.Open())
            {
                arena.Check(Raw.sipc_unlock(Number, arena.Error));
            }
            GC.KeepAlive(this);
        }
    }
}
