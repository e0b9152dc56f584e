namespace OnnxEmbed.Merging.Engine;

/// <summary>Joins short pieces of a result that follow one another into long ones before they are written. It belongs to one thread.</summary>
internal sealed class JoinedWrites
{
    /// <summary>Bytes written at once: each call costs the file system some microseconds, and only one thread at a time is let in.</summary>
    private const int Capacity = 1 << 18;

    private byte[] _bytes = [];
    private long _start;
    private int _count;

    /// <summary>Takes what was joined; set when nothing is left to write.</summary>
    public BlockEngine.BlockWriter Write { get; set; } = (_, _) => { };

    /// <summary>Where to put the bytes of a piece; valid until the next call.</summary>
    /// <param name="offset">Offset of the piece within the result.</param>
    /// <param name="count">Its bytes.</param>
    public Span<byte> Next(long offset, int count)
    {
        if (offset != _start + _count || _count + count > _bytes.Length)
        {
            Flush();
            _start = offset;
            if (_bytes.Length < count)
            {
                _bytes = new byte[Math.Max(Capacity, count)];
            }
        }

        _count += count;
        return _bytes.AsSpan(_count - count, count);
    }

    /// <summary>Writes what is left.</summary>
    public void Flush()
    {
        if (_count > 0)
        {
            Write(_start, _bytes.AsSpan(0, _count));
            _count = 0;
        }
    }
}
