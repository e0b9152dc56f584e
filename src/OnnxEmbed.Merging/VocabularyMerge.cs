namespace OnnxEmbed.Merging;

/// <summary>
/// How models with different vocabularies are merged. In each model every token of the result gets a row: its own; where the model lacks
/// the
/// token that of <see cref="Tokens"/>; else the base's, that of the only model that has it, or the mean of the rows of all that have it.
/// Rows
/// that no token uses are the mean of a model's rows.
/// </summary>
public sealed record VocabularyMerge
{
    /// <summary>Whose tokens the result has.</summary>
    public VocabularySource Source { get; init; }

    /// <summary>Package, or directory with a <c>tokenizer.json</c>, that gives the tokens where <see cref="Source"/> says so.</summary>
    public MergeInput? Model { get; init; }

    /// <summary>Rows of single tokens.</summary>
    /// <value>Default none.</value>
    public IReadOnlyDictionary<string, TokenSource> Tokens { get; init; } = new Dictionary<string, TokenSource>();

    /// <summary>The number of rows is rounded up to a multiple of it, 1 or more.</summary>
    /// <value>Default 1.</value>
    public int PadToMultipleOf { get; init; } = 1;

    /// <summary>The same with other names of the models.</summary>
    internal VocabularyMerge Named(Func<MergeInput, MergeInput> name) => this with
    {
        Model = Model is { } model ? name(model) : null,
        Tokens = Tokens.ToDictionary(
            entry => entry.Key, entry => entry.Value with { Model = entry.Value.Model is { } from ? name(from) : null },
                StringComparer.Ordinal),
    };
}
