using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Study.Results;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Study.Tests;

/// <summary>A study of seconds: one-layer models of width 16 with random weights, two properties, two seeds, four updates.</summary>
public sealed class TinyStudy : IDisposable
{
    public TinyStudy()
    {
        ModelInit.Create(Sizes("bert") with { Seed = 1 }, Encoder);
        ModelInit.Create(Sizes("llama") with { Seed = 2 }, Decoder);
        Out = Root["study"];
        Result = Run(Out, threads: 1);
    }

    public static StudyPreset Preset { get; } = StudyPresets.Quick with
    {
        Name = "tiny",
        Properties = ["parity", "alternating_parity"],
        Seeds = 2,
        TrainPairs = 24,
        ProbePairs = 20,
        TestPairs = 16,
        Steps = 4,
        BatchSize = 8,
        LoraRank = 2,
        FullLearningRate = 1e-3,
        LoraLearningRate = 1e-2,
        CurvePoints = [0.25, 0.5],
        Permutations = 19,
    };

    public TemporaryDirectory Root { get; } = new();

    public string Out { get; }

    public StudyResult Result { get; }

    private string Encoder => Root["encoder"];

    private string Decoder => Root["decoder"];

    public StudyOptions Options(string target, int threads) => new()
    {
        Preset = Preset,
        Encoder = Encoder,
        Decoder = Decoder,
        Out = target,
        Threads = threads,
    };

    public StudyResult Run(string target, int threads) =>
        StudyRun.Run(Options(target, threads), TimeProvider.System, null, TestContext.Current.CancellationToken);

    public void Dispose() => Root.Dispose();

    private static ModelInitOptions Sizes(string architecture) => new()
    {
        Architecture = architecture,
        HiddenSize = 16,
        Layers = 1,
        Heads = 2,
        IntermediateSize = 32,
        MaxPositions = 64,
    };
}
