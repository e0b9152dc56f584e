using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// A model whose <c>sentence_embedding</c> is what goes into the scaling to length 1 at its end: a division of x by what is computed from x
/// alone (x / √Σx² in its several spellings), or <c>LpNormalization</c>.
/// </summary>
internal static class UnscaledVectors
{
    private static readonly HashSet<string> NormOperators =
        ["Mul", "Pow", "Abs", "ReduceSum", "ReduceSumSquare", "ReduceL2", "Sqrt", "Add", "Max", "Clip", "Expand", "Shape", "Unsqueeze", "Constant", "Identity", "Cast"];

    /// <exception cref="OptionException">The model does not end so, or is too large to be held in memory twice.</exception>
    public static byte[] Of(OnnxModel model)
    {
        ModelProto proto = model.Proto.Clone();
        Dictionary<string, NodeProto> producers = proto.Graph.Node
            .SelectMany(node => node.Output.Select(output => (output, node)))
            .ToDictionary(pair => pair.output, pair => pair.node, StringComparer.Ordinal);
        NodeProto? end = producers.GetValueOrDefault(EncoderGraph.SentenceEmbeddingName);
        while (end is { OpType: "Identity" } && producers.TryGetValue(end.Input[0], out NodeProto? before))
        {
            end = before;
        }

        bool scales = end is { OpType: "LpNormalization" } or { OpType: "Div" } && (end.OpType != "Div" || IsOf(end.Input[0], end.Input[1], producers, model));
        if (!scales)
        {
            throw new OptionException(
                $"normalize: off needs a graph that ends in a scaling to length 1, {model.Path} ends in {end?.OpType ?? "an input"}");
        }

        NodeProto last = producers[EncoderGraph.SentenceEmbeddingName];
        last.Output[last.Output.IndexOf(EncoderGraph.SentenceEmbeddingName)] = EncoderGraph.SentenceEmbeddingName + "_scaled";
        NodeProto unscaled = new() { OpType = "Identity", Name = "unscaled_sentence_embedding" };
        unscaled.Input.Add(end!.Input[0]);
        unscaled.Output.Add(EncoderGraph.SentenceEmbeddingName);
        proto.Graph.Node.Add(unscaled);
        using OnnxModel cut = new(proto, model.Tensors);
        return cut.ToBytes();
    }

    // Whether a value depends on x and otherwise on constants only, by operators that a norm is made of.
    private static bool IsOf(string x, string value, Dictionary<string, NodeProto> producers, OnnxModel model)
    {
        bool found = false;
        Stack<string> open = new([value]);
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (open.TryPop(out string? name))
        {
            if (name == x)
            {
                found = true;
            }
            else if (name.Length > 0 && !model.Tensors.ContainsKey(name) && seen.Add(name))
            {
                if (!producers.TryGetValue(name, out NodeProto? node) || !NormOperators.Contains(node.OpType))
                {
                    return false;
                }

                foreach (string input in node.Input)
                {
                    open.Push(input);
                }
            }
        }

        return found;
    }
}
