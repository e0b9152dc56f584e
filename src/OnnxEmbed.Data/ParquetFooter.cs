using System.Buffers.Binary;

namespace OnnxEmbed.Data;

/// <summary>
/// Walks through the footer of a Parquet file before the Parquet library reads it. The library takes the end of a footer for the
/// continuation of a variable-length integer and loops for ever on a damaged one; what passes here has every value within the footer, ends
/// where the footer ends, and gives each field the type that the format fixes for it.
/// Encoding: https://github.com/apache/thrift/blob/v0.22.0/doc/specs/thrift-compact-protocol.md; footer:
/// https://github.com/apache/parquet-format/blob/apache-parquet-format-2.11.0/src/main/thrift/parquet.thrift.
/// </summary>
internal ref struct ParquetFooter
{
    private const int MaxDepth = 32;
    private const int TailLength = 8; // length of the footer, then "PAR1"

    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    private ParquetFooter(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Throws <see cref="InvalidDataException"/> where the footer is not well formed.</summary>
    public static void Check(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> tail = stackalloc byte[TailLength];
        if (file.Length < TailLength + 4)
        {
            throw new InvalidDataException($"{file.Length} bytes are too few");
        }

        file.Seek(-TailLength, SeekOrigin.End);
        file.ReadExactly(tail);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (!tail[4..].SequenceEqual("PAR1"u8) || length > file.Length - TailLength - 4)
        {
            throw new InvalidDataException("its end is not that of a Parquet file");
        }

        file.Seek(-TailLength - length, SeekOrigin.End);
        byte[] bytes = new byte[length];
        file.ReadExactly(bytes);
        ParquetFooter footer = new(bytes);
        footer.Struct(ThriftTypes.FileMetaData, 0);
        if (footer._at != bytes.Length)
        {
            throw Damaged("ends early");
        }
    }

    private void Struct(ThriftTypes? types, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Damaged("is nested too deeply");
        }

        int field = 0;
        while (true)
        {
            byte header = Byte();
            if (header == 0)
            {
                return;
            }

            field = header >> 4 == 0 ? unchecked((short)ZigZag()) : field + (header >> 4);
            (int wanted, ThriftTypes? inner) = types?.Of(field) ?? (0, null);
            int type = header & 15;
            if (wanted != 0 && type != wanted && !(wanted == ThriftTypes.Bool && type == ThriftTypes.BoolFalse))
            {
                throw Damaged($"has field {field} of type {type} in the place of {wanted}");
            }

            Value(type, inner, depth);
        }
    }

    private void Value(int type, ThriftTypes? inner, int depth)
    {
        switch (type)
        {
            case ThriftTypes.Bool or ThriftTypes.BoolFalse:
                break;
            case 3:
                Skip(1);
                break;
            case 4 or 5 or ThriftTypes.Int64:
                Variable();
                break;
            case 7:
                Skip(8);
                break;
            case ThriftTypes.Binary:
                Skip(Variable());
                break;
            case ThriftTypes.List or 10:
                List(inner, depth);
                break;
            case ThriftTypes.Struct:
                Struct(inner, depth + 1);
                break;
            default:
                throw Damaged($"has a value of type {type}");
        }
    }

    private void List(ThriftTypes? inner, int depth)
    {
        byte header = Byte();
        int type = header & 15;
        ulong count = header >> 4 == 15 ? Variable() : (ulong)(header >> 4);
        if (count > (ulong)(_bytes.Length - _at))
        {
            throw Damaged($"has a list of {count} values in {_bytes.Length - _at} bytes");
        }

        if (inner is not null && count > 0 && type != inner.ElementType)
        {
            throw Damaged($"has a list of type {type} in the place of {inner.ElementType}");
        }

        for (ulong i = 0; i < count; i++)
        {
            if (type is ThriftTypes.Bool or ThriftTypes.BoolFalse)
            {
                Skip(1); // in a list a truth value takes a byte
            }
            else
            {
                Value(type, inner, depth + 1);
            }
        }
    }

    private byte Byte() => _at < _bytes.Length ? _bytes[_at++] : throw Damaged("ends in the middle of a value");

    private void Skip(ulong count)
    {
        if (count > (ulong)(_bytes.Length - _at))
        {
            throw Damaged("ends in the middle of a value");
        }

        _at += (int)count;
    }

    private ulong Variable()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }

        throw Damaged("has an integer of more than ten bytes");
    }

    private long ZigZag()
    {
        ulong value = Variable();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private static InvalidDataException Damaged(string what) => new($"its footer {what}");
}
