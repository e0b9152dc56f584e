using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Merging;
using OnnxEmbed.Merging.Comparing;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>diff</c>: how the weights of two models differ.</summary>
internal sealed class DiffCommand(Session session)
{
    [Command("diff", Description = "Compares the weights of two models tensor by tensor. "
        + "Shows angles, norms and the task vector (the second minus the first) of packages or bare .onnx files.")]
    [Example("onnxembed diff artifacts/pretrained/model artifacts/folded")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Model; MODEL+ADAPTER folds an adapter in first.")] string first,
        [Argument(Description = "The other model.")] string second,
        [Option("all", Description = "List equal tensors, too.")] bool all = false,
        [Option("threads", Description = "Threads; all cores unless given. The figures do not depend on it.")] int? threads = null)
    {
        ModelDifference difference;
        using (ProgressLine line = new(session, output.Quiet))
        {
            difference = ModelComparison.Run(
                MergeInput.Parse(first),
                MergeInput.Parse(second),
                threads ?? session.DefaultThreads,
                new SynchronousProgress<MergeProgress>(now => line.Report("comparing", (double)now.TensorsDone / now.TensorCount, now.Tensor)),
                session.Cancellation);
        }

        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("first", first)
            .Fact("second", second)
            .Fact("tensors_equal", difference.Tensors.Count(tensor => tensor.Equal))
            .Fact("tensors_different", difference.Tensors.Count(tensor => !tensor.Equal))
            .Fact("angle_degrees", difference.Total.AngleDegrees)
            .Fact("task_vector_norm", difference.Total.DifferenceNorm)
            .Fact("relative_difference", difference.Total.RelativeDifference)
            .Fact("not_comparable", difference.Mismatches)
            .Table("tensors", ["name", "type", "angle_degrees", "first_norm", "second_norm", "task_vector_norm", "relative"], difference.Tensors
                .Where(tensor => all || !tensor.Equal)
                .Select(tensor => new object?[]
                {
                    tensor.Name,
                    tensor.Type,
                    tensor.AngleDegrees,
                    tensor.FirstNorm,
                    tensor.SecondNorm,
                    tensor.DifferenceNorm,
                    tensor.RelativeDifference,
                })));
        return ExitStatus.Done;
    }
}
