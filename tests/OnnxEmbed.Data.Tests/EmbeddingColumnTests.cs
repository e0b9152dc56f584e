using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Tests;

public sealed class EmbeddingColumnTests
{
    [Fact]
    public void Read_WrittenMatrix_ComesBackBitForBit()
    {
        using TemporaryFolder folder = new();
        float[] values = [.. Enumerable.Range(0, 7 * 5).Select(i => MathF.Sin(i) / 3)];
        new ParquetTable([EmbeddingColumn.Of(values, 5)]).Write(folder["e.parquet"], rowGroupSize: 3);
        EmbeddingMatrix read = EmbeddingColumn.Read(ParquetTable.Read(folder["e.parquet"]));
        Assert.Equal((7, 5), (read.Rows, read.Width));
        Assert.Equal(values, read.Values);
        Assert.Equal(values[10..15], read.Row(2).ToArray());
    }

    [Fact]
    public void Read_DoubleLists_AreRounded()
    {
        ParquetTable table = new([new ListColumn<double>("embedding", [0.1, 0.2], [0, 2])]);
        Assert.Equal([0.1f, 0.2f], EmbeddingColumn.Read(table).Values);
    }

    [Fact]
    public void Read_Gaps_NameTheRow()
    {
        AssertRefused([new[] { 1f, 2f }, new[] { 3f }], "table: column embedding, row 1: needs 2 numbers as in row 0, got 1");
        AssertRefused([new[] { 1f }, null], "table: column embedding, row 1: needs an embedding, got null");
        AssertRefused([Array.Empty<float>()], "table: column embedding, row 0: needs an embedding, got an empty list");
        AssertRefused(
            [new[] { 1f, 2f }, new[] { 3f, float.NaN }], "table: column embedding, row 1, position 1: needs a finite number, got NaN");
    }

    [Fact]
    public void Read_ColumnOfAnotherKind_SaysNeededAndFound()
    {
        ParquetTable table = new([Column.Of("embedding", ["x"])]);
        Assert.Equal(
            "table: column embedding: needs list of floats, got string",
            Assert.Throws<DataException>(() => EmbeddingColumn.Read(table)).Message);
    }

    private static void AssertRefused(float[]?[] rows, string message)
    {
        ParquetTable table = new([Column.Of("embedding", rows)]);
        Assert.Equal(message, Assert.Throws<DataException>(() => EmbeddingColumn.Read(table)).Message);
    }
}
