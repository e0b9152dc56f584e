using OnnxEmbed.Merging.Methods.TaskVectors;

namespace OnnxEmbed.Merging;

/// <content>Methods that add sparse task vectors (model minus base) to a base.</content>
public static partial class MergeMethods
{
    /// <summary>The largest differences to the base, where the models agree on their sign.</summary>
    public static MergeMethod Ties { get; } = TaskVectorMethods.Ties();

    /// <summary>Differences dropped at random and the rest made larger.</summary>
    public static MergeMethod DareLinear { get; } = TaskVectorMethods.DareLinear();

    /// <summary>Differences dropped at random, where the models agree on their sign.</summary>
    public static MergeMethod DareTies { get; } = TaskVectorMethods.DareTies();

    /// <summary>Differences dropped at random, small ones more likely, where the models agree on their sign.</summary>
    public static MergeMethod Della { get; } = TaskVectorMethods.Della();

    /// <summary>Differences dropped at random, small ones more likely.</summary>
    public static MergeMethod DellaLinear { get; } = TaskVectorMethods.DellaLinear();

    /// <summary>Differences but for the smallest and the outliers.</summary>
    public static MergeMethod Breadcrumbs { get; } = TaskVectorMethods.Breadcrumbs();

    /// <summary>Differences but for the smallest and the outliers, where the models agree on their sign.</summary>
    public static MergeMethod BreadcrumbsTies { get; } = TaskVectorMethods.BreadcrumbsTies();

    /// <summary>Differences where models differ most, weighed by their squares, where the models agree on their sign.</summary>
    public static MergeMethod Sce { get; } = TaskVectorMethods.Sce();

    /// <summary>Differences of one model alone whole, shared ones averaged.</summary>
    public static MergeMethod Ram { get; } = TaskVectorMethods.Ram();

    /// <summary>As RAM, with the differences of one model alone made larger.</summary>
    public static MergeMethod RamPlusTl { get; } = TaskVectorMethods.RamPlusTl();

    private static MergeMethod[] SparseTaskVectors =>
        [Ties, DareLinear, DareTies, Della, DellaLinear, Breadcrumbs, BreadcrumbsTies, Sce, Ram, RamPlusTl];
}
