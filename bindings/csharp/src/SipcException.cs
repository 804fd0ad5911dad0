using System;

namespace SimpleIpc
{
    /// <summary>
    /// What the library refuses. The class says what to do, the message in words.
    /// </summary>
    public class SipcException : Exception
    {
        internal SipcException(Status status, int osCode, string message) : base(message)
        {
            Status = status;
            OsCode = osCode;
        }

        public Status Status { get; }

        /// <summary>The operating system's error number, or 0.</summary>
        public int OsCode { get; }

        /// <summary>The class of a status is known by its number, also of one of later.</summary>
        internal static SipcException Of(int number, int osCode, string message)
        {
            Status status = (Status)number;
            if (number == Raw.TIMEOUT)
            {
                return new SipcTimeoutException(status, osCode, message);
            }
            else if (number <= Raw.LAST_RETRY)
            {
                return new SipcRetryException(status, osCode, message);
            }
            else if (number <= Raw.LAST_GONE)
            {
                return new SipcGoneException(status, osCode, message);
            }
            else if (number <= Raw.LAST_MISUSE)
            {
                return new SipcMisuseException(status, osCode, message);
            }
            else if (number <= Raw.LAST_CORRUPT)
            {
                return new SipcCorruptException(status, osCode, message);
            }
            else if (number <= Raw.LAST_SYSTEM)
            {
                return new SipcSystemException(status, osCode, message);
            }
            return new SipcException(status, osCode, message);
        }

        internal static unsafe SipcException Of(int status)
        {
            return Of(status, 0, Library.Text(Raw.sipc_status_text(status)));
        }

        internal static unsafe void Check(int status, sipc_error* error)
        {
            if (status != Raw.OK)
            {
                throw Of(status, error->os_code, Library.Text(error->message));
            }
        }

        internal static void Check(int status)
        {
            if (status != Raw.OK)
            {
                throw Of(status);
            }
        }
    }

    /// <summary>Nothing is wrong; the same call may succeed later.</summary>
    public class SipcRetryException : SipcException
    {
        internal SipcRetryException(Status status, int osCode, string message)
            : base(status, osCode, message) {}
    }

    /// <summary>Nothing arrived within the time given.</summary>
    public sealed class SipcTimeoutException : SipcRetryException
    {
        internal SipcTimeoutException(Status status, int osCode, string message)
            : base(status, osCode, message) {}
    }

    /// <summary>The handle, or the message, is of no use any more.</summary>
    public sealed class SipcGoneException : SipcException
    {
        internal SipcGoneException(Status status, int osCode, string message)
            : base(status, osCode, message) {}
    }

    /// <summary>The call cannot succeed as it stands; mend it.</summary>
    public class SipcMisuseException : SipcException
    {
        internal SipcMisuseException(Status status, int osCode, string message)
            : base(status, osCode, message) {}
    }

    /// <summary>The channel's file is damaged, or of another version.</summary>
    public sealed class SipcCorruptException : SipcException
    {
        internal SipcCorruptException(Status status, int osCode, string message)
            : base(status, osCode, message) {}
    }

    /// <summary>The operating system refused; OsCode says why.</summary>
    public sealed class SipcSystemException : SipcException
    {
        internal SipcSystemException(Status status, int osCode, string message)
            : base(status, osCode, message) {}
    }

    /// <summary>What a server's program answers with to say no; a handler throws one.</summary>
    public sealed class ServiceException : SipcMisuseException
    {
        /// <summary>The codes that servers use by themselves.</summary>
        public const long NoSuchMethod = -32601;

        public const long BadArguments = -32602;
        public const long Broken = -32603;

        public ServiceException(long code, string message, object data = null)
            : base(Status.Failed, 0, message)
        {
            Code = code;
            Details = data;
        }

        public long Code { get; }

        /// <summary>What the program adds, any value.</summary>
        public object Details { get; }
    }
}
