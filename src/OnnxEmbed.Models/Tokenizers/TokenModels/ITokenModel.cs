namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>A vocabulary and the rule by which a piece of text becomes tokens of it. Immutable; the work is done by workers.</summary>
internal interface ITokenModel
{
    /// <summary>A worker with buffers of its own, for one thread at a time.</summary>
    ITokenWorker NewWorker();
}
