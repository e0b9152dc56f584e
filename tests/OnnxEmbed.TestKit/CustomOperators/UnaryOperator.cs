namespace OnnxEmbed.TestKit.CustomOperators;

/// <summary>An elementwise operator of one input: its name and the function it applies.</summary>
public sealed record UnaryOperator(string Name, Func<double, double> Function);
