namespace OnnxEmbed.Benchmarks.Files;

/// <summary>A merge that is measured beside a copy of one of its inputs.</summary>
/// <param name="Title">What the table calls it.</param>
/// <param name="Method">Name of the method.</param>
/// <param name="Parameters">Its parameters as <c>name=value</c>, separated by commas.</param>
/// <param name="Inputs">Number of input files; a method that needs a base takes the first as that.</param>
/// <param name="TargetRatio">At most so many times the copy.</param>
internal sealed record MergeCase(string Title, string Method, string Parameters, int Inputs, double TargetRatio)
{
    public static readonly MergeCase Slerp = new("slerp of two", "slerp", "t=0.5", 2, 1.5);

    public static readonly MergeCase Soup = new("soup of five", "linear", "", 5, 4);

    /// <summary>With the paper's density: a fifth of each task vector is kept.</summary>
    public static readonly MergeCase Ties = new("TIES of three and their base", "ties", "density=0.2", 4, 6) { HasBase = true };

    public static IReadOnlyList<MergeCase> All { get; } = [Slerp, Soup, Ties];

    /// <summary>Whether the first input is the base.</summary>
    public bool HasBase { get; init; }
}
