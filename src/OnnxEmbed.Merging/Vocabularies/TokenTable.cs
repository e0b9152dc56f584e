using System.Numerics.Tensors;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>A table of tokens in the order of another vocabulary, made of rows of several models' tables, as a view.</summary>
internal sealed class TokenTable : WeightSource
{
    private readonly TokenTables _tables;
    private readonly (long Begin, TokenRow Row)[] _runs;
    private readonly long[] _starts;
    private readonly long _count;

    /// <summary>Makes the view.</summary>
    /// <param name="tables">The tables of all models.</param>
    /// <param name="own">The model that it stands for.</param>
    /// <param name="rows">What each row is.</param>
    public TokenTable(TokenTables tables, int own, IReadOnlyList<TokenRow> rows)
        : base(TensorData.WithoutBytes(tables[own].Stored.ElementType, tables.ShapeOf(own, rows.Count)))
    {
        _tables = tables;
        _count = rows.Count;
        List<(long Begin, TokenRow Row)> runs = [];
        for (int i = 0; i < rows.Count; i++)
        {
            bool follows = runs.Count > 0 && rows[i].Kind == runs[^1].Row.Kind && rows[i].Source == runs[^1].Row.Source
                && rows[i].Row == runs[^1].Row.Row + (rows[i].Kind == TokenRowKind.Stored ? i - runs[^1].Begin : 0);
            if (!follows)
            {
                runs.Add((i, rows[i]));
            }
        }

        _runs = [.. runs];
        _starts = [.. runs.Select(run => run.Begin)];
        NeedsDouble = runs.Any(run => run.Row.Kind is TokenRowKind.MeanOfRows or TokenRowKind.MeanOfTable
            || (run.Row.Kind == TokenRowKind.Stored && tables[run.Row.Source].NeedsDouble));
        IsView = runs.All(run => run.Row.Kind != TokenRowKind.Stored || tables[run.Row.Source] is { IsView: true } or { IsChanged: false });
    }

    public override bool NeedsDouble { get; }

    public override bool IsChanged => true;

    public override bool IsView { get; }

    public override ReadOnlySpan<float> Singles(long start, Span<float> scratch)
    {
        for (int done = 0; done < scratch.Length;)
        {
            Run run = At(start + done, scratch.Length - done);
            Span<float> part = scratch.Slice(done, run.Count);
            if (run.Row.Kind == TokenRowKind.Stored)
            {
                _tables[run.Row.Source].Singles(run.Stored, part).CopyTo(part);
            }
            else
            {
                double[] values = new double[run.Count];
                Fill(run, values, static (source, from, target) => source.Doubles(from, target));
                TensorPrimitives.ConvertTruncating<double, float>(values, part);
            }

            done += run.Count;
        }

        return scratch;
    }

    public override void Doubles(long start, Span<double> target) =>
        Read(start, target, static (source, from, part) => source.Doubles(from, part));

    public override void StoredDoubles(long start, Span<double> target) =>
        Read(start, target, static (source, from, part) => source.StoredDoubles(from, part));

    private delegate void Reader(WeightSource source, long start, Span<double> target);

    private void Read(long start, Span<double> target, Reader read)
    {
        for (int done = 0; done < target.Length;)
        {
            Run run = At(start + done, target.Length - done);
            Fill(run, target.Slice(done, run.Count), read);
            done += run.Count;
        }
    }

    private void Fill(Run run, Span<double> target, Reader read)
    {
        switch (run.Row.Kind)
        {
            case TokenRowKind.Stored:
                read(_tables[run.Row.Source], run.Stored, target);
                break;
            case TokenRowKind.Zero:
                target.Clear();
                break;
            case TokenRowKind.MeanOfTable:
                _tables.MeanOf(run.Row.Source).AsSpan((int)((run.Outer * _tables.Inner) + run.Offset), target.Length).CopyTo(target);
                break;
            default:
                Mean(_tables.ListOf(run.Row.Row), run, target, read);
                break;
        }
    }

    private void Mean(IReadOnlyList<(int Source, long Row)> rows, Run run, Span<double> target, Reader read)
    {
        double[] each = new double[target.Length];
        target.Clear();
        foreach ((int source, long row) in rows)
        {
            read(_tables[source], _tables.PlaceOf(source, run.Outer, row) + run.Offset, each);
            TensorPrimitives.Add(target, each, target);
        }

        TensorPrimitives.Divide(target, rows.Count, target);
    }

    /// <summary>
    /// The longest run from an element on that is read as one: of stored rows all that follow, of others the rest of one row.
    /// </summary>
    private Run At(long element, int most)
    {
        long inner = _tables.Inner;
        (long outer, long within) = Math.DivRem(element, _count * inner);
        (long index, long offset) = Math.DivRem(within, inner);
        int place = Array.BinarySearch(_starts, index);
        place = place < 0 ? ~place - 1 : place;
        (long begin, TokenRow row) = _runs[place];
        bool stored = row.Kind == TokenRowKind.Stored;
        long end = !stored ? index + 1 : place + 1 < _runs.Length ? _starts[place + 1] : _count;
        int count = (int)Math.Min(most, (end * inner) - within);
        return new Run(row, outer, offset, count, stored ? _tables.PlaceOf(row.Source, outer, row.Row + index - begin) + offset : 0);
    }

    /// <summary>Elements that are read as one.</summary>
    private readonly record struct Run(TokenRow Row, long Outer, long Offset, int Count, long Stored);
}
