using OnnxEmbed.Merging.Comparing;
using OnnxEmbed.Merging.Tests.Inputs;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Models;

namespace OnnxEmbed.Merging.Tests.Comparing;

public class ModelComparisonTests
{
    [Fact]
    public void Run_SeveralModels_GivesCosinesBetweenTaskVectorsOverAllTensors()
    {
        // The task vectors are (1, 0 | 0), (0, 0 | 2) and (3, 0 | 3); a fourth model is the base again.
        using TemporaryDirectory directory = new();
        (float X, float Y)[] changes = [(0, 0), (1, 0), (0, 2), (3, 3), (0, 0)];
        string[] paths = [.. changes.Select((change, i) => BareModels.Write(directory[$"{i}.onnx"], new Dictionary<string, TensorData>
        {
            ["layers.0.a.weight"] = TensorData.From<float>([5 + change.X, 5], 2),
            ["b.weight"] = TensorData.From<float>([7 + change.Y], 1),
            ["mask"] = TensorData.From<float>([-3e38f], 1),
        }))];
        TaskVectorComparison comparison = ModelComparison.Run(
            new MergeInput(paths[0]), [.. paths[1..].Select(path => new MergeInput(path))], 2, cancellation: TestContext.Current.CancellationToken);
        double half = Math.Sqrt(0.5);
        double?[][] expected = [[1, 0, half, null], [0, 1, half, null], [half, half, 1, null], [null, null, null, null]];
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++)
            {
                Assert.Equal(expected[i][j] is null, comparison.Cosines[i][j] is null);
                Assert.Equal(expected[i][j] ?? 0, comparison.Cosines[i][j] ?? 0, 12);
            }
        }

        Assert.Equal([1, Math.Sqrt(4), Math.Sqrt(18), 0], comparison.Models.Select(model => model.Total.DifferenceNorm!.Value));
        DifferenceMap map = DifferenceMap.Of(comparison.Models[2]);
        Assert.Equal(["0", DifferenceMap.Outside], map.Layers);
        Assert.Equal(["a", DifferenceMap.Outside], map.Kinds);
        Assert.Equal(3 / Math.Sqrt(50), map.Relative[0][0], 12);
        Assert.Equal(3 / 7.0, map.Relative[1][1], 12);
        Assert.True(double.IsNaN(map.Relative[0][1]));
    }

    [Theory]
    [InlineData("renamed and transposed")]
    [InlineData("packed")]
    public void Run_AnotherExport_GivesTheFiguresOfTheAlignedPair(string kind)
    {
        using TemporaryDirectory directory = new();
        using OnnxModel first = TinyExports.Model(TinyModels.Bert, 2);
        using OnnxModel second = TinyExports.Model(TinyModels.Bert, 3);
        using OnnxModel twin = kind == "packed" ? PackedExport.Of(second, turned: true) : ExportTwin.Of(second, 5);
        string a = TinyExports.Write(first, directory["a.onnx"]);
        string b = TinyExports.Write(second, directory["b.onnx"]);
        string c = TinyExports.Write(twin, directory["c.onnx"]);
        TaskVectorComparison comparison = ModelComparison.Run(new MergeInput(a), [new MergeInput(b), new MergeInput(c)], 2, cancellation: TestContext.Current.CancellationToken);
        (ModelDifference aligned, ModelDifference other) = (comparison.Models[0], comparison.Models[1]);
        Assert.Empty(other.Mismatches);
        Assert.Equal(aligned.Total.DifferenceNorm!.Value, other.Total.DifferenceNorm!.Value, 1e-9);
        Assert.Equal(aligned.Total.AngleDegrees!.Value, other.Total.AngleDegrees!.Value, 1e-9);
        if (kind != "packed")
        {
            // Packed, one tensor is several; here the lists are the same.
            Assert.Equal(aligned.Tensors.Where(tensor => tensor.Cosine is not null).Select(tensor => tensor.Name), other.Tensors.Where(tensor => tensor.Cosine is not null).Select(tensor => tensor.Name));
            Assert.Equal(1, comparison.Cosines[0][1]!.Value, 1e-9);
        }
    }

    [Fact]
    public void Run_TwoModels_GivesAnglesNormsAndTaskVectors()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], new Dictionary<string, TensorData>
        {
            ["turned"] = TensorData.From<float>([3, 0], 2),
            ["same"] = TensorData.FromSingles([1, 2], ElementType.Float16, 2),
            ["zero"] = TensorData.From<float>([0, 0], 2),
            ["ids"] = TensorData.From<long>([1], 1),
            ["shape"] = TensorData.From<float>([1], 1),
            ["gone"] = TensorData.From<float>([1], 1),
        });
        string b = BareModels.Write(directory["b.onnx"], new Dictionary<string, TensorData>
        {
            ["turned"] = TensorData.From<float>([0, 4], 2),
            ["same"] = TensorData.FromSingles([1, 2], ElementType.Float16, 2),
            ["zero"] = TensorData.From<float>([1, 0], 2),
            ["ids"] = TensorData.From<long>([2], 1),
            ["shape"] = TensorData.From<float>([1, 1], 2),
        });
        ModelDifference difference = ModelComparison.Run(new MergeInput(a), new MergeInput(b), 2, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["'shape' is f32[1], in b.onnx f32[2]", "b.onnx has no 'gone' f32[1]"], difference.Mismatches);
        Assert.Equal(["turned", "same", "zero", "ids"], difference.Tensors.Select(tensor => tensor.Name));
        TensorDifference turned = difference.Tensors[0];
        Assert.Equal((3.0, 4.0, 5.0), (turned.FirstNorm!.Value, turned.SecondNorm!.Value, turned.DifferenceNorm!.Value));
        Assert.Equal(90, turned.AngleDegrees!.Value, 12);
        Assert.Equal(5 / 3.0, turned.RelativeDifference!.Value, 15);
        Assert.Equal((true, 0.0, 0.0), (difference.Tensors[1].Equal, difference.Tensors[1].AngleDegrees!.Value, difference.Tensors[1].DifferenceNorm!.Value));
        Assert.Null(difference.Tensors[2].AngleDegrees);
        Assert.Null(difference.Tensors[2].RelativeDifference);
        Assert.Equal(new TensorDifference("ids", "i64[1]", 1, false), difference.Tensors[3]);
        Assert.Equal(Math.Sqrt(26), difference.Total.DifferenceNorm!.Value, 12);
        Assert.Equal(4, difference.Total.ElementCount); // without the tensor that is equal in both
    }
}
