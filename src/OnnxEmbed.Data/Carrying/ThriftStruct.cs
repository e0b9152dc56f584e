using System.Buffers.Binary;

namespace OnnxEmbed.Data.Carrying;

/// <summary>
/// A structure of Thrift's compact protocol as a tree: fields by number, each with the protocol's type code. Integers of all widths are
/// <see langword="long"/>, texts <see langword="byte"/>[]. Reading is for bytes that <see cref="ParquetFooter"/> has passed or this program wrote.
/// Encoding: https://github.com/apache/thrift/blob/v0.22.0/doc/specs/thrift-compact-protocol.md.
/// </summary>
internal sealed class ThriftStruct
{
    private const int Byte = 3;
    private const int Int16 = 4;
    private const int Double = 7;
    private const int Set = 10;

    private readonly SortedDictionary<int, (int Type, object Value)> _fields = [];

    public object this[int field] => _fields[field].Value;

    public long Integer(int field, long otherwise = 0) => _fields.TryGetValue(field, out (int Type, object Value) found) ? (long)found.Value : otherwise;

    public ThriftStruct? Struct(int field) => _fields.TryGetValue(field, out (int Type, object Value) found) ? (ThriftStruct)found.Value : null;

    public IEnumerable<int> Fields => _fields.Keys;

    public IEnumerable<ThriftStruct> Structs(int field) =>
        _fields.TryGetValue(field, out (int Type, object Value) found) ? ((ThriftList)found.Value).Items.Cast<ThriftStruct>() : [];

    public string Text(int field) => System.Text.Encoding.UTF8.GetString((byte[])this[field]);

    public bool Has(int field) => _fields.ContainsKey(field);

    public void Remove(int field) => _fields.Remove(field);

    public ThriftStruct With(int field, int type, object value)
    {
        _fields[field] = (type, value);
        return this;
    }

    public ThriftStruct With32(int field, long value) => With(field, ThriftTypes.Int32, value);

    public ThriftStruct With64(int field, long value) => With(field, ThriftTypes.Int64, value);

    public ThriftStruct WithText(int field, string value) => With(field, ThriftTypes.Binary, System.Text.Encoding.UTF8.GetBytes(value));

    public ThriftStruct WithByte(int field, long value) => With(field, Byte, value);

    public static ThriftStruct Read(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        return ReadStruct(bytes, ref at);
    }

    public byte[] ToBytes()
    {
        MemoryStream stream = new();
        Write(stream);
        return stream.ToArray();
    }

    public void Write(Stream stream)
    {
        int last = 0;
        foreach ((int field, (int type, object value)) in _fields)
        {
            int code = type == ThriftTypes.Bool ? ((bool)value ? ThriftTypes.Bool : ThriftTypes.BoolFalse) : type;
            if (field - last is > 0 and < 16)
            {
                stream.WriteByte((byte)(((field - last) << 4) | code));
            }
            else
            {
                stream.WriteByte((byte)code);
                WriteVariable(stream, ZigZag(field));
            }

            last = field;
            if (type != ThriftTypes.Bool)
            {
                WriteValue(stream, type, value);
            }
        }

        stream.WriteByte(0);
    }

    public static void WriteListHeader(Stream stream, int elementType, long count)
    {
        if (count < 15)
        {
            stream.WriteByte((byte)((count << 4) | (byte)elementType));
        }
        else
        {
            stream.WriteByte((byte)(0xF0 | elementType));
            WriteVariable(stream, (ulong)count);
        }
    }

    public static void WriteVariable(Stream stream, ulong value)
    {
        while (value >= 128)
        {
            stream.WriteByte((byte)((value & 127) | 128));
            value >>= 7;
        }

        stream.WriteByte((byte)value);
    }

    private static void WriteValue(Stream stream, int type, object value)
    {
        switch (type)
        {
            case ThriftTypes.Bool:
                stream.WriteByte((bool)value ? (byte)ThriftTypes.Bool : (byte)ThriftTypes.BoolFalse);
                break;
            case Byte:
                stream.WriteByte(unchecked((byte)(long)value));
                break;
            case Int16 or ThriftTypes.Int32 or ThriftTypes.Int64:
                WriteVariable(stream, ZigZag((long)value));
                break;
            case Double or ThriftTypes.Binary:
                byte[] bytes = (byte[])value;
                if (type == ThriftTypes.Binary)
                {
                    WriteVariable(stream, (ulong)bytes.Length);
                }

                stream.Write(bytes);
                break;
            case ThriftTypes.List or Set:
                ThriftList list = (ThriftList)value;
                WriteListHeader(stream, list.ElementType, list.Items.Count);
                foreach (object item in list.Items)
                {
                    WriteValue(stream, list.ElementType, item);
                }

                break;
            default:
                ((ThriftStruct)value).Write(stream);
                break;
        }
    }

    private static ThriftStruct ReadStruct(ReadOnlySpan<byte> bytes, ref int at)
    {
        ThriftStruct read = new();
        int field = 0;
        for (byte header = bytes[at++]; header != 0; header = bytes[at++])
        {
            field = header >> 4 == 0 ? (int)UnZigZag(ReadVariable(bytes, ref at)) : field + (header >> 4);
            int type = header & 15;
            if (type is ThriftTypes.Bool or ThriftTypes.BoolFalse)
            {
                read._fields[field] = (ThriftTypes.Bool, type == ThriftTypes.Bool);
            }
            else
            {
                read._fields[field] = (type, ReadValue(bytes, ref at, type));
            }
        }

        return read;
    }

    private static object ReadValue(ReadOnlySpan<byte> bytes, ref int at, int type)
    {
        switch (type)
        {
            case ThriftTypes.Bool or ThriftTypes.BoolFalse:
                return bytes[at++] == ThriftTypes.Bool;
            case Byte:
                return (long)unchecked((sbyte)bytes[at++]);
            case Int16 or ThriftTypes.Int32 or ThriftTypes.Int64:
                return UnZigZag(ReadVariable(bytes, ref at));
            case Double or ThriftTypes.Binary:
                int length = type == Double ? sizeof(double) : (int)ReadVariable(bytes, ref at);
                at += length;
                return bytes[(at - length)..at].ToArray();
            case ThriftTypes.List or Set:
                byte header = bytes[at++];
                int count = header >> 4 == 15 ? (int)ReadVariable(bytes, ref at) : header >> 4;
                List<object> items = new(Math.Min(count, 1024));
                for (int i = 0; i < count; i++)
                {
                    items.Add(ReadValue(bytes, ref at, header & 15));
                }

                return new ThriftList((header & 15) == ThriftTypes.BoolFalse ? ThriftTypes.Bool : header & 15, items);
            case ThriftTypes.Struct:
                return ReadStruct(bytes, ref at);
            default:
                throw new InvalidDataException($"its footer has a value of type {type}");
        }
    }

    private static ulong ReadVariable(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
    }

    private static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    private static long UnZigZag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));
}
