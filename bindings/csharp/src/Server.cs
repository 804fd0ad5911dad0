using System;
using System.Collections.Generic;
using System.Threading;

namespace SimpleIpc
{
    /// <summary>
    /// Answers the calls of a service; each goes to one of its servers. Give it methods and Serve,
    /// or loop over it and answer the requests.
    /// </summary>
    public sealed unsafe class Server : Source<Request>
    {
        private readonly Dictionary<string, Func<Request, object>> handlers =
            new Dictionary<string, Func<Request, object>>();
        private readonly List<object> offers = new List<object>();

        public Server(string name, Options options = null)
            : base(name ?? throw new ArgumentNullException(nameof(name)),
                Raw.ROLE_SERVE, options) {}

        private Server() : base(null, Raw.ROLE_SERVE, null) {}

        /// <summary>The service that this program is as a plugin of a host.</summary>
        public static Server Plugin() => new Server();

        /// <summary>
        /// Makes a handler a method of the service, and says so to who asks. An idempotent call is
        /// done again by another server when this one dies.
        /// </summary>
        public Server On(string name, Func<Request, object> handler, string[] args = null,
            bool idempotent = false, string about = "")
        {
            if (handler == null)
            {
                throw new ArgumentNullException(nameof(handler));
            }
            List<object> named = new List<object>();
            foreach (string arg in args ?? new string[0])
            {
                named.Add(new object[] { arg, "any" });
            }
            List<object> all = new List<object>(offers)
            {
                new Map
                {
                    { "name", name }, { "args", named }, { "idempotent", idempotent },
                    { "about", about },
                },
            };
            using (Arena arena = Arena.Open())
            {
                arena.Check(Raw.sipc_describe(Number, Encoder.Encode(arena, all), arena.Error));
            }
            offers.Add(all[all.Count - 1]);
            handlers[name] = handler;
            return this;
        }

        internal override Request Wrap(Message message) => new Request(message);

        /// <summary>
        /// Answers calls, one after the other in this thread, until the handle is closed or
        /// interrupted, the token is cancelled, or none comes within Options.Timeout.
        /// </summary>
        public void Serve(CancellationToken token = default(CancellationToken))
        {
            while (true)
            {
                try
                {
                    using (Request request = Receive(null, token))
                    {
                        Answer(request);
                    }
                }
                catch (SipcTimeoutException)
                {
                    return;
                }
                catch (OperationCanceledException) when (token.IsCancellationRequested)
                {
                    return;
                }
                catch (SipcException end)
                    when (end.Status == Status.Closed || end.Status == Status.Interrupted)
                {
                    return;
                }
            }
        }

        /// <summary>That its client is gone is no matter of the server's.</summary>
        private void Answer(Request request)
        {
            try
            {
                if (!handlers.TryGetValue(request.Method, out Func<Request, object> handler))
                {
                    throw new ServiceException(ServiceException.NoSuchMethod,
                        "there is no method " + request.Method);
                }
                request.Reply(handler(request));
            }
            catch (ServiceException refusal)
            {
                Fail(request, refusal.Code, refusal.Message, refusal.Details);
            }
            catch (Exception broken)
            {
                Fail(request, ServiceException.Broken,
                    broken.GetType().Name + ": " + broken.Message, null);
            }
        }

        private static void Fail(Request request, long code, string text, object data)
        {
            try
            {
                request.Fail(code, text, data);
            }
            catch (SipcRetryException)
            {
                // Nobody waits.
            }
            catch (SipcMisuseException)
            {
                // The library has told the client.
            }
            catch (ArgumentException)
            {
                request.Fail(ServiceException.Broken, "an error that cannot be sent");
            }
        }
    }
}
