// Sends a few values; start it before or after QuickstartReceive.

using System.Collections.Generic;
using SimpleIpc;

internal static class QuickstartSend
{
    private static void Main()
    {
        Ipc.Send("chat", "hello");
        Ipc.Send("chat", 42);
        Ipc.Send("chat", new Dictionary<string, object> { { "score", 0.93 } });
    }
}
