namespace OnnxEmbed.Onnx.Files;

/// <summary>One field of a protobuf message: where it begins, and where its content lies.</summary>
internal readonly record struct WireField(int Number, int WireType, long Start, long ContentStart, long End)
{
    public long ContentLength => End - ContentStart;
}
