using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>What every encoder after BERT needs of its config.</summary>
internal static class EncoderFaults
{
    public static IEnumerable<string> Of(ModelConfig config, double epsilon, string epsilonName, string actName = "hidden_act") => ModelConfig.Faults(
        (
            config.NumAttentionHeads > 0 && config.HiddenSize % config.NumAttentionHeads != 0,
            "hidden_size", $"a multiple of num_attention_heads ({config.NumAttentionHeads})", config.HiddenSize),
        (epsilon <= 0, epsilonName, "a number above 0", epsilon),
        (!ActivationFunctions.IsKnown(config.HiddenAct), actName, ActivationFunctions.Needs, config.HiddenAct));

    /// <summary>Positions are looked up by a row of the position table.</summary>
    public static IEnumerable<string> OfPositions(string positionEmbeddingType) => ModelConfig.Faults(
        (positionEmbeddingType != "absolute", "position_embedding_type", "absolute, the one that is built", positionEmbeddingType));
}
