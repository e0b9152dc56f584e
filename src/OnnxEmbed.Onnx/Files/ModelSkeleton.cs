using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Files;

/// <summary>
/// A model file with the bytes of its initializers left out: everything else, parsed, and where the bytes of each initializer lie. What is
/// left out is never copied.
/// </summary>
internal sealed class ModelSkeleton
{
    private const int GraphField = 7; // ModelProto.graph
    private const int InitializerField = 5; // GraphProto.initializer
    private const int DataTypeField = 2;
    private const int FloatDataField = 4;
    private const int RawDataField = 9;
    private const int DoubleDataField = 10;

    private readonly MappedFile _file;
    private readonly List<(long Offset, long Length)?> _payloads = [];

    private ModelSkeleton(MappedFile file) => _file = file;

    /// <summary>The model; its initializers have no raw_data where <see cref="Payloads"/> has an entry.</summary>
    public ModelProto Proto { get; private set; } = null!;

    /// <summary>For each initializer of the graph in file order the place of its bytes; null where they were left in <see cref="Proto"/>.</summary>
    public IReadOnlyList<(long Offset, long Length)?> Payloads => _payloads;

    public static ModelSkeleton Read(MappedFile file)
    {
        ModelSkeleton skeleton = new(file);
        try
        {
            using MemoryStream stripped = new();
            skeleton.StripModel(stripped);
            stripped.Position = 0;
            skeleton.Proto = ModelProto.Parser.ParseFrom(stripped);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new OnnxFormatException(file.Path, null, "is no ONNX model: " + exception.Message, exception);
        }

        return skeleton.Proto.Graph is not null
            ? skeleton
            : throw new OnnxFormatException(file.Path, null, "is no ONNX model: it has no graph");
    }

    private void StripModel(MemoryStream target)
    {
        WireReader reader = new(_file, 0, _file.Length);
        bool hasGraph = false;
        while (reader.TryRead(out WireField field))
        {
            if (field is not { Number: GraphField, WireType: WireReader.Delimited })
            {
                Copy(field.Start, field.End, target);
                continue;
            }

            if (hasGraph)
            {
                throw new OnnxFormatException(_file.Path, null, "needs one graph, got two");
            }

            hasGraph = true;
            using MemoryStream graph = new();
            StripGraph(field, graph);
            Nest(GraphField, graph, target);
        }
    }

    private void StripGraph(WireField graph, MemoryStream target)
    {
        WireReader reader = new(_file, graph.ContentStart, graph.End);
        while (reader.TryRead(out WireField field))
        {
            if (field is not { Number: InitializerField, WireType: WireReader.Delimited })
            {
                Copy(field.Start, field.End, target);
                continue;
            }

            WireField? payload = FindPayload(field);
            _payloads.Add(payload is { } found ? (found.ContentStart, found.ContentLength) : null);
            if (payload is { } left)
            {
                using MemoryStream tensor = new();
                Copy(field.ContentStart, left.Start, tensor);
                Copy(left.End, field.End, tensor);
                Nest(InitializerField, tensor, target);
            }
            else
            {
                Copy(field.Start, field.End, target);
            }
        }
    }

    /// <summary>The one field of an initializer that holds its values as plain bytes; null if there is none or more than one.</summary>
    private WireField? FindPayload(WireField tensor)
    {
        WireReader reader = new(_file, tensor.ContentStart, tensor.End);
        ElementType type = ElementType.Undefined;
        WireField? payload = null;
        int dataFields = 0;
        while (reader.TryRead(out WireField field))
        {
            if (field is { Number: DataTypeField, WireType: WireReader.Varint })
            {
                type = (ElementType)unchecked((int)WireReader.ReadVarint(_file, field));
            }
            else if (field.Number is FloatDataField or 5 or 7 or RawDataField or DoubleDataField or 11)
            {
                dataFields++;
                payload = field.WireType == WireReader.Delimited ? field : null;
            }
        }

        bool plain = payload is { } found && dataFields == 1 && TensorDecoder.IsSupported(type)
            && (found.Number == RawDataField
                || (found.Number == FloatDataField && type == ElementType.Float32)
                || (found.Number == DoubleDataField && type == ElementType.Float64));
        return plain ? payload : null;
    }

    private void Copy(long start, long end, MemoryStream target)
    {
        if (end - start > int.MaxValue - 1024 - target.Length)
        {
            throw new OnnxFormatException(_file.Path, null, "needs less than 2 GB outside its initializers");
        }

        target.Write(_file.Slice(start, (int)(end - start)));
    }

    private static void Nest(int fieldNumber, MemoryStream content, MemoryStream target)
    {
        WriteVarint(((ulong)fieldNumber << 3) | WireReader.Delimited, target);
        WriteVarint((ulong)content.Length, target);
        content.WriteTo(target);
    }

    internal static void WriteVarint(ulong value, Stream target)
    {
        for (; value >= 0x80; value >>= 7)
        {
            target.WriteByte((byte)((value & 0x7F) | 0x80));
        }

        target.WriteByte((byte)value);
    }
}
