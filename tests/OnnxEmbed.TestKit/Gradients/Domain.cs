using OnnxEmbed.Tensors;

namespace OnnxEmbed.TestKit.Gradients;

/// <summary>
/// Where a test draws an input's elements from: a region in which the function is smooth, so that finite differences mean something.
/// Elements stay at least 0.05 away from every kink the domain is meant to avoid.
/// </summary>
public sealed class Domain
{
    private readonly Func<Random, long, double[]> _draw;

    private Domain(ElementType type, bool differentiable, Func<Random, long, double[]> draw)
    {
        Type = type;
        IsDifferentiable = differentiable;
        _draw = draw;
    }

    /// <summary>[-2, 2].</summary>
    public static Domain Real { get; } = Between(-2, 2);

    /// <summary>[0.5, 2].</summary>
    public static Domain Positive { get; } = Between(0.5, 2);

    /// <summary>[-2, -0.5] and [0.5, 2]: away from 0.</summary>
    public static Domain NonZero { get; } = Each(random => Math.CopySign(0.5 + (1.5 * random.NextDouble()), random.NextDouble() - 0.5));

    /// <summary>Values that all differ by at least 0.1 and are not 0: no ties for maxima.</summary>
    public static Domain Distinct { get; } = new(ElementType.Float32, true, DrawDistinct);

    /// <summary>Booleans.</summary>
    public static Domain Flags { get; } = new(ElementType.Bool, false, (random, count) => Repeat(count, () => random.Next(2)));

    /// <summary>Type of the elements.</summary>
    public ElementType Type { get; }

    /// <summary>Whether the check differentiates with respect to the input.</summary>
    public bool IsDifferentiable { get; }

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>].</summary>
    public static Domain Between(double low, double high) => Each(random => low + ((high - low) * random.NextDouble()));

    /// <summary>Integers in [<paramref name="low"/>, <paramref name="end"/>).</summary>
    public static Domain Indices(int low, int end) =>
        new(ElementType.Int64, false, (random, count) => Repeat(count, () => random.Next(low, end)));

    /// <summary>Integers in [0, <paramref name="end"/>).</summary>
    public static Domain Indices(int end) => Indices(0, end);

    /// <summary>These float values in order, over and over.</summary>
    public static Domain Values(params double[] values) => new(ElementType.Float32, true, (_, count) => Cycle(values, count));

    /// <summary>These integers in order, over and over.</summary>
    public static Domain Integers(params long[] values) =>
        new(ElementType.Int64, false, (_, count) => Cycle(Array.ConvertAll(values, value => (double)value), count));

    /// <summary>The same values, taken as given: no gradient is asked for.</summary>
    public Domain Frozen() => new(Type, false, _draw);

    /// <summary>A tensor of the domain: f64 where the domain is f32 (the check runs in double), otherwise of its own type.</summary>
    public TensorData Draw(Random random, long[] shape)
    {
        double[] values = _draw(random, TensorData.CountElements(shape));
        return Type switch
        {
            ElementType.Float32 => TensorData.From<double>(values, shape),
            ElementType.Int64 => TensorData.From<long>(Array.ConvertAll(values, value => (long)value), shape),
            ElementType.Bool => TensorData.From<bool>(Array.ConvertAll(values, value => value != 0), shape),
            _ => throw new NotSupportedException($"no domain of type {Type}"),
        };
    }

    private static Domain Each(Func<Random, double> element) =>
        new(ElementType.Float32, true, (random, count) => Repeat(count, () => element(random)));

    private static double[] Repeat(long count, Func<double> element)
    {
        double[] values = new double[count];
        for (long i = 0; i < count; i++)
        {
            values[i] = element();
        }

        return values;
    }

    private static double[] Cycle(double[] values, long count)
    {
        int next = 0;
        return Repeat(count, () => values[next++ % values.Length]);
    }

    // Evenly spaced around 0, half a step off it, shuffled, each moved by at most a fifth of a step.
    private static double[] DrawDistinct(Random random, long count)
    {
        const double Step = 0.25;
        int next = 0;
        double[] values = Repeat(count, () => (next++ - (count / 2) + 0.5 + (0.4 * (random.NextDouble() - 0.5))) * Step);
        random.Shuffle(values);
        return values;
    }
}
