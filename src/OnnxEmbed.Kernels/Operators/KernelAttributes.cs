namespace OnnxEmbed.Kernels.Operators;

/// <summary>The attributes of the node that a kernel is made for; valid while it is made.</summary>
public readonly struct KernelAttributes
{
    private readonly nint _info;

    internal KernelAttributes(nint info) => _info = info;

    /// <summary>A number, or null where the node has none of that name.</summary>
    /// <param name="name">Zero-terminated, as <c>"alpha\0"u8</c>.</param>
    public float? Float(ReadOnlySpan<byte> name) => OrtApi.Float(_info, name);

    /// <summary>A whole number, or null where the node has none of that name.</summary>
    /// <param name="name">Zero-terminated.</param>
    public long? Integer(ReadOnlySpan<byte> name) => OrtApi.Integer(_info, name);

    /// <summary>A text, or null where the node has none of that name.</summary>
    /// <param name="name">Zero-terminated.</param>
    public string? Text(ReadOnlySpan<byte> name) => OrtApi.Text(_info, name);
}
