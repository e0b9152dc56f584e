using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Cli.Scoring;
using OnnxEmbed.Merging;
using OnnxEmbed.Merging.Searching;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Scores the parents and the result of a merge, and lets the scores choose.</summary>
internal sealed class MergeJudge : IDisposable
{
    /// <summary>The scores in a merged package.</summary>
    public const string FileName = "merge-evaluation.json";

    private readonly MergeEvaluationOptions _options;
    private readonly ProgressLine _line;
    private readonly int _threads;
    private readonly string _target;
    private readonly ModelTrials _trials;
    private readonly List<(string Name, LabelledTexts Texts)> _data = [];
    private readonly List<(string Name, IReadOnlyList<IModelScorer> Scorers)> _scorers = [];
    private readonly List<object?[]> _rows = [];
    private readonly Result _choice = new();

    /// <summary>Reads the files, and refuses an output that exists.</summary>
    public MergeJudge(Session session, ProgressLine line, MergeEvaluationOptions options, bool chooses, string target, bool force, int threads)
    {
        AtomicOutput.RefuseExistingDirectory(target, force);
        _options = options;
        _line = line;
        _threads = threads;
        _target = target;
        if (options.Eval is { } path)
        {
            LabelledTexts all = LabelledTexts.Read(path, options.Text, options.Label);
            if (options.HeldOut is { } heldOut)
            {
                _data.AddRange([("validation", all), ("held_out", LabelledTexts.Read(heldOut, options.Text, options.Label))]);
            }
            else if (chooses)
            {
                (LabelledTexts chosen, LabelledTexts rest) = all.Halves();
                _data.AddRange([("validation", chosen), ("held_out", rest)]);
            }
            else
            {
                _data.Add(("all", all));
            }

            _scorers.AddRange(_data.Select(each => (each.Name, each.Texts.Scorers(options.Names, options.Required, threads))));
        }

        _trials = new ModelTrials(target, new EmbedderOptions(threads), session.Cancellation);
    }

    public void Dispose() => _trials.Dispose();

    /// <summary>Weighs the models by their loss on examples.</summary>
    public MergeOptions Cocktail(MergeOptions merge, string examples, double temperature)
    {
        ExampleLoss loss = Examples.Read(examples, _options.Text, _options.Label);
        double[] losses = [.. merge.Inputs.Select((input, i) =>
        {
            _line.Report("weighing", (double)i / merge.Inputs.Count, input.ToString());
            return _trials.Score(input, _threads, [loss])[0];
        })];
        MergeOptions weighed = SoupSearch.Cocktail(merge, losses, temperature);
        string[] names = Names(merge.Inputs);
        _choice.Fact("examples", loss.Count)
            .Table("losses", ["model", "loss", "weight"], losses.Select((value, i) => new object?[] { names[i], value, weighed.Inputs[i].Weight }));
        return weighed;
    }

    /// <summary>Scores the parents; with <c>--search</c> or a greedy soup chooses by the score.</summary>
    /// <returns>What to merge.</returns>
    public MergeOptions Choose(MergeOptions merge, bool greedy)
    {
        MergeSearch? search = _options.Search ? MergeSearch.Of(merge, _options.ToSearch()) : null;
        if (_data.Count == 0)
        {
            return merge;
        }

        double[] own = Parents(merge);
        if (search is null && !greedy)
        {
            return merge;
        }

        IModelScorer scorer = _data[0].Texts.Scorers([_options.Metric], [_options.Metric], _threads)[0];
        double sign = scorer.HigherIsBetter ? 1 : -1;
        int count = 0;
        double Score(MergeOptions trial)
        {
            _line.Report(greedy ? "choosing" : "searching", null, $"trial {++count}");
            return sign * _trials.Score(trial, [scorer])[0];
        }

        double[] signed = [.. own.Select(value => sign * value)];
        _choice.Fact("metric", _options.Metric).Fact("rows", _data.Select(each => each.Texts.Texts.Count).ToList());
        string[] names = Names(merge.Inputs);
        if (greedy)
        {
            (GreedySoup soup, MergeOptions chosen) = SoupSearch.Greedy(merge, signed, Score);
            _choice.Fact("kept", soup.Members.Select(model => names[model]).ToList()).Fact("validation_score", sign * soup.Score)
                .Table("soup", ["model", "own_score", "soup_score", "kept"], soup.Steps.Select(step => new object?[]
                {
                    names[step.Model], sign * step.OwnScore, sign * step.SoupScore, step.IsKept,
                }));
            return chosen;
        }

        SearchOutcome found = search!.Run(Score, signed);
        _choice.Fact("searched", search.Parameter).Fact("chosen", found.Best.Values.ToList()).Fact("validation_score", sign * found.Best.Score)
            .Fact("trials", found.Trials.Count)
            .Table(
                "tried",
                ["trial", .. found.Best.Values.Count == 1 ? [search.Parameter] : names.Select((name, i) => $"{search.Parameter}_{i + 1}"), "score"],
                found.Trials.Select((trial, i) => (object?[])[i + 1, .. trial.Values.Select(value => (object?)value), sign * trial.Score]));
        return search.With(found.Best.Values);
    }

