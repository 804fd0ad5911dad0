using System;
using SimpleIpc;

/// <summary>
/// All tests, or with `clean` what tidies up, or with `wait` what waits.
/// </summary>
internal static class Tests
{
    private static int Main(string[] args)
    {
        string what = args.Length > 0 ? args[0] : "";
        if (what == "clean")
        {
            Ipc.Clean(TimeSpan.Zero);
            return 0;
        }
        if (what == "wait")
        {
            Console.WriteLine("waiting");
            Ipc.Receive("nothing", TimeSpan.FromSeconds(60));
            return 0;
        }
        ValuesTest.All();
        ChannelsTest.All();
        CollectorTest.All();
        Console.WriteLine(Check.Passed + " passed, " + Check.Failed + " failed");
        return Check.Failed == 0 ? 0 : 1;
    }
}
