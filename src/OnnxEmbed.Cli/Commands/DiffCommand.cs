using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Evaluation.Figures;
using OnnxEmbed.Merging;
using OnnxEmbed.Merging.Comparing;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>diff</c>: how the weights of models differ.</summary>
internal sealed class DiffCommand(Session session)
{
    [Command("diff", Description = "Compares the weights of models tensor by tensor. "
        + "Shows angles, norms and the task vector (each model minus the first) of packages or bare .onnx files; of several models also how their "
        + "task vectors lie to one another.")]
    [Example("onnxembed diff artifacts/pretrained/model artifacts/folded")]
    [Example("onnxembed diff artifacts/base artifacts/a artifacts/b --figures artifacts/diff")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Two models or more, the first of them the base; MODEL+ADAPTER folds an adapter in first.")] string[] models,
        [Option("figures", Description = "Directory to write heat maps to, by layer and kind of weight, and the cosines of several task vectors; as PNG and SVG.", ValueName = "DIR")] string? figures = null,
        [Option("all", Description = "List equal tensors, too.")] bool all = false,
        [Option("threads", Description = "Threads; all cores unless given. The figures do not depend on it.")] int? threads = null,
        [Option("force", Description = "Replace the directory of figures if it exists.")] bool force = false)
    {
        if (figures is not null)
        {
            AtomicOutput.RefuseExistingDirectory(figures, force);
        }

        MergeInput[] inputs = [.. models.Select(MergeInput.Parse)];
        string[] names = [.. inputs.Skip(1).Select(input => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(input.Model))))];
        TaskVectorComparison comparison;
        using (ProgressLine line = new(session, output.Quiet))
        {
            comparison = ModelComparison.Run(
                inputs[0],
                inputs[1..],
                threads ?? session.DefaultThreads,
                new SynchronousProgress<MergeProgress>(now => line.Report("comparing", (double)now.TensorsDone / now.TensorCount, now.Tensor)),
                session.Cancellation);
        }

        if (figures is not null)
        {
            Draw(comparison, names, figures, force);
        }

        Result result = names.Length == 1 ? OfTwo(models, comparison.Models[0]) : OfSeveral(models, names, comparison);
        for (int model = 0; model < names.Length; model++)
        {
            result.Table(names.Length == 1 ? "tensors" : $"tensors of {model + 1} {names[model]}", Columns, comparison.Models[model].Tensors.Where(tensor => all || !tensor.Equal).Select(Row));
        }

        ResultWriter.Write(session, output.ResultFormat, result);
        return ExitStatus.Done;
    }

    private static readonly string[] Columns =
        ["name", "type", "cosine", "angle_degrees", "first_norm", "second_norm", "task_vector_norm", "relative", "non_finite"];

    private static object?[] Row(TensorDifference tensor) =>
    [
        tensor.Name,
        tensor.Type,
        tensor.Cosine,
        tensor.AngleDegrees,
        tensor.FirstNorm,
        tensor.SecondNorm,
        tensor.DifferenceNorm,
        tensor.RelativeDifference,
        tensor.NonFinite,
    ];

    private static Result OfTwo(string[] models, ModelDifference difference) => new Result()
        .Fact("first", models[0])
        .Fact("second", models[1])
        .Fact("tensors_equal", difference.Tensors.Count(tensor => tensor.Equal))
        .Fact("tensors_different", difference.Tensors.Count(tensor => !tensor.Equal))
        .Fact("angle_degrees", difference.Total.AngleDegrees)
        .Fact("task_vector_norm", difference.Total.DifferenceNorm)
        .Fact("relative_difference", difference.Total.RelativeDifference)
        .Fact("non_finite", difference.Tensors.Sum(tensor => tensor.NonFinite))
        .Fact("not_comparable", difference.Mismatches);

    private static Result OfSeveral(string[] models, string[] names, TaskVectorComparison comparison) => new Result()
        .Fact("base", models[0])
        .Fact("models", names.ToList())
        .Fact("not_comparable", comparison.Models.SelectMany(difference => difference.Mismatches).ToList())
        .Table("models", ["model", "tensors_equal", "tensors_different", "angle_degrees", "task_vector_norm", "relative", "non_finite"], comparison.Models.Select((difference, model) => new object?[]
        {
            names[model],
            difference.Tensors.Count(tensor => tensor.Equal),
            difference.Tensors.Count(tensor => !tensor.Equal),
            difference.Total.AngleDegrees,
            difference.Total.DifferenceNorm,
            difference.Total.RelativeDifference,
            difference.Tensors.Sum(tensor => tensor.NonFinite),
        }))
        .Table("cosines_of_task_vectors", ["model", .. names.Select((name, model) => $"{model + 1} {name}")], comparison.Cosines.Select((row, model) => (object?[])
            [$"{model + 1} {names[model]}", .. row.Cast<object?>()]));

    private static void Draw(TaskVectorComparison comparison, string[] names, string directory, bool force)
    {
        using AtomicOutput output = AtomicOutput.Directory(directory, force);
        for (int model = 0; model < names.Length; model++)
        {
            DifferenceMap map = DifferenceMap.Of(comparison.Models[model]);
            if (map.Layers.Count > 0)
            {
                Write(output, $"heat-map-{model + 1}", HeatMapFigure.Draw(
                    $"Relative change of {names[model]} by layer and kind", "‖task vector‖ / ‖weights‖", map.Layers, map.Kinds, map.Relative));
            }
        }

        if (names.Length > 1)
        {
            string[] numbered = [.. names.Select((name, model) => $"{model + 1} {name}")];
            Write(output, "cosines", HeatMapFigure.Draw(
                "Task vectors", "cosine", numbered, numbered, [.. comparison.Cosines.Select(row => (IReadOnlyList<double>)[.. row.Select(value => value ?? double.NaN)])]));
        }

        output.Commit();
    }

    private static void Write(AtomicOutput output, string name, Figure figure)
    {
        File.WriteAllBytes(Path.Combine(output.TemporaryPath, name + ".png"), figure.ToPng());
        File.WriteAllText(Path.Combine(output.TemporaryPath, name + ".svg"), figure.ToSvg());
    }
}
