using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Numbers;

/// <summary>A relation between the elements: a positive is drawn, the negative is a small edit of it.</summary>
/// <param name="name">Its name.</param>
/// <param name="tier">Its tier.</param>
/// <param name="description">What positives and negatives are.</param>
/// <param name="holds">The relation.</param>
/// <param name="shape">Fixes what must not be redrawn (a step, coefficients) and returns what draws sequences of this shape; one that
/// leaves the split or the digits is redrawn. Were the shape redrawn, too, then shapes that stay within a block of the split, such
/// as small steps, would crowd out the others.</param>
/// <param name="edit">Breaks the relation; null where it cannot.</param>
/// <param name="bounds">Its leak bounds.</param>
internal sealed class EditedProperty(
    string name,
    NumberTier tier,
    string description,
    Func<long[], bool> holds,
    Func<NumberDraw, Func<long[]?>> shape,
    Func<NumberDraw, long[], long[]?> edit,
    LeakBounds? bounds = null)
    : NumberProperty(name, tier, description, bounds)
{
    private const int SequencesPerShape = 40_000;
    private const int EditsPerSequence = 40;

    public override bool Holds(ReadOnlySpan<long> sequence) => holds(sequence.ToArray());

    internal override NumberRow[]? TryDraw(NumberDraw draw)
    {
        Func<long[]?> next = shape(draw);
        for (int i = 0; i < SequencesPerShape; i++)
        {
            if (next() is { } positive && draw.AllowsAll(positive) && holds(positive) && TryEdit(draw, positive) is { } negative)
            {
                return [new NumberRow(positive, true), new NumberRow(negative, false)];
            }
        }

        return null;
    }

    private long[]? TryEdit(NumberDraw draw, long[] positive)
    {
        for (int i = 0; i < EditsPerSequence; i++)
        {
            if (edit(draw, positive) is { } negative && draw.AllowsAll(negative) && !holds(negative) && SameDigits(positive, negative))
            {
                return negative;
            }
        }

        return null;
    }

    private static bool SameDigits(long[] a, long[] b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            if (Digits.Count(a[i]) != Digits.Count(b[i]))
            {
                return false;
            }
        }

        return true;
    }
}
