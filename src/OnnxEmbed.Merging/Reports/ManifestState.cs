namespace OnnxEmbed.Merging.Reports;

/// <summary>What became of a file of a manifest.</summary>
public enum ManifestState
{
    /// <summary>It has the bytes that it had.</summary>
    Same,

    /// <summary>It has other bytes.</summary>
    Changed,

    /// <summary>It is not there.</summary>
    Missing,
}
