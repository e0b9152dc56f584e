using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Aligning;

/// <content>Layers that are packed into one matrix, such as query, key and value, and taken apart behind it.</content>
internal sealed partial class CanonicalGraphBuilder
{
    /// <summary>
    /// The outputs of a Split, Slice or Gather that takes apart what a packed layer gives, each as a layer of its own; null where the node does
    /// something else.
    /// </summary>
    private List<CanonicalValue>? Unpacked(NodeProto node, CanonicalValue packed)
    {
        if (node.OpType is not ("Split" or "Slice" or "Gather") || Layer(packed) is not { } layer)
        {
            return null;
        }

        long width = layer.Weight.Shape[^1];
        (long Begin, long Length)[]? ranges = node.OpType switch
        {
            "Split" => SplitRanges(node, width),
            "Slice" => SliceRange(node, width),
            _ => GatherRange(node, width),
        };
        if (ranges is null || ranges.Any(range => range.Begin < 0 || range.Length <= 0 || range.Begin + range.Length > width || range.Length == width))
        {
            return null;
        }

        return [.. ranges.Select(range =>
        {
            CanonicalValue part = Make("MatMul", "", layer.Name, [layer.Input, Part(layer.Weight, range)], 1).Outputs[0];
            return layer.Bias is { } bias ? Make("Add", "", layer.Name, [part, Part(bias, range)], 1).Outputs[0] : part;
        })];
    }

    private static CanonicalValue Part(LeafPart whole, (long Begin, long Length) range) => new()
    {
        Leaf = whole with { Begin = range.Begin, Length = range.Length },
        IsLearned = true,
    };

    /// <summary>Input, weight and bias of the linear layer that makes a value.</summary>
    private static (CanonicalValue Input, LeafPart Weight, LeafPart? Bias, string Name)? Layer(CanonicalValue value)
    {
        LeafPart? bias = null;
        CanonicalNode? node = value.Producer;
        if (node is { Operator: "Add", Inputs: [{ } left, { } right] })
        {
            (CanonicalValue sum, CanonicalValue added) = left.Leaf is null ? (left, right) : (right, left);
            if (added.Leaf is not { IsWhole: true, Leaf: { IsFloat: true, Shape.Count: 1 } } leaf)
            {
                return null;
            }

            (bias, node) = (leaf, sum.Producer);
        }

        return node is { Operator: "MatMul", Attributes: "", Inputs: [{ } input, { Leaf: { IsWhole: true, Leaf: { IsFloat: true, Shape.Count: 2 } } weight }] }
            && (bias is null || bias.Value.Shape[0] == weight.Shape[1])
            ? (input, weight, bias, node.Name)
            : null;
    }

    private (long Begin, long Length)[]? SplitRanges(NodeProto node, long width)
    {
        long axis = Attribute(node, "axis")?.I ?? 0;
        long[]? sizes = Attribute(node, "split") is { Ints.Count: > 0 } attribute ? [.. attribute.Ints]
            : node.Input.Count > 1 ? Integers(node.Input[1])
            : null;
        if (ReshapedTo(node.Input[0]) is { } shape && axis >= 0 && axis < shape.Length - 1)
        {
            // [B, S, 3, heads, width]: a step along the axis is the product of the extents behind it.
            long unit = Product(shape.AsSpan((int)axis + 1));
            if (unit <= 0 || shape[axis] * unit != width)
            {
                return null;
            }

            sizes = [.. (sizes ?? [.. Enumerable.Repeat(shape[axis] / node.Output.Count, node.Output.Count)]).Select(size => size * unit)];
        }
        else if (axis is not (-1 or 1 or 2))
        {
            return null;
        }

        sizes ??= width % node.Output.Count == 0 ? [.. Enumerable.Repeat(width / node.Output.Count, node.Output.Count)] : null;
        if (sizes is null || sizes.Length != node.Output.Count || sizes.Sum() != width)
        {
            return null;
        }

        long begin = 0;
        return [.. sizes.Select(size => (begin += size) is var end ? (end - size, size) : default)];
    }

    private (long Begin, long Length)[]? SliceRange(NodeProto node, long width)
    {
        if (node.Input.Count < 4 || Integers(node.Input[1]) is not [long start] || Integers(node.Input[2]) is not [long end]
            || Integers(node.Input[3]) is not [-1 or 2] || (node.Input.Count > 4 && node.Input[4].Length > 0 && Integers(node.Input[4]) is not [1]))
        {
            return null;
        }

        start = start < 0 ? start + width : start;
        end = Math.Min(end < 0 ? end + width : end, width);
        return [(start, end - start)];
    }

    private (long Begin, long Length)[]? GatherRange(NodeProto node, long width)
    {
        long axis = Attribute(node, "axis")?.I ?? 0;
        if (ReshapedTo(node.Input[0]) is not { } shape || axis < 1 || axis >= shape.Length - 1 || Integers(node.Input[1]) is not [long index])
        {
            return null;
        }

        long unit = Product(shape.AsSpan((int)axis + 1));
        return unit > 0 && shape[axis] * unit == width ? [((index < 0 ? index + shape[axis] : index) * unit, unit)] : null;
    }

    /// <summary>The constant shape that a Reshape gives a value; null where no Reshape makes it or the shape is computed.</summary>
    private long[]? ReshapedTo(string name) =>
        _producers.TryGetValue(name, out NodeProto? node) && node.OpType == "Reshape" && node.Input.Count > 1 ? Integers(node.Input[1]) : null;

    private long[]? Integers(string name) =>
        _values.GetValueOrDefault(name)?.Leaf?.Leaf.Values is { ElementType: ElementType.Int64 } values ? values.ToArray<long>() : null;

    private static long Product(ReadOnlySpan<long> extents)
    {
        long product = 1;
        foreach (long extent in extents)
        {
            if (extent <= 0 || extent > (1L << 40) / product)
            {
                return -1; // computed at run time, or no layer
            }

            product *= extent;
        }

        return product;
    }
}
