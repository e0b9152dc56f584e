using CsCheck;
using OnnxEmbed.Evaluation.Clustering;

namespace OnnxEmbed.Evaluation.Tests.Clustering;

public sealed class ClusterAgreementTests
{
    private static readonly Gen<(int[] A, int[] B)> Labellings =
        Gen.Int[2, 80].SelectMany(n => Gen.Select(Gen.Int[0, 5].Array[n], Gen.Int[-3, 3].Array[n], (a, b) => (a, b)));

    [Fact]
    public void Laws_RandomLabellings_Hold()
    {
        Labellings.Sample(pair =>
        {
            (int[] a, int[] b) = pair;
            int[] renamed = [.. b.Select(label => 50 - (7 * label))];
            Close.Equal(ClusterAgreement.AdjustedRand(a, b), ClusterAgreement.AdjustedRand(b, a), 1e-12);
            Close.Equal(ClusterAgreement.AdjustedRand(a, b), ClusterAgreement.AdjustedRand(a, renamed), 1e-12);
            Close.Equal(ClusterAgreement.AdjustedMutualInformation(a, b), ClusterAgreement.AdjustedMutualInformation(renamed, a), 1e-9);
            Close.Equal(ClusterAgreement.NormalizedMutualInformation(a, b), ClusterAgreement.NormalizedMutualInformation(renamed, a),
                1e-12);
            Close.Equal(ClusterAgreement.Homogeneity(a, b), ClusterAgreement.Completeness(b, a), 1e-12);
            Close.Equal(1, ClusterAgreement.AdjustedRand(a, a), 1e-12);
            Close.Equal(1, ClusterAgreement.VMeasure(a, a), 1e-12);
            Assert.InRange(ClusterAgreement.AdjustedRand(a, b), -0.5, 1 + 1e-12);
            Assert.InRange(ClusterAgreement.NormalizedMutualInformation(a, b), 0, 1 + 1e-12);
            if (a.Distinct().Count() > 1 && b.Distinct().Count() > 1)
                Close.Equal(ClusterAgreement.NormalizedMutualInformation(a, b), ClusterAgreement.VMeasure(a, b), 1e-12);
        }, iter: 300);
    }

    [Fact]
    public void AdjustedRand_MillionItems_DoesNotOverflow()
    {
        int[] a = [.. Enumerable.Range(0, 1_000_000).Select(i => i % 2)], b = [.. Enumerable.Range(0, 1_000_000).Select(i => i / 2 % 2)];
        Close.Equal(0, ClusterAgreement.AdjustedRand(a, b), 1e-5);
        Assert.Equal(1, ClusterAgreement.AdjustedRand(a, a));
    }

    [Fact]
    public void AdjustedRand_DifferentLengths_SaysBoth() => Assert.Equal(
        "cluster agreement: needs two labellings of the same items, got 2 and 3 labels",
        Assert.Throws<EvaluationException>(() => ClusterAgreement.AdjustedRand([0, 1], [0, 1, 2])).Message);
}
