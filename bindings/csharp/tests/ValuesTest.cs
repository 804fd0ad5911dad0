using System;
using System.Collections.Generic;
using SimpleIpc;

/// <summary>What can be sent, what cannot, and what arrives.</summary>
internal static unsafe class ValuesTest
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    public static void All()
    {
        Check.Equal("size of a value", sizeof(sipc_value), 224);
        Check.Run("kinds", Kinds);
        Check.Run("refusals", Refusals);
        Check.Run("tensors", Tensors);
    }

    private static object Through(object value)
    {
        Ipc.Send("values", value);
        using (Message message = Ipc.Receive("values", Soon))
        {
            return message.Value;
        }
    }

    private static void Kinds()
    {
        Check.Equal("int", Through(-5), -5L);
        Check.Equal("byte", Through((byte)200), 200L);
        Check.Equal("ulong", Through(ulong.MaxValue), ulong.MaxValue);
        Check.Equal("float", Through(0.5f), 0.5);
        Check.Equal("double", Through(-0.0).ToString(), (-0.0).ToString());
        Check.Equal("string", Through("h\0\u00e9\U0001F600"), "h\0\u00e9\U0001F600");
        Check.Equal("char", Through('c'), "c");
        Check.Equal("bytes", ((byte[])Through(new byte[] { 1, 255 }))[1], (byte)255);
        Check.Equal("list", ((List<object>)Through(new int[] { 1, 2 }))[1], 2L);
        Map map = (Map)Through(new Map { { "z", 1 }, { "a", null } });
        Check.Equal("map as text", map.ToString(), "{z: 1, a: }");
        Check.Equal("map in its order", string.Join(",", map.Keys), "z,a");
        Check.Equal("opaque", ((Opaque)Through(new Opaque(new byte[1], "a/b"))).ContentType, "a/b");
    }

    private static void Refusals()
    {
        Check.Throws<ArgumentException>("half a pair", () => Ipc.Send("values", "\uD800"));
        Check.Throws<ArgumentException>("an object", () => Ipc.Send("values", new object()));
        Check.Throws<ArgumentException>("a decimal", () => Ipc.Send("values", 1.5m));
        Check.Throws<ArgumentException>("a key that is no text",
            () => Ipc.Send("values", new Dictionary<int, int> { { 1, 2 } }));
        List<object> endless = new List<object>();
        endless.Add(endless);
        Check.Throws<ArgumentException>("a list in itself", () => Ipc.Send("values", endless));
        Check.Throws<ArgumentNullException>("no name", () => Ipc.Send(null, 1));
        Check.Throws<ArgumentException>("a NUL in a name", () => Ipc.Send("a\0b", 1));
        SipcException bad = Check.Throws<SipcMisuseException>("a name", () => Ipc.Send("a/b", 1));
        Check.Equal("status", bad.Status, Status.BadName);
        Check.Throws<ArgumentException>("a time-out below 0",
            () => Ipc.Receive("values", TimeSpan.FromSeconds(-1)));
        Check.Throws<ArgumentException>("a shape",
            () => new Tensor(Dtype.F32, new long[] { 3 }, new float[2]));
        Check.Throws<InvalidCastException>("a null as a number", () =>
        {
            Ipc.Send("values", null);
            using (Message message = Ipc.Receive("values", Soon))
            {
                Check.Equal("a null as a string", message.As<string>(), null);
                message.As<long>();
            }
        });
        Check.Throws<InvalidCastException>("another type", () =>
        {
            Ipc.Send("values", 1);
            using (Message message = Ipc.Receive("values", Soon))
            {
                message.As<string>();
            }
        });
    }

    private static void Tensors()
    {
        using (Sender sender = new Sender("tensors"))
        using (Receiver receiver = new Receiver("tensors"))
        {
            sender.Send(new Tensor(Dtype.F32, new long[] { 2, 2 }, new float[] { 1, 2, 3, 4 }));
            Message message = receiver.Receive(Soon);
            Tensor tensor = message.As<Tensor>();
            Check.Equal("looked at in place", tensor.Data.GetSingle(3), 4f);
            Check.Equal("aligned", (long)tensor.Data.Address % 8, 0L);
            Check.Equal("copied", tensor.ToArray().Length, 16);
            Check.Throws<InvalidOperationException>("only to look", () => tensor.Data[0] = 1);
            Check.Throws<ArgumentOutOfRangeException>("bounds", () => tensor.Data.GetSingle(4));
            message.Dispose();
            message.Dispose();
            Check.Throws<SipcGoneException>("released", () => tensor.Data.GetSingle(0));

            Loan loan = sender.Loan(Dtype.I32, new long[] { 2 }, "pair");
            Check.Throws<ArgumentException>("no place",
                () => loan.Data.Write(new int[] { 1, 2, 3 }));
            loan.Data.Write(new int[] { 7, 8 });
            loan.Put();
            Check.Throws<SipcGoneException>("put", () => loan.Put());
            Check.Throws<SipcGoneException>("put away", () => loan.Data[0] = 1);
            loan.Dispose();
            using (Message filled = receiver.Receive(Soon))
            {
                Check.Equal("format", filled.As<Tensor>().Format, "pair");
                Check.Equal("filled", filled.As<Tensor>().Data.GetInt32(1), 8);
            }
            for (int count = 0; count < 40; count++)
            {
                sender.Loan(1000).Dispose(); // a handle has 16 at once
            }
            Check.Throws<ArgumentException>("below 0", () => sender.Loan(-1));
        }
    }
}
