using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.CustomOperators;

namespace OnnxEmbed.TestKit.Running;

/// <summary>
/// A model in an ONNX Runtime session on the CPU with one thread, run by name on tensors of ours. Sessions know
/// <see cref="DoubleCustomOps"/>.
/// </summary>
public sealed class OrtGraphRunner : IDisposable
{
    private readonly SessionOptions _options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, EnableMemoryPattern = false };
    private readonly InferenceSession _session;

    /// <summary>Opens a session on a serialised, self-contained model.</summary>
    /// <param name="model">The file's bytes.</param>
    /// <param name="optimize">
    /// Whether ONNX Runtime may fuse nodes, as it does by default. Checks in double switch it off: the fusion of RMS normalisation in
    /// double (1.31.1) takes 1e-5 for the graph's epsilon.
    /// </param>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the model.</exception>
    public OrtGraphRunner(byte[] model, bool optimize = true)
    {
        try
        {
            _options.GraphOptimizationLevel = optimize ? GraphOptimizationLevel.ORT_ENABLE_ALL : GraphOptimizationLevel.ORT_DISABLE_ALL;
            // What goes wrong comes as an exception; its second copy on the console would drown the test output.
            _options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
            _session = DoubleCustomOps.Open(model, _options);
        }
        catch
        {
            _options.Dispose();
            throw;
        }
    }

    /// <summary>Names of the graph inputs, initializers aside.</summary>
    public IReadOnlyList<string> InputNames => _session.InputNames;

    /// <summary>Names of the graph outputs in order.</summary>
    public IReadOnlyList<string> OutputNames => _session.OutputNames;

    /// <summary>Runs once and returns every output, or those asked for.</summary>
    public IReadOnlyDictionary<string, TensorData> Run(
        IReadOnlyDictionary<string, TensorData> inputs, IReadOnlyCollection<string>? outputs = null)
    {
        Dictionary<string, OrtValue> values = [];
        try
        {
            foreach (string name in _session.InputNames)
            {
                values[name] = inputs.TryGetValue(name, out TensorData? tensor)
                    ? ToOrt(tensor)
                    : throw new ArgumentException(
                        $"the graph needs an input '{name}', got {string.Join(", ", inputs.Keys)}", nameof(inputs));
            }

            string[] wanted = outputs is null ? [.. _session.OutputNames] : [.. outputs];
            using RunOptions run = new();
            using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(run, values, wanted);
            return wanted.Zip(results).ToDictionary(pair => pair.First, pair => FromOrt(pair.Second));
        }
        finally
        {
            foreach (OrtValue value in values.Values)
            {
                value.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }

    private static OrtValue ToOrt(TensorData tensor) => tensor.ElementType switch
    {
        ElementType.Float32 => Make<float>(tensor),
        ElementType.Float64 => Make<double>(tensor),
        ElementType.Int64 => Make<long>(tensor),
        ElementType.Int32 => Make<int>(tensor),
        ElementType.Bool => Make<bool>(tensor),
        ElementType.UInt8 => Make<byte>(tensor),
        _ => throw new NotSupportedException($"no way from {tensor} into ONNX Runtime"),
    };

    private static OrtValue Make<T>(TensorData tensor)
        where T : unmanaged => OrtValue.CreateTensorValueFromMemory(tensor.ToArray<T>(), [.. tensor.Shape]);

    private static TensorData FromOrt(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        return info.ElementDataType switch
        {
            TensorElementType.Float => Take<float>(value, info.Shape),
            TensorElementType.Double => Take<double>(value, info.Shape),
            TensorElementType.Int64 => Take<long>(value, info.Shape),
            TensorElementType.Int32 => Take<int>(value, info.Shape),
            TensorElementType.Bool => Take<bool>(value, info.Shape),
            TensorElementType.UInt8 => Take<byte>(value, info.Shape),
            _ => throw new NotSupportedException($"no way from ONNX Runtime's {info.ElementDataType}"),
        };
    }

    private static TensorData Take<T>(OrtValue value, long[] shape)
        where T : unmanaged => TensorData.From(value.GetTensorDataAsSpan<T>(), shape);
}
