using System.Buffers.Binary;

namespace OnnxEmbed.Data.Carrying;

/// <summary>A Parquet file read as if it had another footer. Like <see cref="EndingStream"/> it throws at its end.</summary>
internal sealed class SubstituteFooterStream : Stream
{
    private readonly FileStream _file;
    private readonly byte[] _end;
    private readonly long _dataLength;
    private long _position;

    public SubstituteFooterStream(string path, long dataLength, byte[] footer)
    {
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        _dataLength = dataLength;
        _end = new byte[footer.Length + 8];
        footer.CopyTo(_end, 0);
        BinaryPrimitives.WriteInt32LittleEndian(_end.AsSpan(footer.Length), footer.Length);
        "PAR1"u8.CopyTo(_end.AsSpan(footer.Length + 4));
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _dataLength + _end.Length;

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int read;
        if (_position >= _dataLength)
        {
            ReadOnlySpan<byte> rest = _end.AsSpan((int)Math.Min(_position - _dataLength, _end.Length));
            read = Math.Min(rest.Length, buffer.Length);
            rest[..read].CopyTo(buffer);
        }
        else
        {
            _file.Position = _position;
            read = _file.Read(buffer[..(int)Math.Min(buffer.Length, _dataLength - _position)]);
        }

        _position += read;
        return read > 0 ? read : throw new EndOfStreamException("it ends in the middle of a value");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Read(buffer.AsSpan(offset, count)));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }
}
