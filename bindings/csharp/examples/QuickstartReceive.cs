// Prints what arrives; ends when nothing came for 2 seconds.

using System;
using SimpleIpc;

internal static class QuickstartReceive
{
    private static void Main()
    {
        Options options = new Options { Timeout = TimeSpan.FromSeconds(2) };
        using (Receiver chat = new Receiver("chat", options))
        {
            foreach (Message message in chat)
            {
                Console.WriteLine(message.Value);
            }
        }
    }
}
