using System.Security.Cryptography;
using OnnxEmbed.Tensors;
using Parquet;
using Parquet.Schema;
using static OnnxEmbed.Data.Carrying.ParquetSchemaFields;

namespace OnnxEmbed.Data.Carrying;

/// <summary>
/// Writes rows of <see cref="CarriedRows"/> with vector columns beside them, one row group a call, into a file that can be gone on with:
/// what was written so far is kept by its <see cref="CarriedPart"/>s, and only <see cref="Complete"/> makes it a Parquet file. Its bytes
/// depend on the rows and how they are cut, and not on whether it was interrupted.
/// </summary>
public sealed class CarriedRowsWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly CarriedRows _source;
    private readonly List<(string Name, VectorType Type)> _vectors;

    /// <summary>Opens the file.</summary>
    /// <param name="path">The file; it may hold parts of earlier work.</param>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="vectors">Names and types of the vector columns, in the order in which they are appended.</param>
    /// <exception cref="DataException">Another process is writing the file.</exception>
    public CarriedRowsWriter(string path, CarriedRows source, IEnumerable<(string Name, VectorType Type)> vectors)
    {
        _source = source;
        _vectors = [.. vectors];
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        }
        catch (IOException e) when (File.Exists(path) && e is not PathTooLongException)
        {
            throw new DataException($"{path}: needs to be written by one process, another has it open ({e.Message})", e);
        }
    }

    /// <summary>
    /// Checks parts of earlier work against the file's bytes, and cuts the file off after the last part that is whole; appending goes on there.
    /// </summary>
    /// <returns>How many of the parts, from the first, are whole.</returns>
    public int Restore(IReadOnlyList<CarriedPart> parts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(parts);
        long end = 4;
        int whole = 0;
        byte[] buffer = new byte[1 << 20];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (CarriedPart part in parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (part.Offset != end || part.Length < 0 || part.Offset + part.Length > _file.Length)
            {
                break;
            }

            _file.Position = part.Offset;
            for (long left = part.Length; left > 0;)
            {
                int read = _file.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
                hash.AppendData(buffer, 0, read);
                left -= read;
            }

            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != part.Sha256)
            {
                break;
            }

            end += part.Length;
            whole++;
        }

        if (whole == 0)
        {
            _file.SetLength(0);
            _file.Write("PAR1"u8);
        }

        _file.SetLength(end);
        _file.Position = end;
        return whole;
    }

    /// <summary>Writes rows and their vectors as one row group, down to the disk.</summary>
    /// <param name="rows">At least one row.</param>
    /// <param name="vectors">One column for each that was announced.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public async Task<CarriedPart> AppendAsync(CarriedTable rows, IReadOnlyList<VectorColumn> vectors, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(vectors);
        long start = _file.Position;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        PartStream stream = new(_file, hash);
        ParquetWriter writer = await ParquetWriter.CreateAsync(_source.WrittenSchema, stream, ParquetRowsWriter.Options, false, cancellationToken)
            .ConfigureAwait(false);
        using (ParquetRowGroupWriter group = writer.CreateRowGroup())
        {
            for (int i = 0; i < _source.Leaves.Count; i++)
            {
                if (Fixed(i) is null)
                {
                    IReadOnlyList<(CarriedColumn Column, int Start, int Count)> runs = rows.Leaf(i);
                    await runs[0].Column.WriteAsync(group, _source.Leaves[i], runs, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        stream.AtFooter = true;
        await writer.DisposeAsync().ConfigureAwait(false);
        stream.AtFooter = false;
        ThriftStruct row = stream.Footer().Structs(RowGroups).Single();
        List<object> chunks = ((ThriftList)row[Columns]).Items;
        foreach (ThriftStruct chunk in chunks.Cast<ThriftStruct>())
        {
            KeepNullCount(chunk.Struct(MetaData)!);
        }

        long size = row.Integer(TotalByteSize);
        for (int i = 0; i < _source.Leaves.Count; i++)
        {
            if (Fixed(i) is { } element)
            {
                chunks.Insert(i, FixedPages.Write(stream, element, rows.Leaf(i)));
                size += ((ThriftStruct)chunks[i]).Struct(MetaData)!.Integer(6);
            }
        }

        foreach (VectorColumn column in vectors)
        {
            foreach (ThriftStruct chunk in VectorPages.Write(stream, column))
            {
                chunks.Add(chunk);
                size += chunk.Struct(MetaData)!.Integer(6);
            }
        }

        _file.Flush(flushToDisk: true);
        row.With64(TotalByteSize, size).With64(GroupRows, rows.RowCount);
        row.Remove(5);
        row.Remove(6);
        return new CarriedPart(
            rows.RowCount, start, _file.Position - start, Convert.ToHexStringLower(hash.GetHashAndReset()), row.ToBytes());
    }

    /// <summary>Writes the footer, with which the file is a Parquet file, and closes it.</summary>
    /// <param name="parts">All parts in order; read once.</param>
    /// <param name="partCount">Their number.</param>
    public void Complete(IEnumerable<CarriedPart> parts, int partCount)
    {
        ArgumentNullException.ThrowIfNull(parts);
        List<object> elements = [.. _source.Schema.Elements];
        elements.AddRange(_vectors.SelectMany(vector => VectorPages.Elements(vector.Name, vector.Type)));
        ThriftStruct root = ThriftStruct.Read(_source.Schema.Elements[0].ToBytes());
        root.With32(Children, root.Integer(Children) + _vectors.Sum(vector => VectorColumn.Names(vector.Name, vector.Type).Count));
        elements[0] = root;
        long start = _file.Position;
        _file.Write(OpenStruct(new ThriftStruct()
            .With32(1, 1)
            .With(Schema, ThriftTypes.List, new ThriftList(ThriftTypes.Struct, elements))
            .With64(FileRows, _source.RowCount)));

        // Field 4 by hand: the row groups are as many as the file is long, so they are not gathered in memory.
        _file.WriteByte((1 << 4) | ThriftTypes.List);
        ThriftStruct.WriteListHeader(_file, ThriftTypes.Struct, partCount);
        foreach (CarriedPart part in parts)
        {
            _file.Write(part.RowGroup.Span);
        }

        _file.WriteByte((2 << 4) | ThriftTypes.Binary);
        byte[] maker = "onnxembed"u8.ToArray();
        ThriftStruct.WriteVariable(_file, (ulong)maker.Length);
        _file.Write(maker);
        _file.WriteByte(0);
        Span<byte> length = stackalloc byte[sizeof(int)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, checked((int)(_file.Position - start)));
        _file.Write(length);
        _file.Write("PAR1"u8);
        _file.Flush(flushToDisk: true);
        _file.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The schema elements that the Parquet library writes for a schema.</summary>
    internal static async Task<IReadOnlyList<ThriftStruct>> ElementsAsync(ParquetSchema schema, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        PartStream stream = new(Stream.Null, hash);
        ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream, ParquetRowsWriter.Options, false, cancellationToken).ConfigureAwait(false);
        stream.AtFooter = true;
        await writer.DisposeAsync().ConfigureAwait(false);
        return [.. stream.Footer().Structs(Schema)];
    }

    // The element of a leaf that is written without the library; null for the others.
    private ThriftStruct? Fixed(int leaf) => _source.Schema.FixedColumns.GetValueOrDefault(_source.Leaves[leaf].Path.ToString());

    // Bounds of values were written by types that the values do not have in the end (see CarriedSchema).
    private static void KeepNullCount(ThriftStruct meta)
    {
        if (meta.Struct(Statistics) is { } statistics)
        {
            foreach (int field in statistics.Fields.Where(field => field != 3).ToArray())
            {
                statistics.Remove(field);
            }
        }
    }

    private static ReadOnlySpan<byte> OpenStruct(ThriftStruct value) => value.ToBytes().AsSpan()[..^1];
}
