using System;
using System.Threading;

namespace SimpleIpc
{
    /// <summary>What puts. All of these wait for room as long as Options.Timeout says.</summary>
    public abstract unsafe class Producer : Handle
    {
        internal Producer(string name, uint role, Options options)
            : base(name ?? throw new ArgumentNullException(nameof(name)), role, options) {}

        /// <summary>A buffer of the channel for so many bytes, to be filled and put.</summary>
        public Loan Loan(long bytes) => new Loan(this, bytes);

        /// <summary>The same for a tensor.</summary>
        public Loan Loan(Dtype dtype, long[] shape, string format = "")
        {
            return new Loan(this, dtype, shape, format);
        }

        internal void Put(
            object value, long captureTimeNs, TimeSpan? timeout, CancellationToken token)
        {
            using (Arena arena = Arena.Open())
            {
                sipc_value* given = Encoder.Encode(arena, value, captureTimeNs);
                arena.Check(Patiently(timeout ?? Timeout, token,
                    ns => Raw.sipc_put(Number, given, ns, arena.Error), this));
            }
        }
    }

    /// <summary>Puts messages on a topic: all subscribers get them.</summary>
    public sealed class Publisher : Producer
    {
        public Publisher(string name, Options options = null)
            : base(name, Raw.ROLE_PUBLISH, options) {}

        /// <summary>Waits only for lossless subscribers; a SipcRetryException: Full.</summary>
        public void Publish(object value, long captureTimeNs = 0, TimeSpan? timeout = null,
            CancellationToken token = default(CancellationToken))
        {
            Put(value, captureTimeNs, timeout, token);
        }
    }

    /// <summary>Puts messages into a queue: one receiver gets each.</summary>
    public sealed class Sender : Producer
    {
        public Sender(string name, Options options = null)
            : base(name, Raw.ROLE_SEND, options) {}

        /// <summary>Without room within the time-out, a SipcRetryException: Full.</summary>
        public void Send(object value, long captureTimeNs = 0, TimeSpan? timeout = null,
            CancellationToken token = default(CancellationToken))
        {
            Put(value, captureTimeNs, timeout, token);
        }
    }

    /// <summary>Sets the value of a state, which stays when the setter has gone.</summary>
    public sealed unsafe class Setter : Producer
    {
        public Setter(string name, Options options = null)
            : base(name, Raw.ROLE_SET, options) {}

        public void Set(object value, long captureTimeNs = 0, TimeSpan? timeout = null,
            CancellationToken token = default(CancellationToken))
        {
            Put(value, captureTimeNs, timeout, token);
        }

        /// <summary>
        /// Compare and set: only if the value is still the one with that sequence. Whether it was.
        /// </summary>
        public bool SetIf(object value, ulong sequence)
        {
            using (Arena arena = Arena.Open())
            {
                sipc_value* given = Encoder.Encode(arena, value);
                int status = Patiently(Timeout, CancellationToken.None,
                    ns => Raw.sipc_put_if(Number, given, sequence, ns, arena.Error), this);
                if (status != Raw.CONFLICT)
                {
                    arena.Check(status);
                }
                return status == Raw.OK;
            }
        }

        /// <summary>Sets it only if there is no value yet. Whether it was set.</summary>
        public bool SetFirst(object value) => SetIf(value, ulong.MaxValue);
    }

    /// <summary>Says that something has happened.</summary>
    public sealed class Notifier : Producer
    {
        public Notifier(string name, Options options = null)
            : base(name, Raw.ROLE_NOTIFY, options) {}

        /// <summary>Notifies everybody who waits, and waits for none of them.</summary>
        public void Notify() => Put(null, 0, TimeSpan.Zero, CancellationToken.None);
    }
}
