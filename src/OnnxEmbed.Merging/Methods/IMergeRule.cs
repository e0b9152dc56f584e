namespace OnnxEmbed.Merging.Methods;

/// <summary>The formula of a method: from what is known of a tensor to the factor of each model.</summary>
internal interface IMergeRule
{
    /// <summary>Adds what is wrong with the arguments as a whole.</summary>
    void Validate(MergeArguments arguments, List<string> faults);

    /// <summary>Decides what becomes of one tensor.</summary>
    TensorBlend Decide(TensorFacts tensor, MergeArguments arguments);
}
