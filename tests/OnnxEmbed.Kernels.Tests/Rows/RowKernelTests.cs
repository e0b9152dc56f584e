using OnnxEmbed.Kernels.Rows;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Kernels.Tests.Rows;

public class RowKernelTests
{
    public static TheoryData<string> UnaryOperators => ["Neg", "Sqrt", "Exp", "Log", "Sigmoid", "Tanh", "Erf", "Reciprocal", "Abs"];

    [Theory]
    [MemberData(nameof(UnaryOperators))]
    public void Rows_UnaryOperator_AgreesWithOnnxRuntime(string name)
    {
        GraphBuilder g = new();
        Value x = g.Input("x", ElementType.Float32, 9, 37);
        g.Output(g.Node(name, [g.Add(g.Mul(x, x), 0.01)]), "y");
        Assert.Equal(["onnxembed.Rows"], TwoWays.Operators(g));
        TwoWays.Agree(g, new Dictionary<string, TensorData> { ["x"] = TwoWays.Random(1, 9, 37) });
    }

    public static TheoryData<long[], long[]> Broadcasts => new()
    {
        { [6, 40], [6, 40] },
        { [6, 40], [40] },
        { [6, 40], [1, 40] },
        { [6, 40], [6, 1] },
        { [6, 40], [1] },
        { [6, 40], [] },
        { [2, 3, 5, 8], [5, 8] },
        { [2, 3, 5, 8], [3, 1, 8] },
        { [2, 3, 5, 8], [2, 1, 5, 8] },
        { [2, 3, 5, 8], [2, 1, 1, 1] },
        { [2, 3, 5, 8], [1, 1, 5, 1] },
        { [1, 1, 1, 3000], [3000] },
        { [1, 1], [1] },
    };

    [Theory]
    [MemberData(nameof(Broadcasts))]
    public void Rows_BroadcastOperand_AgreesWithOnnxRuntime(long[] shape, long[] other)
    {
        GraphBuilder g = new();
        Value x = g.Input("x", ElementType.Float32, shape.Select(extent => (Dim)extent));
        Value y = g.Input("y", ElementType.Float32, other.Select(extent => (Dim)extent));
        g.Output(g.Div(g.Sub(g.Add(g.Mul(x, y), y), g.Mul(y, x)), g.Add(g.Mul(x, x), 1)), "z");
        g.Output(g.Div(y, g.Add(g.Mul(x, x), 1)), "w");
        TwoWays.Agree(g, new Dictionary<string, TensorData> { ["x"] = TwoWays.Random(1, shape), ["y"] = TwoWays.Random(2, other) });
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 5)]
    [InlineData(64, 32)]
    [InlineData(7, 384)]
    [InlineData(2, 5000)]
    public void Rows_ChainWithReductions_AgreesWithOnnxRuntimeAndIsOneNode(int rows, int width)
    {
        GraphBuilder g = new();
        Value x = g.Input("x", ElementType.Float32, "rows", width);
        Value centred = g.Sub(x, g.ReduceMean(x, keepDims: true, -1));
        Value deviation = g.Sqrt(g.Add(g.ReduceMean(g.Node("Pow", [centred, g.Scalar(2)]), keepDims: true, 1), 1e-5));
        g.Output(g.Mul(g.Div(centred, deviation), g.Input("scale", ElementType.Float32, width)), "y");
        g.Output(g.ReduceSum(g.Softmax(g.Add(x, centred)), keepDims: true, -1), "sum");
        g.Output(deviation, "deviation");
        if (width > 1)
        {
            Assert.Equal(["onnxembed.Rows"], TwoWays.Operators(g));
        }

        TwoWays.Agree(g, new Dictionary<string, TensorData>
        {
            ["x"] = TwoWays.Random(1, rows, width),
            ["scale"] = TwoWays.Random(2, width),
        });
    }

    [Fact]
    public void Rows_SplitAndConcatTheOtherWayRound_ExchangesHalves()
    {
        GraphBuilder g = new();
        Value x = g.Input("x", ElementType.Float32, "b", "s", 3, 8);
        Value[] halves = g.Split(x, -1, 4, 4);
        Value swapped = g.Concat(-1, halves[1], halves[0]);
        g.Output(g.Add(g.Mul(x, g.Input("cos", ElementType.Float32, "s", 1, 8)), g.Mul(swapped, g.Input("sin", ElementType.Float32, "s", 1, 8))), "y");
        Assert.Equal(["onnxembed.Rows"], TwoWays.Operators(g));
        TwoWays.Agree(g, new Dictionary<string, TensorData>
        {
            ["x"] = TwoWays.Random(1, 2, 5, 3, 8),
            ["cos"] = TwoWays.Random(2, 5, 1, 8),
            ["sin"] = TwoWays.Random(3, 5, 1, 8),
        });
    }

    // Halves that something else reads too stay as they are.
    [Fact]
    public void Rows_HalfReadElsewhere_IsStillComputed()
    {
        GraphBuilder g = new();
        Value x = g.Input("x", ElementType.Float32, 3, 8);
        Value[] halves = g.Split(x, -1, 4, 4);
        g.Output(g.Add(g.Concat(-1, halves[1], halves[0]), x), "y");
        g.Output(g.Exp(halves[0]), "z");
        TwoWays.Agree(g, new Dictionary<string, TensorData> { ["x"] = TwoWays.Random(1, 3, 8) });
    }

    // Nothing of the full shape is read: the sum stays with ONNX Runtime, and the exchange of halves runs alone.
    [Fact]
    public void Rows_HalvesOfASumOfColumnAndRow_AreExchanged()
    {
        GraphBuilder g = new();
        Value sum = g.Add(g.Input("column", ElementType.Float32, 3, 1), g.Input("row", ElementType.Float32, 8));
        Value[] halves = g.Split(sum, -1, 4, 4);
        g.Output(g.Concat(-1, halves[1], halves[0]), "y");
        TwoWays.Agree(g, new Dictionary<string, TensorData> { ["column"] = TwoWays.Random(1, 3, 1), ["row"] = TwoWays.Random(2, 8) });
    }

    [Fact]
    public void Rows_NoRows_GivesNone()
    {
        GraphBuilder g = new();
        Value x = g.Input("x", ElementType.Float32, "rows", 8);
        g.Output(g.ReduceSum(g.Mul(x, x), keepDims: true, -1), "y");
        IReadOnlyDictionary<string, TensorData> result = TwoWays.Ours(
            g, new Dictionary<string, TensorData> { ["x"] = TensorData.From<float>([], 0, 8) });
        Assert.Equal([0, 1], result["y"].Shape);
    }

    [Fact]
    public void RowProgram_Text_IsReadBack()
    {
        RowProgram program = new(
            [true, false], [new RowInstruction(RowOperation.Multiply, 0, 1), new RowInstruction(RowOperation.RowSum, 2, -1)], [2, 3]);
        RowProgram read = RowProgram.Parse(program.ToString());
        Assert.Equal(program.ToString(), read.ToString());
        Assert.Equal([true, false, true, false], read.Widths());
    }

    [Theory]
    [InlineData("w")]
    [InlineData("w|Multiply 0 5|1")]
    [InlineData("w|Multiply 0 0|7")]
    [InlineData("w|Unknown 0 0|1")]
    public void RowProgram_WrongText_IsRefused(string text) => Assert.ThrowsAny<FormatException>(() => RowProgram.Parse(text));
}
