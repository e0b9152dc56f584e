using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Searching;

/// <summary>
/// Scores models and merges that nobody keeps: what is no package as it stands is merged into a temporary one beside the output, run, and
/// deleted.
/// </summary>
public sealed class ModelTrials : IDisposable
{
    private readonly AtomicOutput _scratch;
    private readonly EmbedderOptions _engine;
    private readonly CancellationToken _cancellation;

    /// <summary>Makes the temporary directory.</summary>
    /// <param name="output">Where the result of the merge will be; nothing appears there.</param>
    /// <param name="engine">How models are run.</param>
    /// <param name="cancellation">Stops a merge or a score.</param>
    public ModelTrials(string output, EmbedderOptions engine, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        _cancellation = cancellation;
        _scratch = AtomicOutput.Directory(Path.TrimEndingDirectorySeparator(output) + ".trials", force: false);
    }

    /// <summary>Scores of a merge that has not been written.</summary>
    /// <param name="options">The merge; its output is not looked at.</param>
    /// <param name="scorers">What to compute.</param>
    /// <returns>The score of each scorer.</returns>
    /// <exception cref="OptionException">The options do not fit the method.</exception>
    /// <exception cref="DataException">The models do not fit each other, or the merge is no package and cannot be run.</exception>
    public double[] Score(MergeOptions options, IReadOnlyList<IModelScorer> scorers)
    {
        ArgumentNullException.ThrowIfNull(options);
        string output = Path.Combine(_scratch.TemporaryPath, "model");
        try
        {
            Merge.Run(options with { Output = output, Force = false, DryRun = false }, cancellation: _cancellation);
            string name = (options.Base ?? options.Inputs[0]).ToString();
            return Directory.Exists(output) ? Score(output, scorers)
                : throw new DataException(
                    $"{name}: needs a model package (tokenizer, pooling, maximum length) to score a merge on texts, got bare weights");
        }
        finally
        {
            if (Directory.Exists(output))
            {
                Directory.Delete(output, recursive: true);
            }
            else
            {
                foreach (string file in Directory.GetFiles(_scratch.TemporaryPath))
                {
                    File.Delete(file);
                }
            }
        }
    }

    /// <summary>Scores of an input of a merge, with its adapters.</summary>
    /// <param name="input">The input; its weight and parameters do not matter.</param>
    /// <param name="degree">Threads at work where it is merged into a package first.</param>
    /// <param name="scorers">What to compute.</param>
    /// <returns>The score of each scorer.</returns>
    /// <exception cref="DataException">It is no model, or no package and cannot be run.</exception>
    public double[] Score(MergeInput input, int degree, IReadOnlyList<IModelScorer> scorers)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.Adapters.Count == 0 && input.Layers.Count == 0 && ModelPackage.IsPackage(input.Model)
            ? Score(input.Model, scorers)
            : Score(
                new MergeOptions
                {
                    Method = MergeMethods.Passthrough,
                    Inputs = [input with { Weight = 1, Parameters = new Dictionary<string, string>() }],
                    Output = "",
                    DegreeOfParallelism = degree,
                },
                scorers);
    }

    /// <summary>Scores of a package.</summary>
    /// <param name="package">Its directory.</param>
    /// <param name="scorers">What to compute.</param>
    /// <returns>The score of each scorer.</returns>
    /// <exception cref="DataException">It is no package or cannot be run.</exception>
    public double[] Score(string package, IReadOnlyList<IModelScorer> scorers)
    {
        ArgumentNullException.ThrowIfNull(scorers);
        using Embedder embedder = Embedder.Open(ModelPackage.Open(package), _engine);
        return [.. scorers.Select(scorer => scorer.Score(embedder, _cancellation))];
    }

    /// <summary>Deletes the temporary directory.</summary>
    public void Dispose() => _scratch.Dispose();
}
