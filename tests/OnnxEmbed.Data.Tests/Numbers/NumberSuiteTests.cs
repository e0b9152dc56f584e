using System.Text;
using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Tests.Numbers;

public sealed class NumberSuiteTests : IClassFixture<NumberSuiteTests.SmallSuite>
{
    private readonly SmallSuite _suite;

    public NumberSuiteTests(SmallSuite suite) => _suite = suite;

    public static TheoryData<string> Properties => [.. NumberProperties.All.Select(property => property.Name)];

    [Fact]
    public void Catalogue_EveryProperty_HasAnOracleAndADistinctName()
    {
        Assert.Equal(NumberProperties.All.Select(property => property.Name).Order(), PropertyOracles.Positive.Keys.Order());
        Assert.InRange(NumberProperties.All.Count, 12, 100);
        Assert.Equal([1, 2, 3, 4], NumberProperties.All.Select(property => (int)property.Tier).Distinct().Order());
        Assert.All(NumberProperties.All, property => Assert.Matches("^[a-z0-9_]+$", property.Name));
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void Write_EveryRow_HasTheLabelThatBruteForceFinds(string property)
    {
        foreach (NumberSplit split in NumberSplits.All)
        {
            ParquetTable table = _suite.Read(property, split);
            ListColumn<long> sequences = table.IntegerLists("seq");
            for (int row = 0; row < table.RowCount; row++)
            {
                long[] sequence = sequences[row].ToArray();
                bool label = table.Integers("label")[row] == 1;
                Assert.Equal(PropertyOracles.Positive[property](sequence), label);
                if (!label && PropertyOracles.Negative.TryGetValue(property, out Func<long[], bool>? negative))
                {
                    Assert.True(negative(sequence), $"{table.Strings("text")[row]} is no negative of {property}");
                }

                if (PropertyOracles.Side.TryGetValue(property, out Func<long, bool>? side))
                {
                    Assert.All(sequence, n => Assert.True(side(n), $"{n} breaks the side condition of {property}"));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void Write_Splits_ShareNoIntegerBlockAndNoText(string property)
    {
        Dictionary<long, NumberSplit> splitOfBlock = [];
        HashSet<string> texts = [];
        foreach (NumberSplit split in NumberSplits.All)
        {
            ParquetTable table = _suite.Read(property, split);
            Assert.All(table.Strings("text"), text => Assert.True(texts.Add(text), $"{text} comes twice"));
            foreach (long n in table.IntegerLists("seq").Values)
            {
                long block = ElementSplit.BlockOf(n);
                Assert.True(splitOfBlock.TryAdd(block, split) || splitOfBlock[block] == split, $"the block of {n} is in two splits");
                Assert.InRange(n, _suite.Options.DigitsOf(split).Low, _suite.Options.DigitsOf(split).High);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void Write_Groups_AreMatchedAndBalanced(string property)
    {
        int rowsPerGroup = NumberProperties.Find([property])[0].RowsPerGroup;
        foreach (NumberSplit split in NumberSplits.All)
        {
            ParquetTable table = _suite.Read(property, split);
            Assert.Equal(2 * _suite.Options.PairsOf(split), table.RowCount);
            for (int start = 0; start < table.RowCount; start += rowsPerGroup)
            {
                int[] rows = [.. Enumerable.Range(start, rowsPerGroup)];
                Assert.Single(rows.Select(row => table.Strings("pair_id")[row]).Distinct());
                Assert.Single(rows.Select(row => DigitsOf(table.IntegerLists("seq")[row])).Distinct());
                Assert.Single(rows.Select(row => table.Integers("chars")[row]).Distinct());
                Assert.Single(rows.Select(row => table.Integers("len")[row]).Distinct());
                if (rowsPerGroup == 2)
                {
                    Assert.Equal(1, rows.Sum(row => table.Integers("label")[row]));
                }
            }

            Assert.Equal(table.RowCount, table.Strings("id").Distinct().Count());
        }
    }

    [Fact]
    public void Write_FactorialProperties_HaveFourCellsOfEqualSizeInWhichNoComponentAloneDecidesAnExclusiveOr()
    {
        foreach (NumberProperty property in NumberProperties.All.Where(property => property.RowsPerGroup == 4))
        {
            ParquetTable table = _suite.Read(property.Name, NumberSplit.Train);
            var cells = table.Strings("cell")
                .Select((cell, row) => (Cell: cell, Label: table.Integers("label")[row]))
                .GroupBy(row => row.Cell)
                .ToArray();
            Assert.Equal(4, cells.Length);
            Assert.All(cells, cell => Assert.Equal(table.RowCount / 4, cell.Count()));
            Assert.All(cells, cell => Assert.Single(cell.Select(row => row.Label).Distinct()));
            if (property.Name.Contains("xor", StringComparison.Ordinal))
            {
                foreach (bool negated in new[] { false, true })
                {
                    var half = cells.Where(cell => cell.Key.StartsWith("not-", StringComparison.Ordinal) == negated);
                    Assert.Equal(table.RowCount / 4, half.Sum(cell => cell.Sum(row => row.Label)));
                }
            }
        }

        Assert.Throws<DataException>(() => _suite.Read("prime", NumberSplit.Train).Strings("cell"));
    }

    [Fact]
    public void Write_Columns_AreThoseOfTheContract()
    {
        ParquetTable table = _suite.Read("prime", NumberSplit.Test);
        string[] columns =
        [
            "id", "pair_id", "property", "tier", "label", "cell", "split", "format", "seq", "text", "len", "chars", "mean_log10", "parity",
            "last_digit", "sortedness", "magnitude_bucket",
        ];
        Assert.Equal(columns, table.Columns.Select(column => column.Name));
        long[] sequence = table.IntegerLists("seq")[0].ToArray();
        Assert.Equal(string.Join(", ", sequence), table.Strings("text")[0]);
        Assert.Equal(table.Strings("text")[0].Length, table.Integers("chars")[0]);
        Assert.Equal(sequence.Average(n => Math.Log10(n)), table.Numbers("mean_log10")[0], 6);
        Assert.Equal((long)(2 * sequence.Average(n => Math.Log10(n))), table.Integers("magnitude_bucket")[0]);
        Assert.Equal(sequence[^1] % 10, table.Integers("last_digit")[0]);
        Assert.Equal(sequence.Skip(1).Zip(sequence).Count(pair => pair.First > pair.Second), table.Integers("sortedness")[0]);
        Assert.Equal("odd", table.Strings("parity")[0]);
        Assert.Equal(("T2", "prime", "test", "comma"), (
            table.Strings("tier")[0], table.Strings("property")[0], table.Strings("split")[0], table.Strings("format")[0]));
    }

    [Fact]
    public void Write_SameSeed_GivesTheSameBytesForAnyDegreeOfParallelismAndChoiceOfProperties()
    {
        using TemporaryFolder folder = new();
        NumberSuiteOptions options =
            _suite.Options with { OutDir = folder["b"], DegreeOfParallelism = 3, Properties = ["prime", "arithmetic_progression"] };
        NumberSuite.Write(options, cancellationToken: TestContext.Current.CancellationToken);
        foreach (string path in Directory.EnumerateFiles(folder["b"], "*.parquet", SearchOption.AllDirectories))
        {
            string twin = Path.Combine(_suite.Directory, Path.GetRelativePath(folder["b"], path));
            Assert.Equal(File.ReadAllBytes(twin), File.ReadAllBytes(path));
        }

        NumberSuite.Write(options with { OutDir = folder["c"], Seed = 2 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotEqual(
            File.ReadAllBytes(NumberSplits.Path(folder["b"], "prime", NumberSplit.Test)),
            File.ReadAllBytes(NumberSplits.Path(folder["c"], "prime", NumberSplit.Test)));
    }

    [Fact]
    public void Write_Manifest_NamesTheFiles()
    {
        string manifest = File.ReadAllText(Path.Combine(_suite.Directory, NumberSuite.ManifestName), Encoding.UTF8);
        Assert.Contains("\"path\": \"prime/ood-magnitude.parquet\"", manifest);
        Assert.Contains("\"digits\": \"4-6\"", manifest);
        Assert.Equal(4 * NumberProperties.All.Count, _suite.Files.Count);
    }

    [Fact]
    public void Write_TooFewIntegers_NamesEveryPropertyAndSplitThatStarvesAndLeavesNothing()
    {
        using TemporaryFolder folder = new();
        NumberSuiteOptions options = new()
        {
            OutDir = folder["out/suite"],
            Digits = new DigitRange(2, 2),
            TrainPairs = 4,
            ValidationPairs = 50,
            TestPairs = 0,
            Properties = ["prime", "perfect_square", "parity"],
        };
        OptionException error =
            Assert.Throws<OptionException>(() => NumberSuite.Write(options, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(
            "prime, split validation: needs 50 different pairs of 6 elements with 2-2 digits, found 0; ask for fewer pairs "
            + "or more digits, or leave the property out",
            error.Message);
        Assert.Contains("perfect_square, split validation", error.Message);
        Assert.DoesNotContain("parity, split train", error.Message);
        Assert.Empty(folder.Entries());
    }

    [Fact]
    public void Write_ShortIntegers_FillTheQuickProfile()
    {
        using TemporaryFolder folder = new();
        NumberSuiteOptions options = new()
        {
            OutDir = folder["suite"],
            Digits = new DigitRange(3, 4),
            OodDigits = new DigitRange(5, 6),
            TrainPairs = 100,
            ValidationPairs = 40,
            TestPairs = 60,
            Properties = ["alternating_parity", "quadratic_residue_mod_13", "prime", "arithmetic_progression", "even_xor_increasing"],
        };
        Assert.Equal(20, NumberSuite.Write(options, cancellationToken: TestContext.Current.CancellationToken).Count);
        ParquetTable table = ParquetTable.Read(NumberSplits.Path(folder["suite"], "prime", NumberSplit.Test));
        Assert.All(table.Strings("text"), text => Assert.InRange(text.Length, 28, 34));
    }

    [Fact]
    public void Write_DirectoryTaken_RefusesUnlessForced()
    {
        using TemporaryFolder folder = new();
        NumberSuiteOptions options =
            new() { OutDir = folder["s"], Properties = ["parity"], TrainPairs = 3, ValidationPairs = 0, TestPairs = 0 };
        NumberSuite.Write(options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Throws<OptionException>(() => NumberSuite.Write(options, cancellationToken: TestContext.Current.CancellationToken));
        options = options with { Properties = ["increasing"], Force = true };
        NumberSuite.Write(options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["increasing"], Directory.EnumerateDirectories(folder["s"]).Select(Path.GetFileName));
    }

    [Fact]
    public void Validate_WrongOptions_ReportsEveryFault()
    {
        NumberSuiteOptions options = new()
        {
            OutDir = "x",
            TrainPairs = -1,
            Length = 2,
            Digits = new DigitRange(1, 3),
            OodDigits = new DigitRange(3, 5),
            DegreeOfParallelism = 0,
            Properties = ["primes"],
        };
        string message = Assert.Throws<OptionException>(options.Validate).Message;
        Assert.Contains("train pairs: needs at least 0, got -1", message);
        Assert.Contains("length: needs a number in [4, 32], got 2", message);
        Assert.Contains("digits: needs MIN-MAX within 2 and 12, got 1-3", message);
        Assert.Contains("ood digits: needs MIN-MAX within 2 and 12 that does not meet 1-3, got 3-5", message);
        Assert.Contains("degree of parallelism: needs at least 1, got 0", message);
        Assert.Contains("properties: unknown primes; there are parity, divisible_by_3, ", message);
    }

    [Theory]
    [InlineData("4-6", 4, 6)]
    [InlineData("3", 3, 3)]
    public void Parse_Range_IsRead(string text, int min, int max) => Assert.Equal(new DigitRange(min, max), DigitRange.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("6-4")]
    [InlineData("1-3")]
    [InlineData("4-13")]
    [InlineData("4-5-6")]
    public void Parse_AnythingElse_IsRefused(string text)
    {
        OptionException error = Assert.Throws<OptionException>(() => DigitRange.Parse(text));
        Assert.Equal($"digits: needs MIN-MAX within 2 and 12, for example 4-6, got {text}", error.Message);
    }

    [Fact]
    public void Of_AllIntegers_SplitsInTheSharesAndByWholeBlocks()
    {
        int[] counts = new int[3];
        for (long n = 10; n < 200_000; n++)
        {
            counts[(int)ElementSplit.Of(n)]++;
            if (ElementSplit.BlockOf(n) == ElementSplit.BlockOf(n - 1) && n > 10)
            {
                Assert.Equal(ElementSplit.Of(n), ElementSplit.Of(n - 1));
            }
        }

        Assert.InRange(counts[0] / 199_990.0, 0.48, 0.52);
        Assert.InRange(counts[1] / 199_990.0, 0.18, 0.22);
        Assert.InRange(counts[2] / 199_990.0, 0.28, 0.32);
    }

    private static string DigitsOf(ReadOnlySpan<long> sequence) => string.Join(' ', sequence.ToArray().Select(n => n.ToString().Length));

    /// <summary>One suite of all properties that the tests of this class read.</summary>
    public sealed class SmallSuite : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly Dictionary<(string, NumberSplit), ParquetTable> _tables = [];

        public SmallSuite()
        {
            Options = new NumberSuiteOptions
            {
                OutDir = _folder["suite"],
                Seed = 1,
                TrainPairs = 120,
                ValidationPairs = 20,
                TestPairs = 40,
                OodPairs = 20,
            };
            Files = NumberSuite.Write(Options);
        }

        public NumberSuiteOptions Options { get; }

        public IReadOnlyList<NumberSuiteFile> Files { get; }

        public string Directory => Options.OutDir;

        public ParquetTable Read(string property, NumberSplit split)
        {
            if (!_tables.TryGetValue((property, split), out ParquetTable? table))
            {
                _tables.Add((property, split), table = ParquetTable.Read(NumberSplits.Path(Directory, property, split)));
            }

            return table;
        }

        public void Dispose() => _folder.Dispose();
    }
}
