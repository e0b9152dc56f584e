using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Searching;

/// <summary>
/// Contrastive loss of a model on a few examples, by which LM-Cocktail weighs models (S. Xiao et al., arXiv:2311.13534, §3.2): the mean of
/// -1/|P| Σₚ ln(exp(cos(a, p)/τ) / Σ꜀ exp(cos(a, c)/τ)) over the examples a with positives P among the candidates c. Texts are embedded as
/// the
/// package says: its pooling, its prompt, its maximum length.
/// </summary>
public sealed class ExampleLoss : IModelScorer
{
    /// <summary>Temperature τ of the loss, as in LM-Cocktail.</summary>
    public const double DefaultTemperature = 0.05;

    private readonly string[] _texts;
    private readonly int[] _anchors;
    private readonly Func<int, int, Relation> _relation;
    private readonly double _temperature;

    private ExampleLoss(string[] texts, int[] anchors, Func<int, int, Relation> relation, double temperature)
    {
        _texts = texts;
        _anchors = anchors;
        _relation = relation;
        _temperature = temperature > 0 && double.IsFinite(temperature) ? temperature
            : throw new OptionException($"loss on examples: needs a temperature above 0, got {Text.Number(temperature)}");
    }

    private enum Relation
    {
        None,
        Positive,
        Negative,
    }

    /// <summary>Examples with a positive and a negative, over which the loss is the mean.</summary>
    public int Count => _anchors.Length;

    /// <inheritdoc/>
    public string Name => "loss";

    /// <inheritdoc/>
    public bool HigherIsBetter => false;

    /// <summary>
    /// Pairs: the positive of an example is its own one, candidates are the positives and negatives of all. A candidate with the text of
    /// the
    /// example or of its positive is left out.
    /// </summary>
    /// <param name="anchors">The examples.</param>
    /// <param name="positives">The positive of each.</param>
    /// <param name="negatives">A negative of each; empty for none.</param>
    /// <param name="temperature">τ.</param>
    /// <exception cref="DataException">The numbers differ, or no example has a candidate beside its positive.</exception>
    public static ExampleLoss OfPairs(
        IReadOnlyList<string> anchors, IReadOnlyList<string> positives, IReadOnlyList<string> negatives,
            double temperature = DefaultTemperature)
    {
        ArgumentNullException.ThrowIfNull(anchors);
        ArgumentNullException.ThrowIfNull(positives);
        ArgumentNullException.ThrowIfNull(negatives);
        int n = anchors.Count;
        if (positives.Count != n || (negatives.Count != n && negatives.Count != 0))
        {
            throw new DataException(
                $"examples: need a positive and a negative or none for each of {n}, got {positives.Count} and {negatives.Count}");
        }

        string[] texts = [.. anchors, .. positives, .. negatives];
        return Checked(texts, n, temperature, (anchor, other) => other < n ? Relation.None
            : other == n + anchor ? Relation.Positive
            : texts[other] == texts[anchor] || texts[other] == texts[n + anchor] ? Relation.None
            : Relation.Negative);
    }

    /// <summary>
    /// Texts with labels: positives of an example are the others of its label, candidates all others. A copy of its text is left out.
    /// </summary>
    /// <param name="texts">The examples.</param>
    /// <param name="labels">The label of each.</param>
    /// <param name="temperature">τ.</param>
    /// <exception cref="DataException">The numbers differ, or no example has another of its label and one of another label.</exception>
    public static ExampleLoss OfLabels(IReadOnlyList<string> texts, IReadOnlyList<int> labels, double temperature = DefaultTemperature)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count != texts.Count)
        {
            throw new DataException($"examples: need a label for each of {texts.Count}, got {labels.Count}");
        }

        string[] all = [.. texts];
        return Checked(all, all.Length, temperature, (anchor, other) =>
            all[other] == all[anchor] ? Relation.None : labels[other] == labels[anchor] ? Relation.Positive : Relation.Negative);
    }

    /// <inheritdoc/>
    public double Score(Embedder embedder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        EmbeddedTexts embedded = embedder.Embed(_texts, cancellationToken);
        return Of(row => embedded[row]);
    }

    /// <summary>The loss of vectors, one for each text.</summary>
    internal double Of(Func<int, ReadOnlySpan<float>> vector)
    {
        double[][] unit = [.. Enumerable.Range(0, _texts.Length).Select(row => Unit(vector(row)))];
        double sum = 0;
        foreach (int anchor in _anchors)
        {
            List<double> candidates = [], positives = [];
            for (int other = 0; other < unit.Length; other++)
            {
                Relation relation = _relation(anchor, other);
                if (relation != Relation.None)
                {
                    double logit = unit[anchor].Zip(unit[other], (x, y) => x * y).Sum() / _temperature;
                    candidates.Add(logit);
                    if (relation == Relation.Positive)
                    {
                        positives.Add(logit);
                    }
                }
            }

            double most = candidates.Max();
            sum += most + Math.Log(candidates.Sum(logit => Math.Exp(logit - most))) - positives.Average();
        }

        return sum / _anchors.Length;
    }

    private static ExampleLoss Checked(string[] texts, int count, double temperature, Func<int, int, Relation> relation)
    {
        int[] usable = [.. Enumerable.Range(0, count).Where(anchor =>
        {
            Relation[] found = [.. Enumerable.Range(0, texts.Length).Select(other => relation(anchor, other))];
            return found.Contains(Relation.Positive) && found.Contains(Relation.Negative);
        })];
        return usable.Length > 0
            ? new ExampleLoss(texts, usable, relation, temperature)
            : throw new DataException($"examples: need at least one with a positive and a negative, got {count} examples without");
    }

    private static double[] Unit(ReadOnlySpan<float> vector)
    {
        double[] values = new double[vector.Length];
        double square = 0;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = vector[i];
            square += values[i] * values[i];
        }

        double norm = Math.Sqrt(square);
        return norm > 0 ? Array.ConvertAll(values, value => value / norm) : values;
    }
}
