using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Vocabularies;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>Everything that can be said against a merge before its first tensor, in one error.</summary>
internal static class InputCheck
{
    /// <summary>Opens the models; where several cannot be opened, all are named.</summary>
    public static void Open(MergeOptions options, List<MergeSource> sources)
    {
        List<DataException> faults = [];
        foreach (MergeInput input in options.Base is { } theBase ? options.Inputs.Prepend(theBase) : options.Inputs)
        {
            try
            {
                sources.Add(MergeSource.Open(input));
            }
            catch (DataException exception)
            {
                faults.Add(exception);
            }
        }

        switch (faults)
        {
            case []:
                return;
            case [DataException only]:
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(only);
                return;
            default:
                throw new DataException(string.Join("; ", faults.Select(fault => fault.Message).Distinct()), faults[0]);
        }
    }

    /// <summary>Fits the models to the first.</summary>
    /// <exception cref="ShapeMismatchException">Tensors do not fit; everything else that is wrong is listed, too.</exception>
    /// <exception cref="DataException">Vocabularies, graphs or origins do not fit; all faults are listed.</exception>
    public static Alignment Run(MergeOptions options, IReadOnlyList<MergeSource> sources, CancellationToken cancellation)
    {
        RequireOneArchitecture(sources);
        List<string> faults = [];
        List<string> warnings = [];
        List<string> differences = [];
        VocabularyPlan? tokens = PackageConflicts.Check(sources, options, faults, warnings);
        Alignment alignment = SourceAlignment.Check(sources, tokens, differences, faults, warnings);
        if (differences.Count > 0)
        {
            throw new ShapeMismatchException($"merge: needs the same tensors in all models ({sources[0].Label} is the first)",
                [.. differences, .. faults]);
        }

        List<string> origins = [];
        Ancestry.Check(sources, alignment, options.AllowUnrelated, origins, warnings);
        if (origins.Count > 0 && !options.AllowNonFinite)
        {
            // NaN and infinite weights come first, as they do where everything else fits.
            BlockEngine engine = new(options.DegreeOfParallelism, cancellation);
            faults.InsertRange(0, sources.SelectMany(source => source.Model.Tensors
                .Where(entry => entry.Value.ElementType.IsFloat() && entry.Value.ElementCount > 1)
                .Select(entry => (entry.Key, Count: engine.CountNonFinite(new StoredWeights(entry.Value))))
                .Where(entry => entry.Count > 0)
                .Select(entry =>
                    $"'{entry.Key}': needs finite weights, got {entry.Count} NaN or infinite value{(entry.Count == 1 ? "" : "s")} in {source.Label}")));
        }

        faults.AddRange(origins);
        return faults.Count > 0 ? throw new DataException("merge: " + string.Join("; ", faults)) : alignment;
    }

    /// <summary>Where architectures differ no tensor fits, and the list of all of them would hide why.</summary>
    private static void RequireOneArchitecture(IReadOnlyList<MergeSource> sources)
    {
        string[] types = [.. sources.Where(source => source.Package is not null).Select(source => source.Package!.Config.ModelType)];
        if (types.Distinct(StringComparer.Ordinal).Skip(1).Any())
        {
            IEnumerable<string> found = sources.Where(source => source.Package is not null)
                .Select(source => $"{source.Label} has model_type {source.Package!.Config.ModelType}");
            throw new DataException($"merge: needs models of one architecture, {string.Join(", ", found)}");
        }
    }
}
