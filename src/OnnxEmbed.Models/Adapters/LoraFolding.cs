using System.Numerics.Tensors;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Adapters;

/// <summary>Adds an adapter to the weights that it adapts: W + scale · B A (Hu et al. 2021, arXiv:2106.09685, §4.1).</summary>
public static class LoraFolding
{
    /// <summary>The folded weight, computed in double and rounded once to the weight's type.</summary>
    /// <param name="weight">W [out, in], of a float type.</param>
    /// <param name="module">The change.</param>
    /// <exception cref="ShapeMismatchException">The matrices do not fit the weight.</exception>
    public static TensorData Fold(TensorData weight, LoraModule module)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(module);
        long outputs = module.B.Shape[0], inputs = module.A.Shape[1];
        if (!weight.Shape.SequenceEqual([outputs, inputs]) || !weight.ElementType.IsFloat())
        {
            throw new ShapeMismatchException(
                $"{module.Parameter}: needs shape [{outputs}, {inputs}] of a float type for the adapter, got {weight}", []);
        }

        double[] values = weight.ToDoubles();
        double[] a = module.A.ToDoubles();
        double[] b = module.B.ToDoubles();
        int rank = module.Rank, width = (int)inputs;
        double[] delta = new double[width];
        for (int row = 0; row < outputs; row++)
        {
            delta.AsSpan().Clear();
            for (int r = 0; r < rank; r++)
            {
                TensorPrimitives.MultiplyAdd(a.AsSpan(r * width, width), module.Scale * b[(row * rank) + r], delta, delta);
            }

            Span<double> target = values.AsSpan(row * width, width);
            TensorPrimitives.Add(target, delta, target);
        }

        return TensorData.FromDoubles(values, weight.ElementType, outputs, inputs);
    }
}
