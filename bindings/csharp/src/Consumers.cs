using System;
using System.Threading;
using System.Threading.Tasks;

namespace SimpleIpc
{
    /// <summary>What takes messages.</summary>
    public abstract class Consumer : Source<Message>
    {
        internal Consumer(string name, uint role, Options options)
            : base(name ?? throw new ArgumentNullException(nameof(name)), role, options) {}

        internal override Message Wrap(Message message) => message;
    }

    /// <summary>Takes every message of a topic. Options: Lossless, Latest, Tap, History.</summary>
    public sealed class Subscriber : Consumer
    {
        public Subscriber(string name, Options options = null)
            : base(name, Raw.ROLE_SUBSCRIBE, options) {}
    }

    /// <summary>Takes messages out of a queue; each goes to one receiver.</summary>
    public sealed class Receiver : Consumer
    {
        public Receiver(string name, Options options = null)
            : base(name, Raw.ROLE_RECEIVE, options) {}
    }

    /// <summary>Looks at a state: receives each new value, or gets the one of now.</summary>
    public sealed unsafe class Watcher : Consumer
    {
        public Watcher(string name, Options options = null)
            : base(name, Raw.ROLE_WATCH, options) {}

        /// <summary>The value as it is now; waits only if there is none yet.</summary>
        public Message Get(
            TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            using (Arena arena = Arena.Open())
            {
                Hold hold = new Hold();
                int status = Patiently(timeout ?? Timeout, token,
                    ns => Raw.sipc_current(Number, ns, hold.Message, arena.Error), this);
                return Message.Of(hold, status, arena);
            }
        }
    }

    /// <summary>Waits for notifications; none is missed from its opening on.</summary>
    public sealed class Waiter : Consumer
    {
        public Waiter(string name, Options options = null)
            : base(name, Raw.ROLE_WAIT, options) {}

        /// <summary>How many notifications there were since the last time.</summary>
        public ulong Wait(
            TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            using (Message message = Receive(timeout, token))
            {
                return message.As<ulong>();
            }
        }

        /// <summary>The same in a thread of its own.</summary>
        public Task<ulong> WaitAsync(
            TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            return Begin(() => Wait(timeout, token), token);
        }
    }

    /// <summary>
    /// Watches who has a channel open, of any pattern, without being on it. The values are maps
    /// with event (up, down), pid, program, language, role, since_ns and id.
    /// </summary>
    public sealed class PeerWatcher : Consumer
    {
        public PeerWatcher(string name, Options options = null)
            : base(name, Raw.ROLE_PEERS, options) {}
    }
}
