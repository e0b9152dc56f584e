using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Files;

/// <summary>
/// Walks the fields of a protobuf message in a mapped file without reading their content
/// (https://protobuf.dev/programming-guides/encoding/). Every length is checked against the end of the message.
/// </summary>
internal struct WireReader(MappedFile file, long start, long end)
{
    public const int Varint = 0;
    public const int Fixed64 = 1;
    public const int Delimited = 2;
    public const int Fixed32 = 5;

    private long _position = start;

    public bool TryRead(out WireField field)
    {
        field = default;
        if (_position >= end)
        {
            return false;
        }

        long begin = _position;
        ulong tag = ReadVarint();
        int number = tag >> 3 is > 0 and < 1 << 29
            ? (int)(tag >> 3)
            : throw new OnnxFormatException(file.Path, null, $"is no ONNX model: byte {begin} begins no protobuf field");
        int wireType = (int)(tag & 7);
        long content = _position;
        switch (wireType)
        {
            case Varint:
                ReadVarint();
                break;
            case Fixed64:
                Skip(8, begin);
                break;
            case Fixed32:
                Skip(4, begin);
                break;
            case Delimited:
                ulong length = ReadVarint();
                content = _position;
                Skip(length, begin);
                break;
            default:
                throw new OnnxFormatException(file.Path, null, $"is no ONNX model: byte {begin} has wire type {wireType}");
        }

        field = new WireField(number, wireType, begin, content, _position);
        return true;
    }

    public static ulong ReadVarint(MappedFile file, WireField field) => new WireReader(file, field.ContentStart, field.End).ReadVarint();

    private ulong ReadVarint()
    {
        ReadOnlySpan<byte> bytes = file.Slice(_position, (int)Math.Min(10, end - _position));
        ulong value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                _position += i + 1;
                return value;
            }
        }

        throw bytes.Length < 10
            ? new OnnxFormatException(file.Path, null, $"is cut off, or no ONNX model: a number at byte {_position} does not end")
            : new OnnxFormatException(file.Path, null, $"is no ONNX model: the number at byte {_position} has more than 10 bytes");
    }

    private void Skip(ulong length, long begin)
    {
        if (length > (ulong)(end - _position))
        {
            throw new OnnxFormatException(
                file.Path, null, $"is cut off, or no ONNX model: the field at byte {begin} needs {length} bytes, {end - _position} are left");
        }

        _position += (long)length;
    }
}
