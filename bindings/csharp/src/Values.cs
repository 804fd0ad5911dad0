using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;

namespace SimpleIpc
{
    /// <summary>Bytes with a content type, as application/json.</summary>
    public sealed class Opaque
    {
        public Opaque(byte[] data, string contentType)
        {
            Data = data ?? throw new ArgumentNullException(nameof(data));
            ContentType = contentType ?? throw new ArgumentNullException(nameof(contentType));
        }

        public byte[] Data { get; }

        public string ContentType { get; }
    }

    /// <summary>What a map arrives as: in its order, which a Dictionary does not promise.</summary>
    public sealed class Map : IReadOnlyDictionary<string, object>
    {
        private readonly List<string> keys = new List<string>();
        private readonly Dictionary<string, object> values = new Dictionary<string, object>();

        public int Count => keys.Count;

        public IEnumerable<string> Keys => keys;

        public IEnumerable<object> Values
        {
            get
            {
                foreach (string key in keys)
                {
                    yield return values[key];
                }
            }
        }

        public object this[string key]
        {
            get => values[key];
            set
            {
                if (!values.ContainsKey(key))
                {
                    keys.Add(key);
                }
                values[key] = value;
            }
        }

        /// <summary>So that one writes new Map { { "score", 0.93 } }.</summary>
        public void Add(string key, object value)
        {
            values.Add(key, value);
            keys.Add(key);
        }

        public bool ContainsKey(string key) => values.ContainsKey(key);

        public bool TryGetValue(string key, out object value) => values.TryGetValue(key, out value);

        public IEnumerator<KeyValuePair<string, object>> GetEnumerator()
        {
            foreach (string key in keys)
            {
                yield return new KeyValuePair<string, object>(key, values[key]);
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString()
        {
            IEnumerable<string> pairs = keys.ConvertAll(key =>
                key + ": " + Convert.ToString(values[key], CultureInfo.InvariantCulture));
            return "{" + string.Join(", ", pairs) + "}";
        }
    }
}
