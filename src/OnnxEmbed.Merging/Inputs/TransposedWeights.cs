using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>The transposed matrix of another source.</summary>
internal sealed class TransposedWeights(WeightSource inner)
    : WeightSource(TensorData.WithoutBytes(inner.Stored.ElementType, inner.Stored.Shape[1], inner.Stored.Shape[0]))
{
    // Stored rows are the columns of what is read.
    private readonly long _rows = inner.Stored.Shape[1];
    private readonly long _columns = inner.Stored.Shape[0];

    public override bool NeedsDouble => inner.NeedsDouble;

    public override bool IsChanged => true;

    public override bool IsView => inner.IsView || !inner.IsChanged;

    public override ReadOnlySpan<float> Singles(long start, Span<float> scratch)
    {
        Span<float> run = stackalloc float[Run];
        for (Tiles tiles = new(start, scratch.Length, _columns); tiles.MoveNext();)
        {
            for (long column = tiles.FirstColumn; column <= tiles.LastColumn; column++)
            {
                ReadOnlySpan<float> values = inner.Singles((column * _rows) + tiles.Row, run[..tiles.Height]);
                for (int i = 0; i < values.Length; i++)
                {
                    scratch[tiles.PlaceOf(i, column)] = values[i];
                }
            }
        }

        return scratch;
    }

    public override void Doubles(long start, Span<double> target)
    {
        Span<double> run = stackalloc double[Run];
        for (Tiles tiles = new(start, target.Length, _columns); tiles.MoveNext();)
        {
            for (long column = tiles.FirstColumn; column <= tiles.LastColumn; column++)
            {
                Span<double> values = run[..tiles.Height];
                inner.Doubles((column * _rows) + tiles.Row, values);
                for (int i = 0; i < values.Length; i++)
                {
                    target[tiles.PlaceOf(i, column)] = values[i];
                }
            }
        }
    }

    /// <summary>Used of the first model only, which is never transposed to itself; here the values.</summary>
    public override void StoredDoubles(long start, Span<double> target) => Doubles(start, target);

    /// <summary>Most rows that are read together: what lies beside one another in the stored matrix.</summary>
    private const int Run = 256;

    /// <summary>Cuts a range of elements into rectangles: rows that are wholly inside together, those at its ends alone.</summary>
    private ref struct Tiles(long first, int count, long columns)
    {
        private readonly long _start = first;
        private readonly long _end = first + count;
        private long _at = first;

        public long Row { get; private set; }

        public int Height { get; private set; }

        public long FirstColumn { get; private set; }

        public long LastColumn { get; private set; }

        public bool MoveNext()
        {
            if (_at >= _end)
            {
                return false;
            }

            Row = _at / columns;
            FirstColumn = _at % columns;
            long whole = FirstColumn == 0 ? Math.Min(Run, (_end - _at) / columns) : 0;
            Height = (int)Math.Max(1, whole);
            LastColumn = whole > 0 ? columns - 1 : Math.Min(columns - 1, FirstColumn + _end - _at - 1);
            _at = whole > 0 ? _at + (whole * columns) : (Row * columns) + LastColumn + 1;
            return true;
        }

        public readonly int PlaceOf(int row, long column) => (int)(((Row + row) * columns) + column - _start);
    }
}
