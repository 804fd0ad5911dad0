using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SimpleIpc;

/// <summary>The values of testing/interop as words, and as C# has them.</summary>
internal sealed class Notation
{
    private const int PrintedBytesMax = 64;
    private const int Period = 251;
    private const int LetterPeriod = 23;
    private const int Letters = 26;
    private const uint CrcPolynomial = 0xEDB88320;

    private readonly string word;
    private int at;

    private Notation(string word)
    {
        this.word = word;
    }

    public static object Read(string word) => new Notation(word).Value();

    private object Value()
    {
        char kind = word[at];
        at++;
        switch (kind)
        {
            case 'n':
                return null;
            case 'b':
                return Field() == "1";
            case 'i':
                return long.Parse(Field());
            case 'u':
                return ulong.Parse(Field());
            case 'd':
                return BitConverter.Int64BitsToDouble(long.Parse(Field(), NumberStyles.HexNumber));
            case 's':
                return Text(Field());
            case 'x':
                return Bytes(Field());
            case '[':
                return List();
            case '{':
                return Map();
            case 't':
                return Tensor(size => Bytes(Field()));
            case 'T':
                return Tensor(size => Pattern(size, Number()));
            case 'o':
                string type = Text(Field());
                return new Opaque(Bytes(Field()), type);
            case 'X':
                int bytes = Number();
                return Pattern(bytes, Number());
            case 'S':
                int letters = Number();
                return TextPattern(letters, Number());
            default:
                throw new ArgumentException("there is no such value: " + word);
        }
    }

    private int Number() => int.Parse(Field());

    /// <summary>Up to the next separator; a colon is passed over.</summary>
    private string Field()
    {
        int begin = at;
        while (at < word.Length && ":,]}".IndexOf(word[at]) < 0)
        {
            at++;
        }
        string found = word.Substring(begin, at - begin);
        Skip(':');
        return found;
    }

    private void Skip(char separator)
    {
        if (at < word.Length && word[at] == separator)
        {
            at++;
        }
    }

    private List<object> List()
    {
        List<object> all = new List<object>();
        while (word[at] != ']')
        {
            all.Add(Value());
            Skip(',');
        }
        at++;
        Skip(':');
        return all;
    }

    private Map Map()
    {
        Map all = new Map();
        while (word[at] != '}')
        {
            string key = (string)Value();
            all.Add(key, Value());
            Skip(',');
        }
        at++;
        Skip(':');
        return all;
    }

    private Tensor Tensor(Func<int, byte[]> data)
    {
        Dtype dtype = (Dtype)Enum.Parse(typeof(Dtype), Field(), true);
        string sizes = Field();
        long[] shape = sizes == ""
            ? new long[0] : Array.ConvertAll(sizes.Split('x'), long.Parse);
        int size = Size(dtype);
        foreach (long along in shape)
        {
            size *= (int)along;
        }
        string format = Text(Field());
        return new Tensor(dtype, shape, data(size), format);
    }

    private static int Size(Dtype dtype)
    {
        if (dtype == Dtype.Bool)
        {
            return 1;
        }
        return int.Parse(dtype.ToString().Substring(1)) / 8;
    }

    private static byte[] Bytes(string hex)
    {
        byte[] bytes = new byte[hex.Length / 2];
        for (int index = 0; index < bytes.Length; index++)
        {
            bytes[index] = Convert.ToByte(hex.Substring(2 * index, 2), 16);
        }
        return bytes;
    }

    private static string Text(string hex) => Encoding.UTF8.GetString(Bytes(hex));

    private static byte[] Pattern(int size, int seed)
    {
        byte[] bytes = new byte[size];
        for (int index = 0; index < size; index++)
        {
            bytes[index] = (byte)(seed + index % Period);
        }
        return bytes;
    }

    private static string TextPattern(int size, int seed)
    {
        StringBuilder text = new StringBuilder(size);
        for (int index = 0; index < size; index++)
        {
            text.Append((char)('a' + (seed + index % LetterPeriod) % Letters));
        }
        return text.ToString();
    }

    public static string Print(object value)
    {
        if (value == null)
        {
            return "n";
        }
        if (value is bool truth)
        {
            return truth ? "b1" : "b0";
        }
        if (value is long || value is ulong)
        {
            return (value is long ? "i" : "u") + value;
        }
        if (value is double number)
        {
            return "d" + BitConverter.DoubleToInt64Bits(number).ToString("x16");
        }
        if (value is string text)
        {
            return "s" + Data(Encoding.UTF8.GetBytes(text));
        }
        if (value is byte[] bytes)
        {
            return "x" + Data(bytes);
        }
        if (value is List<object> list)
        {
            return "[" + string.Join(",", list.ConvertAll(Print)) + "]";
        }
        if (value is Map map)
        {
            List<string> items = new List<string>();
            foreach (KeyValuePair<string, object> pair in map)
            {
                items.Add(Print(pair.Key) + ":" + Print(pair.Value));
            }
            return "{" + string.Join(",", items) + "}";
        }
        if (value is Tensor tensor)
        {
            return "t" + tensor.Dtype.ToString().ToLowerInvariant() + ":"
                + string.Join("x", tensor.Shape) + ":" + Hex(Encoding.UTF8.GetBytes(tensor.Format))
                + ":" + Data(tensor.ToArray());
        }
        Opaque opaque = (Opaque)value;
        return "o" + Hex(Encoding.UTF8.GetBytes(opaque.ContentType)) + ":" + Data(opaque.Data);
    }

    private static string Hex(byte[] bytes)
    {
        return BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
    }

    private static string Data(byte[] bytes)
    {
        return bytes.Length <= PrintedBytesMax
            ? Hex(bytes) : "#" + bytes.Length + ":" + Crc32(bytes).ToString("x8");
    }

    private static uint Crc32(byte[] bytes)
    {
        uint[] table = new uint[256];
        for (uint index = 0; index < table.Length; index++)
        {
            uint entry = index;
            for (int bit = 0; bit < 8; bit++)
            {
                entry = (entry & 1) == 0 ? entry >> 1 : (entry >> 1) ^ CrcPolynomial;
            }
            table[index] = entry;
        }
        uint crc = uint.MaxValue;
        foreach (byte one in bytes)
        {
            crc = (crc >> 8) ^ table[(crc ^ one) & 0xFF];
        }
        return ~crc;
    }
}
