using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace SimpleIpc
{
    /// <summary>
    /// Calls the methods of a service. Arguments are a list (as new object[] { 1, 2 }), a map of
    /// names, one value, or null for none.
    /// </summary>
    public sealed unsafe class Client : Handle
    {
        /// <summary>How long a call waits for room.</summary>
        private static readonly TimeSpan Room = TimeSpan.FromSeconds(5);

        public Client(string name, Options options = null)
            : base(name ?? throw new ArgumentNullException(nameof(name)),
                Raw.ROLE_CALL, options) {}

        /// <summary>
        /// The result of a method, whose arguments follow. What the server's program refuses is a
        /// ServiceException; without a result within Options.Timeout the call is cancelled.
        /// </summary>
        public object Call(string method, params object[] args)
        {
            using (Call call = Start(method, args == null || args.Length == 0 ? null : args))
            {
                return call.Result();
            }
        }

        /// <summary>
        /// Starts a call; 64 of a client can be in flight. One that is idempotent goes to another
        /// server if its server dies.
        /// </summary>
        public Call Start(string method, object args = null, bool idempotent = false,
            CancellationToken token = default(CancellationToken))
        {
            return new Call(this, Begin(method, args, idempotent ? Raw.CALL_IDEMPOTENT : 0, token));
        }

        /// <summary>Calls a method, and does not ask what becomes of it.</summary>
        public void Post(string method, object args = null,
            CancellationToken token = default(CancellationToken))
        {
            Begin(method, args, Raw.CALL_ONE_WAY, token);
        }

        /// <summary>What the service offers: maps with name, args and more.</summary>
        public List<object> Offers() => (List<object>)Call(".methods");

        internal ulong Begin(string method, object args, uint flags, CancellationToken token)
        {
            Leftovers.TidyUp();
            using (Arena arena = Arena.Open())
            {
                byte* name = arena.Pin(Library.Given(method));
                sipc_value* given = Encoder.Encode(arena, args);
                arena.Check(Patiently(Room, token, ns => Raw.sipc_call(
                    Number, name, given, flags, ns, arena.Number, arena.Error), this));
                return *arena.Number;
            }
        }
    }

    /// <summary>A call in flight. Disposed of before its result, it is cancelled.</summary>
    public sealed unsafe class Call : IDisposable
    {
        private readonly Client client;
        private readonly ulong number;

        internal Call(Client client, ulong number)
        {
            this.client = client;
            this.number = number;
        }

        ~Call()
        {
            ulong channel = client.Number;
            ulong call = number;
            client.Leftovers.Run(channel, () => Raw.sipc_cancel(channel, call));
        }

        /// <summary>
        /// The result, after all replies of a stream, which go to the action. A time-out of 0 only
        /// asks, null is that of the client.
        /// </summary>
        public object Result(TimeSpan? timeout = null, Action<object> each = null,
            CancellationToken token = default(CancellationToken))
        {
            TimeSpan all = timeout ?? client.Timeout;
            Stopwatch since = Stopwatch.StartNew();
            while (true)
            {
                TimeSpan left = all == Timeout.InfiniteTimeSpan ? all : all - since.Elapsed;
                left = left < TimeSpan.Zero && all != Timeout.InfiniteTimeSpan
                    ? TimeSpan.Zero : left;
                Message message = Reply(left, token);
                object value = Leave(message);
                if (!message.HasMore)
                {
                    return value;
                }
                each?.Invoke(value);
            }
        }

        /// <summary>
        /// The same in a thread of its own; nobody else may use the client then.
        /// </summary>
        public Task<object> ResultAsync(
            TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            return Handle.Begin(() => Result(timeout, null, token), token);
        }

        /// <summary>The values of a stream one by one, and last the result.</summary>
        public IEnumerable<object> Replies(TimeSpan? timeout = null)
        {
            bool hasMore = true;
            while (hasMore)
            {
                Message message = Reply(timeout);
                hasMore = message.HasMore;
                yield return Leave(message);
            }
        }

        /// <summary>
        /// The next reply; with HasMore it is one of a stream, else the result. After a
        /// SipcTimeoutException one may ask again.
        /// </summary>
        public Message Reply(
            TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            Hold hold = new Hold();
            using (Arena arena = Arena.Open())
            {
                int status = Handle.Patiently(timeout ?? client.Timeout, token,
                    ns => Raw.sipc_result(client.Number, number, ns, hold.Message, arena.Error),
                    client);
                if (status != Raw.FAILED)
                {
                    return Message.Of(hold, status, arena);
                }
            }
            Map error = (Map)Leave(new Message(hold));
            throw new ServiceException(
                (long)error["code"], (string)error["message"], error["data"]);
        }

        /// <summary>A server that works on it sees that nobody waits.</summary>
        public void Cancel()
        {
            SipcException.Check(Leftovers.Beside(
                () => Raw.sipc_cancel(client.Number, number), client));
        }

        public void Dispose()
        {
            ulong channel = client.Number;
            ulong call = number;
            client.Leftovers.Run(channel, () => Raw.sipc_cancel(channel, call));
            GC.SuppressFinalize(this);
        }

        /// <summary>
        /// A value, whose tensors keep what they need; else it is released at once.
        /// </summary>
        private static object Leave(Message message)
        {
            object value = message.Value;
            if (!HasTensor(value))
            {
                message.Dispose();
            }
            return value;
        }

        private static bool HasTensor(object value)
        {
            return value is Tensor
                || (value is List<object> list && list.Exists(HasTensor))
                || (value is Map map && new List<object>(map.Values).Exists(HasTensor));
        }
    }
}
