using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Shipping;

/// <summary>What consumers ask of a package's ONNX file and tokenizer.</summary>
internal sealed class ModelFacts
{
    private ModelFacts(ModelProto proto, long weightBytes, string tokenizerKind)
    {
        Inputs = [.. proto.Graph.Input.Select(input => input.Name).Except(proto.Graph.Initializer.Select(initializer => initializer.Name))];
        Opset = proto.OpsetImport.Where(import => import.Domain.Length == 0).Select(import => import.Version).FirstOrDefault();
        IrVersion = proto.IrVersion;
        Domains = [.. proto.OpsetImport.Select(import => import.Domain).Where(domain => domain is not ("" or "ai.onnx"))];
        WeightBytes = weightBytes;
        TokenizerKind = tokenizerKind;
        ValueInfoProto first = proto.Graph.Output[0];
        FirstOutput = first.Name;
        FirstIsTokens = first.Type?.TensorType is { ElemType: (int)ElementType.Float32, Shape.Dim.Count: 3 } type && type.Shape.Dim[2].DimValue > 0;
    }

    /// <summary>Graph inputs.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>Version of the standard operators.</summary>
    public long Opset { get; }

    /// <summary>Version of the file format.</summary>
    public long IrVersion { get; }

    /// <summary>Other operator domains.</summary>
    public IReadOnlyList<string> Domains { get; }

    /// <summary>Bytes of all initializers.</summary>
    public long WeightBytes { get; }

    /// <summary>Name of the first output.</summary>
    public string FirstOutput { get; }

    /// <summary>Whether the first output is f32 [batch, sequence, a fixed width].</summary>
    public bool FirstIsTokens { get; }

    /// <summary>Whether the model takes segments.</summary>
    public bool HasTokenTypes => Inputs.Contains(EncoderInputs.TokenTypeIdsName);

    /// <summary>The <c>model.type</c> of tokenizer.json: WordPiece, BPE, Unigram or WordLevel.</summary>
    public string TokenizerKind { get; }

    public static ModelFacts Of(ModelPackage package, OnnxModel model) =>
        new(model.Proto, model.Tensors.Values.Sum(tensor => tensor.ByteLength), TokenizerFile.Kind(package));
}
