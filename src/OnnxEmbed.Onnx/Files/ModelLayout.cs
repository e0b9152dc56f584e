using System.Globalization;
using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using Piece = OnnxEmbed.Onnx.OnnxFilePlan.Piece;

namespace OnnxEmbed.Onnx.Files;

/// <summary>Decides which byte of a model goes where.</summary>
internal static class ModelLayout
{
    /// <summary>model.onnx has model.onnx_data, as exporters and transformers.js name it.</summary>
    public const string DataSuffix = "_data";

    /// <summary>Page size; external tensors begin at a multiple of it, so that they can be mapped (ExternalData.md of onnx 1.17).</summary>
    private const long PageSize = 4096;

    /// <summary>
    /// Windows maps at multiples of 64 KiB. Tensors from 1 MiB, for which mapping pays, begin there; at less the gaps would outgrow the data.
    /// ONNX Runtime's own writer draws the same line (onnxruntime v1.20, graph.cc, kDefaultTensorAlignThreshold).
    /// </summary>
    private const long MappingGranularity = 65536;
    private const long MappingThreshold = 1 << 20;

    /// <summary>The files as they were read, with the tensors as holes; null where that is not possible.</summary>
    public static OnnxFilePlan? Splice(OnnxModel model, string path, MappedFile modelFile, IReadOnlyDictionary<string, MappedFile> external)
    {
        List<PlannedFile> files = [new(Path.GetFileName(path), modelFile.Length)];
        List<MappedFile> sources = [modelFile];
        Dictionary<string, int> indexes = new(StringComparer.Ordinal);
        foreach ((string name, MappedFile file) in external)
        {
            indexes.Add(name, files.Count);
            files.Add(new PlannedFile(name, file.Length));
            sources.Add(file);
        }

        Dictionary<string, PlannedRange> tensors = new(StringComparer.Ordinal);
        foreach ((string name, TensorLocation location) in model.Locations)
        {
            if (location.Storage is TensorStorage.TypedField && model.Tensors[name].ElementType.IsFloat())
            {
                return null;
            }

            if (location.Length > 0)
            {
                int file = location.Storage == TensorStorage.External ? indexes[location.File] : 0;
                tensors.Add(name, new PlannedRange(file, location.Offset, location.Length));
            }
        }

        List<Piece> pieces = [];
        for (int file = 0; file < files.Count; file++)
        {
            long at = 0;
            foreach (PlannedRange range in tensors.Values.Where(range => range.File == file).Distinct().OrderBy(range => range.Offset))
            {
                if (range.Offset < at)
                {
                    return null; // two tensors overlap without being the same
                }

                AddSource(range.Offset);
                at = range.Offset + range.Length;
            }

            AddSource(files[file].Length);

            void AddSource(long end)
            {
                if (end > at)
                {
                    pieces.Add(new Piece(file, at, end - at, default, sources[file], at));
                }
            }
        }

        return new OnnxFilePlan(path, keepsLayout: true, files, pieces, tensors);
    }

