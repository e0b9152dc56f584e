using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Compression;

/// <summary>
/// Weights in f16 that a Cast widens to f32 when the session opens: half the bytes on disk, computation and outputs as before, so that it
/// runs wherever the f32 model runs.
/// </summary>
public static class HalfPrecisionWeights
{
    private const string Widened = ".f32";

    // What is smaller costs a node and saves nothing; it is the threshold for external data, too.
    private const long Least = OnnxWriteOptions.ExternalThreshold / sizeof(float);

    /// <summary>Stores the f32 initializers of more than 256 elements as f16, rounded to nearest even.</summary>
    /// <param name="model">The model to change.</param>
    /// <returns>Initializers that stay f32, because a value of theirs passes ±65504 or is not finite.</returns>
    public static IReadOnlyList<string> Apply(DerivedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        List<string> kept = [];
        List<NodeProto> casts = [];
        Dictionary<string, string> widened = new(StringComparer.Ordinal);
        foreach ((string name, TensorData weight) in model.Weights().Where(entry => entry.Value.ElementCount > Least))
        {
            if (!Fits(weight))
            {
                kept.Add(name);
                continue;
            }

            model.Set(name, TensorData.WithoutBytes(ElementType.Float16, [.. weight.Shape]), () => Half(weight));
            NodeProto cast = new() { OpType = "Cast", Name = name + Widened, Input = { name }, Output = { name + Widened } };
            cast.Attribute.Add(new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (int)ElementType.Float32 });
            casts.Add(cast);
            widened.Add(name, cast.Output[0]);
        }

        foreach (NodeProto node in model.Proto.Graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                node.Input[i] = widened.GetValueOrDefault(node.Input[i], node.Input[i]);
            }
        }

        for (int i = 0; i < casts.Count; i++)
        {
            model.Proto.Graph.Node.Insert(i, casts[i]);
        }

        return kept;
    }

    private static bool Fits(TensorData weight)
    {
        const float largest = 65504;
        foreach (float value in weight.ToSingles())
        {
            if (!(Math.Abs(value) <= largest))
            {
                return false;
            }
        }

        return true;
    }

    private static TensorData Half(TensorData weight) => TensorData.FromSingles(weight.ToSingles(), ElementType.Float16, [.. weight.Shape]);
}
