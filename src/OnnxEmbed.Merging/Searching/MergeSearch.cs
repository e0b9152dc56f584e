using System.Globalization;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Searching;

/// <summary>A search for the value of a parameter of a merge, or for the weights of its models.</summary>
public sealed class MergeSearch
{
    private const string T = "t";

    private readonly MergeOptions _merge;
    private readonly SearchGrid _grid;
    private readonly int _rounds;
    private readonly double[] _start;
    private readonly bool _shares;

    private MergeSearch(MergeOptions merge, string parameter, bool shares, double[] start, SearchGrid grid, int rounds)
    {
        _merge = merge;
        Parameter = parameter;
        _shares = shares;
        _start = start;
        _grid = grid;
        _rounds = rounds;
    }

    /// <summary>Name of the parameter that is searched: <c>weight</c> for the weights of the models.</summary>
    public string Parameter { get; }

    /// <summary>Prepares a search and checks everything that needs no model.</summary>
    /// <param name="merge">The merge. A value that it gives for the parameter is where the search begins.</param>
    /// <param name="options">What to vary.</param>
    /// <exception cref="OptionException">The method has no such parameter, its values differ by tensor, or an option is wrong.</exception>
    public static MergeSearch Of(MergeOptions merge, SearchOptions options)
    {
        ArgumentNullException.ThrowIfNull(merge);
        ArgumentNullException.ThrowIfNull(options);
        MergeMethod method = merge.Method;
        MergeParameter[] known = [.. method.Parameters.Concat(method.ModelParameters)
            .Where(parameter => parameter.Kind == MergeParameterKind.Number)];
        string name = options.Parameter ?? (known.Any(parameter => parameter.Name == T) ? T : MergeMethod.Weight);
        MergeParameter found = known.FirstOrDefault(parameter => parameter.Name == name)
            ?? throw new OptionException(
                $"search: needs a number that {method.Name} takes ({(known.Length == 0 ? "it takes none" : string.Join(", ", known.Select(each => each.Name)))}), got {name}");
        if (merge.Schedule?.Names.Contains(name) == true || merge.Inputs.Any(input => input.Parameters.ContainsKey(name)))
        {
            throw new OptionException($"search: {name} is searched for; needs no value of it by tensor or model beside");
        }

        bool weights = name == MergeMethod.Weight;
        bool shares = weights && Normalizes(merge);
        int free = !weights ? 1 : shares && merge.Inputs.Count == 2 ? 1 : merge.Inputs.Count;
        (double low, double high) = options.Range ?? (shares ? (0, 1) : weights ? (0, 2) : (found.Minimum, found.Maximum));
        if (!double.IsFinite(low) || !double.IsFinite(high))
        {
            throw new OptionException($"search: {name} has no end; needs a range to search");
        }

        SearchGrid grid = new(low, high, options.Points ?? (free == 1 ? 11 : 5), options.Tolerance
            ?? ((high - low) * (free == 1 ? 0.01 : 0.05)));
        grid.Validate();
        double[] start = weights ? [.. merge.Inputs.Select(input => input.Weight)]
            : [merge.Parameters.TryGetValue(name, out string? text)
                && double.TryParse(text, CultureInfo.InvariantCulture, out double given) ? given : (low + high) / 2];
        MergeSearch search = new(merge, name, shares, start, grid, options.Rounds);
        ArgumentCheck.Resolve(search.With(start));
        if (!weights)
        {
            // The ends of the range have to be values that the method takes.
            ArgumentCheck.Resolve(search.With([low]));
            ArgumentCheck.Resolve(search.With([high]));
        }

        return search;
    }

    /// <summary>Searches.</summary>
    /// <param name="score">Score of a merge; higher is better.</param>
    /// <param name="own">
    /// Score of each model alone: weights are searched from the best model on, so that their order does not matter unless scores are equal.
    /// </param>
    public SearchOutcome Run(Func<MergeOptions, double> score, IReadOnlyList<double> own)
    {
        ArgumentNullException.ThrowIfNull(score);
        ArgumentNullException.ThrowIfNull(own);
        double Score(IReadOnlyList<double> values) => score(With(values));

        if (Parameter != MergeMethod.Weight)
        {
            return ParameterSearch.Line(value => Score([value]), _start[0], _grid);
        }

        int[] order = [.. Enumerable.Range(0, _start.Length).OrderByDescending(model => own[model])];
        return !_shares ? ParameterSearch.Coordinates(Score, _start, order, _grid, _rounds)

            // Two shares are one number.
            : _start.Length == 2 ? ParameterSearch.Shares(Score, _start, [0], _grid, 1)
            : ParameterSearch.Shares(Score, _start, order, _grid, _rounds);
    }

    /// <summary>The merge with values of the parameter in place.</summary>
    /// <param name="values">One value, or the weight of each model.</param>
    public MergeOptions With(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Parameter == MergeMethod.Weight
            ? _merge with { Inputs = [.. _merge.Inputs.Zip(values, (input, weight) => input with { Weight = weight })] }
            : _merge with { Parameters = new Dictionary<string, string>(_merge.Parameters) { [Parameter] = Text.Number(values[0]) } };
    }

    /// <summary>Whether only the proportions of the weights matter.</summary>
    private static bool Normalizes(MergeOptions merge)
    {
        MergeParameter? normalize = merge.Method.Parameters.FirstOrDefault(parameter => parameter.Name == WeightedAverage.Normalize);
        return normalize is null || bool.TryParse(merge.Parameters.GetValueOrDefault(normalize.Name) ?? normalize.Default, out bool value)
            && value;
    }
}
