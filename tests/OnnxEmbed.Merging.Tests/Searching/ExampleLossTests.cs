using OnnxEmbed.Merging.Searching;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Searching;

public class ExampleLossTests
{
    [Fact]
    public void Of_Pairs_IsTheMeanOfCrossEntropies()
    {
        // Lengths do not matter. Cosines of anchor 0 with the positives: 1, 0; of anchor 1: 0.6, 0.8. At τ = 1:
        // ln(e¹ + e⁰) - 1 = 0.31326169 and ln(e^0.6 + e^0.8) - 0.8 = 0.59813887; their mean is 0.45570028.
        float[][] vectors = [[2, 0], [3, 4], [1, 0], [0, 5]];
        ExampleLoss loss = ExampleLoss.OfPairs(["a", "b"], ["c", "d"], [], 1);
        Assert.Equal(0.45570028, loss.Of(row => vectors[row]), 8);
        Assert.Equal(2, loss.Count);
    }

    [Fact]
    public void Of_PairsWithNegatives_CountsTheNegativesOfAll()
    {
        // Both positives at cosine 1, the negatives at 0 and -1: ln(2e + 1 + 1/e) - 1 = 0.91629 for both.
        float[][] vectors = [[1, 0], [1, 0], [1, 0], [1, 0], [0, 1], [-1, 0]];
        double expected = Math.Log((2 * Math.E) + 1 + (1 / Math.E)) - 1;
        Assert.Equal(expected, ExampleLoss.OfPairs(["a", "b"], ["c", "d"], ["e", "f"], 1).Of(row => vectors[row]), 12);
    }

    [Fact]
    public void Of_PairsWithTheSamePositive_AreNoNegativesOfEachOther()
    {
        float[][] vectors = [[1, 0], [0, 1], [1, 1], [1, 0], [1, 0], [0, 1]];
        ExampleLoss loss = ExampleLoss.OfPairs(["a", "b", "c"], ["x", "x", "y"], [], 1);

        // Anchor 0: x at 1 against y at 0. Anchor 1: x at 0 against y at 1. Anchor 2: y at √½ against both x at √½.
        double expected = (Math.Log(1 + Math.Exp(-1)) + Math.Log(1 + Math.E) + Math.Log(3)) / 3;
        Assert.Equal(expected, loss.Of(row => vectors[row]), 7);
    }

    [Fact]
    public void Of_Labels_TakesOthersOfTheLabelAsPositives()
    {
        // Two labels of two, apart by a right angle: each example has its positive at 1 and two negatives at 0.
        float[][] vectors = [[1, 0], [2, 0], [0, 1], [0, 3]];
        ExampleLoss loss = ExampleLoss.OfLabels(["a", "b", "c", "d"], [0, 0, 1, 1], 0.5);
        Assert.Equal(Math.Log(Math.Exp(2) + 2) - 2, loss.Of(row => vectors[row]), 12);
    }

    [Fact]
    public void Of_LabelsWithASingle_LeavesItOutAsAnchor()
    {
        float[][] vectors = [[1, 0], [1, 0], [0, 1]];
        ExampleLoss loss = ExampleLoss.OfLabels(["a", "b", "c"], [0, 0, 1], 1);
        Assert.Equal(2, loss.Count);
        Assert.Equal(Math.Log(1 + Math.Exp(-1)), loss.Of(row => vectors[row]), 12);
    }

    [Fact]
    public void Of_SharpTemperature_DoesNotOverflow()
    {
        float[][] vectors = [[1, 0], [1, 0], [-1, 0]];
        Assert.Equal(0, ExampleLoss.OfLabels(["a", "b", "c"], [0, 0, 1], 1e-4).Of(row => vectors[row]));

        // The positive of the first is opposite; to the third, both others are.
        Assert.Equal((2e4 + Math.Log(2)) / 2, ExampleLoss.OfLabels(["a", "b", "c"], [0, 1, 0], 1e-4).Of(row => vectors[row]), 1e-6);
    }

    [Fact]
    public void OfLabels_OneLabel_IsRefused() => Assert.Contains(
        "need at least one with a positive and a negative, got 2",
        Assert.Throws<DataException>(() => ExampleLoss.OfLabels(["a", "b"], [0, 0])).Message,
        StringComparison.Ordinal);

    [Fact]
    public void OfPairs_OnePairAlone_IsRefused() => Assert.Throws<DataException>(() => ExampleLoss.OfPairs(["a"], ["b"], []));

    [Fact]
    public void OfPairs_NumbersDiffer_IsRefused() => Assert.Throws<DataException>(() => ExampleLoss.OfPairs(["a"], ["b", "c"], []));

    [Fact]
    public void OfPairs_TemperatureOfZero_IsRefused() => Assert.Throws<OptionException>(() => ExampleLoss.OfPairs(["a", "b"], ["c", "d"], [], 0));
}
