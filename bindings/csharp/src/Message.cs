using System;

namespace SimpleIpc
{
    /// <summary>
    /// A message that was taken. In a queue it counts as done when it is disposed of, by a loop, by
    /// using or by the garbage collector; that of a program that dies first comes again.
    /// </summary>
    public sealed unsafe class Message : IDisposable
    {
        private const long NanosecondsPerTick = 100;
        private readonly uint flags;
        private object value;
        private bool isDecoded;

        internal Message(Hold hold)
        {
            Hold = hold;
            sipc_message* from = hold.Message;
            flags = from->flags;
            Sequence = from->sequence;
            Sender = from->sender;
            Missed = from->missed;
            CaptureTimeNs = from->value.capture_time_ns;
            PublishTimeNs = from->publish_time_ns;
            ReceiveTimeNs = from->receive_time_ns;
        }

        /// <summary>What a call has filled; throws what its status says otherwise.</summary>
        internal static Message Of(Hold hold, int status, Arena arena)
        {
            if (status != Raw.OK)
            {
                hold.Release();
                arena.Check(status);
            }
            return new Message(hold);
        }

        internal Hold Hold { get; }

        /// <summary>
        /// The value, which is copied, but for tensors, when it is asked for the first time; a
        /// SipcGoneException if the message has been disposed of before.
        /// </summary>
        public object Value
        {
            get
            {
                if (!isDecoded)
                {
                    value = Hold.Decode();
                    isDecoded = true;
                }
                return value;
            }
        }

        /// <summary>The value as what it is to be; else an InvalidCastException.</summary>
        public T As<T>()
        {
            object found = Value;
            if (found == null && default(T) != null)
            {
                throw new InvalidCastException("a null is no " + typeof(T).Name);
            }
            return (T)found;
        }

        /// <summary>Grows by one with each message of one sender.</summary>
        public ulong Sequence { get; }

        /// <summary>Tells the sending handle from all others of this channel.</summary>
        public ulong Sender { get; }

        /// <summary>Of a topic: how many this subscriber has lost since the one before.</summary>
        public ulong Missed { get; }

        /// <summary>An earlier receiver died with it.</summary>
        public bool IsRedelivered => (flags & Raw.MESSAGE_REDELIVERED) != 0;

        /// <summary>Of a reply: others follow.</summary>
        public bool HasMore => (flags & Raw.MESSAGE_MORE) != 0;

        /// <summary>Of a request: nobody waits for a reply.</summary>
        public bool IsOneWay => (flags & Raw.MESSAGE_ONE_WAY) != 0;

        /// <summary>When the content was captured, or 0; nanoseconds of CLOCK_MONOTONIC.</summary>
        public long CaptureTimeNs { get; }

        /// <summary>When it was put, or 0 if its sender does not stamp.</summary>
        public long PublishTimeNs { get; }

        public long ReceiveTimeNs { get; }

        /// <summary>From putting to taking, or null if its sender does not stamp.</summary>
        public TimeSpan? Age => PublishTimeNs == 0
            ? (TimeSpan?)null
            : TimeSpan.FromTicks((ReceiveTimeNs - PublishTimeNs) / NanosecondsPerTick);

        /// <summary>Lets go of it; more than once does no harm.</summary>
        public void Dispose() => Hold.Release();

        public override string ToString() => "Message " + Sequence + " of " + Sender;
    }
}
