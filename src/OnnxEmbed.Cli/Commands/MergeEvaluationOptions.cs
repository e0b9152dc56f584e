using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Evaluation;
using OnnxEmbed.Merging.Searching;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Options of a merge that say on what models are scored, and what is chosen by the scores.</summary>
internal sealed class MergeEvaluationOptions : ICommandParameterSet
{
    private const string DefaultMetrics = "probe_accuracy,knn_accuracy,silhouette_cosine,davies_bouldin,kmeans_v_measure";

    [Option("eval", Description = "Parquet file with texts and labels: scores parents and result; --search and --soup greedy choose on it.", ValueName = "FILE")]
    [HasDefaultValue]
    public string? Eval { get; set; }

    [Option("held-out", Description = "File like --eval that nothing is chosen on. Unless given, a choice is made on one half of --eval and reported on the other.", ValueName = "FILE")]
    [HasDefaultValue]
    public string? HeldOut { get; set; }

    [Option("label", Description = "Column of the labels.", ValueName = "COLUMN")]
    [HasDefaultValue]
    public string Label { get; set; } = "label";

    [Option("text", Description = "Column of the texts.", ValueName = "COLUMN")]
    [HasDefaultValue]
    public string Text { get; set; } = "text";

    [Option("metrics", Description = "Metrics of the table; probes, silhouette, Davies-Bouldin and V-measure as far as the texts allow them unless given.", ValueName = "LIST")]
    [HasDefaultValue]
    public string? Metrics { get; set; }

    [Option("metric", Description = "Metric that --search and --soup greedy choose by.", ValueName = "NAME")]
    [HasDefaultValue]
    public string Metric { get; set; } = "probe_accuracy";

    [Option("search", Description = "Search t, or the weights of the models, for the best --metric on --eval.")]
    [HasDefaultValue]
    public bool Search { get; set; }

    [Option("search-for", Description = "Parameter to search; t where the method has it, else weight, unless given.", ValueName = "NAME")]
    [HasDefaultValue]
    public string? SearchFor { get; set; }

    [Option("search-range", Description = "Least and greatest value; [0, 1] for t and shares, [0, 2] for weights that are not divided by their sum unless given.", ValueName = "LOW,HIGH")]
    [HasDefaultValue]
    public string? SearchRange { get; set; }

    [Option("search-points", Description = "Points of the grid; 11 for one parameter, 5 for each of several unless given.", ValueName = "N")]
    [HasDefaultValue]
    public int? SearchPoints { get; set; }

    [Option("search-tolerance", Description = "Where the golden section stops; 0.01 of the range for one parameter, 0.05 for several unless given.", ValueName = "X")]
    [HasDefaultValue]
    public double? SearchTolerance { get; set; }

    /// <summary>The metrics of the table.</summary>
    internal IReadOnlyList<string> Names { get; private set; } = [];

    /// <summary>The metrics that are an error where the texts do not allow them.</summary>
    internal IReadOnlyList<string> Required { get; private set; } = [];

    /// <summary>Checks what needs no file.</summary>
    /// <param name="greedy">Whether a greedy soup is asked for.</param>
    /// <param name="cocktail">Whether weights by loss are asked for.</param>
    /// <param name="dryRun">Whether nothing is written.</param>
    public void Check(bool greedy, bool cocktail, bool dryRun)
    {
        List<string> faults = [];
        void Needs(bool right, string text)
        {
            if (!right)
            {
                faults.Add(text);
            }
        }

        bool chooses = Search || greedy;
        Needs(Eval is not null || !chooses, $"{(Search ? "--search" : "--soup greedy")} needs --eval FILE to choose on");
        Needs(Eval is not null || HeldOut is null, "--held-out needs --eval FILE beside it");
        Needs(Search || (SearchFor ?? SearchRange) is null && SearchPoints is null && SearchTolerance is null, "--search-… needs --search");
        Needs(!(Search && greedy), "needs --search or --soup greedy, got both");
        Needs(!dryRun || (Eval is null && !cocktail), "--dry-run merges nothing that could be scored; needs no --eval and no --cocktail");
        Names = [.. Lists.Names(Metrics ?? DefaultMetrics).Distinct()];
        Required = Metrics is null ? [] : Names;
        foreach (string name in Names)
        {
            _ = Evaluation.Metrics.Named(name);
        }

        Needs(Names.Count > 0, "--metrics needs one or more, got none");
        if (chooses)
        {
            Needs(
                Evaluation.Metrics.Named(Metric).IsHigherBetter is not null,
                $"--metric needs one with a better end ({string.Join(", ", Evaluation.Metrics.All.Where(each => each.IsHigherBetter is not null).Select(each => each.Name))}), got {Metric}");
            Names = Names.Contains(Metric) ? Names : [Metric, .. Names];
            Required = [Metric, .. Required];
        }

        if (faults.Count > 0)
        {
            throw new OptionException("merge: " + string.Join("; ", faults));
        }
    }

    /// <summary>What <c>--search</c> varies.</summary>
    public SearchOptions ToSearch()
    {
        IReadOnlyList<double> range = Lists.Numbers("search-range", SearchRange);
        return new SearchOptions
        {
            Parameter = SearchFor,
            Range = range.Count == 0 ? null
                : range.Count == 2 ? (range[0], range[1])
                : throw new OptionException($"--search-range: needs LOW,HIGH, got '{SearchRange}'"),
            Points = SearchPoints,
            Tolerance = SearchTolerance,
        };
    }
}