    /// <summary>Scores inputs that a recipe names, as far as they are files.</summary>
    public void Parents(IEnumerable<MergeInput> inputs)
    {
        MergeInput[] parents = [.. inputs.DistinctBy(input => input.ToString())];
        string[] names = Names(parents);
        for (int i = 0; i < parents.Length; i++)
        {
            Add("parent", names[i], parents[i]);
        }
    }

    /// <summary>Scores the result, adds what was found to that of the merge, and writes it into the package.</summary>
    public Result Finish(Result result)
    {
        if (_data.Count > 0)
        {
            _line.Report("evaluating", null, _target);
            IReadOnlyList<double[]> scores = Split(_trials.Score(_target, All()));
            Row("merged", Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_target))), scores);
            if (_choice.Facts.Any(fact => fact.Name == "validation_score") && _data.Count == 2)
            {
                _choice.Fact("held_out_score", scores[1][_options.Names.ToList().IndexOf(_options.Metric)]);
            }

            _choice.Table("evaluation", ["role", "model", "data", .. _options.Names], _rows);
        }

        using (AtomicOutput file = AtomicOutput.File(Path.Combine(_target, FileName), force: true))
        {
            File.WriteAllText(file.TemporaryPath, ResultWriter.ToJson(_choice) + "\n");
            file.Commit();
        }

        result.Facts.AddRange(_choice.Facts);
        result.Tables.AddRange(_choice.Tables);
        return result;
    }

    /// <summary>Scores base and models; returns the score of each model by the metric of the choice on the first file.</summary>
    private double[] Parents(MergeOptions merge)
    {
        if (merge.Base is { } theBase)
        {
            Add("base", Names([theBase])[0], theBase);
        }

        // A fold has no parent but what it folds into, and each adapter on it.
        if (merge.Method == MergeMethods.Lora)
        {
            MergeInput whole = merge.Inputs[0], bare = new(whole.Model);
            Add("base", Names([bare])[0], bare);
            Parents(whole.Adapters.Count < 2 ? [] : whole.Adapters.Select(adapter => bare with { Adapters = [adapter] }));
            return [];
        }

        string[] names = Names(merge.Inputs);
        int metric = Math.Max(0, _options.Names.ToList().IndexOf(_options.Metric));
        return [.. merge.Inputs.Select((input, i) => Add("parent", names[i], input)[0][metric])];
    }

    private IReadOnlyList<double[]> Add(string role, string name, MergeInput input)
    {
        _line.Report("evaluating", null, input.ToString());
        IReadOnlyList<double[]> scores = Split(_trials.Score(input, _threads, All()));
        Row(role, name, scores);
        return scores;
    }

    private void Row(string role, string name, IReadOnlyList<double[]> scores) =>
        _rows.AddRange(scores.Select((values, i) => (object?[])[role, name, _data[i].Name, .. values.Select(value => double.IsNaN(value) ? null : (object?)value)]));

    private IReadOnlyList<IModelScorer> All() => [.. _scorers.SelectMany(each => each.Scorers)];

    private List<double[]> Split(double[] scores) => [.. scores.Chunk(_options.Names.Count)];

    /// <summary>The last part of each path where that tells the models apart, else the whole.</summary>
    private static string[] Names(IReadOnlyList<MergeInput> inputs)
    {
        string[] names = [.. inputs.Select(input => string.Join(
            '+', input.Adapters.Prepend(input.Model).Select(path => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))))))];
        return names.Distinct(StringComparer.Ordinal).Count() == names.Length ? names : [.. inputs.Select(input => input.ToString())];
    }
}
