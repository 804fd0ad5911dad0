using System;

namespace SimpleIpc
{
    /// <summary>How to open a channel: as in sipc_options, each for the roles it says.</summary>
    public sealed class Options
    {
        private TimeSpan timeout = System.Threading.Timeout.InfiniteTimeSpan;

        /// <summary>Subscriber: the publisher waits for me.</summary>
        public bool Lossless { get; set; }

        /// <summary>Subscriber: each take skips to the newest message.</summary>
        public bool Latest { get; set; }

        /// <summary>Producer: spend no clock read for each message.</summary>
        public bool Unstamped { get; set; }

        /// <summary>Subscriber: only look on, without a place in the channel.</summary>
        public bool Tap { get; set; }

        /// <summary>
        /// Subscriber: begin with so many past messages; publisher: keep that many.
        /// </summary>
        public uint History { get; set; }

        /// <summary>How many messages a producer may be ahead, a power of two.</summary>
        public uint Depth { get; set; }

        /// <summary>Most shared memory for larger messages.</summary>
        public ulong PoolBytesMax { get; set; }

        /// <summary>Where the channel lives; null is the default.</summary>
        public string Directory { get; set; }

        /// <summary>Waiter: the number of a signal to raise in this process instead.</summary>
        public int Signal { get; set; }

        /// <summary>Lock: how many may have it at once.</summary>
        public uint Permits { get; set; }

        /// <summary>Of all waits that are given none; at first for ever. It ends loops.</summary>
        public TimeSpan Timeout
        {
            get => timeout;
            set
            {
                Library.Nanoseconds(value);
                timeout = value;
            }
        }

        /// <summary>A struct, which is good until the arena is disposed of.</summary>
        internal unsafe sipc_options* Encode(Arena arena)
        {
            sipc_options* to = (sipc_options*)arena.Allocate((ulong)sizeof(sipc_options));
            to->size = (uint)sizeof(sipc_options);
            to->flags = (Lossless ? Raw.OPTION_LOSSLESS : 0) | (Latest ? Raw.OPTION_LATEST : 0)
                | (Unstamped ? Raw.OPTION_UNSTAMPED : 0) | (Tap ? Raw.OPTION_TAP : 0);
            to->history = History;
            to->depth = Depth;
            to->pool_bytes_max = PoolBytesMax;
            to->signal = Signal;
            to->permits = Permits;
            to->directory = Directory == null ? null : arena.Pin(Library.Name(Directory));
            return to;
        }
    }
}
