using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>The masks of a decoder's layers; layers that read equally far share one.</summary>
internal sealed class LayerMasks(Blocks blocks, GroupedQueryConfig config, ElementType type)
{
    private readonly Dictionary<int, Value> _byWindow = [];

    public Value Of(int layer)
    {
        int? window = config.WindowOf(layer);
        if (!_byWindow.TryGetValue(window ?? 0, out Value? mask))
        {
            mask = blocks.Mask(config.Attention, type, window);
            _byWindow.Add(window ?? 0, mask);
        }

        return mask;
    }
}
