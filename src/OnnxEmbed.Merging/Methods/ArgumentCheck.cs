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
            Add(values, parameter, options.Parameters.GetValueOrDefault(parameter.Name), options, faults);
        }

        List<Dictionary<string, object>> modelValues = [];
        foreach (MergeInput input in options.Inputs)
        {
            Dictionary<string, object> own = new(StringComparer.Ordinal);
            List<string> wrong = [];
            foreach (MergeParameter parameter in method.ModelParameters)
            {
                string? text = input.Parameters.GetValueOrDefault(parameter.Name)
                    ?? (parameter.Name == MergeMethod.Weight && input.Weight != 1 ? Text.Number(input.Weight) : null)
                    ?? options.Parameters.GetValueOrDefault(parameter.Name);
                Add(own, parameter, text, options, wrong);
            }

            modelValues.Add(own);
            faults.AddRange(wrong.Select(fault => $"model {modelValues.Count}: {fault}"));
        }

        string[] known = [.. method.Parameters.Concat(method.ModelParameters).Select(parameter => parameter.Name)];
        string list = known.Length == 0 ? "none" : string.Join(", ", known);
        IEnumerable<string> given = options.Parameters.Keys
            .Concat(options.Inputs.SelectMany(input => input.Parameters.Keys.Except(method.Parameters.Select(parameter => parameter.Name))))
            .Concat(options.Schedule?.Names ?? []);
        faults.AddRange(given.Distinct().Except(known).Select(name => $"parameter '{name}': not one of those of {method.Name} ({list})"));
        faults.AddRange(options.Inputs.SelectMany(input => input.Parameters.Keys).Distinct()
            .Intersect(method.Parameters.Select(parameter => parameter.Name))
            .Select(name => $"parameter '{name}': one value for the whole merge, not for single models"));
        CheckInputs(options, faults);
        MergeArguments arguments = new(method, values, modelValues, options);
        if (faults.Count == 0 && options.Schedule is null)
        {
            method.Rule.Validate(arguments, faults);
        }

        return faults.Count == 0 ? arguments : throw new OptionException($"merge {method.Name}: " + string.Join("; ", faults));
    }

    private static void Add(Dictionary<string, object> values, MergeParameter parameter, string? text, MergeOptions options,
        List<string> faults)
    {
        text ??= (options.Compatibility == MergeCompatibility.Mergekit ? parameter.MergekitDefault : null) ?? parameter.Default;
        if (text is null)
        {
            if (options.Schedule?.Names.Contains(parameter.Name) != true)
            {
                faults.Add($"{parameter.Name}: needs a value ({parameter.Description})");
            }
        }
        else if (parameter.Parse(text, options.Extrapolate, faults) is { } value)
        {
            values.Add(parameter.Name, value);
        }
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

        if (method.Base == BaseUse.None && options.Base is not null)
        {
            faults.Add($"base: {method.Name} takes none");
        }
        else if (method.Base == BaseUse.Required && options.Base is null)
        {
            faults.Add("base: needs the model that the others were trained from");
        }

        if (method.NeedsAdapter && options.Inputs.All(input => input.Adapters.Count == 0))
        {
            faults.Add("adapters: needs at least one, got none");
        }

        foreach (MergeInput input in options.Inputs.Where(input => input.AdapterWeights.Count > 0))
        {
            if (input.AdapterWeights.Count != input.Adapters.Count || !input.AdapterWeights.All(double.IsFinite))
            {
                faults.Add(
                    $"adapter weights: need a number for each of the {input.Adapters.Count} adapters of {input.Model}, got {Text.Numbers(input.AdapterWeights)}");
            }
        }

        if (!method.TakesWeights && options.Inputs.Any(input => input.Weight != 1))
        {
            faults.Add($"weights: {method.Name} takes none");
        }

        if (options.OutputType is { } type && !type.IsFloat())
        {
            faults.Add($"output type: needs f64, f32, f16 or bf16, got {type.ShortName()}");
        }

        if (options.DegreeOfParallelism < 1)
        {
            faults.Add($"threads: needs 1 or more, got {options.DegreeOfParallelism}");
        }
    }
}
