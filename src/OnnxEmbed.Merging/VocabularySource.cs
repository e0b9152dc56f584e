namespace OnnxEmbed.Merging;

/// <summary>Whose tokens the result of a merge has.</summary>
public enum VocabularySource
{
    /// <summary>Those of the model that gives the graph: the base, or else the first.</summary>
    Base,

    /// <summary>Those of all models: the base's under their ids, and behind them what others have beside it.</summary>
    Union,

    /// <summary>Those of <see cref="VocabularyMerge.Model"/>.</summary>
    Model,
}
