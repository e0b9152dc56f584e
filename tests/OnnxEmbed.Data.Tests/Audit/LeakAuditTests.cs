using OnnxEmbed.Data.Arithmetic;
using OnnxEmbed.Data.Audit;
using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Tests.Audit;

public sealed class LeakAuditTests
{
    private static readonly NumberSuiteOptions Small = new() { OutDir = "", TrainPairs = 400, ValidationPairs = 0, TestPairs = 300 };

    public static TheoryData<string> Properties => [.. NumberProperties.All.Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(Properties))]
    public void Audit_PropertiesOfTheSuite_KeepTheirBounds(string name)
    {
        NumberProperty property = NumberProperties.Find([name])[0];
        LeakAuditRow row = LeakAudit.Audit(
            property,
            NumberSuite.Generate(property, NumberSplit.Train, Small, TestContext.Current.CancellationToken),
            NumberSuite.Generate(property, NumberSplit.Test, Small, TestContext.Current.CancellationToken));
        Assert.Empty(row.Excesses());
        Assert.Equal((800, 600), (row.TrainRows, row.TestRows));
    }

    [Fact]
    public void Audit_PrimesAgainstArbitraryIntegers_IsCaughtByDigits()
    {
        LeakAuditRow row = AuditNaive((random, split, label) => Draw(random, split, 1_000, 999_999, n => Primality.IsPrime(n) == label));
        Assert.InRange(row.Digits, 0.9, 1);
        Assert.True(row.Exceeds);
        string excess = Assert.Single(row.Excesses());
        Assert.Contains("prime: linear probe on digits: needs AUC of at most 0.60 (and two standard errors, ", excess);
    }

    [Fact]
    public void Audit_PositivesOfOtherMagnitude_IsCaughtByLinesAndTrees()
    {
        LeakAuditRow row =
            AuditNaive((random, split, label) => Draw(random, split, 1_000, label ? 999_999 : 600_000, static n => n % 30 == 7));
        Assert.True(row.LinearMagnitude > 0.65 && row.TreeMagnitude > 0.65);
        Assert.Equal(2, row.Excesses().Count(excess => excess.Contains("on magnitudes", StringComparison.Ordinal)));
    }

    [Fact]
    public void Audit_SplitsThatShareIntegers_IsCaughtByTrees()
    {
        NumberProperty squares = NumberProperties.Find(["perfect_square"])[0];
        NumberSuiteOptions options = Small with { TrainPairs = 800 };
        ParquetTable train = NumberSuite.Generate(squares, NumberSplit.Train, options, TestContext.Current.CancellationToken);
        ParquetTable sameIntegers =
            NumberSuite.Generate(squares, NumberSplit.Train, options with { Seed = 1 }, TestContext.Current.CancellationToken);
        LeakAuditRow row = LeakAudit.Audit(squares, train, sameIntegers);
        Assert.True(row.TreeMagnitude > 0.75, $"got {row.TreeMagnitude}");
        Assert.True(row.Exceeds);
    }

    [Fact]
    public void Audit_SurfaceProperty_MayShowInDigits()
    {
        NumberProperty parity = NumberProperties.Find(["parity"])[0];
        LeakAuditRow row = LeakAudit.Audit(
            parity,
            NumberSuite.Generate(parity, NumberSplit.Train, Small, TestContext.Current.CancellationToken),
            NumberSuite.Generate(parity, NumberSplit.Test, Small, TestContext.Current.CancellationToken));
        Assert.True(parity.Bounds.IsSurface);
        Assert.True(row.Digits > 0.99);
        Assert.False(row.Exceeds);
    }

    [Fact]
    public async Task RunAsync_WrittenSuite_GivesTheSameFiguresForAnyDegreeOfParallelism()
    {
        using TemporaryFolder folder = new();
        NumberSuiteOptions options = new()
        {
            OutDir = folder["s"],
            TrainPairs = 200,
            ValidationPairs = 20,
            TestPairs = 100,
            OodPairs = 0,
            Properties = ["increasing", "parity"],
        };
        await NumberSuite.WriteAsync(options, null, TestContext.Current.CancellationToken);
        IReadOnlyList<LeakAuditRow> one = await LeakAudit.RunAsync(options.OutDir, null, 1, null, TestContext.Current.CancellationToken);
        IReadOnlyList<LeakAuditRow> two = await LeakAudit.RunAsync(options.OutDir, null, 2, null, TestContext.Current.CancellationToken);
        Assert.Equal(one, two);
        Assert.Equal(["parity", "increasing"], one.Select(row => row.Property));
        Assert.Equal(240, one[0].TestRows);
    }

    [Fact]
    public async Task RunAsync_NoSuite_SaysSo()
    {
        using TemporaryFolder folder = new();
        DataException error = await Assert.ThrowsAsync<DataException>(
            () => LeakAudit.RunAsync(folder["none"], null, 1, null, TestContext.Current.CancellationToken));
        Assert.Equal($"{folder["none"]}: needs a number-theory suite with a folder for each property, got none", error.Message);
    }

    [Fact]
    public void Audit_OneLabelOnly_SaysSo()
    {
        ParquetTable table = new([Column.Of("seq", new long[]?[] { [1, 2] }), Column.Of("chars", [4L]), Column.Of("label", [1L])]);
        DataException error = Assert.Throws<DataException>(() => LeakAudit.Audit(NumberProperties.All[0], table, table));
        Assert.Equal("table: column label: needs rows with 0 and rows with 1, got 1 rows of one kind", error.Message);
    }

    /// <summary>Audits sequences of six elements drawn for a label without matching, under the name and bounds of prime.</summary>
    private static LeakAuditRow AuditNaive(Func<SeededRandom, NumberSplit, bool, long> element)
    {
        SeededRandom random = new(11);
        return LeakAudit.Audit(NumberProperties.Find(["prime"])[0], Table(NumberSplit.Train, 1_600), Table(NumberSplit.Test, 1_000));

        ParquetTable Table(NumberSplit split, int rows)
        {
            long[] labels = [.. Enumerable.Range(0, rows).Select(row => (long)(row % 2))];
            long[][] sequences =
                Array.ConvertAll(labels, label => Enumerable.Range(0, 6).Select(_ => element(random, split, label == 1)).ToArray());
            return new ParquetTable(
            [
                Column.Of("seq", sequences),
                Column.Of("chars", Array.ConvertAll(sequences, sequence => (long)string.Join(", ", sequence).Length)),
                Column.Of("label", labels),
            ]);
        }
    }

    private static long Draw(SeededRandom random, NumberSplit split, long low, long high, Predicate<long> wanted)
    {
        while (true)
        {
            long n = random.Between(low, high);
            if (ElementSplit.Of(n) == split && wanted(n))
            {
                return n;
            }
        }
    }
}
