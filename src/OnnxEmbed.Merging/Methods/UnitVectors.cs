namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// The directions of several tensors, known by their norms and the cosines between them. Whatever lies in their span is Σ aᵢ·ûᵢ, so that
/// means
/// on the sphere need no pass over the elements.
/// </summary>
/// <param name="gram">Norms and angles.</param>
/// <param name="epsilon">What is added to each norm before it divides: ûᵢ = wᵢ/(‖wᵢ‖ + ε); a zero vector has the direction 0.</param>
internal sealed class UnitVectors(GramSums gram, double epsilon = 0)
{
    /// <summary>Lengths below this are rounding: squares of lengths carry about 1e-16 of what they are made of.</summary>
    public const double Cancelled = 1e-7;

    private readonly double[] _norms = [.. Enumerable.Range(0, gram.Count).Select(gram.Norm)];

    public IReadOnlyList<double> Norms => _norms;

    /// <summary>ûᵢ·ûⱼ.</summary>
    public double Dot(int i, int j)
    {
        if (_norms[i] == 0 || _norms[j] == 0)
        {
            return 0;
        }

        double cosine = i == j ? 1 : gram.Cosine(i, j);
        return epsilon == 0 ? cosine : cosine * (_norms[i] / (_norms[i] + epsilon)) * (_norms[j] / (_norms[j] + epsilon));
    }

    /// <summary>ûᵢ · Σ aⱼ·ûⱼ.</summary>
    public double Dot(int i, ReadOnlySpan<double> a)
    {
        double sum = 0;
        for (int j = 0; j < a.Length; j++)
        {
            sum += a[j] * Dot(i, j);
        }

        return sum;
    }

    /// <summary>‖Σ aᵢ·ûᵢ‖.</summary>
    public double Length(ReadOnlySpan<double> a)
    {
        double squared = 0;
        for (int i = 0; i < a.Length; i++)
        {
            squared += a[i] * Dot(i, a);
        }

        return Math.Sqrt(Math.Max(squared, 0));
    }

    /// <summary>Factors of the tensors in scale · Σ aᵢ·ûᵢ.</summary>
    public double[] Factors(ReadOnlySpan<double> a, double scale)
    {
        double[] factors = new double[a.Length];
        for (int i = 0; i < a.Length; i++)
        {
            factors[i] = _norms[i] == 0 ? 0 : a[i] * scale / (_norms[i] + epsilon);
        }

        return factors;
    }
}
