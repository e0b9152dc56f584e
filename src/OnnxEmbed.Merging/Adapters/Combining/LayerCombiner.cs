using System.Numerics.Tensors;
using OnnxEmbed.Merging.Decompositions;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Combining;

/// <summary>Makes the factors of one layer from those of several adapters, in double, rounded once when they are stored.</summary>
internal sealed class LayerCombiner(CombineOptions options, MadeAdapter made, ParallelOptions parallel)
{
    public void Add(string module, IReadOnlyList<CombinedPart> parts)
    {
        // Σ wᵢ·sᵢ·BᵢAᵢ as one product: all B side by side, all A below each other with their weights.
        Matrix left = SideBySide(parts);
        Matrix right = Below(parts);
        LoraModule first = parts[0].Module;
        if (options.Method == CombinationMethods.Concatenated)
        {
            made.Add(module, first.IsEmbedding, left, right, left, right, Bias(parts));
        }
        else if (options.Method == CombinationMethods.Linear)
        {
            (Matrix b, Matrix a) = SumOfFactors(parts);
            made.Add(module, first.IsEmbedding, b, a, left, right, Bias(parts));
        }
        else if (options.Method.Rule is { } rule)
        {
            Matrix delta = new(first.Outputs, first.Inputs, rule.Combine(
                [.. parts.Select(part => Full(part.Module).Values)],
                [.. parts.Select(part => part.Weight)],
                options.Density!.Value,
                options.Seed,
                [.. parts.Select(part => $"{module}/{part.Adapter}")]));
            (Matrix b, Matrix a) = TruncatedSvd.ToRank(delta, Rank(parts), parallel).Balanced();
            made.Add(module, first.IsEmbedding, b, a, null, delta);
        }
        else
        {
            (Matrix b, Matrix a) = TruncatedSvd.OfProduct(left, right, Rank(parts), parallel).Balanced();
            made.Add(module, first.IsEmbedding, b, a, left, right, Bias(parts));
        }
    }

    private int Rank(IReadOnlyList<CombinedPart> parts) => options.Rank ?? parts.Max(part => part.Module.Rank);

    private static double[]? Bias(IReadOnlyList<CombinedPart> parts)
    {
        double[]? sum = null;
        foreach (CombinedPart part in parts.Where(part => part.Module.Bias is not null))
        {
            sum ??= new double[part.Module.Outputs];
            Blends.Accumulate(part.Weight * part.Module.Scale, part.Module.Bias!.ToDoubles(), sum);
        }

        return sum;
    }

    private static Matrix SideBySide(IReadOnlyList<CombinedPart> parts)
    {
        Matrix result = new(parts[0].Module.Outputs, parts.Sum(part => part.Module.Rank));
        int left = 0;
        foreach (LoraModule module in parts.Select(part => part.Module))
        {
            double[] b = module.B.ToDoubles();
            for (int row = 0; row < result.Rows; row++)
            {
                b.AsSpan(row * module.Rank, module.Rank).CopyTo(result[row][left..]);
            }

            left += module.Rank;
        }

        return result;
    }

    private static Matrix Below(IReadOnlyList<CombinedPart> parts)
    {
        Matrix result = new(parts.Sum(part => part.Module.Rank), parts[0].Module.Inputs);
        int top = 0;
        foreach (CombinedPart part in parts)
        {
            Span<double> target = result.Values.AsSpan(top * result.Columns, part.Module.Rank * result.Columns);
            TensorPrimitives.Multiply(part.Module.A.ToDoubles(), part.Weight * part.Module.Scale, target);
            top += part.Module.Rank;
        }

        return result;
    }

    /// <summary>PEFT's linear: Σ ±√|wᵢ·sᵢ|·Aᵢ and Σ √|wᵢ·sᵢ|·Bᵢ, the sign on A.</summary>
    private static (Matrix B, Matrix A) SumOfFactors(IReadOnlyList<CombinedPart> parts)
    {
        LoraModule first = parts[0].Module;
        Matrix b = new(first.Outputs, first.Rank), a = new(first.Rank, first.Inputs);
        foreach (CombinedPart part in parts)
        {
            double share = part.Weight * part.Module.Scale;
            double root = Math.Sqrt(Math.Abs(share));
            Blends.Accumulate(share < 0 ? -root : root, part.Module.A.ToDoubles(), a.Values);
            Blends.Accumulate(root, part.Module.B.ToDoubles(), b.Values);
        }

        return (b, a);
    }

    private Matrix Full(LoraModule module)
    {
        double[] b = module.B.ToDoubles();
        TensorPrimitives.Multiply(b, module.Scale, b);
        return MatrixProduct.Multiply(
            new Matrix(module.Outputs, module.Rank, b), new Matrix(module.Rank, module.Inputs, module.A.ToDoubles()), parallel);
    }
}
