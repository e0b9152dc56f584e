using CsCheck;
using OnnxEmbed.Kernels.Products;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Kernels.Tests.Products;

public class ProductTests
{
    private static readonly Gen<int> Extent = Gen.OneOf(Gen.Int[1, 13], Gen.Int[14, 70], Gen.OneOf(Array.ConvertAll<int, Gen<int>>([12, 16, 24, 31, 32, 33, 48, 49, 64, 96, 130], value => Gen.Const(value))));

    [Fact]
    public void Gemm_AnyShapeOrientationAndAddend_AgreesWithOnnxRuntime() => Gen
        .Select(Extent, Extent, Gen.OneOf(Extent, Gen.OneOf(Array.ConvertAll<int, Gen<int>>([255, 256, 257, 600], value => Gen.Const(value)))), Gen.Bool, Gen.Bool, Gen.Int[0, 3])
        .Sample((m, n, k, transA, transB, addend) =>
        {
            GraphBuilder g = new();
            Value a = g.Input("a", ElementType.Float32, transA ? k : m, transA ? m : k);
            Value b = g.Input("b", ElementType.Float32, transB ? n : k, transB ? k : n);
            long[] shape = addend switch { 1 => [n], 2 => [1, n], _ => [m, n] };
            Value? c = addend == 0 ? null : g.Input("c", ElementType.Float32, shape.Select(extent => (Dim)extent));
            g.Output(g.Gemm(a, b, c, transA, transB, alpha: 0.75), "y");
            Dictionary<string, TensorData> inputs = new()
            {
                ["a"] = TwoWays.Random(1, transA ? [k, m] : [m, k]),
                ["b"] = TwoWays.Random(2, transB ? [n, k] : [k, n]),
            };
            if (c is not null)
            {
                inputs["c"] = TwoWays.Random(3, shape);
            }

            TwoWays.Agree(g, inputs, 5e-6, absolute: 3e-6);
        }, iter: 120);

    [Theory]
    [InlineData(false, false, 0)]
    [InlineData(true, false, 0)]
    [InlineData(false, true, 1)]
    public void Gemm_OnWideVectors_IsRewritten(bool transA, bool transB, int addend)
    {
        GraphBuilder g = new();
        Value a = g.Input("a", ElementType.Float32, transA ? 5 : "rows", transA ? "rows" : 5);
        Value b = g.Input("b", ElementType.Float32, transB ? 7 : 5, transB ? 5 : 7);
        g.Output(g.Gemm(a, b, addend == 0 ? null : g.Input("c", ElementType.Float32, 7), transA, transB), "y");
        Assert.Equal([Product.IsSupported ? "onnxembed.Gemm" : "Gemm"], TwoWays.Operators(g));
    }

    // A column that is added to each column is none of the forms that the kernel knows.
    [Fact]
    public void Gemm_AddendIsAColumn_StaysWithOnnxRuntime()
    {
        GraphBuilder g = new();
        Value c = g.Input("c", ElementType.Float32, 4, 1);
        g.Output(g.Gemm(g.Input("a", ElementType.Float32, 4, 5), g.Input("b", ElementType.Float32, 5, 7), c), "y");
        Assert.Equal(["Gemm"], TwoWays.Operators(g));
        TwoWays.Agree(g, new Dictionary<string, TensorData>
        {
            ["a"] = TwoWays.Random(1, 4, 5),
            ["b"] = TwoWays.Random(2, 5, 7),
            ["c"] = TwoWays.Random(3, 4, 1),
        });
    }

