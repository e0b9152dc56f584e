using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Study;

/// <summary>The presets of the study.</summary>
public static class StudyPresets
{
    /// <summary>A study of minutes on two cores: one property of each tier, two seeds, short sequences.</summary>
    public static StudyPreset Quick { get; } = new()
    {
        Name = "quick",
        Properties = ["parity", "sum_of_two_squares", "arithmetic_progression", "even_xor_increasing"],
        Seeds = 2,
        TrainPairs = 600,
        ProbePairs = 150,
        TestPairs = 100,
        Length = 6,
        Digits = new DigitRange(4, 4),
        OodDigits = new DigitRange(5, 5),
        Steps = 50,
        BatchSize = 48,
        FullLearningRate = 3e-4,
        LoraLearningRate = 1e-3,
        LoraRank = 16,
        CurvePoints = [0.25, 0.5, 0.75],
        Permutations = 99,
    };

    /// <summary>All presets.</summary>
    public static IReadOnlyList<StudyPreset> All { get; } = [Quick];

    /// <summary>A preset by name.</summary>
    /// <exception cref="OptionException">There is none of that name; the message lists those there are.</exception>
    public static StudyPreset Named(string name) => All.FirstOrDefault(preset => preset.Name == name)
        ?? throw new OptionException($"--preset: needs one of {string.Join(", ", All.Select(preset => preset.Name))}, got {name}");
}
