using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Stepping;

/// <summary>Training produced a loss or a gradient that is not a finite number.</summary>
public sealed class DivergedException : DataException
{
    /// <summary>An exception that names step and value.</summary>
    public DivergedException(long step, string what, double value)
        : base(FormattableString.Invariant(
            $"training: needs a finite {what}, got {value} at step {step}; a lower learning rate or stronger clipping may help"))
    {
        Step = step;
    }

    /// <summary>The step, counted from 1.</summary>
    public long Step { get; }
}
