using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Objectives;

/// <summary>The losses. Each is built of standard ONNX operators and differentiated with the model.</summary>
public static class Losses
{
    /// <summary>Next-token prediction of a causal language model.</summary>
    public static Loss CausalLanguageModel { get; } = new(
        "clm",
        "Causal language modelling",
        "https://www.jmlr.org/papers/v3/bengio03a.html §2",
        LossKind.Tokens,
        temperature: 1,
        TokenCrossEntropy.Build);

    /// <summary>Prediction of masked tokens.</summary>
    public static Loss MaskedLanguageModel { get; } = new(
        "mlm",
        "Masked language modelling",
        "https://arxiv.org/abs/1810.04805 §3.1, task 1",
        LossKind.Tokens,
        temperature: 1,
        TokenCrossEntropy.Build);

    /// <summary>Pulls texts of one class together and pushes the others away.</summary>
    public static Loss SupervisedContrastive { get; } = new(
        "supcon",
        "Supervised contrastive",
        "https://arxiv.org/abs/2004.11362 eq. 2",
        LossKind.Labels,
        temperature: 0.1,
        SupervisedContrastiveLoss.Build);

    /// <summary>Ranks each anchor's positive above every other text of the batch.</summary>
    public static Loss MultipleNegativesRanking { get; } = new(
        "mnrl",
        "Multiple negatives ranking (InfoNCE)",
        "https://arxiv.org/abs/1705.00652 §4.4; cosine and scale 20 as in sentence-transformers",
        LossKind.Tuples,
        temperature: 0.05,
        MultipleNegativesRankingLoss.Build);

    /// <summary>All losses.</summary>
    public static IReadOnlyList<Loss> All { get; } =
        [CausalLanguageModel, MaskedLanguageModel, SupervisedContrastive, MultipleNegativesRanking];

    /// <summary>Losses over sentence embeddings, which <c>train</c> takes.</summary>
    public static IEnumerable<Loss> OfEmbeddings => All.Where(loss => loss.Kind != LossKind.Tokens);

    /// <summary>Losses over tokens, which <c>pretrain</c> takes as objectives.</summary>
    public static IEnumerable<Loss> OfTokens => All.Where(loss => loss.Kind == LossKind.Tokens);

    /// <summary>A loss by name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="among">The losses that fit, such as <see cref="OfEmbeddings"/>.</param>
    /// <param name="option">What the name was given for, as in <c>--loss</c>.</param>
    /// <exception cref="OptionException">None of them has that name.</exception>
    public static Loss Named(string name, IEnumerable<Loss> among, string option) =>
        among.FirstOrDefault(loss => string.Equals(loss.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new OptionException($"{option}: needs one of {string.Join(", ", among.Select(loss => loss.Name))}, got {name}");
}
