using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Running;
using OnnxEmbed.Training.Batching;
using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Tests.Objectives;

public sealed class LossesTests
{
    private const int Hidden = 5;

    [Fact]
    public void TokenCrossEntropy_RandomLogits_IsTheFormula()
    {
        double[] logits = Numbers(12 * 7, 3, "logits");
        long[] targets = [0, 6, -100, 3, 2, -100, 5, 5, 1, 4, -100, 0];
        double expected = 0;
        int count = 0;
        for (int n = 0; n < targets.Length; n++)
        {
            if (targets[n] >= 0)
            {
                double[] row = logits[(n * 7)..((n + 1) * 7)];
                expected -= row[targets[n]] - Math.Log(row.Sum(Math.Exp));
                count++;
            }
        }

        Assert.Equal(expected / count, Run(Losses.CausalLanguageModel, logits, 7, targets), 1e-6);
    }

    [Fact]
    public void TokenCrossEntropy_GreatLogits_DoNotOverflow() =>
        Assert.Equal(2000, Run(Losses.MaskedLanguageModel, [1000, -1000, 0], 3, [1]), 1e-3);

    [Fact]
    public void TokenCrossEntropy_NoTarget_IsZero() => Assert.Equal(0, Run(Losses.MaskedLanguageModel, [1, 2, 3], 3, [-100]));

    [Theory]
    [InlineData(0.1)]
    [InlineData(1)]
    public void SupervisedContrastive_RandomRows_IsEquation2(double temperature)
    {
        // The fifth row has no other of its class, so the mean is over the six others.
        long[] labels = [1, 1, 2, 2, 9, 1, 2];
        double[][] z = Unit(Numbers(labels.Length * Hidden, 1, "rows"));
        double total = 0;
        int anchors = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            int[] positives = [.. Enumerable.Range(0, labels.Length).Where(p => p != i && labels[p] == labels[i])];
            if (positives.Length > 0)
            {
                double sum = Enumerable.Range(0, labels.Length).Where(a => a != i).Sum(a => Math.Exp(Dot(z[i], z[a]) / temperature));
                total += positives.Average(p => Math.Log(sum) - (Dot(z[i], z[p]) / temperature));
                anchors++;
            }
        }

        double[] rows = Numbers(labels.Length * Hidden, 1, "rows");
        Assert.Equal(total / anchors, Run(Losses.SupervisedContrastive, rows, Hidden, labels, temperature), 2e-6);
    }

    [Fact]
    public void SupervisedContrastive_RowsOfOneVector_IsTheLogarithmOfTheOthers()
    {
        double[] rows = [.. Enumerable.Repeat(new[] { 3.0, 0, 4, 0, 0 }, 6).SelectMany(row => row)];
        Assert.Equal(Math.Log(5), Run(Losses.SupervisedContrastive, rows, Hidden, [0, 0, 0, 1, 1, 1]), 1e-6);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void MultipleNegativesRanking_RandomRows_IsTheFormula(int columns)
    {
        const int Count = 4;
        double[] rows = Numbers(columns * Count * Hidden, 1, "tuples");
        double[][] z = Unit(rows);
        double expected = Enumerable.Range(0, Count).Average(i =>
            Math.Log(Enumerable.Range(Count, (columns - 1) * Count).Sum(j => Math.Exp(20 * Dot(z[i], z[j]))))
            - (20 * Dot(z[i], z[Count + i])));
        Assert.Equal(expected, Run(Losses.MultipleNegativesRanking, rows, Hidden, null, columns: columns), 5e-6);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void MultipleNegativesRanking_EqualEmbeddings_IsTheLogarithmOfTheCandidates(int columns)
    {
        double[] rows = [.. Enumerable.Repeat(new[] { 1.0, 2, 3, 4, 5 }, 8 * columns).SelectMany(row => row)];
        Assert.Equal(Math.Log(8 * (columns - 1)), Run(Losses.MultipleNegativesRanking, rows, Hidden, null, columns: columns), 1e-5);
    }

    [Fact]
    public void All_EveryEntry_HasALinkAndADistinctName()
    {
        Assert.All(Losses.All, loss => Assert.StartsWith("https://", loss.Source, StringComparison.Ordinal));
        Assert.Equal(Losses.All.Count, Losses.All.Select(loss => loss.Name).Distinct().Count());
    }

    [Fact]
    public void Named_Unknown_ListsTheKnown()
    {
        OptionException fault = Assert.Throws<OptionException>(() => Losses.Named("triplet", Losses.OfEmbeddings, "--loss"));
        Assert.Equal("--loss: needs one of supcon, mnrl, got triplet", fault.Message);
    }

    private static double Run(Loss loss, double[] rows, int width, long[]? labels, double? temperature = null, int columns = 1)
    {
        GraphBuilder g = new();
        Value input = g.Input("rows", ElementType.Float32, "rows", width);
        Value? targets = labels is null ? null : g.Input("labels", ElementType.Int64, "rows");
        g.Output(loss.Build(g, new LossInputs(input, targets, columns, temperature ?? loss.DefaultTemperature)), "loss");
        using OrtGraphRunner runner = new(g.ToBytes());
        Dictionary<string, TensorData> inputs =
            new() { ["rows"] = TensorData.FromDoubles(rows, ElementType.Float32, rows.Length / width, width) };
        if (labels is not null)
        {
            inputs["labels"] = TensorData.From<long>(labels, labels.Length);
        }

        TensorData result = runner.Run(inputs)["loss"];
        Assert.Empty(result.Shape);
        return result.ToDoubles()[0];
    }

    private static double[] Numbers(int count, double deviation, string key)
    {
        CounterRandom random = new(5, key);
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = (float)(deviation * random.NextNormal());
        }

        return numbers;
    }

    private static double[][] Unit(double[] rows) =>
        [.. rows.Chunk(Hidden).Select(row => Array.ConvertAll(row, x => x / Math.Sqrt(row.Sum(y => y * y))))];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
