using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// Tokens that every model has, where vocabularies differ: their rows are merged, whatever row a model has them in, and the rows of tokens that
/// only the first model has stay as they are.
/// </summary>
internal sealed class SharedTokens
{
    private readonly IReadOnlyDictionary<string, long>[] _vocabularies;

    private SharedTokens(IReadOnlyDictionary<string, long>[] vocabularies) => _vocabularies = vocabularies;

    /// <summary>Reads the vocabularies of all models; one without a tokenizer of its own has the first one's.</summary>
    public static SharedTokens Read(IReadOnlyList<MergeSource> sources)
    {
        IReadOnlyDictionary<string, long> first = Of(sources[0].Package!);
        return new SharedTokens([.. sources.Select((source, i) => i == 0 || source.Package is null ? first : Of(source.Package))]);

        static IReadOnlyDictionary<string, long> Of(ModelPackage package) => Vocabulary.Read(Path.Combine(package.FullPath, PackageConflicts.Tokenizer));
    }

    /// <summary>Splits a table of the first model, or its transposed twin, into the shared tokens and the rest, and tells each model where they are.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="axis">The axis of the tokens.</param>
    /// <param name="sources">The models.</param>
    public IReadOnlyList<MergeUnit> Split(string name, int axis, IReadOnlyList<MergeSource> sources)
    {
        long[] extents = [.. sources.Select((source, i) => source.BindingOf(name) is { } binding
            ? source.Model.Tensors[binding.Tensor].Shape[binding.Transposed ? 1 - axis : axis] : 0)];
        string[] shared = [.. _vocabularies[0]
            .Where(token => Enumerable.Range(0, sources.Count).All(i => _vocabularies[i].TryGetValue(token.Key, out long id) && id < extents[i]))
            .OrderBy(token => token.Value).Select(token => token.Key)];
        HashSet<long> taken = [.. shared.Select(token => _vocabularies[0][token])];
        long[] rest = [.. Range(extents[0]).Where(row => !taken.Contains(row))];
        List<MergeUnit> units = [];
        if (shared.Length > 0)
        {
            MergeUnit unit = new($"{name}[{shared.Length} shared tokens]", name, AxisSelection.Of(axis, shared.Select(token => _vocabularies[0][token])));
            units.Add(unit);
            for (int i = 0; i < sources.Count; i++)
            {
                TensorBinding whole = i == 0 ? new TensorBinding(name) : sources[i].BindingOf(name)!;
                sources[i].Bind(unit.Name, whole with
                {
                    Selection = AxisSelection.Of(whole.Transposed ? 1 - axis : axis, shared.Select(token => _vocabularies[i][token])),
                });
            }
        }

        if (rest.Length > 0)
        {
            MergeUnit unit = new($"{name}[{rest.Length} other tokens]", name, AxisSelection.Of(axis, rest), IsKept: true);
            units.Add(unit);
            sources[0].Bind(unit.Name, new TensorBinding(name) { Selection = unit.Selection });
        }

        return units;
    }

    /// <summary>What is merged and what is not, for the user.</summary>
    public string Describe(IReadOnlyList<MergeSource> sources)
    {
        int shared = _vocabularies[0].Keys.Count(token => _vocabularies.All(vocabulary => vocabulary.ContainsKey(token)));
        return $"vocabularies differ: {shared} tokens that all models have are merged, "
            + $"{_vocabularies[0].Count - shared} that only {sources[0].Label} has are kept, and "
            + string.Join(", ", sources.Skip(1).Select((source, i) =>
                $"{_vocabularies[i + 1].Keys.Count(token => !_vocabularies[0].ContainsKey(token))} of {source.Label}"))
            + " left out";
    }

    private static IEnumerable<long> Range(long count)
    {
        for (long i = 0; i < count; i++)
        {
            yield return i;
        }
    }
}
