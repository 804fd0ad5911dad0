using System;
using System.Collections;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace SimpleIpc
{
    /// <summary>
    /// What takes. A loop ends when nothing comes within Options.Timeout, or the handle is closed;
    /// each message is disposed of when the next one is asked for, or the loop is left.
    /// </summary>
    public abstract partial class Source<T> : Handle, IEnumerable<T> where T : class, IDisposable
    {
        internal Source(string name, uint role, Options options) : base(name, role, options) {}

        /// <summary>Of a message what this handle gives.</summary>
        internal abstract T Wrap(Message message);

        /// <summary>
        /// The next one. A time-out of 0 only tries, null is Options.Timeout; when it is over, a
        /// SipcTimeoutException.
        /// </summary>
        public T Receive(
            TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            return Take(timeout ?? Timeout, token, false);
        }

        /// <summary>
        /// The same, with a thread of its own if it has to wait. Until it is done, nobody else may
        /// use the handle.
        /// </summary>
        public async Task<T> ReceiveAsync(
            TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            return Take(TimeSpan.Zero, token, true)
                ?? await Begin(() => Receive(timeout, token), token).ConfigureAwait(false);
        }

        public IEnumerator<T> GetEnumerator()
        {
            T one = Next();
            while (one != null)
            {
                using (one)
                {
                    yield return one;
                }
                one = Next();
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private T Next()
        {
            try
            {
                return Receive();
            }
            catch (SipcException end) when (IsEnd(end))
            {
                return null;
            }
        }

        /// <summary>Whether a loop ends by it.</summary>
        private static bool IsEnd(SipcException error)
        {
            return error.Status == Status.Timeout || error.Status == Status.Closed;
        }

        /// <summary>Null, if asked for, where there would be a SipcTimeoutException.</summary>
        private unsafe T Take(TimeSpan timeout, CancellationToken token, bool isNullForNothing)
        {
            using (Arena arena = Arena.Open())
            {
                Hold hold = new Hold();
                int status = Patiently(timeout, token,
                    ns => Raw.sipc_take(Number, ns, hold.Message, arena.Error), this);
                if (status == Raw.TIMEOUT && isNullForNothing)
                {
                    hold.Release();
                    return null;
                }
                return Wrap(Message.Of(hold, status, arena));
            }
        }
    }
}
