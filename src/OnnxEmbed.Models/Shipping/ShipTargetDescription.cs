namespace OnnxEmbed.Models.Shipping;

/// <summary>A consumer that packages can be laid out for.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Summary">What it is and what it gets.</param>
public sealed record ShipTargetDescription(string Name, string Summary);
