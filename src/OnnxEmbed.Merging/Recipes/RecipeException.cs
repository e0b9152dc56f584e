using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>A recipe says what cannot be understood or done; every fault is a line of the message, with file and line number.</summary>
public sealed class RecipeException : DataException
{
    /// <summary>Makes an exception of all that is wrong with a recipe.</summary>
    /// <param name="faults">One text each, in the form "file:line: needs rule, got value".</param>
    public RecipeException(IReadOnlyList<string> faults)
        : base(string.Join('\n', faults)) => Faults = faults;

    /// <summary>The faults in the order of the lines.</summary>
    public IReadOnlyList<string> Faults { get; }
}
