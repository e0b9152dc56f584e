using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests;

public class OptionTests
{
    [Theory]
    [InlineData("1.5")]
    [InlineData("-0.1")]
    public void Slerp_TOutsideRange_IsRefusedUnlessExtrapolating(string t)
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], 1, 0);
        string b = BareModels.Write(directory["b.onnx"], 0, 1);
        MergeOptions options = BareModels.Slerp(a, b, directory["c.onnx"], t);
        OptionException error = Assert.Throws<OptionException>(() => BareModels.Run(options));
        Assert.Equal($"merge slerp: t: needs a number in [0, 1], got {t}; --extrapolate allows it", error.Message);
        Assert.Equal(["a.onnx", "b.onnx"], directory.Files());
        BareModels.Run(options with { Extrapolate = true });
        double angle = double.Parse(t, System.Globalization.CultureInfo.InvariantCulture) * Math.PI / 2;
        Assert.Equal([(float)Math.Cos(angle), (float)Math.Sin(angle)], BareModels.Read(directory["c.onnx"]).ToSingles().Select(x => x), (x, y) => Math.Abs(x - y) < 1e-6);
    }

    [Fact]
    public void Run_SeveralWrongOptions_AreListedTogether()
    {
        OptionException error = Assert.Throws<OptionException>(() => BareModels.Run(new MergeOptions
        {
            Method = MergeMethods.Slerp,
            Inputs = [new MergeInput("a") { Weight = 2 }],
            Output = "c",
            Parameters = new Dictionary<string, string> { ["t"] = "half", ["mode"] = "best", ["density"] = "1" },
            DegreeOfParallelism = 0,
        }));
        Assert.Equal(
            "merge slerp: t: needs a number, got 'half'; mode: needs one of exact, mergekit, got 'best'; "
            + "parameter 'density': not one of those of slerp (t, mode, tree); models: needs 2 or more, got 1; weights: slerp takes none; threads: needs 1 or more, got 0",
            error.Message);
    }

    [Fact]
    public void Slerp_TMissingOrNaN_IsRefused()
    {
        MergeOptions options = BareModels.Slerp("a", "b", "c");
        Assert.Contains(
            "t: needs a value",
            Assert.Throws<OptionException>(() => BareModels.Run(options with { Parameters = new Dictionary<string, string>() })).Message,
            StringComparison.Ordinal);
        Assert.Contains("t: needs a number, got 'NaN'", Assert.Throws<OptionException>(() => BareModels.Run(BareModels.Slerp("a", "b", "c", "NaN"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Linear_WeightsSumToZero_IsRefusedUnlessNotNormalised()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], 1, 2);
        string b = BareModels.Write(directory["b.onnx"], 3, 4);
        MergeOptions options = BareModels.Soup(directory["c.onnx"], a, b);
        options = options with { Inputs = [options.Inputs[0], options.Inputs[1] with { Weight = -1 }] };
        OptionException error = Assert.Throws<OptionException>(() => BareModels.Run(options));
        Assert.Contains("need a sum other than 0 to be normalised, got 1, -1", error.Message, StringComparison.Ordinal);
        BareModels.Run(options with { Parameters = new Dictionary<string, string> { ["normalize"] = "false" } });
        Assert.Equal([-2f, -2f], BareModels.Read(directory["c.onnx"]).ToSingles());
    }

    [Fact]
    public void Run_InputMissing_SaysWhatIsNeeded()
    {
        DataException error = Assert.Throws<DataException>(() => BareModels.Run(BareModels.Slerp("/nowhere/a.onnx", "/nowhere/b.onnx", "c.onnx")));
        const string Needs = "needs a model package, an .onnx file, a directory with safetensors, an adapter or a training run, there is nothing of that name";
        Assert.Equal($"/nowhere/a.onnx: {Needs}; /nowhere/b.onnx: {Needs}", error.Message);
    }

    [Fact]
    public void Run_OutputOrReportExists_IsRefusedUnlessForced()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], 1, 2);
        directory.Write("c.onnx." + MergeReport.FileName, "mine");
        MergeOptions options = BareModels.Soup(directory["c.onnx"], a, a);
        Assert.Throws<OptionException>(() => BareModels.Run(options));
        Assert.Equal(["a.onnx", "c.onnx.merge-report.json"], directory.Files());
        BareModels.Run(options with { Force = true });
        Assert.Equal(["a.onnx", "c.onnx", "c.onnx.merge-recipe.yaml", "c.onnx.merge-report.json"], directory.Files());
    }

    [Fact]
    public void Parse_ModelWithAdapter_IsSplitUnlessThePathExists()
    {
        using TemporaryDirectory directory = new();
        string odd = directory.Write("a+b.onnx", "");
        Assert.Equal(odd, MergeInput.Parse(odd).Model);
        MergeInput input = MergeInput.Parse("base+x+y");
        Assert.Equal("base", input.Model);
        Assert.Equal(["x", "y"], input.Adapters);
        Assert.Equal("base+x+y", input.ToString());
        Assert.Throws<OptionException>(() => MergeInput.Parse("base+"));
    }
}
