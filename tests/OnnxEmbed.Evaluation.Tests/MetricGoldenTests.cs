using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Geometry;
using OnnxEmbed.Evaluation.Probes;

namespace OnnxEmbed.Evaluation.Tests;

/// <summary>Every metric against scikit-learn 1.2.1 and long double, on the sets of scripts/make_metric_goldens.py.</summary>
public sealed class MetricGoldenTests
{
    public static TheoryData<string> Sets => new(Golden.SetNames);

    public static TheoryData<string> ProbeSets => new(Golden.SetNames.Where(set => Golden.Set(set).Has("probe_accuracy")));

    [Theory]
    [MemberData(nameof(Sets))]
    public void Silhouette_Euclidean_EqualsLongDouble(string set)
    {
        Golden golden = Golden.Set(set);
        double[] samples = Silhouette.Samples(golden.Embeddings, golden.Labels, SilhouetteDistance.Euclidean, 2);
        Close.Equal(golden.Values("silhouette_samples_euclidean"), samples);
        Close.Equal(golden.Values("silhouette_samples_euclidean").Average(),
            Silhouette.Score(golden.Embeddings, golden.Labels, SilhouetteDistance.Euclidean, 2));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Silhouette_Cosine_EqualsLongDouble(string set)
    {
        Golden golden = Golden.Set(set);
        Close.Equal(golden.Values("silhouette_samples_cosine"), Silhouette.Samples(golden.Embeddings, golden.Labels,
            SilhouetteDistance.Cosine, 2));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void SeparationIndices_Sets_EqualScikitLearn(string set)
    {
        Golden golden = Golden.Set(set);
        Close.Equal(golden.Value("davies_bouldin"), DaviesBouldin.Score(golden.Embeddings, golden.Labels, 2));
        Close.Equal(golden.Value("calinski_harabasz"), CalinskiHarabasz.Score(golden.Embeddings, golden.Labels, 2));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void KMeans_SameStart_FindsSameLabels(string set)
    {
        Golden golden = Golden.Set(set);
        int[] rows = golden.Ints("kmeans_initial_rows");
        KMeansResult result = KMeans.Fit(golden.Embeddings, new KMeansOptions { Clusters = rows.Length, InitialRows = rows, Degree = 2 });
        Assert.Equal(golden.Ints("kmeans_labels"), result.Labels);
        Assert.Equal(golden.Int("kmeans_iterations"), result.Iterations);
        Close.Equal(golden.Value("kmeans_inertia"), result.Inertia);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void ClusterAgreement_Sets_EqualScikitLearn(string set)
    {
        Golden golden = Golden.Set(set);
        int[] labels = golden.Labels, clusters = golden.Ints("kmeans_labels");
        Close.Equal(golden.Value("kmeans_ari"), ClusterAgreement.AdjustedRand(labels, clusters));
        Close.Equal(golden.Value("kmeans_ami"), ClusterAgreement.AdjustedMutualInformation(labels, clusters));
        Close.Equal(golden.Value("kmeans_nmi"), ClusterAgreement.NormalizedMutualInformation(labels, clusters));
        Close.Equal(golden.Value("kmeans_homogeneity"), ClusterAgreement.Homogeneity(labels, clusters));
        Close.Equal(golden.Value("kmeans_completeness"), ClusterAgreement.Completeness(labels, clusters));
        Close.Equal(golden.Value("kmeans_v_measure"), ClusterAgreement.VMeasure(labels, clusters));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Geometry_Sets_EqualNumPy(string set)
    {
        Golden golden = Golden.Set(set);
        EmbeddingMatrix other = new(golden.Floats("cka_other"), golden.Int("rows"), 3);
        Close.Equal(golden.Value("mean_cosine"), Isotropy.MeanCosine(golden.Embeddings, 2));
        Close.Equal(golden.Value("cka_biased"), LinearCka.Biased(golden.Embeddings, other, 2));
        Close.Equal(golden.Value("cka_debiased"), LinearCka.Debiased(golden.Embeddings, other, 2));
    }

    [Theory]
    [MemberData(nameof(ProbeSets))]
    public void Probes_Sets_EqualScikitLearnAtItsOptimum(string set)
    {
        Golden golden = Golden.Set(set);
        int[] rows = [.. Enumerable.Range(0, golden.Int("rows"))];
        int[] train = [.. rows.Where(row => row * 7 % 11 >= 4)], test = [.. rows.Where(row => row * 7 % 11 < 4)];
        int[] labels = golden.Labels;
        int[] trainLabels = [.. train.Select(row => labels[row])], testLabels = [.. test.Select(row => labels[row])];
        EmbeddingMatrix trainRows = golden.Embeddings.Select(train), testRows = golden.Embeddings.Select(test);
        LogisticProbe probe = LogisticProbe.Fit(trainRows, trainLabels, new LogisticOptions { Degree = 2 });
        Assert.True(probe.Converged);
        Assert.Equal(golden.Value("probe_accuracy"), probe.Accuracy(testRows, testLabels));
        Close.Equal(golden.Value("probe_log_loss"), probe.LogLoss(testRows, testLabels), 1e-5);
        Close.Equal(golden.Value("probe_weight_norm"), Math.Sqrt(probe.Weights.Sum(weight => weight * weight)), 1e-5);
        if (!golden.Flag("knn_ties_possible"))
        {
            int[] voted = NearestNeighbors.Predict(trainRows, trainLabels, testRows, 5, cosine: false, 2);
            Assert.Equal(golden.Value("knn_accuracy"), Accuracy.Of(voted, testLabels));
        }
    }

    [Fact]
    public void KMeans_EmptyCluster_TakesFarthestRowAsScikitLearn()
    {
        System.Text.Json.JsonElement golden = Golden.Json("empty_cluster_relocation.kmeans.json");
        float[] Floats(string name) => [.. golden.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];
        EmbeddingMatrix embeddings = new(Floats("embeddings"), 50, 3);
        KMeansResult result = KMeans.Fit(
            embeddings, new KMeansOptions { Clusters = 4, InitialCenters = new EmbeddingMatrix(Floats("initial_centers"), 4, 3) });
        Assert.Equal(golden.GetProperty("kmeans_labels").EnumerateArray().Select(value => value.GetInt32()), result.Labels);
        Close.Equal(golden.GetProperty("kmeans_inertia").GetDouble(), result.Inertia);
        Assert.Equal(golden.GetProperty("kmeans_iterations").GetInt32(), result.Iterations);
    }

    [Fact]
    public void ClusterAgreement_EdgeCases_EqualScikitLearn()
    {
        foreach (System.Text.Json.JsonProperty entry in Golden.Json("agreement.labels.json").EnumerateObject())
        {
            int[] Labels(string name) => [.. entry.Value.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];
            int[] a = Labels("a"), b = Labels("b");
            double[] expected =
            [
                .. new[] { "ari", "nmi", "ami", "homogeneity", "completeness", "v_measure" }.Select(name =>
                    entry.Value.GetProperty(name).GetDouble()),
            ];
            double[] actual =
            [
                ClusterAgreement.AdjustedRand(a, b), ClusterAgreement.NormalizedMutualInformation(a, b),
                ClusterAgreement.AdjustedMutualInformation(a, b), ClusterAgreement.Homogeneity(a, b), ClusterAgreement.Completeness(a, b),
                ClusterAgreement.VMeasure(a, b),
            ];
            Close.Equal(expected, actual, 1e-9);
        }
    }
}
