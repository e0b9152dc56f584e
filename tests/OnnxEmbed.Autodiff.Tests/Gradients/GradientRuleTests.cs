using OnnxEmbed.Onnx.Building;
using OnnxEmbed.TestKit.Gradients;

namespace OnnxEmbed.Autodiff.Tests.Gradients;

/// <summary>Every gradient rule against finite differences in double, over shapes, broadcasts and opsets.</summary>
public class GradientRuleTests(ITestOutputHelper output)
{
    private static readonly GradientCase[] AllRows = [.. ElementwiseRows.All, .. ProductRows.All, .. LayoutRows.All];

    /// <summary>Tested together, since one test each for some thousand rows takes longer to report than to run.</summary>
    public static TheoryData<string> Operators => [.. AllRows.Select(OperatorOf).Distinct()];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Differentiate_EveryRow_AgreesWithFiniteDifferences(string operatorType) =>
        RunAll(operatorType, "against finite differences", row => GradientCheck.Run(row));

    [Theory]
    [MemberData(nameof(Operators))]
    public void Differentiate_EveryRowInSinglePrecision_AgreesWithDouble(string operatorType) =>
        RunAll(operatorType, "in single precision", GradientCheck.RunSingle);

    [Fact]
    public void Rows_EveryRule_HasRowsThatUseItsOperator()
    {
        HashSet<string> covered = [];
        foreach (GradientCase row in AllRows)
        {
            GraphBuilder graph = new("coverage", row.Opset);
            row.Build(graph, [.. row.Inputs.Select((input, i) => graph.Input($"x{i}", input.Domain.Type, input.Shape))]);
            Assert.Contains(OperatorOf(row), graph.Nodes.Select(node => node.OpType));
            covered.Add(OperatorOf(row));
        }

        Assert.Empty(GradientRules.Operators.Except(covered));
    }

    [Fact]
    public void Rows_EveryRule_HasDynamicAndStaticRows()
    {
        foreach (IGrouping<string, GradientCase> rows in AllRows.GroupBy(OperatorOf))
        {
            Assert.True(rows.Any(row => row.IsDynamic), $"{rows.Key} has no row with symbolic extents");
        }
    }

    [Fact]
    public void Rows_Names_AreUnique() =>
        Assert.Empty(AllRows.GroupBy(row => row.Name).Where(group => group.Count() > 1).Select(g => g.Key));

    private void RunAll(string operatorType, string what, Func<GradientCase, double> check)
    {
        List<string> failures = [];
        double worst = 0;
        int count = 0;
        foreach (GradientCase row in AllRows.Where(row => OperatorOf(row) == operatorType))
        {
            count++;
            try
            {
                worst = Math.Max(worst, check(row));
            }
            catch (Exception exception)
            {
                failures.Add(exception.Message.StartsWith(row.Name, StringComparison.Ordinal)
                    ? exception.Message
                    : $"{row.Name} (opset {row.Opset}): {exception.GetType().Name}: {exception.Message}");
            }
        }

        output.WriteLine(FormattableString.Invariant($"{operatorType} {what}: {count} rows, greatest relative error {worst:G3}"));
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} rows fail:\n{string.Join('\n', failures.Take(12))}");
    }

    private static string OperatorOf(GradientCase row) => row.Name[..row.Name.IndexOf(':', StringComparison.Ordinal)];
}
