using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Stepping;

/// <summary>Tensors f32 in native memory, by name; they are bound to sessions as they lie.</summary>
internal sealed class WeightSet : IDisposable
{
    private readonly Dictionary<string, OrtValue> _values = new(StringComparer.Ordinal);

    /// <summary>A tensor.</summary>
    public OrtValue this[string name] => _values[name];

    /// <summary>Adds a tensor of zeros.</summary>
    public OrtValue Add(string name, IReadOnlyList<long> shape)
    {
        OrtValue value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, [.. shape]);
        _values.Add(name, value);
        value.GetTensorMutableDataAsSpan<float>().Clear();
        return value;
    }

    /// <summary>Adds a copy of a tensor.</summary>
    public void Add(string name, TensorData data) => Copy(data, Add(name, data.Shape));

    /// <summary>Copies a tensor's elements into native memory.</summary>
    public static void Copy(TensorData data, OrtValue target)
    {
        Span<byte> bytes = target.GetTensorMutableRawData();
        data.Slice(0, bytes.Length).CopyTo(bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (OrtValue value in _values.Values)
        {
            value.Dispose();
        }

        _values.Clear();
    }
}
