using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Models;

namespace OnnxEmbed.Merging.Tests.Inputs;

public class OutputTypeTests
{
    public static TheoryData<ElementType, double> Types => new()
    {
        { ElementType.Float64, 1e-6 }, { ElementType.Float32, 0 }, { ElementType.Float16, 3e-3 }, { ElementType.BFloat16, 2.5e-2 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Merge_ToAnotherType_RunsAndStaysNearToTheMergeInFloat(ElementType type, double tolerance)
    {
        using TemporaryDirectory directory = new();
        using OnnxModel first = TinyExports.Model(TinyModels.Bert, 2);
        using OnnxModel second = TinyExports.Model(TinyModels.Bert, 3);
        string a = TinyExports.Write(first, directory["a.onnx"]);
        string b = TinyExports.Write(second, directory["b.onnx"]);
        TinyExports.Slerp(a, b, directory["float.onnx"]);
        MergeReport report = BareModels.Run(BareModels.Slerp(a, b, directory["typed.onnx"], "0.4") with { OutputType = type });
        using OnnxModel expected = OnnxModel.Load(directory["float.onnx"]);
        using OnnxModel typed = OnnxModel.Load(directory["typed.onnx"]);
        foreach ((string name, TensorData tensor) in expected.Tensors.Where(entry => entry.Value.ElementType.IsFloat() && entry.Value.ElementCount > 1))
        {
            Assert.Equal(type, typed.Tensors[name].ElementType);
            Assert.Equal(tensor.ElementCount, typed.Tensors[name].ElementCount);
        }

        Assert.Contains(report.Tensors, tensor => tensor.Type == $"{type.ShortName()}[14, 8]");
        IReadOnlyDictionary<string, TensorData> one = TinyExports.Embed(directory["float.onnx"], TinyModels.Bert);
        IReadOnlyDictionary<string, TensorData> two = TinyExports.Embed(directory["typed.onnx"], TinyModels.Bert);
        Assert.All(one, entry => Assert.All(entry.Value.ToSingles().Zip(two[entry.Key].ToSingles()), pair => Assert.Equal(pair.First, pair.Second, tolerance)));

        // The typed model is a base like any other, also for float again: no second Cast stands behind the first.
        BareModels.Run(BareModels.Soup(directory["again.onnx"], directory["typed.onnx"], directory["typed.onnx"]) with { OutputType = ElementType.Float32 });
        using OnnxModel again = OnnxModel.Load(directory["again.onnx"]);
        Assert.Equal(typed.Proto.Graph.Node.Count, again.Proto.Graph.Node.Count);
        TinyExports.AssertSame(directory["typed.onnx"], directory["again.onnx"], TinyModels.Bert);
    }

    [Fact]
    public void Merge_MixedTypesToAThird_IsRoundedOnce()
    {
        using TemporaryDirectory directory = new();

        // 1 + 2^-8 lies halfway between two bf16; the mean with a hair more than 1 + 2^-8 lies above, which a rounding to float on the way would lose.
        double[] hair = [1 + Math.Pow(2, -8) + Math.Pow(2, -40), 1, 3];
        string a = BareModels.Write(directory["a.onnx"], "w", TensorData.FromDoubles(hair, ElementType.Float64, 3));
        string b = BareModels.Write(directory["b.onnx"], "w", TensorData.FromSingles([1.00390625f, 1.5f, 2], ElementType.Float16, 3));
        MergeOptions options = BareModels.Soup(directory["c.onnx"], b, a) with { OutputType = ElementType.BFloat16 };
        BareModels.Run(options);
        TensorData merged = BareModels.Read(directory["c.onnx"]);
        Assert.Equal("bf16[3]", merged.ToString());
        Assert.Equal([1.0078125f, 1.25f, 2.5f], merged.ToSingles());
        Assert.Throws<OptionException>(() => BareModels.Run(options with { OutputType = ElementType.Int8, Force = true }));
    }

    [Theory]
    [InlineData(0.1f, 0.10009765625f)]
    [InlineData(1.0039f, 1f)]
    [InlineData(1.00391f, 1.0078125f)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    [InlineData(1e-40f, 9.183549615799121e-41f)]
    [InlineData(-0f, -0f)]
    public void Merge_ToBFloat16_RoundsToNearestEven(float value, float expected)
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], value, 1, 2);
        BareModels.Run(BareModels.Soup(directory["c.onnx"], a, a) with { OutputType = ElementType.BFloat16, AllowNonFinite = true });
        float result = BareModels.Read(directory["c.onnx"]).ToSingles()[0];
        Assert.Equal(expected, result);
        Assert.Equal(float.IsNegative(expected), float.IsNegative(result));
    }

    [Fact]
    public void Merge_TypeThatTheOpsetLacks_IsRefused()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], 1, 2);
        using (OnnxModel model = OnnxModel.Load(a))
        {
            ModelProto old = new(model.Proto);
            old.OpsetImport[0].Version = 11;
            new OnnxModel(old, new Dictionary<string, TensorData> { ["w"] = TensorData.From<float>([1, 2], 2) }).Save(directory["b.onnx"]);
        }

        MergeOptions options = BareModels.Soup(directory["c.onnx"], directory["b.onnx"], a) with { OutputType = ElementType.BFloat16 };
        Assert.Equal("output type: bf16 needs a graph of opset 13 or later, got 11", Assert.Throws<OptionException>(() => BareModels.Run(options)).Message);
        BareModels.Run(options with { OutputType = ElementType.Float16 });
    }

    [Fact]
    public void Recipe_OutDtype_GivesThatType()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], 1, 2);
        string b = BareModels.Write(directory["b.onnx"], 3, 4);
        BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b) with { OutputType = ElementType.Float16 });
        string recipe = File.ReadAllText(directory["c.onnx.merge-recipe.yaml"]);
        Assert.Contains("dtype: float32\nout_dtype: float16\n", recipe, StringComparison.Ordinal);
        Assert.Equal("f16[2]", BareModels.Read(directory["c.onnx"]).ToString());
        MergeOptions again = Assert.Single(Merging.Recipes.RecipeFile.Load(directory["c.onnx.merge-recipe.yaml"]).Stages).Options;
        Assert.Equal(ElementType.Float16, again.OutputType);
    }
}
