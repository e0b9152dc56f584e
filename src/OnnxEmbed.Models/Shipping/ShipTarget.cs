namespace OnnxEmbed.Models.Shipping;

/// <summary>A consumer: what it reads, what it needs, how it makes vectors.</summary>
internal abstract class ShipTarget
{
    /// <summary>What it is called on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it is and what it gets.</summary>
    public abstract string Summary { get; }

    /// <summary>Variants that it usually has.</summary>
    public virtual IReadOnlyList<ModelVariant> UsualVariants => [];

    /// <summary>Plans the files, and notes what does not fit.</summary>
    public abstract void Plan(ShipPlan plan);
}
