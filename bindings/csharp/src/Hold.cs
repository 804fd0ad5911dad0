using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace SimpleIpc
{
    /// <summary>
    /// What the library has lent with a message. It goes back when that is asked for, or when the
    /// collector has found the message and all views of its tensors.
    /// </summary>
    internal sealed unsafe class Hold : View.IKeeper
    {
        private const int UnreleasedMin = 64;

        // The collector sees how small a message is, and not what it keeps: it is to run whenever
        // the number of those that nobody has released has doubled.
        private static int unreleased;
        private static int unreleasedMax = UnreleasedMin;

        private readonly object gate = new object();
        private readonly sipc_message* message;
        private bool isReleased;

        /// <summary>An empty one, for a call to fill.</summary>
        public Hold()
        {
            message = (sipc_message*)Marshal.AllocHGlobal(sizeof(sipc_message));
            *message = default(sipc_message);
            message->size = (uint)sizeof(sipc_message);
            if (Interlocked.Increment(ref unreleased) > unreleasedMax)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                unreleasedMax = Math.Max(UnreleasedMin, 2 * unreleased);
            }
        }

        ~Hold()
        {
            Release();
        }

        public sipc_message* Message => message;

        public bool IsReleased => isReleased;

        public void Check()
        {
            if (isReleased)
            {
                throw SipcException.Of(Raw.CLOSED, 0, "the message has been released");
            }
        }

        public object Decode()
        {
            lock (gate)
            {
                Check();
                return Decoder.Decode(&message->value, this);
            }
        }

        public int Reply(sipc_value* value, uint flags, sipc_error* error)
        {
            lock (gate)
            {
                Check();
                return Raw.sipc_reply(message, value, flags, error);
            }
        }

        public bool IsCancelled()
        {
            lock (gate)
            {
                return !isReleased && Raw.sipc_cancelled(message) == Raw.CANCELLED;
            }
        }

        /// <summary>Also of one that was not filled.</summary>
        public void Release()
        {
            lock (gate)
            {
                if (isReleased)
                {
                    return;
                }
                isReleased = true;
                Raw.sipc_release(message);
                Marshal.FreeHGlobal((IntPtr)message);
            }
            int left = Interlocked.Decrement(ref unreleased);
            if (left < unreleasedMax / 4)
            {
                unreleasedMax = Math.Max(UnreleasedMin, 2 * left);
            }
            GC.SuppressFinalize(this);
        }
    }
}
