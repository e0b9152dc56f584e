using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods;

/// <summary>Tensors in memory as rules see them, merged without files.</summary>
internal static class MergeTensors
{
    public static MergeTensor Of(
        IReadOnlyList<TensorData> sources, bool hasBase = false, bool inputsFirst = false, int threads = 2, string name = "w")
    {
        BlockEngine engine = new(threads, TestContext.Current.CancellationToken);
        WeightSource[] weights = [.. sources.Select(source => new StoredWeights(source))];
        return new MergeTensor(
            name, sources[0].Shape, inputsFirst, weights, hasBase, engine.Begin(weights), engine.AreEqual(weights), engine);
    }

    /// <summary>Options of a merge of tensors in memory.</summary>
    /// <param name="method">Name of the method.</param>
    /// <param name="hasBase">Whether a base comes before the models.</param>
    /// <param name="models">Number of models.</param>
    /// <param name="parameters">name=value,…; compat=mergekit sets the compatibility.</param>
    /// <param name="weights">Weight of each model; empty for 1 each.</param>
    public static MergeOptions Options(string method, bool hasBase, int models, string parameters = "", string weights = "", int threads = 2)
    {
        Dictionary<string, string> values = parameters.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => entry.Split('=')).ToDictionary(entry => entry[0], entry => entry[1]);
        bool likeMergekit = values.Remove("compat", out string? compat) && compat == "mergekit";
        string[] each = weights.Split(',', StringSplitOptions.RemoveEmptyEntries);
        return new MergeOptions
        {
            Method = MergeMethods.Find(method),
            Base = hasBase ? new MergeInput("base") : null,
            Inputs = [.. Enumerable.Range(0, models).Select(i => new MergeInput($"m{i}")
            {
                Parameters = each.Length == 0 ? [] : new Dictionary<string, string> { ["weight"] = each[i] },
            })],
            Output = "",
            Parameters = values,
            Compatibility = likeMergekit ? MergeCompatibility.Mergekit : MergeCompatibility.None,
            DegreeOfParallelism = threads,
        };
    }

    /// <summary>Runs a method on one tensor; the base comes first where <paramref name="options"/> names one.</summary>
    public static (TensorData Result, TensorBlend Blend) Run(
        MergeOptions options, IReadOnlyList<TensorData> sources, bool inputsFirst = false, ElementType? output = null, string name = "w")
    {
        MergeArguments arguments = ArgumentCheck.Resolve(options);
        List<string> faults = [];
        arguments = arguments.For(name, faults);
        Assert.Empty(faults);
        bool hasBase = options.Base is not null;
        TensorBlend blend = options.Method.Rule.Decide(Of(sources, hasBase, inputsFirst, options.DegreeOfParallelism, name), arguments);
        ElementType type = output ?? sources[0].ElementType;
        if (blend.CopyOf is { } copied && sources[copied].ElementType == type)
        {
            return (sources[copied], blend);
        }

        BlockEngine engine = new(options.DegreeOfParallelism, TestContext.Current.CancellationToken);
        WeightSource[] weights = [.. sources.Select(source => new StoredWeights(source))];
        byte[] bytes = new byte[sources[0].ElementCount * type.SizeInBytes()];
        void Write(long offset, ReadOnlySpan<byte> part) => part.CopyTo(bytes.AsSpan((int)offset));
        _ = blend.Formula is { } formula
            ? engine.Compute(weights, hasBase, blend.Rows, formula, type, Write)
            : engine.Blend(weights, blend.Factors, type, Write);
        return (TensorData.FromBytes(type, [.. sources[0].Shape], bytes), blend);
    }
}
