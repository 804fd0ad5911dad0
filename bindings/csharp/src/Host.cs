using System;

namespace SimpleIpc
{
    /// <summary>
    /// Starts programs as plugins; plugin p of the host h serves h.p. What is received are events:
    /// maps with event, plugin, pid and more.
    /// </summary>
    public sealed unsafe class Host : Consumer
    {
        private readonly string name;

        public Host(string name, Options options = null) : base(name, Raw.ROLE_HOST, options)
        {
            this.name = name;
        }

        /// <summary>
        /// Starts a program. It is started again up to restarts times within a time, and killed
        /// when it takes no call for hangAfter; null is what the library thinks.
        /// </summary>
        public void Start(string plugin, string program, string[] args = null, int? restarts = null,
            TimeSpan? within = null, TimeSpan? hangAfter = null)
        {
            Map order = new Map
            {
                { "name", plugin }, { "program", program }, { "args", args ?? new string[0] },
            };
            if (restarts.HasValue)
            {
                order.Add("restarts", restarts.Value);
            }
            if (within.HasValue)
            {
                order.Add("seconds", within.Value.TotalSeconds);
            }
            if (hangAfter.HasValue)
            {
                order.Add("hang_after", hangAfter.Value.TotalSeconds);
            }
            Order(order);
        }

        public void Stop(string plugin) => Order(new Map { { "name", plugin }, { "stop", true } });

        /// <summary>A client of a plugin.</summary>
        public Client Client(string plugin, Options options = null)
        {
            return new Client(name + "." + plugin, options);
        }

        private void Order(Map order)
        {
            using (Arena arena = Arena.Open())
            {
                arena.Check(Raw.sipc_plugin(Number, Encoder.Encode(arena, order), arena.Error));
            }
        }
    }
}
