using System.Text.RegularExpressions;
using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Study.Families;
using OnnxEmbed.Study.Results;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Study.Tests;

public sealed class StudyRunTests : IClassFixture<TinyStudy>
{
    private readonly TinyStudy _study;

    public StudyRunTests(TinyStudy study) => _study = study;

    [Fact]
    public void Run_TinyStudy_MeasuresEveryFamilyPropertyAndSeed()
    {
        var found = _study.Result.Models.Select(model => (model.Property, model.Seed, model.Family)).ToHashSet();
        var needed = from property in TinyStudy.Preset.Properties
                     from seed in Enumerable.Range(0, TinyStudy.Preset.Seeds)
                     from family in StudyFamilies.All
                     select (property, seed, family.Id);
        Assert.Equal(needed.Order(), found.Order());
        Assert.Equal(found.Count, _study.Result.Models.Count);
    }

    [Fact]
    public void Run_TinyStudy_CurveGoesFromTheFrozenDecoderToTheAdapter()
    {
        foreach (string property in TinyStudy.Preset.Properties)
        {
            CurvePoint[] curve = [.. _study.Result.Curve.Where(point => point.Property == property && point.Seed == 0)];
            Assert.Equal([0, 0.25, 0.5, 1], curve.Select(point => point.T));
            Assert.Equal(0, curve[0].ProbeGain);
            Assert.Equal(1, curve[0].BaseCka);
            ModelMeasures lora = _study.Result.Of(StudyFamilies.DecoderLora.Id, property).First(model => model.Seed == 0);
            Assert.Equal(lora.Test.ProbeAccuracy, curve[^1].ProbeAccuracy);
            Assert.Equal(lora.BaseCka, curve[^1].BaseCka);
        }
    }

    [Fact]
    public void Run_TinyStudy_MergedFamiliesDifferFromBaseAndAdapter()
    {
        string property = TinyStudy.Preset.Properties[0];
        double[] cka = [.. new[] { StudyFamilies.DecoderLora, StudyFamilies.DecoderSoup, StudyFamilies.DecoderSlerpBase, StudyFamilies.DecoderSlerpCheckpoints }
            .Select(family => _study.Result.Of(family.Id, property).First().BaseCka!.Value)];
        Assert.Equal(cka.Length, cka.Distinct().Count());
        Assert.All(cka, value => Assert.True(value < 1));
    }

    [Fact]
    public void Run_TinyStudy_GainIsTheDifferenceOfMeanAccuracies()
    {
        foreach (GainInterval gain in _study.Result.Gains)
        {
            double own = _study.Result.Over(gain.Family, gain.Property, model => model.Test.ProbeAccuracy).Mean;
            double frozen = _study.Result.Over(StudyFamilies.DecoderBase.Id, gain.Property, model => model.Test.ProbeAccuracy).Mean;
            Assert.Equal(own - frozen, gain.Mean, 1e-12);
            Assert.InRange(gain.Mean, gain.Low, gain.High);
        }
    }

    [Fact]
    public void Run_OtherThreadCount_SameResultBytes()
    {
        string again = _study.Root["again"];
        _study.Run(again, threads: 3);
        Assert.Equal(File.ReadAllText(Path.Combine(_study.Out, ResultsFile.FileName)), File.ReadAllText(Path.Combine(again, ResultsFile.FileName)));
    }

    [Fact]
    public void Run_TinyStudy_LeavesReportFiguresAndNoModels()
    {
        string html = File.ReadAllText(Path.Combine(_study.Out, "report.html"));
        Assert.All(StudyFamilies.All, family => Assert.Contains(family.Title.Replace("+", "&#43;", StringComparison.Ordinal), html.Replace("&#x2B;", "&#43;", StringComparison.Ordinal).Replace(" + ", " &#43; ", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.DoesNotMatch(new Regex("(src|href)=\"https?:"), html);
        Assert.True(File.Exists(Path.Combine(_study.Out, "figures", "silhouette-by-family.png")));
        Assert.False(Directory.Exists(Path.Combine(_study.Out, "models")));
    }

    [Fact]
    public void Read_WrittenResults_SameFigures()
    {
        StudyResult read = ResultsFile.Read(Path.Combine(_study.Out, ResultsFile.FileName));
        Assert.Equal(_study.Result.Models.Select(model => model.Test.SilhouetteCosine), read.Models.Select(model => model.Test.SilhouetteCosine));
        Assert.Equal(_study.Result.Gains, read.Gains);
    }

    [Fact]
    public void Run_MissingDecoderOrNoThreads_SaysSoAndLeavesNothing()
    {
        string target = _study.Root["never"];
        StudyOptions options = _study.Options(target, threads: 0) with { Decoder = _study.Root["nowhere"] };
        OptionException option = Assert.Throws<OptionException>(() => StudyRun.Run(options, TimeProvider.System, null, TestContext.Current.CancellationToken));
        Assert.Contains("--threads", option.Message, StringComparison.Ordinal);
        DataException missing = Assert.Throws<DataException>(
            () => StudyRun.Run(options with { Threads = 1 }, TimeProvider.System, null, TestContext.Current.CancellationToken));
        Assert.Contains("--decoder", missing.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(target));
    }

    [Fact]
    public void Run_EncoderInPlaceOfDecoder_SaysWhatIsNeeded()
    {
        StudyOptions options = _study.Options(_study.Root["never"], threads: 1);
        DataException fault = Assert.Throws<DataException>(
            () => StudyRun.Run(options with { Decoder = options.Encoder }, TimeProvider.System, null, TestContext.Current.CancellationToken));
        Assert.Contains("decoder of type llama", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Named_UnknownPreset_ListsThoseThereAre()
    {
        OptionException fault = Assert.Throws<OptionException>(() => StudyPresets.Named("slow"));
        Assert.Contains("quick", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Presets_EveryProperty_IsInTheSuite() =>
        Assert.All(StudyPresets.All, preset => Assert.Equal(preset.Properties.Count, NumberProperties.Find(preset.Properties).Count));

    [Fact]
    public void Quick_Properties_CoverTheFourTiers() =>
        Assert.Equal([1, 2, 3, 4], NumberProperties.Find(StudyPresets.Quick.Properties).Select(property => (int)property.Tier));

    [Fact]
    public void Of_ThreeValues_MeanAndSampleDeviation()
    {
        Spread spread = Spread.Of([1, 2, 6]);
        Assert.Equal(new Spread(3, Math.Sqrt(7), 1, 6, 3), spread);
    }
}
