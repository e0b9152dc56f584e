using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Files;
using OnnxEmbed.Evaluation.Pages;
using OnnxEmbed.Evaluation.Projections;

namespace OnnxEmbed.Evaluation.Tests.Pages;

public sealed partial class HtmlPageTests
{
    [Fact]
    public void Report_TinyInput_IsTheGoldenPage()
    {
        // Two labels far apart on a line, twelve items.
        float[] values = [.. Enumerable.Range(0, 12).SelectMany(i => new[] { (i % 2 * 8f) + (i / 4f), i % 3 })];
        EvaluationInput input = new()
        {
            Title = "Tiny <model>",
            Embeddings = new EmbeddingMatrix(values, 12, 2),
            Labels = [.. Enumerable.Range(0, 12).Select(i => i % 2)],
            LabelNames = ["no", "yes & \"quoted\""],
            LabelColumn = "prime",
            Texts = [.. Enumerable.Range(0, 12).Select(i => i == 3 ? "</script><b>3" : $"{i}, {i + 1}")],
            Attributes = [AttributeColumn.Numeric("length", [.. Enumerable.Range(0, 12).Select(i => (double)(i % 3))])],
        };
        EvaluationOptions options = new() { Permutations = 19, Subsamples = 0, Folds = 2 };
        EvaluationResult result = EvaluationRun.Evaluate(input, options, cancellation: TestContext.Current.CancellationToken);
        HtmlWriter html = new();
        EvaluationReport.Page(input, result, Pca.Project(input.Embeddings, 2, 1), silhouettes: null).WriteBody(html);
        string expected = Golden.Text("tiny-report.body.html");
        if (html.ToString() != expected)
        {
            string actual = Path.Combine(Path.GetTempPath(), "tiny-report.body.html");
            File.WriteAllText(actual, html.ToString());
            Assert.Fail($"the page differs from Goldens/tiny-report.body.html; if that is meant, review the difference and copy {actual}");
        }
    }

    [Fact]
    public void Render_AnyPage_IsSelfContained()
    {
        foreach (string page in SamplePages.All.Values)
        {
            string markup = page.Replace("http://www.w3.org/", "", StringComparison.Ordinal);
            Assert.DoesNotContain("http:", markup, StringComparison.Ordinal);
            Assert.DoesNotContain("https:", markup, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"(src|href)=""(?!data:|#)", markup);
            Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
            Assert.DoesNotContain('\r', page);
        }
    }

    [Fact]
    public void Render_HostileTexts_AreEscaped()
    {
        string page = SamplePages.All["parts"];
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;", page, StringComparison.Ordinal);

        // Only the page's own script elements open and close.
        Assert.Equal(ScriptStart().Count(page), Regex.Count(page, "</script>"));
        foreach (Match data in JsonScript().Matches(page))
            JsonDocument.Parse(data.Groups[1].Value).Dispose();
    }

    [Fact]
    public void Table_Headers_NameTheirScopeAndBestIsMarkedAsShown()
    {
        HtmlWriter html = new();
        new TableSection(
            [new("Family"), new("Accuracy") { IsNumber = true, IsHigherBest = true }, new("DB") { IsNumber = true, IsHigherBest = false }],
            [["a", 0.80004, 2.0], ["b", 0.8, 1.0], ["c", 0.1, TableCell.Empty]]).Write(html);
        XElement table = XElement.Parse(html.ToString()).Descendants("table").Single();
        Assert.All(table.Descendants("th"), head => Assert.NotNull(head.Attribute("scope")));
        string[] best = [.. table.Descendants("td").Where(cell => cell.Attribute("class")!.Value.Contains("best", StringComparison.Ordinal))
            .Select(cell => cell.Value)];

        // 0.80004 and 0.8 are shown alike, so both are best.
        Assert.Equal(["0.800", "0.800", "1.000"], best);
        Assert.Equal("", table.Descendants("td").Last().Value);
    }

    [Fact]
    public void Table_RowTooShort_SaysWhatIsNeeded() => Assert.Equal("table T: needs 2 cells in each row, got 1",
        Assert.Throws<EvaluationException>(() => new TableSection([new("a"), new("b")],
            [["x"]])
        { Title = "T" }.Write(new HtmlWriter())).Message);

    [Fact]
    public void Scatter_ColumnOfOtherLength_SaysWhatIsNeeded()
    {
        Projection projection = new("PCA", new double[6], 2, [0.5, 0.5]);
        ScatterSection section = new(new ScatterPlot("S", projection, [AttributeColumn.Categorical("c", ["x"])]));
        Assert.Equal("scatter S: needs at least one column, and 3 values in each and texts",
            Assert.Throws<EvaluationException>(() => section.Write(new HtmlWriter())).Message);
    }

    [GeneratedRegex("<script[ >]")]
    private static partial Regex ScriptStart();

    [GeneratedRegex("<script type=\"application/json\"[^>]*>(.*?)</script>")]
    private static partial Regex JsonScript();
}
