using System.Runtime.CompilerServices;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// base + λ·Σ cᵢ·dᵢ over sparse task vectors dᵢ = modelᵢ - base, for every <see cref="TaskVectorFamily"/>. What has to be known of the whole
/// tensor (thresholds, norms, counts) is found in passes over it; then a formula gives the elements.
/// </summary>
internal sealed class TaskVectorRule(TaskVectorFamily family) : IMergeRule
{
    public const string Density = "density";
    public const string Gamma = "gamma";
    public const string Epsilon = "epsilon";
    public const string Normalize = WeightedAverage.Normalize;
    public const string Rescale = "rescale";
    public const string Lambda = WeightedAverage.Lambda;
    public const string Consensus = "consensus";
    public const string ConsensusSum = "sum";
    public const string ConsensusCount = "count";
    public const string SelectTopK = "select_topk";
    public const string R = "r";
    public const string Alpha = "alpha";
    public const string Seed = "seed";

    /// <summary>mergekit takes equal weights in sce below this sum of mean squares, and divides by no less.</summary>
    private const double MergekitSmallest = 1e-6;

    /// <summary>mergekit does not rescale where a norm is below this.</summary>
    private const double MergekitSmallestNorm = 1e-7;

    /// <summary>Elements that are worked on at a time: their task vectors and sums stay in the first-level cache.</summary>
    private const int PieceLength = 1 << 9;

    /// <summary>Norms and angles are for the report alone.</summary>
    public bool Measures => false;

    /// <summary>Whether the user weighs the models, and chooses whether to normalise.</summary>
    private bool IsWeighed => family.Weighing == Weighing.Given;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
        if (IsWeighed)
        {
            WeightedAverage.Validate(arguments, faults);
        }

