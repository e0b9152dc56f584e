using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Kernels;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Probes;

/// <summary>
/// Logistic regression on embeddings: minimises Σ_i logloss_i + |W|² / (2 C) with free intercepts b, the objective of
/// https://scikit-learn.org/1.2/modules/generated/sklearn.linear_model.LogisticRegression.html (penalty="l2"): one weight vector for two
/// classes, softmax over one vector each for more. Solved to its optimum in double, where scikit-learn stops after 100 iterations.
/// </summary>
public sealed class LogisticProbe
{
    private readonly int[] _classes;

    private LogisticProbe(int[] classes, double[] weights, double[] intercepts, int width, LbfgsResult fit)
    {
        _classes = classes;
        Weights = weights;
        Intercepts = intercepts;
        Width = width;
        Objective = fit.Value;
        Iterations = fit.Iterations;
        Converged = fit.Converged;
    }

    /// <summary>The label of each class, ascending [K].</summary>
    public IReadOnlyList<int> Classes => _classes;

    /// <summary>Weights on the columns as given, row-major: [1, d] for two classes, [K, d] for more.</summary>
    public double[] Weights { get; }

    /// <summary>Intercepts on the columns as given: [1] for two classes, [K] for more.</summary>
    public double[] Intercepts { get; }

    /// <summary>Number of columns d.</summary>
    public int Width { get; }

    /// <summary>The objective at the weights found, in nats.</summary>
    public double Objective { get; }

    /// <summary>L-BFGS iterations done.</summary>
    public int Iterations { get; }

    /// <summary>Whether the gradient met its tolerance.</summary>
    public bool Converged { get; }

    /// <summary>Fits a probe.</summary>
    /// <param name="train">Embeddings [n, d].</param>
    /// <param name="labels">Class [n] of each item; any integers.</param>
    /// <param name="options">Penalty, scaling, tolerance and degree.</param>
    /// <exception cref="OptionException">An option is out of its range.</exception>
    /// <exception cref="EvaluationException">Not one label for each row, or fewer than 2 classes.</exception>
    public static LogisticProbe Fit(EmbeddingMatrix train, ReadOnlySpan<int> labels, LogisticOptions options)
    {
        if (!(options.InverseRegularization > 0) || !(options.GradientTolerance > 0) || options.MaxIterations < 1 || options.Degree < 1)
            throw new OptionException($"logistic regression: needs C, tolerance, iterations and degree above 0, got {options}");
        LabelSet set = LabelSet.ForRows("logistic regression", labels, train.Rows);
        if (set.Count < 2)
            throw new EvaluationException($"logistic regression: needs at least 2 classes, got {set.Count}");
        double[] means = ColumnMoments.Means(train, options.Degree);
        double[] variances = ColumnMoments.Variances(train, means, options.Degree);
        double[]? scales = options.Standardize ? [.. variances.Select(variance => variance > 0 ? 1 / Math.Sqrt(variance) : 1)] : null;
        LogisticObjective objective = new(train, set, means, scales, options.InverseRegularization, options.Degree);
        double[] start = new double[objective.Length], preconditioner = objective.Preconditioner(variances);
        LbfgsResult fit = Lbfgs.Minimize(objective.Evaluate, start, preconditioner, options.GradientTolerance, options.MaxIterations);

        // Back to the columns as given: z = Σ w_c s_c (x_c - m_c) + b.
        int outputs = objective.Outputs, d = train.Width;
        double[] weights = fit.Point[..(outputs * d)], intercepts = fit.Point[(outputs * d)..];
        for (int output = 0; output < outputs; output++)
        {
            Span<double> row = weights.AsSpan(output * d, d);
            if (scales is not null)
                TensorPrimitives.Multiply(row, scales, row);
            intercepts[output] -= TensorPrimitives.Dot<double>(row, means);
        }

        return new LogisticProbe(set.Values, weights, intercepts, d, fit);
    }

    /// <summary>The most probable class of each item [n]; on a tie the smallest label.</summary>
    /// <exception cref="EvaluationException">The width is not the one fitted.</exception>
    public int[] Predict(EmbeddingMatrix embeddings)
    {
        double[] probabilities = Probabilities(embeddings, 1);
        int[] predicted = new int[embeddings.Rows];
        for (int i = 0; i < predicted.Length; i++)
            predicted[i] = _classes[TensorPrimitives.IndexOfMax<double>(probabilities.AsSpan(i * _classes.Length, _classes.Length))];
        return predicted;
    }

    /// <summary>Share of items predicted right, in [0, 1].</summary>
    /// <exception cref="EvaluationException">The width is not the one fitted, or not one label for each row.</exception>
    public double Accuracy(EmbeddingMatrix embeddings, ReadOnlySpan<int> labels) => Probes.Accuracy.Of(Predict(embeddings), labels);

    /// <summary>Mean of -ln p(true class), in nats; probabilities are kept at least 2⁻⁵² from 0, as in scikit-learn.</summary>
    /// <exception cref="EvaluationException">The width is not the one fitted, or a label was not among the classes fitted.</exception>
    public double LogLoss(EmbeddingMatrix embeddings, ReadOnlySpan<int> labels)
    {
        double[] probabilities = Probabilities(embeddings, 1);
        Probes.Accuracy.RequireSameLength(embeddings.Rows, labels.Length);
        double sum = 0;
        for (int i = 0; i < embeddings.Rows; i++)
        {
            int code = Array.BinarySearch(_classes, labels[i]);
            if (code < 0)
                throw new EvaluationException($"log-loss: needs labels among [{string.Join(", ", _classes)}], got {labels[i]} in row {i}");
            sum -= Math.Log(Math.Max(probabilities[(i * _classes.Length) + code], Silhouette.MachineEpsilon));
        }

        return sum / embeddings.Rows;
    }

    /// <summary>Probability of each class [n, K], row-major; rows sum to 1.</summary>
    /// <param name="embeddings">Embeddings [n, d].</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="EvaluationException">The width is not the one fitted.</exception>
    public double[] Probabilities(EmbeddingMatrix embeddings, int degree)
    {
        if (embeddings.Width != Width)
            throw new EvaluationException($"logistic regression: needs embeddings of width {Width}, got {embeddings.Width}");
        int k = _classes.Length;
        double[] probabilities = new double[checked(embeddings.Rows * k)];
        RowBlocks.ForRows(embeddings.Rows, degree, () => new double[Width], (start, count, buffer) =>
        {
            for (int row = start; row < start + count; row++)
            {
                PackedRows.Widen(embeddings.Row(row), buffer);
                Span<double> scores = probabilities.AsSpan(row * k, k);
                for (int output = 0; output < Intercepts.Length; output++)
                    scores[output] = TensorPrimitives.Dot<double>(buffer, Weights.AsSpan(output * Width, Width)) + Intercepts[output];
                if (k == 2)
                    LogisticObjective.Sigmoid(scores);
                else
                    TensorPrimitives.SoftMax<double>(scores, scores);
            }
        });
        return probabilities;
    }
}
