namespace OnnxEmbed.Merging.Methods;

/// <summary>The checked parameters of a merge.</summary>
internal sealed class MergeArguments(IReadOnlyDictionary<string, object> values, IReadOnlyList<double> weights)
{
    /// <summary>Parameter values (double, bool or string) by name, defaults included.</summary>
    public IReadOnlyDictionary<string, object> Values { get; } = values;

    /// <summary>Weight of each model as given.</summary>
    public IReadOnlyList<double> Weights { get; } = weights;

    public double Number(string name) => (double)Values[name];

    public bool Flag(string name) => (bool)Values[name];

    public string Choice(string name) => (string)Values[name];
}
