using System;
using System.Threading;

/// <summary>Counts and prints tests.</summary>
internal static class Check
{
    public static int Passed { get; private set; }

    public static int Failed { get; private set; }

    public static void Equal(string name, object found, object wanted)
    {
        if (Equals(found, wanted))
        {
            Passed++;
            Console.WriteLine("ok " + name);
            return;
        }
        Failed++;
        Console.WriteLine("FAILED " + name + ": found: " + found + "; wanted: " + wanted);
    }

    /// <summary>That the action ends by such an exception.</summary>
    public static T Throws<T>(string name, Action action) where T : Exception
    {
        try
        {
            action();
        }
        catch (T expected)
        {
            Equal(name, typeof(T), typeof(T));
            return expected;
        }
        catch (Exception other)
        {
            Equal(name, other, typeof(T));
            return null;
        }
        Equal(name, "nothing thrown", typeof(T));
        return null;
    }

    /// <summary>That it comes to be, with the collector's help.</summary>
    public static void Eventually(string name, Func<bool> isSo)
    {
        DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        bool found = isSo();
        while (!found && DateTime.UtcNow < end)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Yield();
            found = isSo();
        }
        Equal(name, found, true);
    }

    /// <summary>A test that ends by an exception has failed, and the others go on.</summary>
    public static void Run(string name, Action test)
    {
        try
        {
            test();
        }
        catch (Exception broken)
        {
            Equal(name, broken, "no exception");
        }
    }
}
