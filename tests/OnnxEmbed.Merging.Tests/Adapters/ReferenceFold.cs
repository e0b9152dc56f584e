using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Adapters;

/// <summary>Folding as the papers write it, element by element in double: the slow twin of the streamed one.</summary>
internal static class ReferenceFold
{
    /// <summary>ΔW [out, in] = s·B·A.</summary>
    public static double[,] Delta(LoraModule module)
    {
        double[] a = module.A.ToDoubles(), b = module.B.ToDoubles();
        double[,] delta = new double[module.Outputs, module.Inputs];
        for (int o = 0; o < module.Outputs; o++)
        {
            for (int i = 0; i < module.Inputs; i++)
            {
                for (int k = 0; k < module.Rank; k++)
                {
                    delta[o, i] += module.Scale * b[(o * module.Rank) + k] * a[(k * module.Inputs) + i];
                }
            }
        }

        return delta;
    }

    /// <summary>The folded weight [out, in]; an embedding's table is given and returned as [width, vocabulary].</summary>
    public static double[,] Fold(double[,] weight, LoraModule module)
    {
        double[,] folded = Delta(module);
        double[]? magnitude = module.Magnitude?.ToDoubles();
        for (int o = 0; o < module.Outputs; o++)
        {
            double squares = 0;
            for (int i = 0; i < module.Inputs; i++)
            {
                folded[o, i] += weight[o, i];
                squares += folded[o, i] * folded[o, i];
            }

            for (int i = 0; magnitude is not null && i < module.Inputs; i++)
            {
                folded[o, i] *= magnitude[o] / Math.Sqrt(squares);
            }
        }

        return folded;
    }

    /// <summary>Values row by row, of a weight stored [in, out] column by column.</summary>
    public static double[] Flat(double[,] values, bool transposed)
    {
        int rows = values.GetLength(0), columns = values.GetLength(1);
        return [.. Enumerable.Range(0, rows * columns).Select(i => transposed ? values[i % rows, i / rows] : values[i / columns, i % columns])];
    }

    /// <summary>The reverse of <see cref="Flat"/>.</summary>
    public static double[,] Square(double[] values, int outputs, int inputs, bool transposed)
    {
        double[,] result = new double[outputs, inputs];
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                result[o, i] = values[transposed ? (i * outputs) + o : (o * inputs) + i];
            }
        }

        return result;
    }
}
