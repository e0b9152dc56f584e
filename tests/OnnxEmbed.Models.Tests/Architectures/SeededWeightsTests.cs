using OnnxEmbed.Models.Architectures;

namespace OnnxEmbed.Models.Tests.Architectures;

public sealed class SeededWeightsTests
{
    [Fact]
    public void For_Matrix_IsNormalWithTheConfigsDeviation()
    {
        float[] values = SeededWeights.For(TinyModels.Bert, 3)("x.weight", [500, 400]).ToSingles();

        double mean = values.Average(value => (double)value);
        double deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        double kurtosis = values.Average(value => Math.Pow((value - mean) / deviation, 4));
        Assert.InRange(mean, -2e-4, 2e-4); // 4 standard errors of 200,000 draws
        Assert.InRange(deviation, 0.0199, 0.0201);
        Assert.InRange(kurtosis, 2.95, 3.05);
        Assert.Equal(0.6827, values.Count(value => Math.Abs(value) < 0.02) / (double)values.Length, 0.005);
    }

    [Fact]
    public void For_OtherSeedOrName_IsIndependent()
    {
        float[] Draw(ulong seed, string name) => SeededWeights.For(TinyModels.Bert, seed)(name, [100, 100]).ToSingles();
        float[] first = Draw(1, "a.weight");

        Assert.Equal(first, Draw(1, "a.weight"));
        Assert.All([Draw(2, "a.weight"), Draw(1, "b.weight")], other =>
            Assert.InRange(first.Zip(other, (a, b) => a * (double)b).Sum() / (0.02 * 0.02 * first.Length), -0.04, 0.04));
    }

    [Fact]
    public void For_NormsBiasesAndPadding_AreOnesAndZeros()
    {
        float[] table = SeededWeights.For(TinyModels.Bert, 1)("embeddings.word_embeddings.weight", [14, 8]).ToSingles();

        Assert.All(SeededWeights.For(TinyModels.Bert, 1)("LayerNorm.weight", [5]).ToSingles(), value => Assert.Equal(1, value));
        Assert.All(SeededWeights.For(TinyModels.Bert, 1)("LayerNorm.bias", [5]).ToSingles(), value => Assert.Equal(0, value));
        Assert.All(table[..8], value => Assert.Equal(0, value));
        Assert.All(table[8..], value => Assert.NotEqual(0, value));
    }
}
