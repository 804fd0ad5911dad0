// The async interfaces are in Mono 6, .NET Core 3 and .NET 5, and not in netstandard2.0.
#if !NETSTANDARD2_0
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace SimpleIpc
{
    /// <summary>The same loop for await foreach; a thread of its own waits.</summary>
    public abstract partial class Source<T> : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(
            CancellationToken token = default(CancellationToken))
        {
            return new AsyncLoop(this, token);
        }

        private sealed class AsyncLoop : IAsyncEnumerator<T>
        {
            private readonly Source<T> source;
            private readonly CancellationToken token;

            public AsyncLoop(Source<T> source, CancellationToken token)
            {
                this.source = source;
                this.token = token;
            }

            public T Current { get; private set; }

            public ValueTask<bool> MoveNextAsync() => new ValueTask<bool>(NextAsync());

            public ValueTask DisposeAsync()
            {
                Leave();
                return default(ValueTask);
            }

            private async Task<bool> NextAsync()
            {
                Leave();
                try
                {
                    Current = await source.ReceiveAsync(null, token).ConfigureAwait(false);
                }
                catch (SipcException end) when (IsEnd(end))
                {
                    return false;
                }
                return true;
            }

            private void Leave()
            {
                Current?.Dispose();
                Current = null;
            }
        }
    }
}
#endif
