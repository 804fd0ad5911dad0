using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;

namespace SimpleIpc
{
    /// <summary>The loaded library, and what all that calls it needs.</summary>
    internal sealed unsafe class Library
    {
        private const int RtldNow = 2;
        private const int IdentityBytesMax = 64;
        private const long NanosecondsPerTick = 100;
        private static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);

        private readonly IntPtr handle;

        [DllImport("libdl.so.2")]
        private static extern IntPtr dlopen(byte[] file, int flags);

        [DllImport("libdl.so.2")]
        private static extern IntPtr dlsym(IntPtr handle, byte[] name);

        [DllImport("libdl.so.2")]
        private static extern IntPtr dlerror();

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate uint Abi();

        /// <summary>Loads no other library than one that this program was written for.</summary>
        public Library(uint ours)
        {
            string folder = Environment.GetEnvironmentVariable("SIPC_LIB_DIR");
            string file = "libsimpleipc.so";
            string path = string.IsNullOrEmpty(folder) ? file : folder + "/" + file;
            handle = dlopen(Name(path), RtldNow);
            if (handle == IntPtr.Zero)
            {
                throw new DllNotFoundException(Text((byte*)dlerror()));
            }
            uint theirs = Function<Abi>("sipc_abi_version")();
            if (theirs != ours)
            {
                throw new DllNotFoundException(
                    "libsimpleipc speaks ABI " + theirs + ", this program " + ours);
            }
        }

        /// <summary>
        /// For those who call it first: what is wrong with the library, and not that a class could
        /// not be initialised.
        /// </summary>
        public static void Load()
        {
            try
            {
                RuntimeHelpers.RunClassConstructor(typeof(Raw).TypeHandle);
            }
            catch (TypeInitializationException wrapped) when (wrapped.InnerException != null)
            {
                ExceptionDispatchInfo.Capture(wrapped.InnerException).Throw();
            }
        }

        public T Function<T>(string name)
        {
            IntPtr address = dlsym(handle, Name(name));
            if (address == IntPtr.Zero)
            {
                throw new EntryPointNotFoundException(name);
            }
            return Marshal.GetDelegateForFunctionPointer<T>(address);
        }

        /// <summary>By the name of the program rather than of what runs it.</summary>
        public static void Identify()
        {
            byte[] program = Name(Path.GetFileName(Environment.GetCommandLineArgs()[0]));
            fixed (byte* name = program, language = Name("csharp"))
            {
                Raw.sipc_identify(program.Length > IdentityBytesMax ? null : name, language, null);
            }
        }

        /// <summary>
        /// The bytes of a text; half of a surrogate pair is an ArgumentException.
        /// </summary>
        public static byte[] Bytes(string text)
        {
            return Utf8.GetBytes(text);
        }

        /// <summary>A name for the library; null stays null.</summary>
        public static byte[] Name(string name)
        {
            if (name == null)
            {
                return null;
            }
            if (name.IndexOf('\0') >= 0)
            {
                throw new ArgumentException("a name has no NUL in it");
            }
            byte[] bytes = new byte[Utf8.GetByteCount(name) + 1];
            Utf8.GetBytes(name, 0, name.Length, bytes, 0);
            return bytes;
        }

        public static byte[] Given(string name)
        {
            return Name(name ?? throw new ArgumentNullException(nameof(name)));
        }

        public static string Text(byte* text)
        {
            ulong length = 0;
            while (text[length] != 0)
            {
                length++;
            }
            return Text(text, length);
        }

        public static string Text(void* text, ulong length)
        {
            return length == 0 ? "" : Encoding.UTF8.GetString((byte*)text, checked((int)length));
        }

        /// <summary>Nanoseconds of a time-out; Timeout.InfiniteTimeSpan waits for ever.</summary>
        public static long Nanoseconds(TimeSpan timeout)
        {
            if (timeout == System.Threading.Timeout.InfiniteTimeSpan)
            {
                return -1;
            }
            if (timeout < TimeSpan.Zero)
            {
                throw new ArgumentOutOfRangeException(nameof(timeout), "a time-out is not below 0");
            }
            return timeout.Ticks > long.MaxValue / NanosecondsPerTick
                ? -1 : timeout.Ticks * NanosecondsPerTick;
        }

        /// <summary>What is left of a time-out.</summary>
        public static long Left(long timeout, Stopwatch since)
        {
            return timeout < 0
                ? -1 : Math.Max(0, timeout - since.Elapsed.Ticks * NanosecondsPerTick);
        }
    }
}
