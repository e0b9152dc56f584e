namespace OnnxEmbed.Data.Audit;

/// <summary>
/// Gradient-boosted regression trees on the logistic loss (Friedman 2001, algorithm 5) with Newton leaves and features binned by their
/// training quantiles. Nothing is drawn at random.
/// </summary>
internal sealed class BoostedTrees
{
    private const int Trees = 80;
    private const int Depth = 3;
    private const int Leaves = 1 << Depth;
    private const int MaxBins = 64;
    private const double LearningRate = 0.1;
    private const double LeafPenalty = 1;
    private const double SmallestLeafCurvature = 2; // about eight rows at probability 0.5

    private readonly double[][] _edges;
    private readonly Tree[] _trees;

    private BoostedTrees(double[][] edges, Tree[] trees)
    {
        _edges = edges;
        _trees = trees;
    }

    public static BoostedTrees Fit(double[][] features, bool[] labels)
    {
        double[][] edges = Edges(features);
        byte[][] bins = Array.ConvertAll(features, row => Bins(row, edges));
        double[] scores = new double[labels.Length];
        double[] gradients = new double[labels.Length];
        double[] curvatures = new double[labels.Length];
        Tree[] trees = new Tree[Trees];
        for (int t = 0; t < Trees; t++)
        {
            for (int r = 0; r < scores.Length; r++)
            {
                double probability = 1 / (1 + Math.Exp(-scores[r]));
                gradients[r] = (labels[r] ? 1 : 0) - probability;
                curvatures[r] = probability * (1 - probability);
            }

            trees[t] = Grow(bins, gradients, curvatures, edges.Length);
            for (int r = 0; r < scores.Length; r++)
            {
                scores[r] += trees[t].Value(bins[r]);
            }
        }

        return new BoostedTrees(edges, trees);
    }

    /// <summary>The log odds of the label, up to a constant.</summary>
    public double Score(double[] features)
    {
        byte[] bins = Bins(features, _edges);
        double score = 0;
        foreach (Tree tree in _trees)
        {
            score += tree.Value(bins);
        }

        return score;
    }

    private static double[][] Edges(double[][] features)
    {
        double[][] edges = new double[features[0].Length][];
        for (int f = 0; f < edges.Length; f++)
        {
            double[] sorted = [.. features.Select(row => row[f]).Order()];
            edges[f] = [.. Enumerable.Range(1, MaxBins - 1).Select(i => sorted[(int)((long)i * sorted.Length / MaxBins)]).Distinct()];
        }

        return edges;
    }

    /// <summary>The bin of a value is the number of edges at or below it.</summary>
    private static byte[] Bins(double[] row, double[][] edges)
    {
        byte[] bins = new byte[row.Length];
        for (int f = 0; f < row.Length; f++)
        {
            int at = Array.BinarySearch(edges[f], row[f]);
            bins[f] = (byte)(at >= 0 ? at + 1 : ~at);
        }

        return bins;
    }

    private static Tree Grow(byte[][] bins, double[] gradients, double[] curvatures, int width)
    {
        Tree tree = new();
        int[] nodes = new int[bins.Length];
        for (int depth = 0; depth < Depth; depth++)
        {
            int count = 1 << depth;
            double[,,] gradientSums = new double[count, width, MaxBins];
            double[,,] curvatureSums = new double[count, width, MaxBins];
            for (int r = 0; r < bins.Length; r++)
            {
                byte[] row = bins[r];
                for (int f = 0; f < width; f++)
                {
                    gradientSums[nodes[r], f, row[f]] += gradients[r];
                    curvatureSums[nodes[r], f, row[f]] += curvatures[r];
                }
            }

            for (int node = 0; node < count; node++)
            {
                (tree.Feature[count + node], tree.Bin[count + node]) = BestSplit(gradientSums, curvatureSums, node, width);
            }

            for (int r = 0; r < nodes.Length; r++)
            {
                nodes[r] = (2 * nodes[r]) + (tree.GoesRight(count + nodes[r], bins[r]) ? 1 : 0);
            }
        }

        double[] leafGradients = new double[Leaves];
        double[] leafCurvatures = new double[Leaves];
        for (int r = 0; r < nodes.Length; r++)
        {
            leafGradients[nodes[r]] += gradients[r];
            leafCurvatures[nodes[r]] += curvatures[r];
        }

        for (int leaf = 0; leaf < Leaves; leaf++)
        {
            tree.Leaf[leaf] = LearningRate * leafGradients[leaf] / (leafCurvatures[leaf] + LeafPenalty);
        }

        return tree;
    }

    /// <summary>
    /// The feature and the first bin of the right side with the largest gain; bin 255, which no value reaches, for no split.
    /// </summary>
    private static (int Feature, byte Bin) BestSplit(double[,,] gradientSums, double[,,] curvatureSums, int node, int width)
    {
        (int, byte) best = (0, byte.MaxValue);
        double bestGain = 1e-9;
        for (int f = 0; f < width; f++)
        {
            double gradient = 0;
            double curvature = 0;
            for (int bin = 0; bin < MaxBins; bin++)
            {
                gradient += gradientSums[node, f, bin];
                curvature += curvatureSums[node, f, bin];
            }

            double left = 0;
            double leftCurvature = 0;
            for (int bin = 1; bin < MaxBins; bin++)
            {
                left += gradientSums[node, f, bin - 1];
                leftCurvature += curvatureSums[node, f, bin - 1];
                double right = gradient - left;
                double rightCurvature = curvature - leftCurvature;
                double gain = (left * left / (leftCurvature + LeafPenalty)) + (right * right / (rightCurvature + LeafPenalty))
                    - (gradient * gradient / (curvature + LeafPenalty));
                if (gain > bestGain && leftCurvature >= SmallestLeafCurvature && rightCurvature >= SmallestLeafCurvature)
                {
                    bestGain = gain;
                    best = (f, (byte)bin);
                }
            }
        }

        return best;
    }

    /// <summary>A complete binary tree: the node at index i has the children 2i and 2i + 1, the root is 1.</summary>
    private sealed class Tree
    {
        public int[] Feature { get; } = new int[Leaves];

        public byte[] Bin { get; } = new byte[Leaves];

        public double[] Leaf { get; } = new double[Leaves];

        public bool GoesRight(int node, byte[] bins) => bins[Feature[node]] >= Bin[node];

        public double Value(byte[] bins)
        {
            int node = 1;
            for (int depth = 0; depth < Depth; depth++)
            {
                node = (2 * node) + (GoesRight(node, bins) ? 1 : 0);
            }

            return Leaf[node - Leaves];
        }
    }
}
