namespace OnnxEmbed.Data.Numbers;

/// <summary>
/// Two components combined. Each group holds four matched sequences, one for every combination of the components, so that neither
/// alone predicts an exclusive or, and each says the same about a conjunction.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="description">What the components and the label are.</param>
/// <param name="first">First component: its word in the <c>cell</c> column, and the test.</param>
/// <param name="second">Second component.</param>
/// <param name="combine">The label of a combination.</param>
/// <param name="cells">Draws the four sequences in the order both, first only, second only, neither; null for another try.</param>
/// <param name="bounds">Its leak bounds.</param>
internal sealed class FactorialProperty(
    string name,
    string description,
    (string Word, Func<long[], bool> Holds) first,
    (string Word, Func<long[], bool> Holds) second,
    Func<bool, bool, bool> combine,
    Func<NumberDraw, long[][]?> cells,
    LeakBounds? bounds = null)
    : NumberProperty(name, NumberTier.Compositional, description, bounds)
{
    private const int Tries = 20;

    public override int RowsPerGroup => 4;

    public override bool Holds(ReadOnlySpan<long> sequence)
    {
        long[] elements = sequence.ToArray();
        return combine(first.Holds(elements), second.Holds(elements));
    }

    internal override NumberRow[]? TryDraw(NumberDraw draw)
    {
        for (int i = 0; i < Tries; i++)
        {
            if (cells(draw) is { } sequences && Array.TrueForAll(sequences, sequence => draw.AllowsAll(sequence))
                && Rows(sequences) is { } rows)
            {
                return rows;
            }
        }

        return null;
    }

    private NumberRow[]? Rows(long[][] sequences)
    {
        NumberRow[] rows = new NumberRow[4];
        for (int cell = 0; cell < rows.Length; cell++)
        {
            (bool a, bool b) = (cell < 2, cell % 2 == 0);
            if (first.Holds(sequences[cell]) != a || second.Holds(sequences[cell]) != b)
            {
                return null;
            }

            rows[cell] = new NumberRow(sequences[cell], combine(a, b), $"{(a ? "" : "not-")}{first.Word}+{(b ? "" : "not-")}{second.Word}");
        }

        return rows;
    }
}
