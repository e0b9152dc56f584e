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
}
