using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Kernels;
using OnnxEmbed.Evaluation.Statistics;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>
/// k-means by Lloyd's algorithm on mean-centred rows, in double, with the start, stopping rule and treatment of empty clusters of
/// https://scikit-learn.org/1.2/modules/generated/sklearn.cluster.KMeans.html (init="k-means++", algorithm="lloyd"). From the same given
/// start the labels are the same as there.
/// </summary>
public static class KMeans
{
    /// <summary>Clusters the rows.</summary>
    /// <param name="embeddings">Embeddings [n, d].</param>
    /// <param name="options">Number of clusters, starts, limits, seed and degree.</param>
    /// <exception cref="OptionException">An option is out of its range; all faults in one message.</exception>
    /// <exception cref="EvaluationException">Fewer rows than clusters.</exception>
    public static KMeansResult Fit(EmbeddingMatrix embeddings, KMeansOptions options)
    {
        Validate(embeddings, options);
        int k = options.Clusters;
        double[] means = ColumnMoments.Means(embeddings, options.Degree);
        double[] variances = options.Tolerance == 0 ? [0] : ColumnMoments.Variances(embeddings, means, options.Degree);
        double tolerance = options.Tolerance * variances.Average();
        LloydSolver solver = new(embeddings, means, tolerance, options.MaxIterations, options.Degree);
        PackedRows start = new(k, embeddings.Width);
        KMeansResult? best = null;
        if (options.InitialCenters is not null || options.InitialRows is not null)
        {
            EmbeddingMatrix centers = options.InitialCenters ?? embeddings.Select([.. options.InitialRows!]);
            start.Load(centers, null, 0, k, means);
            best = solver.Run(start);
        }
        else
        {
            double[] norms = KMeansPlusPlus.Norms(embeddings, means, options.Degree);
            for (int restart = 0; restart < options.Restarts; restart++)
            {
                RandomStream random = new(options.Seed, (ulong)restart);
                int[] rows = KMeansPlusPlus.Choose(embeddings, means, norms, k, random, options.Degree);
                start.Load(embeddings, rows, 0, k, means);
                KMeansResult found = solver.Run(start);
                if (best is null || (found.Inertia < best.Inertia && !IsSamePartition(found.Labels, best.Labels, k)))
                    best = found;
            }
        }

        for (int cluster = 0; cluster < k; cluster++)
        {
            Span<double> center = best!.Centers.AsSpan(cluster * embeddings.Width, embeddings.Width);
            TensorPrimitives.Add(center, means, center);
        }

        return best!;
    }

    private static bool IsSamePartition(int[] a, int[] b, int clusters)
    {
        int[] map = new int[clusters];
        Array.Fill(map, -1);
        for (int i = 0; i < a.Length; i++)
        {
            if (map[a[i]] == -1)
                map[a[i]] = b[i];
            else if (map[a[i]] != b[i])
                return false;
        }

        return true;
    }

    private static void Validate(EmbeddingMatrix embeddings, KMeansOptions options)
    {
        List<string> faults = [];
        if (options.Clusters < 1)
            faults.Add($"needs at least 1 cluster, got {options.Clusters}");
        if (options.Restarts < 1)
            faults.Add($"needs at least 1 restart, got {options.Restarts}");
        if (options.MaxIterations < 1)
            faults.Add($"needs at least 1 iteration, got {options.MaxIterations}");
        if (!(options.Tolerance >= 0))
            faults.Add(FormattableString.Invariant($"needs a tolerance of 0 or more, got {options.Tolerance}"));
        if (options.Degree < 1)
            faults.Add($"needs at least 1 thread, got {options.Degree}");
        if (options.InitialRows is not null && options.InitialCenters is not null)
            faults.Add("needs initial rows or initial centres, got both");
        if (options.InitialRows is { } rows && rows.Count != options.Clusters)
            faults.Add($"needs {options.Clusters} initial rows, got {rows.Count}");
        if (options.InitialRows is { } outside && outside.Any(row => row < 0 || row >= embeddings.Rows))
            faults.Add($"needs initial rows in [0, {embeddings.Rows - 1}], got {outside.First(row => row < 0 || row >= embeddings.Rows)}");
        if (options.InitialCenters is { } centers && (centers.Rows != options.Clusters || centers.Width != embeddings.Width))
            faults.Add($"needs initial centres {options.Clusters} x {embeddings.Width}, got {centers.Rows} x {centers.Width}");
        if (faults.Count > 0)
            throw new OptionException("k-means: " + string.Join("; ", faults));
        if (options.Clusters > embeddings.Rows)
            throw new EvaluationException($"k-means: needs at least as many rows as clusters ({options.Clusters}), got {embeddings.Rows}");
    }
}
