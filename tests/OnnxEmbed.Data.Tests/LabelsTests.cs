using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Tests;

public sealed class LabelsTests
{
    [Fact]
    public void FromColumn_Strings_AreSortedByCodeUnit()
    {
        Labels labels = Labels.FromColumn(new ParquetTable([Column.Of("l", ["b", "B", "a", "b"])]), "l");
        Assert.Equal(["B", "a", "b"], labels.Names);
        Assert.Equal([2, 0, 1, 2], labels.Classes.ToArray());
    }

    [Fact]
    public void FromColumn_Integers_AreSortedBySize()
    {
        Labels labels = Labels.FromColumn(new ParquetTable([Column.Of("l", [10L, 9L, -1L, 10L])]), "l");
        Assert.Equal(["-1", "9", "10"], labels.Names);
        Assert.Equal([2, 1, 0, 2], labels.Classes.ToArray());
    }

    [Fact]
    public void FromColumn_Booleans_FalseIsFirst()
    {
        Labels labels = Labels.FromColumn(new ParquetTable([Column.Of("l", [true, false])]), "l");
        Assert.Equal(["false", "true"], labels.Names);
        Assert.Equal([1, 0], labels.Classes.ToArray());
        Assert.Equal(2, labels.ClassCount);
    }

    [Fact]
    public void FromColumn_DoublesOrNulls_AreRefused()
    {
        ParquetTable table = new([Column.Of("d", [1.0]), Column.Of("n", new string?[] { null })]);
        Assert.Equal(
            "table: column d: needs string or integer or bool, got double",
            Assert.Throws<DataException>(() => Labels.FromColumn(table, "d")).Message);
        Assert.Equal(
            "table: column n: needs a label in every row, got null in row 0",
            Assert.Throws<DataException>(() => Labels.FromColumn(table, "n")).Message);
    }
}
