namespace OnnxEmbed.Study.Families;

/// <summary>One kind of model that the study compares.</summary>
/// <param name="Id">Short name, as in results and file names.</param>
/// <param name="Title">Name for people.</param>
/// <param name="PaperFamily">Which of the paper's families it belongs to (arXiv:2511.21703, section 3).</param>
/// <param name="Description">How the model comes about.</param>
public sealed record StudyFamily(string Id, string Title, string PaperFamily, string Description);
