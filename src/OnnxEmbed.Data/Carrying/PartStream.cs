using System.Security.Cryptography;

namespace OnnxEmbed.Data.Carrying;

/// <summary>
/// What the Parquet library writes one row group to: the mark at its start is dropped, what follows goes to the end of a longer file, whose
/// positions it sees, and is hashed; the footer is kept apart.
/// </summary>
internal sealed class PartStream(Stream file, IncrementalHash hash) : Stream
{
    private const int MarkLength = 4;

    private readonly MemoryStream _footer = new();
    private int _dropped;

    /// <summary>Set before the library ends its file: what it writes from then on is its footer.</summary>
    public bool AtFooter { get; set; }

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => Position;

    public override long Position
    {
        get => file.Position + (AtFooter ? _footer.Length : 0);
        set => throw new NotSupportedException();
    }

    public ThriftStruct Footer() => ThriftStruct.Read(_footer.GetBuffer());

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        int drop = Math.Min(MarkLength - _dropped, buffer.Length);
        _dropped += drop;
        buffer = buffer[drop..];
        if (AtFooter)
        {
            _footer.Write(buffer);
        }
        else
        {
            file.Write(buffer);
            hash.AppendData(buffer);
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
