using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx;

/// <summary>
/// The layout of a model's files before any of them exists: how long each is, which of its bytes are known, and where each tensor goes. It
/// lets values be computed and written block by block, in any order and from several threads, straight to their final place.
/// </summary>
public sealed class OnnxFilePlan
{
    private readonly string _path;
    private readonly IReadOnlyList<Piece> _pieces;

    internal OnnxFilePlan(
        string path, bool keepsLayout, IReadOnlyList<PlannedFile> files, IReadOnlyList<Piece> pieces, IReadOnlyDictionary<string, PlannedRange> tensors)
    {
        _path = path;
        _pieces = pieces;
        KeepsLayout = keepsLayout;
        Files = files;
        Tensors = tensors;
    }

    /// <summary>Whether every byte outside the tensors is that of the files the model was read from.</summary>
    public bool KeepsLayout { get; }

    /// <summary>The files; the model file first.</summary>
    public IReadOnlyList<PlannedFile> Files { get; }

    /// <summary>Place of each tensor that has bytes.</summary>
    public IReadOnlyDictionary<string, PlannedRange> Tensors { get; }

    /// <summary>Takes what would be written and writes nothing.</summary>
    public OnnxFileOutput Discard() => new(_path, [], force: false);

    /// <summary>Begins the files and writes everything but the tensors.</summary>
    /// <param name="force">Whether existing files are replaced.</param>
    /// <exception cref="OptionException">A file exists and <paramref name="force"/> is not set.</exception>
    public OnnxFileOutput Create(bool force)
    {
        OnnxFileOutput output = new(_path, Files, force);
        try
        {
            foreach (Piece piece in _pieces)
            {
                if (piece.Source is { } source)
                {
                    output.CopyFrom(source, piece.SourceOffset, piece.File, piece.Offset, piece.Length);
                }
                else
                {
                    output.Write(piece.File, piece.Offset, piece.Bytes.Span);
                }
            }
        }
        catch
        {
            output.Dispose();
            throw;
        }

        return output;
    }

    /// <summary>Copies the known bytes of the model file into memory.</summary>
    internal void Fill(Span<byte> modelFile)
    {
        foreach (Piece piece in _pieces)
        {
            piece.Bytes.Span.CopyTo(modelFile[(int)piece.Offset..]);
        }
    }

    /// <summary>Bytes known beforehand: in memory, or a part of a mapped file.</summary>
    internal readonly record struct Piece(int File, long Offset, long Length, ReadOnlyMemory<byte> Bytes, MappedFile? Source, long SourceOffset);
}
