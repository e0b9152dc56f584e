using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Tests.Attributes;

public sealed class AttributeColumnTests
{
    [Fact]
    public void Categorical_Null_IsMissing()
    {
        AttributeColumn column = AttributeColumn.Categorical("c", ["b", null, "a", "b"]);
        Assert.Equal(["(missing)", "a", "b"], column.Values);
        Assert.Equal([2, 0, 1, 2], column.Codes);
    }

    [Fact]
    public void Numeric_FewDistinct_AreTheirOwnBuckets()
    {
        AttributeColumn column = AttributeColumn.Numeric("c", [3, 1, double.NaN, 3, 2.5]);
        Assert.Equal(["1", "2.5", "3", "(missing)"], column.Values);
        Assert.Equal([2, 0, 3, 2, 1], column.Codes);
    }

    [Fact]
    public void Numeric_ManyDistinct_FillBucketsEvenly()
    {
        AttributeColumn column = AttributeColumn.Numeric("c", [.. Enumerable.Range(0, 100).Select(i => (double)(i * 37 % 100))]);
        Assert.Equal(["[0, 19]", "[20, 39]", "[40, 59]", "[60, 79]", "[80, 99]"], column.Values);
        Assert.All(column.Codes.CountBy(code => code), bucket => Assert.Equal(20, bucket.Value));
    }

    [Fact]
    public void Numeric_HalfEqual_KeepsThemTogether()
    {
        AttributeColumn column = AttributeColumn.Numeric("c", [.. Enumerable.Repeat(0.0, 60), .. Enumerable.Range(1, 40).Select(i =>
            (double)i)]);
        Assert.Equal("0", column.Values[0]);
        Assert.Equal(60, column.Codes.Count(code => code == 0));
    }

    [Fact]
    public void Measure_IndependentColumns_GiveUniformP()
    {
        double[] sorted = [.. Enumerable.Range(0, 150).Select(trial =>
        {
            RandomStream random = new(3, (ulong)trial);
            int[] clusters = [.. Enumerable.Range(0, 60).Select(_ => random.NextInt(4))], codes = [.. clusters.Select(_ =>
                random.NextInt(3))];
            return EncodingMatrix.Measure("c", false, false, clusters, codes, 99, (ulong)trial, 1).PValue;
        }).Order()];

        // Kolmogorov-Smirnov at 0.1 %, with the 1/100 steps of p itself.
        double apart = sorted.Select((p, i) => Math.Abs(p - ((i + 1) / 150.0))).Max();
        Assert.True(apart < (1.95 / Math.Sqrt(150)) + 0.01, $"apart by {apart}");
    }
}
