using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace OnnxEmbed.Tensors;

/// <summary>
/// A file mapped read-only into memory: its pages are read when they are touched and can be dropped again, so a model of any size costs
/// no private memory. Dispose it only when no span of it is in use any more. Thread-safe for reading.
/// </summary>
public sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _start;

    private MappedFile(string path, long length, MemoryMappedFile? file, MemoryMappedViewAccessor? view, byte* start)
    {
        Path = path;
        Length = length;
        _file = file;
        _view = view;
        _start = start;
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>Size of the file in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Maps a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static MappedFile Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        using SafeFileHandle handle = File.OpenHandle(full);
        long length = RandomAccess.GetLength(handle);
        if (length == 0)
        {
            // An empty file cannot be mapped, yet it is a file.
            return new MappedFile(full, 0, null, null, null);
        }

        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(full, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        MemoryMappedViewAccessor view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        return new MappedFile(full, length, file, view, start + view.PointerOffset);
    }

    /// <summary>The bytes [<paramref name="offset"/>, <paramref name="offset"/> + <paramref name="count"/>) of the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the file.</exception>
    /// <exception cref="ObjectDisposedException">The mapping is gone.</exception>
    public ReadOnlySpan<byte> Slice(long offset, int count)
    {
        if (offset < 0 || count < 0 || offset > Length - count)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"{Path}: needs bytes [{offset}, {offset + (long)count}), the file has {Length}");
        }

        if (count == 0)
        {
            return [];
        }

        ObjectDisposedException.ThrowIf(_start == null, this);
        return new ReadOnlySpan<byte>(_start + offset, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start != null)
        {
            _start = null;
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file!.Dispose();
        }
    }
}
