using System;
using System.Collections.Concurrent;
using System.Threading;

namespace SimpleIpc
{
    /// <summary>
    /// What the collector finds of handles and gives back, in a thread of its own. So each may find
    /// the other inside a handle: then the collector's part is done later, and the program's is
    /// tried again. A wait pauses for it, since what is given back may be what it waits for.
    /// </summary>
    internal sealed class Leftovers
    {
        private readonly ConcurrentQueue<Func<int>> later = new ConcurrentQueue<Func<int>>();
        private int begun;
        private int ended;

        /// <summary>Does something in the handle, now or later; it answers the status.</summary>
        public void Run(ulong handle, Func<int> action)
        {
            if (!IsDone(action))
            {
                Raw.sipc_interrupt(handle);
            }
        }

        private bool IsDone(Func<int> action)
        {
            Interlocked.Increment(ref begun);
            int status = Raw.BUSY;
            try
            {
                status = action();
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
            if (status == Raw.BUSY)
            {
                later.Enqueue(action);
            }
            return status != Raw.BUSY;
        }

        /// <summary>Does what could not be done, as far as it can be now.</summary>
        public void TidyUp()
        {
            for (int left = later.Count; left > 0 && later.TryDequeue(out Func<int> action); left--)
            {
                IsDone(action);
            }
        }

        /// <summary>Tries again as long as it was the collector that made a handle busy.</summary>
        public static int Beside(Func<int> attempt, params Handle[] handles)
        {
            while (true)
            {
                int before = 0;
                foreach (Handle handle in handles)
                {
                    before += Volatile.Read(ref handle.Leftovers.ended);
                }
                int status = attempt();
                int after = 0;
                foreach (Handle handle in handles)
                {
                    after += Volatile.Read(ref handle.Leftovers.begun);
                }
                GC.KeepAlive(handles);
                if (status != Raw.BUSY || after == before)
                {
                    return status;
                }
                Thread.Yield();
            }
        }
    }
}
