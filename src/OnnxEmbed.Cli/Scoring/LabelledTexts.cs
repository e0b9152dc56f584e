using OnnxEmbed.Data;
using OnnxEmbed.Evaluation;
using OnnxEmbed.Evaluation.Files;
using OnnxEmbed.Models.Embedders;
using Matrix = OnnxEmbed.Evaluation.EmbeddingMatrix;

namespace OnnxEmbed.Cli.Scoring;

/// <summary>Texts with labels, on which models are scored. A group of texts (<c>pair_id</c> where there is one) stays together.</summary>
internal sealed class LabelledTexts
{
    private readonly ParquetTable _table;
    private readonly string _text;
    private readonly string _label;

    private LabelledTexts(ParquetTable table, string text, string label)
    {
        _table = table;
        _text = text;
        _label = label;
    }

    public IReadOnlyList<string> Texts => _table.Strings(_text);

    /// <summary>Reads a file and checks its columns.</summary>
    public static LabelledTexts Read(string path, string text, string label)
    {
        ParquetTable table = ParquetTable.Read(path);
        _ = table.Strings(text);
        _ = Labels.FromColumn(table, label);
        string? group = table.Has(EvaluationTable.DefaultGroup) && label != EvaluationTable.DefaultGroup ? EvaluationTable.DefaultGroup : null;
        return new LabelledTexts(table.Select([.. new[] { text, label, group }.OfType<string>().Distinct()]), text, label);
    }

    /// <summary>
    /// Two halves, to choose on and to report on: the groups (or single texts) of each label go to one and the other by turns, in the order of
    /// the file; the label of a group is that of its first text.
    /// </summary>
    public (LabelledTexts Chosen, LabelledTexts HeldOut) Halves()
    {
        int[] labels = [.. Labels.FromColumn(_table, _label).Classes];
        int[] groups = _table.Has(EvaluationTable.DefaultGroup) && _label != EvaluationTable.DefaultGroup
            ? [.. Labels.FromColumn(_table, EvaluationTable.DefaultGroup).Classes]
            : [.. Enumerable.Range(0, _table.RowCount)];
        Dictionary<int, bool> heldOut = [];
        Dictionary<int, int> seen = [];
        for (int row = 0; row < _table.RowCount; row++)
        {
            if (!heldOut.ContainsKey(groups[row]))
            {
                int before = seen.GetValueOrDefault(labels[row]);
                heldOut[groups[row]] = before % 2 == 1;
                seen[labels[row]] = before + 1;
            }
        }

        LabelledTexts Half(bool held) =>
            new(_table.Take([.. Enumerable.Range(0, _table.RowCount).Where(row => heldOut[groups[row]] == held)]), _text, _label);
        return (Half(false), Half(true));
    }

    /// <summary>Scorers of metrics; a model is embedded and evaluated once for all of them.</summary>
    /// <param name="metrics">Their names.</param>
    /// <param name="required">Those that are an error where the texts do not allow them; others are NaN there.</param>
    /// <param name="degree">Threads at work.</param>
    public IReadOnlyList<IModelScorer> Scorers(IReadOnlyList<string> metrics, IReadOnlyCollection<string> required, int degree)
    {
        Embedder? last = null;
        IReadOnlyDictionary<string, double> values = new Dictionary<string, double>();
        return [.. metrics.Select(name => new MetricScorer(Metrics.Named(name), (embedder, cancellation) =>
        {
            if (!ReferenceEquals(embedder, last))
            {
                values = Measure(embedder, metrics, required, degree, cancellation);
                last = embedder;
            }

            return values.GetValueOrDefault(name, double.NaN);
        }))];
    }

    private IReadOnlyDictionary<string, double> Measure(
        Embedder embedder, IReadOnlyList<string> metrics, IReadOnlyCollection<string> required, int degree, CancellationToken cancellation)
    {
        EmbeddedTexts made = embedder.Embed(Texts, cancellation);
        EvaluationInput input = EvaluationTable.Read(_table, new Matrix(made.Values, made.Rows, made.Columns), _label, _text, null, embedder.Package.Name);
        IReadOnlyDictionary<string, double> Evaluated(IReadOnlyList<string> names) => EvaluationRun.Evaluate(
            input, new EvaluationOptions { Metrics = names, Permutations = 0, Subsamples = 0, Degree = degree }, null, cancellation).Metrics;

        try
        {
            return Evaluated(metrics);
        }
        catch (EvaluationException) when (metrics.Any(metric => !required.Contains(metric)))
        {
            // One by one: what the texts do not allow is left out, unless it is required.
            Dictionary<string, double> values = [];
            foreach (string metric in metrics)
            {
                try
                {
                    values[metric] = Evaluated([metric])[metric];
                }
                catch (EvaluationException) when (!required.Contains(metric))
                {
                    values[metric] = double.NaN;
                }
            }

            return values;
        }
    }
}