        for (int model = 0; family.Sparsifier == Sparsifier.Rank && model < arguments.ModelValues.Count; model++)
        {
            double density = arguments.Number(Density, model);
            double epsilon = arguments.Number(Epsilon, model);
            if (density is > 0 and < 1 && (density - epsilon < 0 || density + epsilon > 1))
            {
                faults.Add($"model {model + 1}: density ± epsilon needs to lie in [0, 1], got {Text.Number(density)} ± {Text.Number(epsilon)}");
            }
        }
    }

    public IEnumerable<string> Warn(MergeArguments arguments)
    {
        if (!IsWeighed)
        {
            return [];
        }

        List<string> warnings = [.. WeightedAverage.Warn(arguments)];
        if (arguments.Numbers(Density).All(density => density == 1))
        {
            warnings.Add("density 1 drops nothing" + (family.Sparsifier == Sparsifier.Outliers ? ", gamma has no effect then" : ""));
        }

        return warnings;
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        if (tensor.AllEqual)
        {
            return tensor.CopyBase("copied: equal in all models");
        }

        if (tensor.Shape.Count == 0)
        {
            // A single number has no largest elements: it is averaged.
            return WeightedAverage.Of(tensor, arguments);
        }

        ISparsifier? sparsifier = Sparsify(tensor, arguments);
        bool energies = family.Weighing == Weighing.Energy;
        double[] weights = energies ? Energies(tensor, sparsifier, arguments.LikeMergekit) : [.. arguments.Weights];
        double[] rescalings = Rescalings(tensor, sparsifier, arguments);
        bool normalize = !IsWeighed || arguments.Flag(Normalize);
        bool byParticipants = normalize && (family.Election != Election.None || !IsWeighed);
        double[]? gains = family.Weighing == Weighing.EqualWithGain ? Gains(tensor, sparsifier, arguments) : null;
        TaskVectorSum sum = new()
        {
            Weights = weights,
            Rescalings = rescalings,
            SoleGains = gains,
            Election = family.Election,
            CountsVotes = arguments.Values.TryGetValue(Consensus, out object? consensus) && (string)consensus == ConsensusCount,
            DividesByParticipants = byParticipants,
            SmallestDivisor = energies && arguments.LikeMergekit ? MergekitSmallest : double.NegativeInfinity,
            Scale = (IsWeighed ? arguments.Number(Lambda) : 1) / (normalize && !byParticipants ? weights.Sum() : 1),
        };
        Dictionary<string, double> figures = new(StringComparer.Ordinal);
        Add("weight", energies ? weights : []);
        Add("rescale", rescalings.All(factor => factor == 1) ? [] : rescalings);
        Add("gain", gains ?? []);
        return tensor.Compute(
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        (block, result) =>
            {
                int length = sparsifier?.Rows is null ? PieceLength : block.Count;
                for (int start = 0; start < block.Count; start += length)
                {
                    TaskPiece piece = block.Tasks(start, Math.Min(length, block.Count - start));
                    sparsifier?.Apply(piece, block.RowLength);
                    sum.Compute(piece, result.Slice(start, piece.Count));
                }
            },
            "task vectors",
            sparsifier?.Rows) with
        { Figures = figures };

        void Add(string name, double[] values)
        {
            for (int model = 0; model < values.Length; model++)
            {
                figures.Add($"{name} {model + 1}", values[model]);
            }
        }
    }

    private ISparsifier? Sparsify(MergeTensor tensor, MergeArguments arguments)
    {
        double[] densities = IsWeighed ? arguments.Numbers(Density) : [];
        switch (family.Sparsifier)
        {
            case Sparsifier.Magnitude:
                return MagnitudeSparsifier.Select(tensor, [.. densities.Select(_ => 0L)], [.. densities.Select(density => Kept(tensor, density))], densities);
            case Sparsifier.Outliers:
                return Outliers(tensor, densities, arguments.Numbers(Gamma), arguments.LikeMergekit);
            case Sparsifier.Bernoulli:
                return new BernoulliSparsifier(tensor, densities, (ulong)arguments.Number(Seed));
            case Sparsifier.Rank:
                bool divides = arguments.Flag(Rescale) && !arguments.LikeMergekit;
                return new RankSparsifier(tensor, densities, arguments.Numbers(Epsilon), (ulong)arguments.Number(Seed), divides);
            case Sparsifier.Variance:
                double fraction = arguments.Number(SelectTopK);
                return fraction >= 1 ? null
                    : fraction <= 0 ? new VarianceSparsifier(Cut.None)
                    : VarianceSparsifier.Select(tensor, fraction, atLeastOne: !arguments.LikeMergekit);
            case Sparsifier.Threshold:
                return MagnitudeSparsifier.Above(arguments.Number(Epsilon), tensor.ModelCount);
            default:
                return null;
        }
    }

    /// <summary>How many elements a density keeps: rounded down, but at least one.</summary>
    private static long Kept(MergeTensor tensor, double density) =>
        density <= 0 ? 0 : Math.Min(tensor.ElementCount, Math.Max(1, (long)(density * tensor.ElementCount)));

    /// <summary>
    /// Drops γ·n at the top; the density is kept whatever γ is. mergekit keeps nothing at all where γ·n is below 1.
    /// </summary>
    private static MagnitudeSparsifier Outliers(MergeTensor tensor, double[] densities, double[] gammas, bool likeMergekit)
    {
        long count = tensor.ElementCount;
        long[] kept = [.. densities.Select(density => Kept(tensor, density))];
        long[] dropped = [.. gammas.Select((gamma, model) => Math.Min(count - kept[model], (long)(gamma * count)))];
        if (likeMergekit)
        {
            kept = [.. kept.Select((number, model) => densities[model] < 1 && dropped[model] == 0 ? 0 : number)];
        }

        return MagnitudeSparsifier.Select(tensor, dropped, kept, densities);
    }

    private double[] Rescalings(MergeTensor tensor, ISparsifier? sparsifier, MergeArguments arguments)
    {
        double[] ones = [.. Enumerable.Repeat(1.0, tensor.ModelCount)];
        if (sparsifier is null || !IsWeighed || !arguments.Flag(Rescale))
        {
            return ones;
        }

        if (!arguments.LikeMergekit)
        {
            return [.. ones.Select((_, model) => sparsifier.Rescaling(model))];
        }

        // The ratio of the sums of magnitudes, before and after.
        double[] sums = tensor.Fold(
            block =>
            {
                TaskPiece piece = block.Tasks(0, block.Count);
                double[] before = Sums(piece, MagnitudeSum.Of);
                sparsifier.Apply(piece, block.RowLength);
                return (double[])[.. before, .. Sums(piece, MagnitudeSum.Of)];
            },
            (total, part) => [.. total.Zip(part, (x, y) => x + y)],
            sparsifier.Rows);
        return [.. ones.Select((_, model) => sums[model] < MergekitSmallestNorm || sums[model + ones.Length] < MergekitSmallestNorm
            ? 1
            : sums[model] / sums[model + ones.Length])];
    }

    /// <summary>The share of each model in the squares of all; equal where there are none.</summary>
    private static double[] Energies(MergeTensor tensor, ISparsifier? sparsifier, bool likeMergekit)
    {
        double[] energies = tensor.Fold(
            block =>
            {
                TaskPiece piece = block.Tasks(0, block.Count);
                sparsifier?.Apply(piece, block.RowLength);
                return Sums(piece, Reductions.SquaredNorm);
            },
            (total, part) => [.. total.Zip(part, (x, y) => x + y)],
            sparsifier?.Rows);
        double sum = energies.Sum();
        bool equal = likeMergekit ? sum / tensor.ElementCount < MergekitSmallest : sum == 0;
        return [.. energies.Select(energy => equal ? 1.0 / energies.Length : energy / sum)];
    }

    /// <summary>1 + r·clip(ρ, 0, α), ρ how many elements a model shares with others for each that it has alone.</summary>
    private static double[] Gains(MergeTensor tensor, ISparsifier? sparsifier, MergeArguments arguments)
    {
        long[] counts = tensor.Fold(
            block =>
            {
                TaskPiece piece = block.Tasks(0, block.Count);
                sparsifier?.Apply(piece, block.RowLength);
                return Participation.Count(piece);
            },
            (total, part) => [.. total.Zip(part, (x, y) => x + y)]);
        double r = arguments.Number(R);
        double alpha = arguments.Number(Alpha);
        return [.. Enumerable.Range(0, tensor.ModelCount).Select(model =>
        {
            long alone = counts[2 * model];
            return alone == 0 ? 1 : 1 + (r * Math.Min(alpha, counts[(2 * model) + 1] / (double)alone));
        })];
    }

    private static double[] Sums(TaskPiece piece, Func<ReadOnlySpan<double>, double> sum)
    {
        double[] sums = new double[piece.ModelCount];
        for (int model = 0; model < sums.Length; model++)
        {
            sums[model] = sum(piece.Task(model));
        }

        return sums;
    }
}
