using System.Numerics.Tensors;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Adapters;

/// <summary>
/// Adds an adapter to the weights that it adapts: W + scale · B A (Hu et al. 2021, arXiv:2106.09685, §4.1), and with magnitudes
/// m · (W + ΔW) / ‖W + ΔW‖ (DoRA, Liu et al. 2024, arXiv:2402.09353, eq. 5).
/// </summary>
public static class LoraFolding
{
    /// <summary>The folded weight, computed in double and rounded once to the weight's type.</summary>
    /// <param name="weight">W [out, in], of an embedding [vocabulary, width], of a float type.</param>
    /// <param name="module">The change.</param>
    /// <param name="inputFirst">Whether the weight of a linear layer is [in, out] instead, as GPT-2 holds it.</param>
    /// <exception cref="ShapeMismatchException">The matrices do not fit the weight.</exception>
    /// <exception cref="DataException">A row of a weight-decomposed layer is zero and has no direction.</exception>
    public static TensorData Fold(TensorData weight, LoraModule module, bool inputFirst = false)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(module);
        inputFirst |= module.IsEmbedding;
        long[] shape = inputFirst ? [module.Inputs, module.Outputs] : [module.Outputs, module.Inputs];
        if (!weight.Shape.SequenceEqual(shape) || !weight.ElementType.IsFloat())
        {
            throw new ShapeMismatchException(
                $"{module.Parameter}: needs shape [{string.Join(", ", shape)}] of a float type for the adapter, got {weight}", []);
        }

        // Row by row of W: the rows' factors times the columns' factors, A and B trading places where a row belongs to an input.
        int rank = module.Rank, rows = (int)shape[0], width = (int)shape[1];
        double[] values = weight.ToDoubles();
        double[] rowFactors = inputFirst ? Transpose(module.A.ToDoubles(), rank) : module.B.ToDoubles();
        double[] columnFactors = inputFirst ? Transpose(module.B.ToDoubles(), width) : module.A.ToDoubles();
        double[] delta = new double[width];
        for (int row = 0; row < rows; row++)
        {
            delta.AsSpan().Clear();
            for (int r = 0; r < rank; r++)
            {
                TensorPrimitives.MultiplyAdd(columnFactors.AsSpan(r * width, width), module.Scale * rowFactors[(row * rank) + r], delta, delta);
            }

            Span<double> target = values.AsSpan(row * width, width);
            TensorPrimitives.Add(target, delta, target);
        }

        if (module.Magnitude is { } magnitude)
        {
            Decompose(values, width, module, magnitude.ToDoubles(), inputFirst);
        }

        return TensorData.FromDoubles(values, weight.ElementType, shape);
    }

    /// <summary>b + scale · lora_B.bias, computed in double and rounded once.</summary>
    /// <param name="bias">The layer's bias [out].</param>
    /// <param name="module">The change; it has a bias.</param>
    /// <exception cref="ShapeMismatchException">The biases do not fit each other.</exception>
    public static TensorData FoldBias(TensorData bias, LoraModule module)
    {
        ArgumentNullException.ThrowIfNull(bias);
        ArgumentNullException.ThrowIfNull(module);
        if (!bias.Shape.SequenceEqual([module.Outputs]) || !bias.ElementType.IsFloat())
        {
            throw new ShapeMismatchException($"{module.BiasParameter}: needs shape [{module.Outputs}] of a float type for the adapter, got {bias}", []);
        }

        double[] values = bias.ToDoubles();
        TensorPrimitives.MultiplyAdd(module.Bias!.ToDoubles(), module.Scale, values, values);
        return TensorData.FromDoubles(values, bias.ElementType, module.Outputs);
    }

    /// <summary>Gives each output (a row, or a column where the rows belong to inputs) the length m.</summary>
    private static void Decompose(double[] values, int width, LoraModule module, double[] magnitude, bool inputFirst)
    {
        double[] factors = new double[magnitude.Length];
        for (int i = 0; i < values.Length; i++)
        {
            factors[inputFirst ? i % width : i / width] += values[i] * values[i];
        }

        for (int output = 0; output < factors.Length; output++)
        {
            factors[output] = factors[output] > 0
                ? magnitude[output] / Math.Sqrt(factors[output])
                : throw new DataException($"{module.Parameter}: needs a direction for each output of a weight-decomposed layer, output {output} is zero");
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= factors[inputFirst ? i % width : i / width];
        }
    }

    /// <summary>[rows, columns] to [columns, rows].</summary>
    private static double[] Transpose(double[] values, int rows)
    {
        int columns = values.Length / rows;
        double[] result = new double[values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                result[(column * rows) + row] = values[(row * columns) + column];
            }
        }

        return result;
    }
}
