namespace OnnxEmbed.Merging.Methods;

/// <summary>The checked parameters of a merge, or of one tensor where they differ by tensor.</summary>
/// <param name="method">The method.</param>
/// <param name="values">Values (double, bool or string) of the method's parameters by name, defaults included.</param>
/// <param name="modelValues">Values of the parameters of each model by name, defaults included.</param>
/// <param name="options">Where the values come from.</param>
internal sealed class MergeArguments(
    MergeMethod method,
    IReadOnlyDictionary<string, object> values,
    IReadOnlyList<IReadOnlyDictionary<string, object>> modelValues,
    MergeOptions options)
{
    /// <summary>Values (double, bool or string) of the method's parameters by name. Lacks those that only a schedule gives.</summary>
    public IReadOnlyDictionary<string, object> Values => values;

    /// <summary>Values of the parameters of each model, the base not counted.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, object>> ModelValues => modelValues;

    /// <summary>Weight of each model; 1 for methods without weights.</summary>
    public IReadOnlyList<double> Weights =>
        [.. modelValues.Select(model => model.TryGetValue(MergeMethod.Weight, out object? weight) ? (double)weight : 1)];

    /// <summary>Whether mergekit's numbers are wanted where ours differ.</summary>
    public bool LikeMergekit => options.Compatibility == MergeCompatibility.Mergekit;

    /// <summary>Whether values outside the range that is interpolated are wanted.</summary>
    public bool Extrapolate => options.Extrapolate;

    /// <summary>Values of some parameters: of the whole by name, of the models one after the other.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<object> Values)> Only(IReadOnlyCollection<string> names) =>
    [
        .. values.Where(entry => names.Contains(entry.Key)).Select(entry => (entry.Key, (IReadOnlyList<object>)[entry.Value])),
        .. names.Where(name => modelValues.Count > 0 && modelValues[0].ContainsKey(name))
            .Select(name => (name, (IReadOnlyList<object>)[.. modelValues.Select(model => model[name])])),
    ];

    public double Number(string name) => (double)values[name];

    public bool Flag(string name) => (bool)values[name];

    public string Choice(string name) => (string)values[name];

    /// <summary>Value of a model's parameter.</summary>
    public double Number(string name, int model) => (double)modelValues[model][name];

    /// <summary>Values of a parameter of the models.</summary>
    public double[] Numbers(string name) => [.. modelValues.Select(model => (double)model[name])];

    /// <summary>The parameters that hold for a tensor.</summary>
    public MergeArguments For(string tensor, List<string> faults)
    {
        if (options.Schedule is not { } schedule)
        {
            return this;
        }

        List<string> wrong = [];
        MergeArguments own = new(
            method,
            Resolve(method.Parameters, values, null),
            [.. modelValues.Select((known, model) => Resolve(method.ModelParameters, known, model))],
            options);
        if (wrong.Count == 0)
        {
            method.Rule.Validate(own, wrong);
        }

        faults.AddRange(wrong.Select(fault => $"'{tensor}': {fault}"));
        return own;

        Dictionary<string, object> Resolve(IReadOnlyList<MergeParameter> parameters, IReadOnlyDictionary<string, object> known, int? model)
        {
            Dictionary<string, object> resolved = new(StringComparer.Ordinal);
            foreach (MergeParameter parameter in parameters)
            {
                object? value = schedule.Find(parameter.Name, tensor, model) is { } found
                    ? parameter.Check(found, options.Extrapolate, wrong)
                    : known.GetValueOrDefault(parameter.Name);
                if (value is not null)
                {
                    resolved.Add(parameter.Name, value);
                }
                else if (!known.ContainsKey(parameter.Name) && schedule.Find(parameter.Name, tensor, model) is null)
                {
                    wrong.Add($"{parameter.Name}: needs a value ({parameter.Description})");
                }
            }

            return resolved;
        }
    }
}
