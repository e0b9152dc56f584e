using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>Resolves the options of a merge against what its method takes, all faults in one error.</summary>
internal static class ArgumentCheck
{
    public static MergeArguments Resolve(MergeOptions options)
    {
        MergeMethod method = options.Method;
        List<string> faults = [];
        Dictionary<string, object> values = new(StringComparer.Ordinal);
        foreach (MergeParameter parameter in method.Parameters)
        {
            string? text = options.Parameters.TryGetValue(parameter.Name, out string? given) ? given : parameter.Default;
            if (text is null)
            {
                faults.Add($"{parameter.Name}: needs a value ({parameter.Description})");
            }
            else if (parameter.Parse(text, options.Extrapolate, faults) is { } value)
            {
                values.Add(parameter.Name, value);
            }
        }

        string known = method.Parameters.Count == 0 ? "none" : string.Join(", ", method.Parameters.Select(parameter => parameter.Name));
        faults.AddRange(options.Parameters.Keys.Where(name => method.Parameters.All(parameter => parameter.Name != name))
            .Select(name => $"parameter '{name}': not one of those of {method.Name} ({known})"));
        CheckInputs(options, faults);
        MergeArguments arguments = new(values, [.. options.Inputs.Select(input => input.Weight)]);
        if (faults.Count == 0)
        {
            method.Rule.Validate(arguments, faults);
        }

        return faults.Count == 0 ? arguments : throw new OptionException($"merge {method.Name}: " + string.Join("; ", faults));
    }

    private static void CheckInputs(MergeOptions options, List<string> faults)
    {
        MergeMethod method = options.Method;
        int count = options.Inputs.Count;
        if (count < method.MinimumInputs || count > method.MaximumInputs)
        {
            string needs = method.MaximumInputs == method.MinimumInputs ? $"{method.MinimumInputs}" : $"{method.MinimumInputs} or more";
            faults.Add($"models: needs {needs}, got {count}");
        }

        if (method.NeedsAdapter && options.Inputs.All(input => input.Adapters.Count == 0))
        {
            faults.Add("adapters: needs at least one, got none");
        }

        if (options.Inputs.Any(input => !double.IsFinite(input.Weight)))
        {
            faults.Add($"weights: need numbers, got {Text.Numbers(options.Inputs.Select(input => input.Weight))}");
        }
        else if (!method.TakesWeights && options.Inputs.Any(input => input.Weight != 1))
        {
            faults.Add($"weights: {method.Name} takes none");
        }

        if (options.DegreeOfParallelism < 1)
        {
            faults.Add($"threads: needs 1 or more, got {options.DegreeOfParallelism}");
        }
    }
}
