using System.Text.RegularExpressions;
using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Data.Text;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Tests.Text;

public sealed partial class NumberTextTests
{
    private static readonly string[] Sample = [.. NumberText.Generate(new NumberTextOptions { Count = 20_000, Seed = 7 })];

    public static TheoryData<string> Families => [.. NumberTextFamilies.All.Select(family => family.Name)];

    [Fact]
    public void Generate_Defaults_UsesTheAgreedCharactersAndLengths()
    {
        Assert.All(Sample, text => Assert.Matches(@"^[0-9 ,+\-*/%=<>():.a-z]{1,64}$", text));
        Assert.InRange(Sample.Average(text => text.Length), 15, 40);
    }

    [Fact]
    public void Generate_Defaults_MentionsNoHeldOutInteger()
    {
        long[] mentioned = [.. Sample.SelectMany(text => Integer().Matches(text)).Select(match => long.Parse(match.Value)).Distinct()];
        Assert.All(mentioned, n => Assert.True(n < 100 || ElementSplit.Of(n) == NumberSplit.Train, $"{n} is held out"));
        Assert.All(mentioned, n => Assert.False(NumberText.IsHeldOut(n)));
        Assert.InRange(mentioned.Max(), 9_000, 9_999);
    }

    [Fact]
    public void Generate_SeveralSeeds_HaveNoTextInBothParts()
    {
        HashSet<string> heldOut = [.. NumberText.Generate(new NumberTextOptions { Count = 500, Seed = 1, Part = NumberTextPart.HeldOut })];
        Assert.True(heldOut.Count > 300);
        Assert.DoesNotContain(Sample, heldOut.Contains);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Generate_OneFamily_GivesTrueStatementsWithinTheLimits(string family)
    {
        NumberTextOptions options = new()
        {
            Count = 400,
            Seed = 3,
            MaxDigits = 5,
            MaxCharacters = 48,
            Shares = NumberTextFamilies.All.ToDictionary(each => each.Name, each => each.Name == family ? 1.0 : 0.0),
        };
        string[] texts = [.. NumberText.Generate(options)];
        Assert.All(texts, text => Assert.InRange(text.Length, 1, 48));
        Assert.All(texts, text => Assert.NotEqual(false, StatementChecker.IsTrue(text)));
        Assert.True(texts.Distinct().Count() > 100, "The family repeats itself.");
        Assert.DoesNotContain(texts, text => Integer().Matches(text).Any(match => match.Length > 5));
    }

    [Theory]
    [InlineData("factorisation")]
    [InlineData("parity-words")]
    [InlineData("divisibility-words")]
    [InlineData("remainder")]
    [InlineData("digit-sum")]
    public void Generate_FactsOfAnInteger_AreOnlyStatedOfTrainIntegersHoweverSmall(string family)
    {
        NumberTextOptions options = new()
        {
            Count = 2_000,
            MaxDigits = 2,
            Shares = NumberTextFamilies.All.ToDictionary(each => each.Name, each => each.Name == family ? 1.0 : 0.0),
        };
        long[] subjects = [.. NumberText.Generate(options).Select(text => long.Parse(Integer().Match(text).Value))];
        Assert.All(subjects, n => Assert.Equal(NumberSplit.Train, ElementSplit.Of(n)));
    }

    [Fact]
    public void Write_SameOptions_GivesTheSameBytes()
    {
        using TemporaryFolder folder = new();
        NumberTextOptions options = new() { Count = 3_000, Seed = 5 };
        NumberText.Write(folder["a.parquet"], options);
        NumberText.Write(folder["b.parquet"], options);
        NumberText.Write(folder["c.parquet"], options with { Seed = 6 });
        Assert.Equal(File.ReadAllBytes(folder["a.parquet"]), File.ReadAllBytes(folder["b.parquet"]));
        Assert.NotEqual(File.ReadAllBytes(folder["a.parquet"]), File.ReadAllBytes(folder["c.parquet"]));
        ParquetTable table = ParquetTable.Read(folder["a.parquet"], ["text"]);
        Assert.Equal(NumberText.Generate(options), table.Strings("text"));
    }

    [Fact]
    public void Write_Cancelled_LeavesNothing()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource source = new();
        NumberTextOptions options = new() { Count = 120_000 };
        Progress progress = new(source.Cancel);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            NumberText.WriteAsync(folder["a.parquet"], options, false, progress, source.Token).GetAwaiter().GetResult());
        Assert.Empty(folder.Entries());
    }

    [Fact]
    public void Generate_WrongOptions_ReportsEveryFault()
    {
        NumberTextOptions options = new()
        {
            Count = 0,
            MaxDigits = 1,
            MaxCharacters = 5,
            Shares = new Dictionary<string, double> { ["primes"] = 1, ["sum"] = -1 },
        };
        OptionException error = Assert.Throws<OptionException>(() => NumberText.Generate(options));
        Assert.Contains("count: needs at least 1, got 0", error.Message);
        Assert.Contains("max digits: needs a number in [2, 9], got 1", error.Message);
        Assert.Contains("max characters: needs a number in [24, 1024], got 5", error.Message);
        Assert.Contains("unknown family primes; there are counting, ", error.Message);
        Assert.Contains("needs a number of at least 0 for sum, got -1", error.Message);
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Integer();

    private sealed class Progress(Action first) : IProgress<long>
    {
        public void Report(long value) => first();
    }
}
