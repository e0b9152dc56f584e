using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>The formula of a method: from what is known of a tensor to the factor of each model.</summary>
internal interface IMergeRule
{
    /// <summary>Adds what is wrong with the arguments as a whole.</summary>
    void Validate(MergeArguments arguments, List<string> faults);

    /// <summary>Decides what becomes of one tensor.</summary>
    TensorBlend Decide(TensorFacts tensor, MergeArguments arguments);
}

/// <summary>What a rule knows of one tensor in all models.</summary>
/// <param name="ElementCount">Number of elements.</param>
/// <param name="Pairs">Sums over the first model and each later one; the first model with itself where it is alone.</param>
/// <param name="AllEqual">Whether all models hold the same bytes.</param>
internal sealed record TensorFacts(long ElementCount, IReadOnlyList<PairSums> Pairs, bool AllEqual);
