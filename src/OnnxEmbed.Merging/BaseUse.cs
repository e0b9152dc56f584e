namespace OnnxEmbed.Merging;

/// <summary>Whether a method takes a base model beside the models that it merges.</summary>
public enum BaseUse
{
    /// <summary>It takes none.</summary>
    None,

    /// <summary>With a base it merges the differences to it.</summary>
    Optional,

    /// <summary>It needs one.</summary>
    Required,
}
