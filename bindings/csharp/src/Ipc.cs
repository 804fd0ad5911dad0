using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace SimpleIpc
{
    /// <summary>What needs no handle, and waiting on several of them.</summary>
    public static unsafe class Ipc
    {
        private const long SliceNs = 1000000000;

        /// <summary>Puts into a queue: one receiver gets it. Waits 5 s for room at most.</summary>
        public static void Send(string name, object value)
        {
            Put(name, value, (given, what, error) => Raw.sipc_send(given, what, error));
        }

        /// <summary>Puts on a topic: all subscribers get it.</summary>
        public static void Publish(string name, object value)
        {
            Put(name, value, (given, what, error) => Raw.sipc_publish(given, what, error));
        }

        /// <summary>Sets the value of a state, which stays.</summary>
        public static void Set(string name, object value)
        {
            Put(name, value, (given, what, error) => Raw.sipc_set(given, what, error));
        }

        /// <summary>Says that something has happened.</summary>
        public static void Notify(string name)
        {
            Put(name, null, (given, what, error) => Raw.sipc_notify(given, error));
        }

        /// <summary>Takes out of a queue; null waits for ever. SipcTimeoutException.</summary>
        public static Message Receive(string name, TimeSpan? timeout = null,
            CancellationToken token = default(CancellationToken))
        {
            return Take(name, timeout, token,
                (given, ns, message, error) => Raw.sipc_receive(given, ns, message, error));
        }

        /// <summary>The value of a state as it is now; waits only if there is none yet.</summary>
        public static Message Get(string name, TimeSpan? timeout = null,
            CancellationToken token = default(CancellationToken))
        {
            return Take(name, timeout, token,
                (given, ns, message, error) => Raw.sipc_get(given, ns, message, error));
        }

        /// <summary>How many notifications there were since the last time.</summary>
        public static ulong Wait(string name, TimeSpan? timeout = null,
            CancellationToken token = default(CancellationToken))
        {
            using (Arena arena = Arena.Open())
            {
                byte* given = arena.Pin(Library.Given(name));
                arena.Check(Sliced(timeout, token,
                    ns => Raw.sipc_await(given, ns, arena.Number, arena.Error)));
                return *arena.Number;
            }
        }

        /// <summary>
        /// Waits until one of several handles has something to take, and answers that one; null as
        /// time-out waits for ever.
        /// </summary>
        public static Handle WaitAny(
            TimeSpan? timeout, CancellationToken token, params Handle[] handles)
        {
            using (Arena arena = Arena.Open())
            {
                uint count = (uint)handles.Length;
                ulong* numbers = (ulong*)arena.Allocate(sizeof(ulong) * (ulong)count);
                for (int index = 0; index < handles.Length; index++)
                {
                    numbers[index] = handles[index].Number;
                }
                uint* found = (uint*)arena.Number;
                arena.Check(Handle.Patiently(timeout ?? Timeout.InfiniteTimeSpan, token,
                    ns => Raw.sipc_wait(numbers, count, ns, found, arena.Error), handles));
                return handles[*found];
            }
        }

        public static Handle WaitAny(TimeSpan? timeout, params Handle[] handles)
        {
            return WaitAny(timeout, CancellationToken.None, handles);
        }

        /// <summary>Who has a channel open: maps with pid, program, language, role, since_ns and
        /// id.</summary>
        public static List<object> Peers(string name, Options options = null)
        {
            using (Arena arena = Arena.Open())
            {
                byte* given = arena.Pin(Library.Given(name));
                Hold hold = new Hold();
                sipc_options* how = (options ?? new Options()).Encode(arena);
                int status = Raw.sipc_peers(given, how, hold.Message, arena.Error);
                using (Message message = Message.Of(hold, status, arena))
                {
                    return message.As<List<object>>();
                }
            }
        }

        /// <summary>Says what this program is called, to those who look for peers.</summary>
        public static void Identify(string program)
        {
            using (Arena arena = Arena.Open())
            {
                byte* given = arena.Pin(Library.Given(program));
                byte* language = arena.Pin(Library.Name("csharp"));
                arena.Check(Raw.sipc_identify(given, language, arena.Error));
            }
        }

        /// <summary>Describes a channel, or with null all of a directory, as JSON.</summary>
        public static string Audit(string name = null, string directory = null)
        {
            ulong capacity = 0;
            while (true)
            {
                using (Arena arena = Arena.Open())
                {
                    byte* given = name == null ? null : arena.Pin(Library.Name(name));
                    byte* place = directory == null ? null : arena.Pin(Library.Name(directory));
                    byte* text = arena.Allocate(capacity);
                    arena.Check(Raw.sipc_audit(
                        given, place, text, capacity, arena.Number, arena.Error));
                    if (*arena.Number <= capacity)
                    {
                        return Library.Text(text);
                    }
                    capacity = *arena.Number;
                }
            }
        }

        /// <summary>
        /// Removes what nobody uses; queues of which nobody has a handle only if their newest
        /// message is older than the age. How many channels.
        /// </summary>
        public static ulong Clean(TimeSpan ageMax, string directory = null)
        {
            using (Arena arena = Arena.Open())
            {
                byte* place = directory == null ? null : arena.Pin(Library.Name(directory));
                long age = Library.Nanoseconds(ageMax);
                arena.Check(Raw.sipc_clean(place, age, arena.Number, arena.Error));
                return *arena.Number;
            }
        }

        /// <summary>The clock of all times: nanoseconds of CLOCK_MONOTONIC.</summary>
        public static long NowNs
        {
            get
            {
                Library.Load();
                return Raw.sipc_now_ns();
            }
        }

        /// <summary>The version of the library.</summary>
        public static string Version
        {
            get
            {
                Library.Load();
                return Library.Text(Raw.sipc_version());
            }
        }

        private delegate int Putting(byte* name, sipc_value* value, sipc_error* error);

        private delegate int Taking(byte* name, long ns, sipc_message* message, sipc_error* error);

        private static void Put(string name, object value, Putting put)
        {
            using (Arena arena = Arena.Open())
            {
                byte* given = arena.Pin(Library.Given(name));
                sipc_value* what = Encoder.Encode(arena, value);
                int status = Raw.INTERRUPTED;
                while (status == Raw.INTERRUPTED) // by a signal of the run-time library
                {
                    status = put(given, what, arena.Error);
                }
                arena.Check(status);
            }
        }

        private static Message Take(
            string name, TimeSpan? timeout, CancellationToken token, Taking take)
        {
            using (Arena arena = Arena.Open())
            {
                byte* given = arena.Pin(Library.Given(name));
                Hold hold = new Hold();
                int status = Sliced(timeout, token,
                    ns => take(given, ns, hold.Message, arena.Error));
                return Message.Of(hold, status, arena);
            }
        }

        /// <summary>
        /// Without a handle there is nothing to interrupt: it looks once a second.
        /// </summary>
        private static int Sliced(
            TimeSpan? timeout, CancellationToken token, Handle.Attempt attempt)
        {
            long all = Library.Nanoseconds(timeout ?? Timeout.InfiniteTimeSpan);
            Stopwatch since = Stopwatch.StartNew();
            while (true)
            {
                token.ThrowIfCancellationRequested();
                long left = Library.Left(all, since);
                bool isLast = !token.CanBeCanceled || (left >= 0 && left <= SliceNs);
                int status = attempt(isLast ? left : SliceNs);
                bool isOver = status == Raw.TIMEOUT ? isLast : status != Raw.INTERRUPTED;
                if (isOver)
                {
                    return status;
                }
            }
        }
    }
}
