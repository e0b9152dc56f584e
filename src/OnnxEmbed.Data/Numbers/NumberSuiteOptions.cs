using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Numbers;

/// <summary>What suite to write.</summary>
public sealed record NumberSuiteOptions
{
    /// <summary>Directory that appears with one folder a property.</summary>
    public required string OutDir { get; init; }

    /// <summary>Seed of everything drawn. The same options and seed give the same bytes.</summary>
    /// <value>Default 0.</value>
    public ulong Seed { get; init; }

    /// <summary>
    /// Names of the properties; null for all of <see cref="NumberProperties.All"/>. What one property gets does not depend on the others.
    /// </summary>
    public IReadOnlyList<string>? Properties { get; init; }

    /// <summary>
    /// Pairs in the train split of a property; 0 leaves the split out. A factorial group of four rows counts as two pairs.
    /// </summary>
    /// <value>Default 4000.</value>
    public int TrainPairs { get; init; } = 4000;

    /// <summary>Pairs in the validation split.</summary>
    /// <value>Default 500.</value>
    public int ValidationPairs { get; init; } = 500;

    /// <summary>Pairs in the test split.</summary>
    /// <value>Default 1000.</value>
    public int TestPairs { get; init; } = 1000;

    /// <summary>Pairs in the ood-magnitude split; null for as many as test.</summary>
    public int? OodPairs { get; init; }

    /// <summary>Elements a sequence.</summary>
    /// <value>In [4, 32]; default 6.</value>
    public int Length { get; init; } = 6;

    /// <summary>Digits of the elements of train, validation and test.</summary>
    /// <value>Default 4-6, integers from 10^3 up to 10^6.</value>
    public DigitRange Digits { get; init; } = new(4, 6);

    /// <summary>Digits of the elements of ood-magnitude; they must not meet <see cref="Digits"/>. Null for the three above.</summary>
    public DigitRange? OodDigits { get; init; }

    /// <summary>Whether an output directory that exists is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Properties generated at a time; the bytes do not depend on it.</summary>
    /// <value>At least 1; default 1.</value>
    public int DegreeOfParallelism { get; init; } = 1;

    /// <summary>The digits of ood-magnitude as resolved.</summary>
    public DigitRange ResolvedOodDigits => OodDigits
        ?? new DigitRange(Math.Min(Digits.Max + 1, DigitRange.Limit), Math.Min(Digits.Max + 3, DigitRange.Limit));

    /// <summary>The digits of a split.</summary>
    public DigitRange DigitsOf(NumberSplit split) => split == NumberSplit.OodMagnitude ? ResolvedOodDigits : Digits;

    /// <summary>The number of pairs of a split.</summary>
    public int PairsOf(NumberSplit split) => split switch
    {
        NumberSplit.Train => TrainPairs,
        NumberSplit.Validation => ValidationPairs,
        NumberSplit.Test => TestPairs,
        NumberSplit.OodMagnitude => OodPairs ?? TestPairs,
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, null),
    };

    /// <summary>Throws with every fault of the options.</summary>
    /// <exception cref="OptionException">Some value cannot be used.</exception>
    public void Validate()
    {
        List<string> faults = [];
        foreach (NumberSplit split in NumberSplits.All)
        {
            if (PairsOf(split) < 0)
            {
                faults.Add($"{split.Name()} pairs: needs at least 0, got {PairsOf(split)}");
            }
        }

        if (NumberSplits.All.All(split => PairsOf(split) == 0))
        {
            faults.Add("pairs: needs a split with at least 1, got 0 for each");
        }

        if (Length is < 4 or > 32)
        {
            faults.Add($"length: needs a number in [4, 32], got {Length}");
        }

        if (!Digits.IsValid)
        {
            faults.Add($"digits: needs MIN-MAX within 2 and {DigitRange.Limit}, got {Digits}");
        }

        DigitRange ood = ResolvedOodDigits;
        if (PairsOf(NumberSplit.OodMagnitude) > 0 && (!ood.IsValid || (ood.Min <= Digits.Max && Digits.Min <= ood.Max)))
        {
            faults.Add($"ood digits: needs MIN-MAX within 2 and {DigitRange.Limit} that does not meet {Digits}, got {ood}");
        }

        if (DegreeOfParallelism < 1)
        {
            faults.Add($"degree of parallelism: needs at least 1, got {DegreeOfParallelism}");
        }

        try
        {
            NumberProperties.Find(Properties);
        }
        catch (OptionException error)
        {
            faults.Add(error.Message);
        }

        if (faults.Count > 0)
        {
            throw new OptionException("number suite: " + string.Join("; ", faults));
        }
    }
}
