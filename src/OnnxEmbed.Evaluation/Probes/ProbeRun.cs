using OnnxEmbed.Evaluation.Clustering;

namespace OnnxEmbed.Evaluation.Probes;

/// <summary>Fits the probes on the training split, or on the other folds of the items themselves, and asks them about each item.</summary>
internal static class ProbeRun
{
    public static ProbeOutcome Run(EvaluationInput input, int[] labels, EvaluationOptions options, bool linear, bool neighbors)
    {
        int n = input.Embeddings.Rows;
        int[] predictions = linear ? new int[n] : [], votes = neighbors ? new int[n] : [];
        double[] losses = linear ? new double[n] : [];
        int[] all = [.. Enumerable.Range(0, n)];
        if (input.TrainEmbeddings is { } train)
        {
            int[] trainLabels = [.. input.TrainLabels!];
            bool converged = Ask(train, trainLabels, input.Embeddings, labels, all, options, predictions, votes, losses);
            return new ProbeOutcome(0, train.Rows, predictions, votes, losses,
                Accuracy.Majority(trainLabels, labels), Accuracy.Chance(trainLabels, labels), converged);
        }

        int[] groups = input.Groups is null ? [] : [.. input.Groups];
        int units = groups.Length == 0 ? n : groups.Distinct().Count();
        int folds = Math.Min(options.Folds, Math.Min(units, LabelSet.Encode(labels).Counts.Min()));
        int[] fold = StratifiedFolds.Assign(labels, groups, Math.Max(2, folds), options.Seed);
        bool allConverged = true;
        double majority = 0, chance = 0;
        for (int held = 0; held < Math.Max(2, folds); held++)
        {
            int[] test = [.. all.Where(row => fold[row] == held)], rest = [.. all.Where(row => fold[row] != held)];
            if (test.Length == 0)
                continue;
            int[] restLabels = [.. rest.Select(row => labels[row])], testLabels = [.. test.Select(row => labels[row])];
            allConverged &= Ask(input.Embeddings.Select(rest), restLabels, input.Embeddings.Select(test), testLabels, test, options,
                predictions, votes, losses);
            majority += Accuracy.Majority(restLabels, testLabels) * test.Length / n;
            chance += Accuracy.Chance(restLabels, testLabels) * test.Length / n;
        }

        return new ProbeOutcome(Math.Max(2, folds), n, predictions, votes, losses, majority, chance, allConverged);
    }

    private static bool Ask(
        EmbeddingMatrix train, int[] trainLabels, EmbeddingMatrix test, int[] testLabels, int[] rows, EvaluationOptions options,
        int[] predictions, int[] votes, double[] losses)
    {
        if (votes.Length > 0)
        {
            int[] voted = NearestNeighbors.Predict(
                train, trainLabels, test, Math.Min(options.Neighbors, train.Rows), options.CosineNeighbors, options.Degree);
            for (int i = 0; i < rows.Length; i++)
                votes[rows[i]] = voted[i];
        }

        if (predictions.Length == 0)
            return true;
        LogisticProbe probe = LogisticProbe.Fit(train, trainLabels, new LogisticOptions
        {
            InverseRegularization = options.InverseRegularization,
            Standardize = options.Standardize,
            Degree = options.Degree,
        });
        double[] probabilities = probe.Probabilities(test, options.Degree);
        int[] classes = [.. probe.Classes];
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<double> row = probabilities.AsSpan(i * classes.Length, classes.Length);
            predictions[rows[i]] = classes[System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row)];

            // A label that the training items lack has probability 0.
            int code = Array.BinarySearch(classes, testLabels[i]);
            losses[rows[i]] = -Math.Log(Math.Max(code < 0 ? 0 : row[code], Silhouette.MachineEpsilon));
        }

        return probe.Converged;
    }
}
