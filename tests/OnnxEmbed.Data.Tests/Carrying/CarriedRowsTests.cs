using System.Text;
using OnnxEmbed.Data.Carrying;
using OnnxEmbed.Tensors;
using Parquet;
using Parquet.Schema;

namespace OnnxEmbed.Data.Tests.Carrying;

public sealed class CarriedRowsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task Copy_EveryTypeOfTheLibrary_KeepsSchemaAndValues(int blockRows)
    {
        await WriteTypes(_folder["in.parquet"]);

        await Copy(_folder["in.parquet"], _folder["out.parquet"], blockRows, VectorType.Float32);

        string expected = await Dump(_folder["in.parquet"], null);
        string actual = await Dump(_folder["out.parquet"], "v");
        Assert.Equal(expected, actual);
        Assert.Contains("sum: 12345678901234567890123.4567 -1", expected, StringComparison.Ordinal);
        Assert.Contains("when: 2024-01-02", expected, StringComparison.Ordinal);
        Assert.Contains("tags/list/element: a b", expected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VectorType.Float32)]
    [InlineData(VectorType.Float16)]
    [InlineData(VectorType.Int8)]
    public async Task Copy_VectorsOverSeveralPages_ReadBack(VectorType type)
    {
        // 1500 rows of 300 f32 are two pages; rows 0, 7, 14 … are null.
        string[] texts = [.. Enumerable.Range(0, 1500).Select(i => $"t{i}")];
        new ParquetTable([Column.Of("text", texts)]).Write(_folder["in.parquet"]);

        await Copy(_folder["in.parquet"], _folder["out.parquet"], 2000, type, width: 300);

        ParquetTable read = ParquetTable.Read(_folder["out.parquet"]);
        Assert.Equal(texts, read.Strings("text"));
        Column column = read["v"];
        for (int row = 0; row < texts.Length; row++)
        {
            Assert.Equal(row % 7 == 0, column.IsNull(row));
        }

        EmbeddingMatrix matrix = EmbeddingColumn.Read(read.Take([.. Enumerable.Range(0, 1500).Where(row => row % 7 != 0)]), "v");
        float error = type switch { VectorType.Float32 => 0, VectorType.Float16 => 1e-3f, _ => 0.5f / 127 };
        Assert.All(
            Enumerable.Range(0, matrix.Rows),
            i => Assert.All(Vector(((i / 6) * 7) + (i % 6) + 1, 300).Zip(matrix.Values[(i * 300)..((i + 1) * 300)]), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, error)));
    }

    [Fact]
    public void Set_Int8_IsTheNearestMultipleOfTheScale()
    {
        VectorColumn column = new("v", VectorType.Int8, 2, 4);

        column.Set(0, [127, -63.5f, 0.4f, -127]);
        column.Set(1, [0, 0, 0, 0]);

        Assert.Equal([127, unchecked((byte)-64), 0, unchecked((byte)-127)], column.Bytes(0).ToArray());
        Assert.Equal([1f, 0f], column.Scales.ToArray());
        Assert.Equal(new byte[4], column.Bytes(1).ToArray());
    }

    [Fact]
    public async Task ReadAsync_AnyRowGroups_GivesTheSameBlocks()
    {
        string?[] texts = [.. Enumerable.Range(0, 50).Select(i => i % 5 == 0 ? null : new string('x', i))];
        List<string> dumps = [];
        foreach (int group in (int[])[1, 7, 50])
        {
            string path = _folder[$"{group}.parquet"];
            new ParquetTable([Column.Of("text", texts)]).Write(path, rowGroupSize: group);
            await using CarriedRows rows = await CarriedRows.OpenAsync(path, ["text"], [], Token);
            StringBuilder dump = new();
            await foreach (CarriedTable block in rows.ReadAsync(3, 8, 100, Token))
            {
                Assert.InRange(block.RowCount, 1, 8);
                dump.AppendJoin(',', block.Texts[0].Select(text => text?.Length ?? -1)).AppendLine();
            }

            dumps.Add(dump.ToString());
        }

        Assert.All(dumps, dump => Assert.Equal(dumps[0], dump));
        Assert.StartsWith("3,4,-1,6,7,8,9,-1\n11,12,13,14,-1,16,17,18\n", dumps[0].ReplaceLineEndings("\n"), StringComparison.Ordinal);
        int[][] blocks = [.. dumps[0].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',').Select(length => Math.Max(0, int.Parse(length, System.Globalization.CultureInfo.InvariantCulture))).ToArray())];
        Assert.All(blocks[..^1], block => Assert.True(block.Length == 8 || block.Sum() >= 100));
        Assert.All(blocks, block => Assert.True(block[..^1].Sum() < 100));
    }

    [Fact]
    public async Task OpenAsync_ColumnThatWouldChange_IsNamed()
    {
        // FLOAT16 within a list: the library would write bytes of any length.
        new ParquetTable([Column.Of("text", ["a"])]).Write(_folder["in.parquet"]);
        await Copy(_folder["in.parquet"], _folder["half.parquet"], 10, VectorType.Float16);

        DataException e = await Assert.ThrowsAsync<DataException>(() => CarriedRows.OpenAsync(_folder["half.parquet"], ["text"], [], Token));

        Assert.EndsWith("needs columns of a kind that can be passed on unchanged, got v (fixed-length bytes)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_TextThatIsNotUtf8_NamesTheRow()
    {
        DataField field = new("text", typeof(string), isNullable: true);
        ParquetSchema schema = new(field);
        await using (FileStream stream = File.Create(_folder["in.parquet"]))
        await using (ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream, cancellationToken: Token))
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync(field, (IReadOnlyCollection<string>)["fine", "QQQQ"]);
        }

        byte[] bytes = File.ReadAllBytes(_folder["in.parquet"]);
        for (int at = bytes.AsSpan().IndexOf("QQQQ"u8); at >= 0; at = bytes.AsSpan().IndexOf("QQQQ"u8))
        {
            bytes[at] = 0xFF;
        }

        File.WriteAllBytes(_folder["in.parquet"], bytes);
        await using CarriedRows rows = await CarriedRows.OpenAsync(_folder["in.parquet"], ["text"], [], Token);

        DataException e = await Assert.ThrowsAsync<DataException>(async () =>
        {
            await foreach (CarriedTable _ in rows.ReadAsync(0, 8, 100, Token))
            {
            }
        });

        Assert.Contains("column text, row 1: needs text in UTF-8", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copy_DamagedFile_GivesAnErrorOrACopy()
    {
        await WriteTypes(_folder["in.parquet"]);
        byte[] good = File.ReadAllBytes(_folder["in.parquet"]);
        for (int i = 0; i < good.Length; i += 31)
        {
            byte[] bad = [.. good];
            bad[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(_folder["bad.parquet"], bad);
            File.Delete(_folder["out.parquet"]);
            try
            {
                await Copy(_folder["bad.parquet"], _folder["out.parquet"], 3, VectorType.Float32);
            }
            catch (DataException e)
            {
                Assert.Contains("bad.parquet", e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static float[] Vector(int row, int width) => [.. Enumerable.Range(0, width).Select(i => MathF.Sin(row + i))];

    private static async Task Copy(string from, string to, int blockRows, VectorType type, int width = 4)
    {
        await using CarriedRows rows = await CarriedRows.OpenAsync(from, ["text"], ["v"], Token);
        using CarriedRowsWriter writer = new(to, rows, [("v", type)]);
        writer.Restore([], Token);
        List<CarriedPart> parts = [];
        int row = 0;
        await foreach (CarriedTable block in rows.ReadAsync(0, blockRows, long.MaxValue, Token))
        {
            VectorColumn column = new("v", type, block.RowCount, width);
            for (int i = 0; i < block.RowCount; i++, row++)
            {
                if (row % 7 == 0)
                {
                    column.SetNull(i);
                }
                else
                {
                    column.Set(i, Vector(row, width));
                }
            }

            parts.Add(await writer.AppendAsync(block, [column], Token));
        }

        writer.Complete(parts, parts.Count);
    }

    // What the library reads of every leaf, its levels included, and the schema in its own words.
    private static async Task<string> Dump(string path, string? without)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(path, cancellationToken: Token);
        StringBuilder dump = new();
        foreach (DataField field in reader.Schema.DataFields.Where(field => field.Path.ToString().Split('/')[0] != without))
        {
            dump.Append($"{field.Path}:");
            List<string> levels = [];
            for (int group = 0; group < reader.RowGroupCount; group++)
            {
                using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
                using Parquet.Data.RawColumnData raw = await rows.ReadRawColumnDataBaseAsync(field, Token);
                dynamic values = Values((dynamic)raw);
                int present = field.MaxDefinitionLevel == 0 ? values.Length : raw.DefinitionLevels.ToArray().Count(level => level == field.MaxDefinitionLevel);
                for (int i = 0; i < present; i++)
                {
                    dump.Append(' ').Append(Text(values[i]));
                }

                levels.AddRange(field.MaxDefinitionLevel == 0 ? [] : raw.DefinitionLevels.ToArray().Select(level => $"d{level}"));
                levels.AddRange(field.MaxRepetitionLevel == 0 ? [] : raw.RepetitionLevels.ToArray().Select(level => $"r{level}"));
            }

            dump.AppendLine().AppendJoin(' ', levels.Where(level => level[0] == 'd')).AppendJoin(' ', levels.Where(level => level[0] == 'r')).AppendLine();
            dump.AppendLine($"{field.ClrType} {field.GetType().Name} {field.MaxDefinitionLevel} {field.MaxRepetitionLevel}");
        }

        return dump.ToString();
    }

    private static T[] Values<T>(Parquet.Data.RawColumnData<T> raw)
        where T : struct => raw.Values.ToArray();

    private static string Text(object value) => value switch
    {
        ReadOnlyMemory<char> text => text.ToString(),
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        DateTime time => time.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static async Task WriteTypes(string path)
    {
        const int Rows = 6;
        StructField place = new("place", new DataField("x", typeof(int), true), new ListField("names", new DataField("element", typeof(string), true)));
        ParquetSchema schema = new(
            new DataField("text", typeof(string), isNullable: true),
            new DataField("tiny", typeof(sbyte), isNullable: true),
            new DataField("wide", typeof(ulong), isNullable: false),
            new DateTimeDataField("when", DateTimeFormat.Timestamp, isNullable: true),
            new DateTimeDataField("day", DateTimeFormat.Date, isNullable: false),
            new DecimalDataField("price", 9, 2),
            new DataField("id", typeof(Guid), isNullable: false),
            new DataField("blob", typeof(byte[]), isNullable: true),
            new DataField("sure", typeof(bool), isNullable: false),
            new ListField("tags", new DataField("element", typeof(string), true)),
            place,
            new MapField("counts", new DataField("key", typeof(string), false), new DataField("value", typeof(long), true)),
            new DecimalDataField("sum", 27, 4, isNullable: true));
        DataField[] leaf = schema.DataFields;
        await using FileStream stream = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream, cancellationToken: Token);
        for (int group = 0; group < 2; group++)
        {
            using ParquetRowGroupWriter rows = writer.CreateRowGroup();
            int[] someNull = [1, 0, 1, 1, 0, 1];
            await rows.WriteAsync(leaf[0], (IReadOnlyCollection<string>)["eins", null!, "", "zwei, drei", null!, "ä"]);
            await rows.WriteAllPartsAsync<sbyte>(leaf[1], new sbyte[] { -128, 127, 0, 1 }, someNull, null, Token);
            await rows.WriteAllPartsAsync<ulong>(leaf[2], new ulong[] { 0, ulong.MaxValue, 2, 3, 4, 5 }, null, null, Token);
            await rows.WriteAllPartsAsync<DateTime>(leaf[3], Enumerable.Range(0, 4).Select(i => new DateTime(2024, 1, 2, 3, 4, i, DateTimeKind.Utc)).ToArray(), someNull, null, Token);
            await rows.WriteAllPartsAsync<DateTime>(leaf[4], Enumerable.Range(1, Rows).Select(i => new DateTime(1969, 12, i, 0, 0, 0, DateTimeKind.Utc)).ToArray(), null, null, Token);
            await rows.WriteAllPartsAsync<decimal>(leaf[5], new[] { 1.25m, -99999.99m, 0m, 3m, 4m, 5.5m }, null, null, Token);
            await rows.WriteAllPartsAsync<Guid>(leaf[6], Enumerable.Range(0, Rows).Select(i => new Guid(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)).ToArray(), null, null, Token);
            await rows.WriteAsync(leaf[7], (IReadOnlyCollection<byte[]>)[[1, 2], null!, [], [255], null!, [0]]);
            await rows.WriteAllPartsAsync<bool>(leaf[8], new[] { true, false, false, true, true, false }, null, null, Token);
            await WriteLists(rows, leaf[9], ["a", "b", "c"]);
            await rows.WriteAllPartsAsync<int>(leaf[10], new[] { 5, 6, 7, 8 }, new[] { 2, 0, 2, 2, 1, 2 }, null, Token);
            await WriteLists(rows, leaf[11], ["u", "v", "w"]);
            await WriteLists(rows, leaf[12], ["k", "l", "m"]);
            await rows.WriteAllPartsAsync<long>(
                leaf[13], new long[] { 7, 8, 9 }, Levels(leaf[13].MaxDefinitionLevel), Repetitions(), Token);
            await rows.WriteAllPartsAsync<decimal>(leaf[14], new[] { 12345678901234567890123.4567m, -1m, 0m, 0.0001m }, someNull, null, Token);
        }
    }

    // Rows: two values, null, one value, none, none, null.
    private static int[] Levels(int most) => [most, most, 0, most, 0, 0, 0];

    private static int[] Repetitions() => [0, 1, 0, 0, 0, 0, 0];

    private static Task WriteLists(ParquetRowGroupWriter rows, DataField leaf, string[] values) => rows.WriteAllPartsAsync<ReadOnlyMemory<char>>(
        leaf, values.Select(value => value.AsMemory()).ToArray(), Levels(leaf.MaxDefinitionLevel), Repetitions(), Token);
}
