using System;
using System.Collections.Generic;

namespace SimpleIpc
{
    /// <summary>
    /// A call that was taken and is to be answered, by any thread; if it is disposed of unanswered,
    /// that is an error for its client.
    /// </summary>
    public sealed unsafe class Request : IDisposable
    {
        private readonly Message message;

        internal Request(Message message)
        {
            this.message = message;
            List<object> call = message.As<List<object>>();
            Method = (string)call[0];
            Args = call[1];
        }

        public string Method { get; }

        /// <summary>A list, a map of names, one value, or null for none.</summary>
        public object Args { get; }

        /// <summary>The arguments as a list, whatever names they have.</summary>
        public List<object> List
        {
            get
            {
                if (Args is List<object> all)
                {
                    return all;
                }
                if (Args is Map named)
                {
                    return new List<object>(named.Values);
                }
                return Args == null ? new List<object>() : new List<object> { Args };
            }
        }

        /// <summary>An argument; else a ServiceException with the code BadArguments.</summary>
        public T Arg<T>(int index)
        {
            List<object> all = List;
            if (index < all.Count && all[index] is T)
            {
                return (T)all[index];
            }
            throw new ServiceException(ServiceException.BadArguments,
                Method + ": argument " + (index + 1) + " is to be a " + typeof(T).Name);
        }

        /// <summary>Answers with the result.</summary>
        public void Reply(object value) => Answer(value, 0);

        /// <summary>One reply of a stream, before the result; Cancelled if nobody waits.</summary>
        public void Push(object value) => Answer(value, Raw.REPLY_MORE);

        /// <summary>Answers with an error of this program.</summary>
        public void Fail(long code, string text, object data = null)
        {
            Map error = new Map { { "code", code }, { "message", text }, { "data", data } };
            Answer(error, Raw.REPLY_ERROR);
        }

        /// <summary>Nobody waits for the answer any more; to be asked in long work.</summary>
        public bool IsCancelled => message.Hold.IsCancelled();

        public bool IsOneWay => message.IsOneWay;

        /// <summary>Lets go of it; more than once does no harm.</summary>
        public void Dispose() => message.Dispose();

        private void Answer(object value, uint flags)
        {
            using (Arena arena = Arena.Open())
            {
                sipc_value* given = Encoder.Encode(arena, value);
                arena.Check(message.Hold.Reply(given, flags, arena.Error));
            }
        }
    }
}
