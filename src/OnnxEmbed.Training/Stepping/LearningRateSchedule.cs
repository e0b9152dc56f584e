using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Stepping;

/// <summary>
/// Learning rate over the updates of a run, as transformers' get_{constant,linear,cosine}_schedule_with_warmup: from 0 in a straight line
/// to the peak, then constant, in a straight line to 0, or along half a cosine to 0.
/// </summary>
public sealed class LearningRateSchedule
{
    private static readonly string[] Known = ["constant", "linear", "cosine"];

    private readonly string _name;
    private readonly double _peak;
    private readonly long _warmup;
    private readonly long _total;

    /// <summary>A schedule.</summary>
    /// <param name="name">constant, linear or cosine.</param>
    /// <param name="peak">Learning rate after the warm-up.</param>
    /// <param name="warmupSteps">Updates until the peak, in [0, <paramref name="totalSteps"/>].</param>
    /// <param name="totalSteps">Updates of the run.</param>
    /// <exception cref="OptionException">The name is not known.</exception>
    public LearningRateSchedule(string name, double peak, long warmupSteps, long totalSteps)
    {
        _name = Array.Find(Known, known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new OptionException(Fault(name));
        _peak = peak;
        _warmup = warmupSteps;
        _total = totalSteps;
    }

    /// <summary>The learning rate after a number of updates: 0 where the warm-up begins, the peak where it ends.</summary>
    /// <param name="updates">In [0, total].</param>
    public double At(long updates)
    {
        if (updates < _warmup)
        {
            return _peak * updates / _warmup;
        }

        double progress = _total > _warmup ? Math.Min(1, (double)(updates - _warmup) / (_total - _warmup)) : 0;
        return _name switch
        {
            "linear" => _peak * (1 - progress),
            "cosine" => _peak * 0.5 * (1 + Math.Cos(Math.PI * progress)),
            _ => _peak,
        };
    }

    internal static bool Knows(string name) => Known.Contains(name, StringComparer.OrdinalIgnoreCase);

    internal static string Fault(string name) => $"--schedule: needs one of {string.Join(", ", Known)}, got {name}";
}
