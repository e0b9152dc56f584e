using System.Text.Json.Nodes;
using OnnxEmbed.Data;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Runs;

namespace OnnxEmbed.Training.Tests.Runs;

public sealed class TrainTests
{
    [Fact]
    public void Run_SameSeed_GivesTheSameLogAndAdapterAtAnyThreadCount()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Steps = 12, ValidationFraction = 0.2 };
        List<string[]> logs = [];
        List<byte[]> adapters = [];
        foreach (int threads in (int[])[1, 2])
        {
            string run = directory[$"run{threads}"];
            RunResult result = Train.Run(
                options with { Out = run, Threads = threads }, TimeProvider.System, null, TestContext.Current.CancellationToken);
            Assert.NotNull(result.ValidationLoss);
            Assert.Null(result.ValidationPerplexity);
            logs.Add([.. File.ReadAllLines(Path.Combine(run, "log.jsonl")).Select(WithoutTimings)]);
            adapters.Add(File.ReadAllBytes(Path.Combine(run, "adapter", LoraAdapter.TensorsFileName)));
        }

        Assert.Equal(12, logs[0].Length);
        Assert.Equal(logs[0], logs[1]);
        Assert.Equal(adapters[0], adapters[1]);
    }

    [Fact]
    public void Run_Lora_LearnsAndLeavesAnAdapterWithCheckpoints()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Steps = 60, CheckpointEvery = 25, LearningRate = 1e-2 };
        RunResult result = Train.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken);
        Assert.True(result.FinalLoss < 0.9 * result.FirstLoss, $"{result.FirstLoss} to {result.FinalLoss}");
        Assert.Equal("adapter", result.Output);
        foreach (string path in (string[])["adapter", "checkpoints/step-25/adapter", "checkpoints/step-50/adapter"])
        {
            using LoraAdapter adapter = LoraAdapter.Load(Path.Combine(options.Out, path));
            Assert.Equal(14, adapter.Modules.Count);
            Assert.Equal(["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"], adapter.Settings.TargetModules);
            Assert.Equal(options.Lora!.Scale, adapter.Modules[0].Scale);
        }

        using SafetensorsFile state = SafetensorsFile.Open(Path.Combine(options.Out, "checkpoints", "step-50", "state.safetensors"));
        Assert.Equal("50", state.Metadata["step"]);
        Assert.Equal(2 * 2 * 14, state.Tensors.Count);
    }

    // A killed run leaves its directory as it was at some moment; each such moment is a copy taken while the run goes on.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_ResumedFromAnyMoment_GivesTheSameBytes(bool lora)
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Steps = 8, CheckpointEvery = 4, ValidationFraction = 0.2 };
        options = lora ? options : options with { Lora = null };
        List<string> moments = [];
        void Copy(TrainingProgress now)
        {
            string copy = directory[$"moment{now.Step}"];
            foreach (string file in Directory.GetFiles(options.Out, "*", SearchOption.AllDirectories))
            {
                string target = Path.Combine(copy, Path.GetRelativePath(options.Out, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }

            moments.Add(copy);
        }

        RunResult straight = Train.Run(options, TimeProvider.System, new Reporter(Copy), TestContext.Current.CancellationToken);
        byte[][] expected = Outcome(options.Out, lora);
        Assert.Equal(8, moments.Count);
        foreach (string moment in moments.Where((_, i) => i % 3 != 1))
        {
            RunResult resumed = Train.Run(
                options with { Out = moment, Resume = true, Threads = 1 }, TimeProvider.System, null, TestContext.Current.CancellationToken);
            Assert.Equal(expected, Outcome(moment, lora));
            Assert.Equal(straight with { Seconds = 0, TokensPerSecond = 0 }, resumed with { Seconds = 0, TokensPerSecond = 0 });
        }
    }

    [Fact]
    public void Run_Cancelled_IsTakenUpWhereItStopped()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Steps = 9, CheckpointEvery = 0 };
        Train.Run(options with { Out = directory["straight"] }, TimeProvider.System, null, TestContext.Current.CancellationToken);
        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() => Train.Run(
            options, TimeProvider.System, new Reporter(now => _ = now.Step == 5 ? stop.CancelAsync() : null), stop.Token));
        List<long> steps = [];
        Train.Run(options with { Resume = true }, TimeProvider.System, new Reporter(now => steps.Add(now.Step)), TestContext.Current.CancellationToken);
        Assert.Equal([6, 7, 8, 9], steps);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(directory["straight"], "adapter", LoraAdapter.TensorsFileName)),
            File.ReadAllBytes(Path.Combine(options.Out, "adapter", LoraAdapter.TensorsFileName)));
    }

    [Fact]
    public void Run_ResumedWithOtherOptions_NamesThemAll()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Steps = 4, CheckpointEvery = 2 };
        DataException none = Assert.Throws<DataException>(() => Resume(options));
        Assert.Contains("--resume needs a run directory", none.Message, StringComparison.Ordinal);
        Train.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken);
        OptionException complete = Assert.Throws<OptionException>(() => Resume(options));
        Assert.Contains("needs a run that is not complete", complete.Message, StringComparison.Ordinal);

        File.Delete(Path.Combine(options.Out, "result.json"));
        DataException other = Assert.Throws<DataException>(() => Resume(options with { BatchSize = 8, Seed = 11 }));
        Assert.Contains("batch_size was 32, now 8", other.Message, StringComparison.Ordinal);
        Assert.Contains("now 11", other.Message, StringComparison.Ordinal);
        Assert.Contains(
            "need one of them, got both", Assert.Throws<OptionException>(() => Resume(options with { Force = true })).Message, StringComparison.Ordinal);

        static RunResult Resume(TrainOptions options) =>
            Train.Run(options with { Resume = true }, TimeProvider.System, null, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Run_FromAnAdapter_BeginsWhereItEnded()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Steps = 60, LearningRate = 1e-2 };
        RunResult first = Train.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken);
        RunResult second = Train.Run(
            options with { Steps = 10, Out = directory["second"], AdapterInit = Path.Combine(options.Out, "adapter"), LearningRate = 1e-6 },
            TimeProvider.System,
            null,
            TestContext.Current.CancellationToken);
        Assert.True(second.FirstLoss < (first.FirstLoss + first.FinalLoss) / 2,
            $"{first.FirstLoss}, {first.FinalLoss}, then {second.FirstLoss}");
        DataException fault = Assert.Throws<DataException>(() => Train.Run(
            options with
            {
                Out = directory["third"],
                AdapterInit = Path.Combine(options.Out, "adapter"),
                Lora = new LoraOptions { Rank = 4, Alpha = 5 },
            },
            TimeProvider.System,
            null,
            TestContext.Current.CancellationToken));
        Assert.Contains("needs the scale alpha/r = 1.25 that --lora gives", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Full_LeavesAPackageWithOtherWeights()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Lora = null, Steps = 5, CheckpointEvery = 0 };
        Train.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken);
        ModelPackage trained = ModelPackage.Open(Path.Combine(options.Out, "model"));
        Assert.Equal("train", trained.ReadProvenance()!.MadeBy);
        Assert.NotEqual(File.ReadAllBytes(ModelPackage.Open(options.Package).ModelPath), File.ReadAllBytes(trained.ModelPath));
    }

    [Fact]
    public void Run_Tuples_TrainsOnAnchorPositiveAndNegative()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options =
            Prepare(directory) with { Loss = "mnrl", Data = directory["tuples.parquet"], Steps = 40, BatchSize = 16, LearningRate = 1e-2 };
        RunResult result = Train.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken);
        Assert.True(result.FinalLoss < result.FirstLoss, $"{result.FirstLoss} to {result.FinalLoss}");
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(options.Out, "config.json")))!;
        Assert.Equal(["anchor", "positive", "negative"], config["options"]!["tuple_columns"]!.AsArray().Select(node => (string)node!));
        Assert.Equal(0.05, (double)config["options"]!["temperature"]!);
    }

    [Fact]
    public void Run_LabelColumnMissing_NamesItAndLeavesNothing()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { LabelColumn = "prime" };
        DataException fault =
            Assert.Throws<DataException>(() => Train.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken));
        Assert.Contains("prime", fault.Message, StringComparison.Ordinal);
        Assert.Contains("label", fault.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(options.Out));
    }

    [Fact]
    public void Run_HeldOutRowsOfOneLabel_FailBeforeTraining()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Validation = directory["held.parquet"] };
        new ParquetTable([Column.Of("text", (string[])["1", "2"]), Column.Of("label", (bool[])[true, true])])
            .Write(directory["held.parquet"]);
        DataException fault =
            Assert.Throws<DataException>(() => Train.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken));
        Assert.Equal($"{options.Validation}: column label: needs at least 2 values with 2 rows each, got 1 in 2 rows", fault.Message);
        Assert.False(Path.Exists(options.Out));
    }

    [Fact]
    public void Run_WrongOptions_AreAllListed()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Loss = "triplet", BatchSize = 1, Epochs = 0, Schedule = "step", Temperature = 0 };
        OptionException fault =
            Assert.Throws<OptionException>(() => Train.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken));
        Assert.Equal(
            "--epochs: needs at least 1, got 0; --schedule: needs one of constant, linear, cosine, got step; "
            + "--loss: needs one of supcon, mnrl, got triplet; "
            + "--temperature: needs a number above 0, got 0; --batch-size: triplet needs at least 2, got 1",
            fault.Message);
    }

    [Fact]
    public void Run_ExistingDirectory_IsKeptUnlessForced()
    {
        using TemporaryDirectory directory = new();
        TrainOptions options = Prepare(directory) with { Steps = 1 };
        string kept = directory.Write("run/precious.txt", "x");
        Assert.Throws<OptionException>(() => Train.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken));
        Assert.True(File.Exists(kept));
        Train.Run(options with { Force = true }, TimeProvider.System, null, TestContext.Current.CancellationToken);
        Assert.False(File.Exists(kept));
    }

    private static TrainOptions Prepare(TemporaryDirectory directory)
    {
        ModelInit.Create(new ModelInitOptions { Architecture = "llama", HiddenSize = 32, Layers = 2, Heads = 2, MaxPositions = 32 },
            directory["base"]);
        string[] texts = [.. Enumerable.Range(0, 240)
            .Select(i => FormattableString.Invariant($"{i}{(i % 3 == 0 ? "+" : ",")}{i + 1}{(i % 3 == 0 ? "+" : ",")}{i + 2}"))];
        bool[] labels = [.. Enumerable.Range(0, 240).Select(i => i % 3 == 0)];
        new ParquetTable([Column.Of("text", texts), Column.Of("label", labels)]).Write(directory["labelled.parquet"]);
        new ParquetTable(
        [
            Column.Of("anchor", texts),
            Column.Of("positive", [.. texts.Select(text => $"[{text}]")]),
            Column.Of("negative", [.. texts.Reverse()]),
        ]).Write(directory["tuples.parquet"]);
        return new TrainOptions
        {
            Package = directory["base"],
            Data = directory["labelled.parquet"],
            Out = directory["run"],
            Lora = new LoraOptions { Rank = 4, Alpha = 8 },
            BatchSize = 32,
            Threads = 1,
        };
    }

    private static string WithoutTimings(string line)
    {
        JsonObject entry = JsonNode.Parse(line)!.AsObject();
        Assert.Equal(["step", "epoch", "loss", "learning_rate", "grad_norm", "tokens_per_second"], entry.Select(pair => pair.Key));
        entry.Remove("tokens_per_second");
        return entry.ToJsonString();
    }

    /// <summary>What must not depend on interruptions: weights, moments of the last checkpoint, log without timings.</summary>
    private static byte[][] Outcome(string run, bool lora) =>
    [
        File.ReadAllBytes(Path.Combine(run, lora ? "adapter/" + LoraAdapter.TensorsFileName : "model/onnx/model.onnx")),
        State(run),
        System.Text.Encoding.UTF8.GetBytes(string.Join('\n', File.ReadAllLines(Path.Combine(run, "log.jsonl")).Select(WithoutTimings))),
    ];

    private static byte[] State(string run)
    {
        using SafetensorsFile state = SafetensorsFile.Open(Path.Combine(run, "checkpoints", "step-8", "state.safetensors"));
        return [.. state.Tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .SelectMany(pair => pair.Value.Slice(0, (int)pair.Value.ByteLength).ToArray())];
    }

    private sealed class Reporter(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