    [Fact]
    public void Gemm_NoCommonAxisAtRunTime_FailsWithBothShapes()
    {
        if (!Product.IsSupported)
        {
            return;
        }

        GraphBuilder g = new();
        g.Output(g.Gemm(g.Input("a", ElementType.Float32, "m", "k"), g.Input("b", ElementType.Float32, "k", "n")), "y");
        Exception fault = Assert.ThrowsAny<Exception>(() => TwoWays.Ours(
            g, new Dictionary<string, TensorData> { ["a"] = TwoWays.Random(1, 4, 5), ["b"] = TwoWays.Random(2, 6, 7) }));
        Assert.Contains("got [4, 5] and [6, 7]", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BatchedMatMul_TranspositionsAround_AreReadAndWrittenByStrides() => Gen
        .Select(Gen.Int[1, 3], Gen.Int[1, 3], Extent, Extent, Extent, Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 2])
        .Sample((outer, inner, m, n, k, orderA, orderB, orderC) =>
        {
            (long[] Order, Func<long[], long[]> Stored)[] orders =
            [
                ([0, 1, 2, 3], shape => shape),
                ([0, 2, 1, 3], shape => [shape[0], shape[2], shape[1], shape[3]]),
                ([0, 1, 3, 2], shape => [shape[0], shape[1], shape[3], shape[2]]),
            ];
            long[] shapeA = orders[orderA].Stored([outer, inner, m, k]);
            long[] shapeB = orders[orderB].Stored([outer, inner, k, n]);
            GraphBuilder g = new();
            Value a = g.Transpose(g.Input("a", ElementType.Float32, shapeA.Select(extent => (Dim)extent)), orders[orderA].Order);
            Value b = g.Transpose(g.Input("b", ElementType.Float32, shapeB.Select(extent => (Dim)extent)), orders[orderB].Order);
            g.Output(g.Transpose(g.MatMul(a, b), orders[orderC].Order), "y");
            if (Product.IsSupported)
            {
                Assert.Equal(["onnxembed.BatchedMatMul"], TwoWays.Operators(g));
            }

            TwoWays.Agree(g, new Dictionary<string, TensorData> { ["a"] = TwoWays.Random(1, shapeA), ["b"] = TwoWays.Random(2, shapeB) }, 5e-6, absolute: 3e-6);
        }, iter: 60);

    [Fact]
    public void BatchedMatMul_TransposedTwice_IsReadAsItLies()
    {
        GraphBuilder g = new();
        Value a = g.Transpose(g.Transpose(g.Input("a", ElementType.Float32, 2, 5, 3, 4), 0, 2, 1, 3), 0, 1, 3, 2);
        g.Output(g.MatMul(a, g.Input("b", ElementType.Float32, 2, 3, 5, 6)), "y");
        TwoWays.Agree(g, new Dictionary<string, TensorData> { ["a"] = TwoWays.Random(1, 2, 5, 3, 4), ["b"] = TwoWays.Random(2, 2, 3, 5, 6) });
        if (Product.IsSupported)
        {
            Assert.Equal(["onnxembed.BatchedMatMul"], TwoWays.Operators(g));
        }
    }

    [Fact]
    public void LoraGradient_FourProducts_BecomeOnePass() => Gen
        .Select(Gen.OneOf(Array.ConvertAll<int, Gen<int>>([1, 7, 48, 49, 97, 400], value => Gen.Const(value))), Extent, Extent, Gen.OneOf(Array.ConvertAll<int, Gen<int>>([1, 4, 8, 16, 17, 40], value => Gen.Const(value))))
        .Sample((tokens, inputs, outputs, rank) =>
        {
            GraphBuilder g = new();
            Value x = g.Add(g.Input("x", ElementType.Float32, "tokens", inputs), 0.5);
            Value dy = g.Input("dy", ElementType.Float32, "tokens", outputs);
            Value a = g.Input("a", ElementType.Float32, rank, inputs);
            Value b = g.Input("b", ElementType.Float32, outputs, rank);
            g.Output(g.Gemm(g.Gemm(dy, b), x, transA: true, alpha: 2), "da");
            g.Output(g.Gemm(dy, g.Gemm(x, a, transB: true), transA: true, alpha: 2), "db");
            if (Product.IsSupported)
            {
                Assert.Equal(["Add", "onnxembed.LoraGradient"], TwoWays.Operators(g));
            }

            TwoWays.Agree(
                g,
                new Dictionary<string, TensorData>
                {
                    ["x"] = TwoWays.Random(1, tokens, inputs),
                    ["dy"] = TwoWays.Random(2, tokens, outputs),
                    ["a"] = TwoWays.Random(3, rank, inputs),
                    ["b"] = TwoWays.Random(4, outputs, rank),
                },
                5e-6,
                absolute: 5e-5);
        }, iter: 40);
}
