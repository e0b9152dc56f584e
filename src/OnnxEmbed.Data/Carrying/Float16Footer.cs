using static OnnxEmbed.Data.Carrying.ParquetSchemaFields;

namespace OnnxEmbed.Data.Carrying;

/// <summary>
/// Parquet.Net 6.1.0 throws on a file with a FLOAT16 column, whichever columns are wanted. Here such a file is read with a footer in which the
/// column is what it is made of: two bytes of fixed length, under a name in which its type is kept.
/// </summary>
internal static class Float16Footer
{
    /// <summary>Last name in the path of a list of 16-bit floating point numbers as it is read.</summary>
    public const string ElementName = "element (float16)";

    public static Stream OpenStream(string path)
    {
        (byte[] bytes, long dataLength) = CarriedSchema.ReadFooter(path);
        ThriftStruct footer = ThriftStruct.Read(bytes);
        ThriftStruct[] elements = [.. footer.Structs(Schema)];
        ThriftStruct[] found = [.. elements.Where(CarriedSchema.IsFloat16)];
        if (found.Length == 0)
        {
            return new EndingStream(path);
        }

        HashSet<ThriftStruct> flat = [.. CarriedSchema.TopLevel(elements)];
        HashSet<string> names = [.. found.Where(element => !flat.Contains(element)).Select(element => element.Text(Name))];
        foreach (ThriftStruct element in found)
        {
            element.Remove(LogicalType);
            if (!flat.Contains(element))
            {
                element.WithText(Name, ElementName);
            }
        }

        foreach (ThriftStruct meta in footer.Structs(RowGroups).SelectMany(group => group.Structs(Columns)).Select(chunk => chunk.Struct(MetaData)!))
        {
            List<object> place = ((ThriftList)meta[PathInSchema]).Items;
            if (place.Count > 1 && meta.Integer(ElementType) == FixedBytes && names.Contains(System.Text.Encoding.UTF8.GetString((byte[])place[^1])))
            {
                place[^1] = System.Text.Encoding.UTF8.GetBytes(ElementName);
                meta.Remove(Statistics);
            }
        }

        return new SubstituteFooterStream(path, dataLength, footer.ToBytes());
    }
}
