using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Onnx.Tests.Building;

/// <summary>Inferred shapes against ONNX Runtime: every node of every case at several sizes, extents of 1 among them.</summary>
public class ShapeInferenceTests
{
    private static readonly Dictionary<string, long>[] Sizes =
    [
        new() { ["B"] = 2, ["S"] = 3 },
        new() { ["B"] = 5, ["S"] = 4 },
        new() { ["B"] = 1, ["S"] = 1 },
        new() { ["B"] = 2, ["S"] = 6 },
    ];

    public static TheoryData<string> Names => [.. ShapeCases.All.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Infer_SymbolicInputs_GivesTheShapesOfOnnxRuntime(string name)
    {
        ShapeCase row = ShapeCases.All.Single(candidate => candidate.Name == name);
        GraphBuilder graph = new("shapes", row.Opset);
        row.Build(graph);
        Value[] values = [.. graph.Nodes.SelectMany(node => node.Outputs).Where(value => value is not null).Select(value => value!)];
        Assert.NotEmpty(values);
        foreach (Value value in values)
        {
            graph.Output(value);
        }

        Assert.Equal(row.Unknown, values.Sum(value => value.Shape.Count(dim => dim.Symbols.Any(IsOpen))));
        using OrtGraphRunner runner = new(graph.ToBytes());
        int compared = 0;
        foreach (Dictionary<string, long> sizes in Sizes)
        {
            // Only the sizes that the case's own numbers allow: B·6 elements in rows of 4·3, a table of 16 rows.
            if (Run(runner, graph, sizes) is not { } results)
            {
                continue;
            }

            compared++;
            foreach (Value value in values)
            {
                Compare(value, results[value.Name], sizes);
            }
        }

        Assert.True(compared >= 2, $"only {compared} sizes ran");
    }

    [Fact]
    public void Cases_EveryOperatorOfTheTable_IsCovered()
    {
        HashSet<string> covered = [];
        foreach (ShapeCase row in ShapeCases.All)
        {
            GraphBuilder graph = new("shapes", row.Opset);
            row.Build(graph);
            covered.UnionWith(graph.Nodes.Select(node => node.Proto.OpType));
        }

        Assert.Empty(ShapeInference.Operators.Except(covered));
    }

    private static IReadOnlyDictionary<string, TensorData>? Run(OrtGraphRunner runner, GraphBuilder graph, Dictionary<string, long> sizes)
    {
        try
        {
            return runner.Run(graph.Inputs.ToDictionary(input => input.Name, input => Fill(input, sizes)));
        }
        catch (Microsoft.ML.OnnxRuntime.OnnxRuntimeException) when (sizes != Sizes[0])
        {
            return null;
        }
    }

    private static TensorData Fill(Value input, Dictionary<string, long> sizes)
    {
        long[] shape = [.. input.Shape.Select(dim => Evaluate(dim, sizes))];
        long count = TensorData.CountElements(shape);
        return input.Type switch
        {
            ElementType.Float32 => TensorData.From<float>(Enumerable.Repeat(0.5f, (int)count).ToArray(), shape),
            ElementType.Int64 => TensorData.From<long>(new long[count], shape),
            ElementType.Bool => TensorData.From<bool>(new bool[count], shape),
            _ => throw new NotSupportedException($"{input}"),
        };
    }

    private static void Compare(Value value, TensorData actual, Dictionary<string, long> sizes)
    {
        Assert.Equal(value.Type, actual.ElementType);
        Assert.True(value.Rank == actual.Shape.Count, $"{value}: got {actual}");
        for (int axis = 0; axis < value.Rank; axis++)
        {
            if (!value.Shape[axis].Symbols.Any(IsOpen))
            {
                long expected = Evaluate(value.Shape[axis], sizes);
                Assert.True(expected == actual.Shape[axis], $"{value}: axis {axis} is {expected} where ONNX Runtime gives {actual}");
            }
        }

        if (value.Contents is { } contents && contents.All(dim => !dim.Symbols.Any(IsOpen)))
        {
            long[] numbers = actual.ElementType == ElementType.Int32
                ? Array.ConvertAll(actual.ToArray<int>(), number => (long)number)
                : actual.ToArray<long>();
            Assert.Equal(numbers, contents.Select(dim => Evaluate(dim, sizes)));
        }
    }

    private static long Evaluate(Dim dim, Dictionary<string, long> sizes) =>
        dim.Symbols.Aggregate(dim.Factor, (product, symbol) => product * sizes[symbol]);

    private static bool IsOpen(string symbol) => symbol.StartsWith('?');
}