    /// <summary>A layout of its own: initializers last in the graph, and large ones in a data file where the options or their size ask for it.</summary>
    public static OnnxFilePlan Compose(OnnxModel model, string path, OnnxWriteOptions options)
    {
        long total = 0;
        foreach (TensorData tensor in model.Tensors.Values)
        {
            total = checked(total + tensor.ByteLength);
        }

        bool external = options.ExternalData == ExternalDataMode.Always
            || (options.ExternalData == ExternalDataMode.Auto && total > OnnxWriteOptions.InlineLimit);
        string dataName = Path.GetFileName(path) + DataSuffix;
        Dictionary<string, PlannedRange> tensors = new(StringComparer.Ordinal);
        List<(byte[] Head, string Name, long Inline)> initializers = [];
        Dictionary<(string File, long Offset), long> shared = [];
        long dataLength = 0;
        foreach (TensorProto initializer in model.Proto.Graph.Initializer)
        {
            if (!model.Tensors.TryGetValue(initializer.Name, out TensorData? tensor))
            {
                initializers.Add((initializer.ToByteArray(), initializer.Name, 0));
                continue;
            }

            TensorProto head = new(initializer);
            TensorDecoder.Clear(head);
            if (!external || tensor.ByteLength <= OnnxWriteOptions.ExternalThreshold)
            {
                initializers.Add((head.ToByteArray(), initializer.Name, tensor.ByteLength));
                continue;
            }

            long offset = Place(model.Locations[initializer.Name], tensor.ByteLength, shared, ref dataLength);
            head.DataLocation = TensorProto.Types.DataLocation.External;
            head.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = dataName });
            head.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset.ToString(CultureInfo.InvariantCulture) });
            head.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = tensor.ByteLength.ToString(CultureInfo.InvariantCulture) });
            initializers.Add((head.ToByteArray(), initializer.Name, 0));
            tensors.Add(initializer.Name, new PlannedRange(1, offset, tensor.ByteLength));
        }

        List<Piece> pieces = [];
        long modelLength = Assemble(model.Proto, initializers, pieces, tensors);
        if (modelLength > int.MaxValue)
        {
            throw new OptionException(
                $"{path}: an ONNX file ends at 2 GB, the model needs {modelLength} bytes; external data (ExternalDataMode.Auto or Always) hold more");
        }

        List<PlannedFile> files = [new(Path.GetFileName(path), modelLength)];
        if (dataLength > 0)
        {
            files.Add(new PlannedFile(dataName, dataLength));
        }

        return new OnnxFilePlan(path, keepsLayout: false, files, pieces, tensors);
    }

    private static long Place(TensorLocation source, long length, Dictionary<(string File, long Offset), long> shared, ref long dataLength)
    {
        if (source.Length > 0 && shared.TryGetValue((source.File, source.Offset), out long known))
        {
            return known; // tied weights stay one storage
        }

        long alignment = length >= MappingThreshold ? MappingGranularity : PageSize;
        long offset = checked((dataLength + alignment - 1) / alignment * alignment);
        dataLength = checked(offset + length);
        if (source.Length > 0)
        {
            shared.Add((source.File, source.Offset), offset);
        }

        return offset;
    }

    /// <summary>
    /// Puts the message together around the tensor bytes: protobuf lets the fields of a message stand in any order, so the graph comes last in
    /// the model and its initializers last in the graph. Returns the length.
    /// </summary>
    private static long Assemble(
        ModelProto proto, List<(byte[] Head, string Name, long Inline)> initializers, List<Piece> pieces, Dictionary<string, PlannedRange> tensors)
    {
        GraphProto graph = new(proto.Graph);
        graph.Initializer.Clear();
        ModelProto model = new(proto) { Graph = null };
        byte[] graphBytes = graph.ToByteArray();
        long graphLength = graphBytes.Length;
        foreach ((byte[] head, _, long inline) in initializers)
        {
            long tensorLength = TensorLength(head, inline);
            graphLength = checked(graphLength + 1 + VarintLength(tensorLength) + tensorLength);
        }

        long at = 0;
        MemoryStream run = new();
        run.Write(model.ToByteArray());
        run.WriteByte((7 << 3) | WireReader.Delimited); // ModelProto.graph
        ModelSkeleton.WriteVarint((ulong)graphLength, run);
        run.Write(graphBytes);
        foreach ((byte[] head, string name, long inline) in initializers)
        {
            run.WriteByte((5 << 3) | WireReader.Delimited); // GraphProto.initializer
            ModelSkeleton.WriteVarint((ulong)TensorLength(head, inline), run);
            run.Write(head);
            if (inline > 0)
            {
                run.WriteByte((9 << 3) | WireReader.Delimited); // TensorProto.raw_data
                ModelSkeleton.WriteVarint((ulong)inline, run);
                Flush();
                tensors.Add(name, new PlannedRange(0, at, inline));
                at = checked(at + inline);
            }
        }

        Flush();
        return at;

        void Flush()
        {
            pieces.Add(new Piece(0, at, run.Length, run.ToArray(), null, 0));
            at += run.Length;
            run.SetLength(0);
        }
    }

    private static long TensorLength(byte[] head, long inline) => inline == 0 ? head.Length : checked(head.Length + 1 + VarintLength(inline) + inline);

    private static int VarintLength(long value)
    {
        int length = 1;
        for (; value >= 0x80; value >>= 7)
        {
            length++;
        }

        return length;
    }
}
