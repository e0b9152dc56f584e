namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>The rows of the one algorithm: which parts a method is made of, and its parameters with their defaults.</summary>
internal static class TaskVectorMethods
{
    public static MergeMethod Ties() => Make(
        "ties", "TIES-Merging (trim, elect sign, merge)", "https://arxiv.org/abs/2306.01708",
        new(Sparsifier.Magnitude, Election.WeightedSum), normalize: true, rescale: false, density: "0.2");

    public static MergeMethod DareLinear() => Make(
        "dare_linear", "DARE (drop and rescale)", "https://arxiv.org/abs/2311.03099", new(Sparsifier.Bernoulli, Election.None), normalize: false, rescale: true);

    public static MergeMethod DareTies() => Make(
        "dare_ties", "DARE with TIES sign election", "https://arxiv.org/abs/2311.03099",
        new(Sparsifier.Bernoulli, Election.WeightedSum), normalize: false, rescale: true);

    public static MergeMethod Della() => Make(
        "della", "DELLA (drop by rank) with TIES sign election", "https://arxiv.org/abs/2406.11617",
        new(Sparsifier.Rank, Election.WeightedSum), normalize: true, rescale: true);

    public static MergeMethod DellaLinear() => Make(
        "della_linear", "DELLA (drop by rank)", "https://arxiv.org/abs/2406.11617", new(Sparsifier.Rank, Election.None), normalize: false, rescale: true);

    public static MergeMethod Breadcrumbs() => Make(
        "breadcrumbs", "Model Breadcrumbs (drop the smallest and the outliers)", "https://arxiv.org/abs/2312.06795",
        new(Sparsifier.Outliers, Election.None), normalize: false, rescale: false);

    public static MergeMethod BreadcrumbsTies() => Make(
        "breadcrumbs_ties", "Model Breadcrumbs with TIES sign election", "https://arxiv.org/abs/2312.06795",
        new(Sparsifier.Outliers, Election.WeightedSum), normalize: false, rescale: false);

    public static MergeMethod Sce() => new(
        "sce", "SCE (select, calculate, erase)", "https://arxiv.org/abs/2408.07990", 1, null,
        new TaskVectorRule(new(Sparsifier.Variance, Election.PlainSum, Weighing.Energy)))
    {
        Formula = "w₀ + Σ cᵢ·dᵢ over the agreeing / Σ cᵢ, cᵢ the mean dᵢ² of the kept, kept where the variance over models is largest",
        Base = BaseUse.Required,
        Parameters = [Fraction(TaskVectorRule.SelectTopK, "1", "fraction of the positions that is kept, those at which the models differ most")],
    };

    public static MergeMethod Ram() => new(
        "ram", "RAM (changes of one model whole, shared ones averaged)", "https://arxiv.org/abs/2601.13572", 1, null,
        new TaskVectorRule(new(Sparsifier.Threshold, Election.None, Weighing.Equal)))
    {
        Formula = "w₀ + the mean of the dᵢ with |dᵢ| above epsilon",
        Base = BaseUse.Required,
        Parameters = [Significant],
    };

    public static MergeMethod RamPlusTl() => new(
        "ramplus_tl", "RAM+ (RAM with the changes of one model made larger)", "https://arxiv.org/abs/2601.13572", 1, null,
        new TaskVectorRule(new(Sparsifier.Threshold, Election.None, Weighing.EqualWithGain)))
    {
        Formula = "as ram, where one model alone changed times 1 + r·min(ρᵢ, alpha), ρᵢ its shared changes per lone one",
        Base = BaseUse.Required,
        Parameters =
        [
            Significant,
            new MergeParameter(TaskVectorRule.R, MergeParameterKind.Number, "0.1", "how much larger the changes of one model are made, at most r·alpha") { Minimum = 0 },
            new MergeParameter(TaskVectorRule.Alpha, MergeParameterKind.Number, "0.2", "limit of the ratio of shared to lone changes") { Minimum = 0 },
        ],
    };

    private static MergeParameter Significant =>
        new(TaskVectorRule.Epsilon, MergeParameterKind.Number, "1e-5", "a smaller difference to the base is no change") { Minimum = 0 };

    private static MergeMethod Make(
        string name, string title, string reference, TaskVectorFamily family, bool normalize, bool rescale, string density = "1")
    {
        bool random = family.Sparsifier is Sparsifier.Bernoulli or Sparsifier.Rank;
        List<MergeParameter> models = [new(MergeMethod.Weight, MergeParameterKind.Number, "1", "weight of the model")];
        models.Add(Fraction(TaskVectorRule.Density, density, "fraction of the differences to the base that is kept") with { MergekitDefault = "1" });
        if (family.Sparsifier == Sparsifier.Outliers)
        {
            models.Add(Fraction(TaskVectorRule.Gamma, "0.01", "fraction of the differences that is dropped as too large, as far as density lets it"));
        }
        else if (family.Sparsifier == Sparsifier.Rank)
        {
            models.Add(Fraction(TaskVectorRule.Epsilon, "0.15", "the largest of a row are kept with probability density + epsilon, the smallest with density - epsilon"));
        }

        List<MergeParameter> parameters =
        [
            new(TaskVectorRule.Normalize, MergeParameterKind.Flag, normalize ? "true" : "false", family.Election == Election.None
                ? "divide the sum by the weights"
                : "divide the sum by the weights of the models that agree"),
            new(TaskVectorRule.Rescale, MergeParameterKind.Flag, rescale ? "true" : "false", "make up for what was dropped: divide by the probability to be kept"),
            new(TaskVectorRule.Lambda, MergeParameterKind.Number, "1", "factor of the merged difference"),
        ];
        if (family.Election != Election.None)
        {
            parameters.Add(new(TaskVectorRule.Consensus, MergeParameterKind.Choice, TaskVectorRule.ConsensusSum, "what elects a sign: the sum of the differences, or their number")
            {
                Choices = [TaskVectorRule.ConsensusSum, TaskVectorRule.ConsensusCount],
            });
        }

        if (random)
        {
            parameters.Add(new(TaskVectorRule.Seed, MergeParameterKind.Integer, "0", "seed of what is dropped") { Minimum = 0, Maximum = 1L << 53 });
        }

        return new(name, title, reference, 1, null, new TaskVectorRule(family))
        {
            Formula = Formula(family),
            Base = BaseUse.Required,
            ModelParameters = models,
            Parameters = parameters,
        };
    }

    private static string Formula(TaskVectorFamily family)
    {
        string kept = family.Sparsifier switch
        {
            Sparsifier.Magnitude => "the largest |d|",
            Sparsifier.Bernoulli => "drawn with probability density",
            Sparsifier.Rank => "drawn with probability density ± epsilon by rank in the row",
            _ => "|d| but for the smallest and the gamma largest",
        };
        string agreeing = family.Election == Election.None ? "" : ", only those of the sign that their sum elects";
        return $"w₀ + λ·Σ cᵢ·dᵢ over the kept ({kept}{agreeing}), divided by Σ cᵢ if normalize";
    }

    private static MergeParameter Fraction(string name, string value, string description) =>
        new(name, MergeParameterKind.Number, value, description) { Minimum = 0, Maximum = 1 };
}
