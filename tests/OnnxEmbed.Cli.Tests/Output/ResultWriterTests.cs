using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;

namespace OnnxEmbed.Cli.Tests.Output;

public sealed class ResultWriterTests
{
    private static readonly Result Sample = new Result()
        .Fact("model", "a,b")
        .Fact("angle", 0.12345678)
        .Fact("missing", double.NaN)
        .Table("tensors", ["name", "norm"], [["w|1", 1.5], ["b\"2", 12345.678f]]);

    [Fact]
    public void Write_Json_KeepsDigitsAndWritesNullForNaN() => Assert.Equal(
        """
        {
          "model": "a,b",
          "angle": 0.12345678,
          "missing": null,
          "tensors": [
            {
              "name": "w|1",
              "norm": 1.5
            },
            {
              "name": "b\"2",
              "norm": 12345.678
            }
          ]
        }

        """.ReplaceLineEndings("\n"),
        Written(OutputFormat.Json));

    [Fact]
    public void Write_Csv_QuotesByRfc4180() => Assert.Equal("name,norm\nw|1,1.5\n\"b\"\"2\",12345.678\n", Written(OutputFormat.Csv));

    [Fact]
    public void Write_Markdown_EscapesBars() => Assert.Equal(
        "- model: a,b\n- angle: 0.12346\n- missing: NaN\n\n| name | norm |\n|---|---|\n| w\\|1 | 1.5 |\n| b\"2 | 12346 |\n",
        Written(OutputFormat.Markdown));

    [Fact]
    public void Write_Table_HasNoEscapeCodesOffATerminal()
    {
        string text = Written(OutputFormat.Table);
        Assert.DoesNotContain('\u001b', text);
        Assert.Contains("angle    0.12346\n", text, StringComparison.Ordinal);
        Assert.Contains("w|1", text, StringComparison.Ordinal);
    }

    private static string Written(OutputFormat format)
    {
        StringWriter to = new() { NewLine = "\n" };
        ResultWriter.Write(new Session(to, TextWriter.Null, TimeProvider.System, CancellationToken.None), format, Sample);
        return to.ToString();
    }
}
