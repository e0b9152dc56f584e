namespace OnnxEmbed.Study;

/// <summary>Where a study is.</summary>
/// <param name="Done">Pieces of work done.</param>
/// <param name="Total">Pieces of work in all: trainings, merges and measurements.</param>
/// <param name="Text">What has just been done.</param>
public sealed record StudyProgress(int Done, int Total, string Text);
