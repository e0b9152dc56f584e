using static OnnxEmbed.Data.Carrying.ParquetSchemaFields;

namespace OnnxEmbed.Data.Carrying;

/// <summary>Pieces of Parquet column chunks that are written without the library: https://parquet.apache.org/docs/file-format/data-pages/.</summary>
internal static class PageWriting
{
    public const int Plain = 0;
    public const int Rle = 3;
    public const int Dictionary = 8;
    public const int DataPage = 0;
    public const int DictionaryPage = 2;

    /// <summary>Bytes of values after which a page ends, at the end of a row: what the format's documents advise.</summary>
    public const int PageBytes = 1 << 20;

    /// <summary>Writes a data page: header, then what was gathered.</summary>
    public static void WritePage(Stream stream, MemoryStream page, int levels, int encoding)
    {
        new ThriftStruct().With32(1, DataPage).With32(2, page.Length).With32(3, page.Length)
            .With(5, ThriftTypes.Struct, new ThriftStruct().With32(1, levels).With32(2, encoding).With32(3, Rle).With32(4, Rle))
            .Write(stream);
        page.WriteTo(stream);
    }

    /// <summary>The footer's entry of a column chunk without compression.</summary>
    public static ThriftStruct Chunk(
        string[] path, int type, long levels, long start, long? dictionary, long data, long end)
    {
        List<object> encodings = dictionary is null ? [(long)Plain, (long)Rle] : [(long)Plain, (long)Rle, (long)Dictionary];
        ThriftStruct meta = new ThriftStruct()
            .With32(1, type)
            .With(2, ThriftTypes.List, new ThriftList(ThriftTypes.Int32, encodings))
            .With(3, ThriftTypes.List, new ThriftList(ThriftTypes.Binary, [.. path.Select(System.Text.Encoding.UTF8.GetBytes)]))
            .With32(4, 0)
            .With64(5, levels)
            .With64(6, end - start)
            .With64(7, end - start)
            .With64(9, data);
        if (dictionary is { } at)
        {
            meta.With64(11, at);
        }

        return new ThriftStruct().With64(FileOffset, start).With(MetaData, ThriftTypes.Struct, meta);
    }

    /// <summary>A run of one level: its length, shifted for the mark that it is no bit-packed run, and the level, which one byte holds.</summary>
    public static void Run(MemoryStream levels, int count, byte level)
    {
        ThriftStruct.WriteVariable(levels, (ulong)count << 1);
        levels.WriteByte(level);
    }

    /// <summary>Levels with their length before them.</summary>
    public static void WriteLevels(MemoryStream page, MemoryStream levels)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, (int)levels.Length);
        page.Write(length);
        levels.WriteTo(page);
    }
}
