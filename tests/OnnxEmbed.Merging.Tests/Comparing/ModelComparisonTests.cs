using OnnxEmbed.Merging.Comparing;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Comparing;

public class ModelComparisonTests
{
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
