using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Text;

/// <summary>What number text to generate.</summary>
public sealed record NumberTextOptions
{
    /// <summary>Number of texts.</summary>
    /// <value>At least 1; default 100 000.</value>
    public int Count { get; init; } = 100_000;

    /// <summary>Seed of everything drawn.</summary>
    /// <value>Default 0.</value>
    public ulong Seed { get; init; }

    /// <summary>Which of the two disjoint parts.</summary>
    /// <value>Default <see cref="NumberTextPart.Train"/>.</value>
    public NumberTextPart Part { get; init; } = NumberTextPart.Train;

    /// <summary>
    /// No integer in any text has more digits. With at most as many digits as the suite's train split has, the suite's ood-magnitude
    /// split holds only integers that a model pre-trained on the text has never seen.
    /// </summary>
    /// <value>In [2, 9]; default 4.</value>
    public int MaxDigits { get; init; } = 4;

    /// <summary>Longest text, in characters.</summary>
    /// <value>In [24, 1024]; default 64.</value>
    public int MaxCharacters { get; init; } = 64;

    /// <summary>
    /// Weight of families by name, replacing their own (<see cref="NumberTextFamilies.All"/>); 0 leaves a family out. Weights are
    /// relative to each other.
    /// </summary>
    /// <value>Default: empty.</value>
    public IReadOnlyDictionary<string, double> Shares { get; init; } = new Dictionary<string, double>();

    /// <summary>Throws with every fault of the options.</summary>
    /// <exception cref="OptionException">Some value cannot be used.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (Count < 1)
        {
            faults.Add($"count: needs at least 1, got {Count}");
        }

        if (MaxDigits is < 2 or > 9)
        {
            faults.Add($"max digits: needs a number in [2, 9], got {MaxDigits}");
        }

        if (MaxCharacters is < 24 or > 1024)
        {
            faults.Add($"max characters: needs a number in [24, 1024], got {MaxCharacters}");
        }

        foreach ((string name, double share) in Shares)
        {
            if (!NumberTextFamilies.All.Any(family => family.Name == name))
            {
                string known = string.Join(", ", NumberTextFamilies.All.Select(family => family.Name));
                faults.Add($"shares: unknown family {name}; there are {known}");
            }
            else if (!double.IsFinite(share) || share < 0)
            {
                faults.Add(FormattableString.Invariant($"shares: needs a number of at least 0 for {name}, got {share}"));
            }
        }

        if (faults.Count == 0 && NumberTextFamilies.All.All(family => Shares.TryGetValue(family.Name, out double share) && share == 0))
        {
            faults.Add("shares: needs a family with a share above 0, got none");
        }

        if (faults.Count > 0)
        {
            throw new OptionException("number text: " + string.Join("; ", faults));
        }
    }
}
