namespace OnnxEmbed.Merging.Methods;

/// <summary>The formula of a method. It looks at a tensor as often as it needs and says what becomes of it; it keeps no state.</summary>
internal interface IMergeRule
{
    /// <summary>
    /// Whether <see cref="Decide"/> looks at norms or angles of the tensor. Where it does not, the tensor is measured for the report in the first
    /// pass over it that the rule makes, or in the one in which it is blended.
    /// </summary>
    bool Measures => true;

    /// <summary>Adds what is wrong with the arguments as a whole; where parameters differ by tensor it is asked for each tensor.</summary>
    void Validate(MergeArguments arguments, List<string> faults);

    /// <summary>Decides what becomes of one tensor.</summary>
    /// <param name="tensor">The tensor in all models.</param>
    /// <param name="arguments">The parameters that hold for this tensor.</param>
    TensorBlend Decide(MergeTensor tensor, MergeArguments arguments);

    /// <summary>
    /// The plain average that stands in for the method on biases and norms where <see cref="MergeOptions.LinearVectors"/> asks for it; null for a
    /// method that has none.
    /// </summary>
    TensorBlend? Average(MergeTensor tensor, MergeArguments arguments) => WeightedAverage.Of(tensor, arguments);

    /// <summary>What the user should know of the arguments although they are valid.</summary>
    IEnumerable<string> Warn(MergeArguments arguments) => [];

    /// <summary>What the user should know of the angles in degrees between the first source and each later one, over all weights; null for nothing.</summary>
    string? WarnOfAngles(IReadOnlyList<double?> degrees) => null;
}
