using OnnxEmbed.Models.Packages;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Tests.Stepping;

public sealed class TrainerTests
{
    public static TheoryData<string, string, bool> Cases { get; } = new()
    {
        { "llama", "clm", false },
        { "bert", "mlm", false },
        { "llama", "supcon", false },
        { "llama", "supcon", true },
        { "bert", "supcon", true },
        { "bert", "mnrl", false },
        { "llama", "mnrl", true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Step_RepeatedOnOneBatch_LowersTheLoss(string architecture, string lossName, bool lora)
    {
        Loss loss = Losses.Named(lossName, Losses.All, "--loss");
        TrainingBatch batch = TinyModels.Batch(loss.Kind);
        using Trainer trainer = new(Graph(architecture, loss, lora), new AdamWOptions(), new EngineOptions { Threads = 1 });
        double before = trainer.Evaluate(batch);
        StepResult first = trainer.Step(batch, 1e-2);
        for (int i = 0; i < 40; i++)
        {
            trainer.Step(batch, 1e-2);
        }

        double after = trainer.Evaluate(batch);
        Assert.Equal(before, first.Loss, 1e-5);
        Assert.True(after < 0.6 * before, $"{before} to {after}");
    }

    [Theory]
    [InlineData("clm")]
    [InlineData("supcon")]
    public void Step_OneOrTwoThreads_GivesTheSameBytes(string lossName)
    {
        Loss loss = Losses.Named(lossName, Losses.All, "--loss");
        List<byte[]> runs = [];
        foreach (int threads in (int[])[1, 2, 2])
        {
            using Trainer trainer =
                new(Graph("llama", loss, lossName == "supcon"), new AdamWOptions(), new EngineOptions { Threads = threads });
            for (ulong i = 0; i < 5; i++)
            {
                trainer.Step(TinyModels.Batch(loss.Kind, rows: 16, columns: 16, seed: i), 1e-2);
            }

            runs.Add([.. trainer.Weights().Concat(trainer.Moments())
                .SelectMany(pair => pair.Value.Slice(0, (int)pair.Value.ByteLength).ToArray())]);
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.Equal(runs[1], runs[2]);
    }

    // The saved graphs hold standard operators; what the trainer runs by default is rewritten onto kernels of ours.
    [Theory]
    [MemberData(nameof(Cases))]
    public void Differentiate_OwnKernels_AgreeWithOnnxRuntime(string architecture, string lossName, bool lora)
    {
        Loss loss = Losses.Named(lossName, Losses.All, "--loss");
        TrainingGraph graph = Graph(architecture, loss, lora);
        TrainingBatch batch = TinyModels.Batch(loss.Kind);
        using Trainer standard = new(graph, new AdamWOptions(), new EngineOptions { Threads = 1, OwnKernels = false });
        using Trainer own = new(graph, new AdamWOptions(), new EngineOptions { Threads = 2 });
        standard.Step(batch, 1e-3);
        own.Step(batch, 1e-3);
        Assert.Equal(standard.Differentiate(batch), own.Differentiate(batch), 1e-5);
        foreach (string name in graph.Trainable.Select(parameter => parameter.Name))
        {
            float[] expected = standard.Gradient(name).ToArray();
            float[] actual = own.Gradient(name).ToArray();
            float size = expected.Max(Math.Abs);
            Assert.All(expected.Zip(actual), pair => Assert.True(
                Math.Abs(pair.First - pair.Second) <= (2e-4f * size) + 1e-7f, $"{name}: {pair.Second} for {pair.First}, largest {size}"));
        }
    }

    [Fact]
    public void Step_LossNotFinite_SaysTheStep()
    {
        Loss loss = Losses.SupervisedContrastive;
        TrainingBatch batch = TinyModels.Batch(loss.Kind);
        using Trainer trainer =
            new(Graph("llama", loss, lora: false), new AdamWOptions { MaxGradientNorm = 0 }, new EngineOptions { Threads = 1 });
        trainer.Step(batch, 1e-3);
        trainer.Step(batch, double.PositiveInfinity);
        DivergedException fault = Assert.Throws<DivergedException>(() => trainer.Step(batch, 1e-3));
        Assert.Equal(3, fault.Step);
        Assert.Contains("needs a finite loss, got NaN at step 3", fault.Message, StringComparison.Ordinal);
    }

    private static TrainingGraph Graph(string architecture, Loss loss, bool lora) =>
        TinyModels.Graph(
            architecture == "bert" ? TinyModels.Bert : TinyModels.Llama, loss, lora ? new LoraOptions { Rank = 4, Alpha = 8 } : null);
}
