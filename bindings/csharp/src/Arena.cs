using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace SimpleIpc
{
    /// <summary>
    /// Memory for the structs of one call, and what they point to: given back together. Each
    /// thread keeps one to use again.
    /// </summary>
    internal sealed unsafe class Arena : IDisposable
    {
        private const int BlockBytes = 16384;
        private const int Alignment = 8;

        [ThreadStatic]
        private static Arena spare;

        private readonly byte* block = (byte*)Marshal.AllocHGlobal(BlockBytes);
        private readonly List<IntPtr> others = new List<IntPtr>();
        private readonly List<GCHandle> pins = new List<GCHandle>();
        private readonly List<object> kept = new List<object>();
        private ulong used;

        private Arena()
        {
            Library.Load();
        }

        ~Arena()
        {
            Marshal.FreeHGlobal((IntPtr)block);
        }

        public sipc_error* Error { get; private set; }

        /// <summary>For an output of at most 8 bytes.</summary>
        public ulong* Number { get; private set; }

        public static Arena Open()
        {
            Arena arena = spare ?? new Arena();
            spare = null;
            arena.Error = (sipc_error*)arena.Allocate((ulong)sizeof(sipc_error));
            arena.Error->size = (uint)sizeof(sipc_error);
            arena.Number = (ulong*)arena.Allocate(sizeof(ulong));
            return arena;
        }

        /// <summary>Zeros.</summary>
        public byte* Allocate(ulong bytes)
        {
            ulong rounded = (bytes + Alignment - 1) / Alignment * Alignment;
            byte* memory = block + used;
            if (rounded <= BlockBytes - used)
            {
                used += rounded;
            }
            else
            {
                memory = (byte*)Marshal.AllocHGlobal((IntPtr)rounded);
                others.Add((IntPtr)memory);
            }
            ulong* words = (ulong*)memory;
            for (ulong index = 0; index < rounded / Alignment; index++)
            {
                words[index] = 0;
            }
            return memory;
        }

        /// <summary>Where the bytes lie, which do not move as long as the arena is open.</summary>
        public byte* Pin(byte[] bytes)
        {
            GCHandle pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
            pins.Add(pin);
            return (byte*)pin.AddrOfPinnedObject();
        }

        /// <summary>What is not to be collected as long as the arena is open.</summary>
        public void Keep(object one)
        {
            kept.Add(one);
        }

        public void Check(int status)
        {
            SipcException.Check(status, Error);
        }

        public void Dispose()
        {
            others.ForEach(Marshal.FreeHGlobal);
            others.Clear();
            pins.ForEach(pin => pin.Free());
            pins.Clear();
            kept.Clear();
            used = 0;
            spare = this;
        }
    }
}
