namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>Before which pieces Metaspace puts its sign; the names are those of <c>tokenizer.json</c>.</summary>
internal enum PrependScheme
{
    /// <summary>Before the piece that the raw text begins with.</summary>
    First,

    /// <summary>Before none.</summary>
    Never,

    /// <summary>Before every piece.</summary>
    Always,
}
