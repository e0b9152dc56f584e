namespace OnnxEmbed.Study.Families;

/// <summary>The families in the order in which tables and figures show them.</summary>
public static class StudyFamilies
{
    /// <summary>An encoder with fresh weights, all of them trained.</summary>
    public static StudyFamily EncoderScratch { get; } = new(
        "encoder-scratch", "Encoder, scratch", "non-LLM", "fresh weights of the encoder's architecture, all trained on the property");

    /// <summary>The pre-trained encoder, all weights trained.</summary>
    public static StudyFamily EncoderFineTuned { get; } = new(
        "encoder-finetuned", "Encoder, fine-tuned", "non-LLM", "the masked-LM encoder, all weights trained on the property");

    /// <summary>The pre-trained decoder as it is: what the others are measured against.</summary>
    public static StudyFamily DecoderBase { get; } = new(
        "decoder-base", "Decoder, frozen", "reference", "the causal language model as pre-trained, nothing trained");

    /// <summary>The decoder with its adapter at full strength.</summary>
    public static StudyFamily DecoderLora { get; } = new(
        "decoder-lora", "Decoder + LoRA", "LLM + LoRA", "the adapter at full strength on the frozen decoder");

    /// <summary>The uniform average of base and folded models.</summary>
    public static StudyFamily DecoderSoup { get; } = new(
        "decoder-soup", "Decoder, soup", "LLM + LoRA, souped", "uniform average of the base, the folded half-way checkpoint and the folded adapter");

    /// <summary>Base and folded model on the sphere.</summary>
    public static StudyFamily DecoderSlerpBase { get; } = new(
        "decoder-slerp-base", "Decoder, SLERP to base", "LLM + LoRA, SLERP", "SLERP at t = 0.5 between the base and the folded adapter");

    /// <summary>Two stages of one run on the sphere.</summary>
    public static StudyFamily DecoderSlerpCheckpoints { get; } = new(
        "decoder-slerp-checkpoints", "Decoder, SLERP of stages", "LLM + LoRA, SLERP", "SLERP at t = 0.5 between the folded half-way checkpoint and the folded adapter");

    /// <summary>All families.</summary>
    public static IReadOnlyList<StudyFamily> All { get; } =
        [EncoderScratch, EncoderFineTuned, DecoderBase, DecoderLora, DecoderSoup, DecoderSlerpBase, DecoderSlerpCheckpoints];

    /// <summary>A family by its short name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public static StudyFamily ById(string id) =>
        All.FirstOrDefault(family => family.Id == id) ?? throw new KeyNotFoundException($"no family {id}; there are {string.Join(", ", All.Select(family => family.Id))}");
}
