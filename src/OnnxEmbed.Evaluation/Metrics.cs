namespace OnnxEmbed.Evaluation;

/// <summary>The catalogue of metrics, in the order in which they are reported.</summary>
public static class Metrics
{
    private const string ScikitLearn = "https://scikit-learn.org/1.2/modules/generated/sklearn.";

    /// <summary>Every metric of an evaluation.</summary>
    public static IReadOnlyList<MetricDescriptor> All { get; } =
    [
        Of("silhouette_euclidean", "Silhouette (Euclidean)", true, ScikitLearn + "metrics.silhouette_score.html",
            "From -1 to 1: how much nearer an item is to its own label than to the nearest other one; near 0 for meaningless labels."),
        Of("silhouette_cosine", "Silhouette (cosine)", true, ScikitLearn + "metrics.silhouette_score.html",
            "From -1 to 1: how much nearer, by the angle, an item is to its own label than to the nearest other one."),
        Of("davies_bouldin", "Davies-Bouldin", false, ScikitLearn + "metrics.davies_bouldin_score.html",
            "Spread of the labels over the distance of their centres, for each label's worst neighbour; 0 is perfect."),
        Of("calinski_harabasz", "Calinski-Harabasz", true, ScikitLearn + "metrics.calinski_harabasz_score.html",
            "Variance between labels over variance within them; grows with the number of items."),
        Of("kmeans_inertia", "k-means inertia", null, ScikitLearn + "cluster.KMeans.html",
            "Sum of squared distances to the cluster centres; only comparable on the same scale."),
        Of("kmeans_ari", "k-means ARI", true, ScikitLearn + "metrics.adjusted_rand_score.html",
            "Agreement of clusters found without labels with the labels: 0 is chance, 1 is equality."),
        Of("kmeans_ami", "k-means AMI", true, ScikitLearn + "metrics.adjusted_mutual_info_score.html",
            "Information the clusters share with the labels, corrected for chance: 0 is chance, 1 is equality."),
        Of("kmeans_nmi", "k-means NMI", true, ScikitLearn + "metrics.normalized_mutual_info_score.html",
            "Information the clusters share with the labels, from 0 to 1; not corrected for chance."),
        Of("kmeans_homogeneity", "k-means homogeneity", true, ScikitLearn + "metrics.homogeneity_score.html",
            "1 when each cluster holds items of one label only."),
        Of("kmeans_completeness", "k-means completeness", true, ScikitLearn + "metrics.completeness_score.html",
            "1 when all items of a label lie in one cluster."),
        Of("kmeans_v_measure", "k-means V-measure", true, ScikitLearn + "metrics.v_measure_score.html",
            "Harmonic mean of homogeneity and completeness."),
        Of("probe_accuracy", "Linear probe accuracy", true, ScikitLearn + "linear_model.LogisticRegression.html",
            "Share of held-out items whose label a logistic regression on the embeddings tells."),
        Of("probe_log_loss", "Linear probe log-loss", false, ScikitLearn + "metrics.log_loss.html",
            "Mean of -ln p(true label) of that probe on held-out items, in nats."),
        Of("knn_accuracy", "k-NN accuracy", true, ScikitLearn + "neighbors.KNeighborsClassifier.html",
            "Share of held-out items whose label is that of most of their nearest neighbours."),
        Of("majority_accuracy", "Majority baseline", null, ScikitLearn + "dummy.DummyClassifier.html",
            "Accuracy of always saying the most frequent label: what a probe has to beat."),
        Of("chance_accuracy", "Chance baseline", null, ScikitLearn + "dummy.DummyClassifier.html",
            "Expected accuracy of guessing with the frequencies of the labels."),
        Of("mean_cosine", "Mean cosine", null, "https://aclanthology.org/D19-1006/",
            "Mean cosine of two different items; near 1 all embeddings point the same way (anisotropy)."),
    ];

    /// <summary>The metric of a name.</summary>
    /// <exception cref="Tensors.OptionException">The name is unknown; the message lists the known ones.</exception>
    public static MetricDescriptor Named(string name) => All.FirstOrDefault(metric => metric.Name == name)
        ?? throw new Tensors.OptionException($"metric: needs one of {string.Join(", ", All.Select(metric => metric.Name))}, got {name}");

    private static MetricDescriptor Of(string name, string title, bool? isHigherBetter, string source, string explanation) =>
        new(name, title, isHigherBetter, explanation, new Uri(source));
}
