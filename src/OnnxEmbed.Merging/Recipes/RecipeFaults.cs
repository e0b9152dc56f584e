namespace OnnxEmbed.Merging.Recipes;

/// <summary>Collects what is wrong with a recipe, and what its author should know, by line.</summary>
internal sealed class RecipeFaults(string file)
{
    private readonly List<(int Line, string Text)> _faults = [];
    private readonly List<(int Line, string Text)> _warnings = [];

    public string File { get; } = file;

    public bool IsEmpty => _faults.Count == 0;

    /// <summary>Warnings in the order of the lines.</summary>
    public IReadOnlyList<string> Warnings => Located(_warnings);

    /// <summary>Faults without file and line.</summary>
    public IReadOnlyList<string> Texts => [.. _faults.OrderBy(entry => entry.Line).Select(entry => entry.Text).Distinct()];

    public void Add(int line, string text) => _faults.Add((line, text));

    public void Warn(int line, string text) => _warnings.Add((line, text));

    /// <exception cref="RecipeException">There is a fault.</exception>
    public void ThrowIfAny()
    {
        if (!IsEmpty)
        {
            throw new RecipeException(Located(_faults));
        }
    }

    private List<string> Located(List<(int Line, string Text)> entries) =>
        [.. entries.OrderBy(entry => entry.Line).Select(entry => $"{File}:{entry.Line}: {entry.Text}").Distinct()];
}
