using CsCheck;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Tests;

public sealed class ParquetTableTests
{
    private static ParquetTable Everything() => new(
    [
        Column.Of("text", ["one", null, "", "vier, 4 ≠ 5"]),
        Column.Of("count", [1L, long.MinValue, long.MaxValue, -7L]),
        new ValueColumn<long>("maybe", [5, 0, 0, 8], [false, true, true, false]),
        Column.Of("score", [0.1, double.NaN, double.NegativeInfinity, -0.0]),
        new ValueColumn<float>("share", [1.5f, 0, 2, 3], [false, true, false, false]),
        Column.Of("good", [true, false, true, true]),
        Column.Of("seq", new List<long[]?> { new long[] { 1, 2, 3 }, null, Array.Empty<long>(), new long[] { 9 } }),
        Column.Of("embedding", new List<float[]?> { new[] { 1f, 2f }, new[] { 3f, 4f }, new[] { 5f, 6f }, new[] { 7f, 8f } }),
    ]);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(100)]
    public void Write_EveryKindWithNullsAndEmptyLists_ComesBackEqual(int rowGroupSize)
    {
        using TemporaryFolder folder = new();
        ParquetTable table = Everything();
        table.Write(folder["t.parquet"], rowGroupSize: rowGroupSize);
        AssertEqual(table, ParquetTable.Read(folder["t.parquet"]));
    }

    [Fact]
    public void Write_NoRows_ComesBackWithItsColumns()
    {
        using TemporaryFolder folder = new();
        ParquetTable empty = Everything().Take([]);
        empty.Write(folder["t.parquet"]);
        ParquetTable read = ParquetTable.Read(folder["t.parquet"]);
        Assert.Equal(0, read.RowCount);
        Assert.Equal(empty.Columns.Select(column => (column.Name, column.Kind)), read.Columns.Select(column => (column.Name, column.Kind)));
    }

    [Fact]
    public void Write_SameContent_GivesTheSameBytes()
    {
        using TemporaryFolder folder = new();
        Everything().Write(folder["a.parquet"]);
        Everything().Write(folder["b.parquet"]);
        Assert.Equal(File.ReadAllBytes(folder["a.parquet"]), File.ReadAllBytes(folder["b.parquet"]));
    }

    [Fact]
    public void Write_RandomLists_ComeBackEqual()
    {
        Gen<long[]?> row = Gen.Long.Array[0, 5].Null();
        Gen.Select(row.Array[0, 40], Gen.String.Null().Array[0, 40], Gen.Int[1, 17]).Sample(
            (lists, strings, group) =>
            {
                using TemporaryFolder folder = new();
                int rows = Math.Min(lists.Length, strings.Length);
                ParquetTable table =
                    new([Column.Of("l", lists.AsSpan(0, rows).ToArray()), Column.Of("s", strings.AsSpan(0, rows).ToArray())]);
                table.Write(folder["t.parquet"], rowGroupSize: group);
                AssertEqual(table, ParquetTable.Read(folder["t.parquet"]));
            },
            iter: 60);
    }

    [Fact]
    public void Write_PathTaken_ReplacesOnlyWhenForced()
    {
        using TemporaryFolder folder = new();
        Everything().Write(folder["t.parquet"]);
        Assert.Throws<OptionException>(() => Everything().Write(folder["t.parquet"]));
        Everything().Take([0]).Write(folder["t.parquet"], force: true);
        Assert.Equal(1, ParquetTable.Read(folder["t.parquet"]).RowCount);
        Assert.Equal(["t.parquet"], folder.Entries());
    }

    [Fact]
    public void Read_SomeColumns_KeepsTheOrderAskedFor()
    {
        using TemporaryFolder folder = new();
        Everything().Write(folder["t.parquet"]);
        Assert.Equal(["seq", "text"], ParquetTable.Read(folder["t.parquet"], ["seq", "text"]).Columns.Select(column => column.Name));
    }

    [Fact]
    public void Read_MissingColumn_ListsThoseThereAre()
    {
        using TemporaryFolder folder = new();
        string path = folder["t.parquet"];
        Everything().Select("text", "seq").Write(path);
        DataException error = Assert.Throws<DataException>(() => ParquetTable.Read(path, ["label"]));
        Assert.Equal($"{path}: needs a column label, has text (string), seq (list of integers)", error.Message);
    }

    [Fact]
    public void Strings_ColumnOfAnotherKind_SaysNeededAndFound()
    {
        DataException error = Assert.Throws<DataException>(() => Everything().Strings("count"));
        Assert.Equal("table: column count: needs string, got integer", error.Message);
    }

    [Fact]
    public void Strings_NullRow_NamesTheRow()
    {
        DataException error = Assert.Throws<DataException>(() => Everything().Strings("text"));
        Assert.Equal("table: column text: needs a value in every row, got null in row 1", error.Message);
    }

    [Fact]
    public void Numbers_AnyNumericKind_AreDoubles()
    {
        ParquetTable table = Everything();
        Assert.Equal([0.1, double.NaN, double.NegativeInfinity, -0.0], table.Numbers("score"));
        DataException error = Assert.Throws<DataException>(() => table.Numbers("count"));
        Assert.Equal("table: column count, row 1: needs an integer of at most 2^53 in size, got -9223372036854775808", error.Message);
        Assert.Equal([1.0, -7.0], table.Take([0, 3]).Numbers("count"));
    }

    [Fact]
    public void Read_TruncatedFileOfAnyLength_SaysSo()
    {
        using TemporaryFolder folder = new();
        string path = folder["t.parquet"];
        Everything().Write(path);
        byte[] whole = File.ReadAllBytes(path);
        foreach (int length in new[] { 0, 1, 4, 12, whole.Length / 2, whole.Length - 5, whole.Length - 1 })
        {
            File.WriteAllBytes(path, whole[..length]);
            DataException error = Assert.Throws<DataException>(() => ParquetTable.Read(path));
            Assert.StartsWith(
                $"{path}: needs a whole Parquet file, got one that cannot be read (", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_AnyByteDamaged_GivesAnErrorOrATableButNeverHangs()
    {
        using TemporaryFolder folder = new();
        string path = folder["t.parquet"];
        Everything().Write(path);
        byte[] whole = File.ReadAllBytes(path);
        int refused = 0;
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= (byte)(at % 2 == 0 ? 0x80 : 0x37);
            File.WriteAllBytes(path, damaged);
            try
            {
                ParquetTable.Read(path);
            }
            catch (DataException error)
            {
                Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, whole.Length / 4, whole.Length);
    }

    [Fact]
    public void Read_FooterWithAStringBeyondItsEnd_SaysSo()
    {
        using TemporaryFolder folder = new();
        string path = folder["t.parquet"];
        Everything().Write(path);
        byte[] bytes = File.ReadAllBytes(path);
        int createdBy = bytes.AsSpan().LastIndexOf("Parquet.Net"u8);
        bytes[createdBy - 1] += 60;
        File.WriteAllBytes(path, bytes);
        DataException error = Assert.Throws<DataException>(() => ParquetTable.Read(path));
        Assert.Equal(
            $"{path}: needs a whole Parquet file, got one that cannot be read (its footer ends in the middle of a value)", error.Message);
    }

    [Fact]
    public void Read_NoSuchFile_SaysSo()
    {
        using TemporaryFolder folder = new();
        DataException error = Assert.Throws<DataException>(() => ParquetTable.Read(folder["none.parquet"]));
        Assert.Equal($"{folder["none.parquet"]}: no such file", error.Message);
    }

    [Fact]
    public async Task ReadRowGroupsAsync_SeveralGroups_ComeOneByOne()
    {
        using TemporaryFolder folder = new();
        Everything().Write(folder["t.parquet"], rowGroupSize: 3);
        await using ParquetRows rows = await ParquetRows.OpenAsync(folder["t.parquet"], ["count"], TestContext.Current.CancellationToken);
        Assert.Equal((4L, 2), (rows.RowCount, rows.RowGroupCount));
        List<int> sizes = [];
        await foreach (ParquetTable group in rows.ReadRowGroupsAsync(TestContext.Current.CancellationToken))
        {
            sizes.Add(group.RowCount);
        }

        Assert.Equal([3, 1], sizes);
    }

    [Fact]
    public async Task ParquetRowsWriter_DisposedBeforeComplete_LeavesNothing()
    {
        using TemporaryFolder folder = new();
        ParquetTable table = Everything();
        await using (ParquetRowsWriter writer =
            await ParquetRowsWriter.CreateAsync(folder["sub/t.parquet"], table.Schema(), false, TestContext.Current.CancellationToken))
        {
            await writer.AppendAsync(table, TestContext.Current.CancellationToken);
        }

        Assert.Empty(folder.Entries());
    }

    [Fact]
    public async Task ParquetRowsWriter_OtherColumns_Refuses()
    {
        using TemporaryFolder folder = new();
        ParquetTable table = Everything();
        await using ParquetRowsWriter writer =
            await ParquetRowsWriter.CreateAsync(folder["t.parquet"], table.Schema(), false, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<ArgumentException>(() => writer.AppendAsync(table.Select("text"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Concat_OtherKinds_NamesBoth()
    {
        ParquetTable a = new([Column.Of("x", [1L])], "a");
        ParquetTable b = new([Column.Of("x", [1.0])], "b");
        DataException error = Assert.Throws<DataException>(() => ParquetTable.Concat([a, b]));
        Assert.Equal("b: needs the columns x (integer) of a, got x (double)", error.Message);
    }

    [Fact]
    public void Constructor_ColumnsOfDifferentLength_Throws() =>
        Assert.Throws<ArgumentException>(() => new ParquetTable([Column.Of("a", [1L]), Column.Of("b", [1L, 2L])]));

    internal static void AssertEqual(ParquetTable expected, ParquetTable actual)
    {
        Assert.Equal(
            expected.Columns.Select(column => (column.Name, column.Kind)), actual.Columns.Select(column => (column.Name, column.Kind)));
        Assert.Equal(expected.RowCount, actual.RowCount);
        for (int c = 0; c < expected.Columns.Count; c++)
        {
            for (int row = 0; row < expected.RowCount; row++)
            {
                Assert.Equal(Cell(expected.Columns[c], row), Cell(actual.Columns[c], row));
            }
        }
    }

    private static object? Cell(Column column, int row) => column.IsNull(row) ? null : column switch
    {
        StringColumn strings => strings.Values[row],
        ValueColumn<long> values => values.Values[row],
        ValueColumn<double> values => BitConverter.DoubleToInt64Bits(values.Values[row]),
        ValueColumn<float> values => BitConverter.SingleToInt32Bits(values.Values[row]),
        ValueColumn<bool> values => values.Values[row],
        ListColumn<long> lists => lists[row].ToArray(),
        ListColumn<double> lists => lists[row].ToArray(),
        ListColumn<float> lists => lists[row].ToArray(),
        _ => throw new NotSupportedException(),
    };
}
