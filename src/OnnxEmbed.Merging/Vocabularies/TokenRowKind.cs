namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>What a row of a merged table of tokens is in one model.</summary>
internal enum TokenRowKind
{
    /// <summary>A row of a model's table.</summary>
    Stored,

    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>The mean of rows of several models.</summary>
    MeanOfRows,

    /// <summary>The mean of all rows of a model's table.</summary>
    MeanOfTable,
}
