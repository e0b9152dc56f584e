using System.Text.Json;
using OnnxEmbed.Data;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.Training.Runs;

namespace OnnxEmbed.Training.Tests.Runs;

public sealed class PretrainTests
{
    [Theory]
    [InlineData("llama", "clm")]
    [InlineData("bert", "mlm")]
    public void Run_FreshModel_LearnsAndLeavesAPackage(string architecture, string objective)
    {
        using TemporaryDirectory directory = new();
        PretrainOptions options = Prepare(directory, architecture) with { Steps = 40, ValidationFraction = 0.1 };
        List<TrainingProgress> reports = [];
        RunResult result = Pretrain.Run(options, TimeProvider.System, new Recorder(reports), TestContext.Current.CancellationToken);

        Assert.Equal(40, reports.Count);
        Assert.True(result.FinalLoss < result.FirstLoss, $"{result.FirstLoss} to {result.FinalLoss}");
        Assert.True(result.ValidationLoss < Math.Log(63), $"held-out loss {result.ValidationLoss}");
        Assert.Equal(Math.Exp(result.ValidationLoss!.Value), result.ValidationPerplexity!.Value, 1e-9);
        IEnumerable<string> files =
            new DirectoryInfo(options.Out).EnumerateFileSystemInfos().Select(entry => entry.Name).Order(StringComparer.Ordinal);
        Assert.Equal(
            ["checkpoints", "config.json", "eval_model.onnx", "log.jsonl", "model", "optimizer_model.onnx", "result.json", "training_model.onnx"],
            files);
        Assert.True(File.Exists(Path.Combine(options.Out, "checkpoints", "step-30", "model.safetensors")));
        Assert.True(File.Exists(Path.Combine(options.Out, "checkpoints", "step-30", "state.safetensors")));
        ModelPackage trained = ModelPackage.Open(Path.Combine(options.Out, "model"));
        Assert.Equal("pretrain", trained.ReadProvenance()!.MadeBy);
        Assert.Equal(architecture == "bert", trained.HeadPath is not null);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(options.Out, "config.json")));
        Assert.Equal(objective, config.RootElement.GetProperty("options").GetProperty("objective").GetString());
        Assert.Equal(Pretrain.DefaultLearningRate, config.RootElement.GetProperty("options").GetProperty("learning_rate").GetDouble());
    }

    [Fact]
    public void Run_Again_ContinuesFromThePackageOfTheFirstRun()
    {
        using TemporaryDirectory directory = new();
        PretrainOptions options = Prepare(directory, "bert") with { Steps = 30 };
        RunResult first = Pretrain.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken);
        RunResult second = Pretrain.Run(
            options with { Package = Path.Combine(options.Out, "model"), Out = directory["second"] },
            TimeProvider.System,
            null,
            TestContext.Current.CancellationToken);
        Assert.True(second.FirstLoss < (first.FirstLoss + first.FinalLoss) / 2,
            $"{first.FirstLoss}, {first.FinalLoss}, then {second.FirstLoss}");
    }

    [Fact]
    public void Run_ObjectiveOfTheOtherArchitecture_SaysWhichFits()
    {
        using TemporaryDirectory directory = new();
        PretrainOptions options = Prepare(directory, "llama") with { Objective = "mlm" };
        OptionException fault =
            Assert.Throws<OptionException>(() => Pretrain.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken));
        Assert.Equal("--objective: a model of type llama needs clm, got mlm", fault.Message);
        Assert.False(Path.Exists(options.Out));
    }

    [Fact]
    public void Run_Cancelled_LeavesACheckpointOfTheLastUpdate()
    {
        using TemporaryDirectory directory = new();
        using CancellationTokenSource source = new();
        PretrainOptions options = Prepare(directory, "llama") with { Steps = 100, CheckpointEvery = 0 };
        Assert.Throws<RunStoppedException>(() => Pretrain.Run(options, TimeProvider.System, new CancelAt(5, source), source.Token));
        Assert.Equal("step-5", Assert.Single(new DirectoryInfo(Path.Combine(options.Out, "checkpoints")).GetDirectories()).Name);
        Assert.False(Path.Exists(Path.Combine(options.Out, "model")));
        Assert.Equal(5, File.ReadAllLines(Path.Combine(options.Out, "log.jsonl")).Length);
    }

    private static PretrainOptions Prepare(TemporaryDirectory directory, string architecture)
    {
        ModelInit.Create(
            new ModelInitOptions { Architecture = architecture, HiddenSize = 32, Layers = 2, Heads = 2, MaxPositions = 32 },
            directory["base"]);
        string[] texts = [.. Enumerable.Range(0, 300).Select(i => FormattableString.Invariant($"{i}, {i + 1}, {i + 2}, {i + 3}"))];
        new ParquetTable([Column.Of("text", texts)]).Write(directory["texts.parquet"]);
        return new PretrainOptions
        {
            Package = directory["base"],
            Data = directory["texts.parquet"],
            Out = directory["run"],
            BatchSize = 32,
            Threads = 1,
            CheckpointEvery = 30,
        };
    }

    private sealed class Recorder(List<TrainingProgress> reports) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => reports.Add(value);
    }

    private sealed class CancelAt(long step, CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == step)
            {
                source.Cancel();
            }
        }
    }
}
