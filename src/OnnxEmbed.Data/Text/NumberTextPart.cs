namespace OnnxEmbed.Data.Text;

/// <summary>Which texts a <see cref="NumberText"/> gives out.</summary>
public enum NumberTextPart
{
    /// <summary>Texts to train on: those whose hash is not 0 modulo <see cref="NumberText.HeldOutModulus"/>.</summary>
    Train,

    /// <summary>Texts for held-out perplexity: the others. No text is in both parts, whatever the seeds.</summary>
    HeldOut,
}
