using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Tests.Building;

/// <summary>A mistake in a graph is reported where it is made, with the operator, the operands and what was needed.</summary>
public class GraphBuilderErrorTests
{
    private readonly GraphBuilder _graph = new("errors");

    [Fact]
    public void Add_ShapesThatDoNotBroadcast_NamesNodeAndShapes() =>
        Fails(g => g.Add(X("x", "B", 3), X("y", 4)), "Add", "x f32[B, 3]", "y f32[4]", "broadcast", "[B, 3] and [4]");

    [Fact]
    public void Add_DifferentTypes_NamesBoth() =>
        Fails(g => g.Add(X("x", 3), g.Int64(1)), "Add", "operands of one type", "f32 and i64");

    [Fact]
    public void MatMul_InnerExtentsDiffer_NamesBoth() =>
        Fails(g => g.MatMul(X("x", "B", 3), X("y", 4, 2)), "MatMul", "inner extents", "3 and 4");

    [Fact]
    public void MatMul_Scalar_AsksForRank() => Fails(g => g.MatMul(X("x"), X("y", 4, 2)), "MatMul", "rank 1 or more");

    [Fact]
    public void Gemm_RankThree_AsksForRankTwo() => Fails(g => g.Gemm(X("x", 1, 2, 3), X("y", 3, 2)), "Gemm", "rank 2");

    [Fact]
    public void Reshape_OtherNumberOfElements_NamesBoth() => Fails(g => g.Reshape(X("x", 2, 3), 4, 2), "Reshape", "8 elements", "[2, 3]");

    [Fact]
    public void Reshape_TwoWildcards_AsksForOne() => Fails(g => g.Reshape(X("x", 2, 3), -1, -1), "Reshape", "at most one -1");

    [Fact]
    public void Reshape_CopyOfAMissingAxis_NamesTheAxis() => Fails(g => g.Reshape(X("x", 2), 0, 0), "Reshape", "target 1", "[2]");

    [Fact]
    public void Reshape_NotDivisible_NamesShapeAndTarget() => Fails(g => g.Reshape(X("x", 2, 3), -1, 4), "Reshape", "[2, 3]", "-1, 4");

    [Fact]
    public void Transpose_NotAPermutation_NamesIt() =>
        Fails(g => g.Transpose(X("x", 2, 3), 0, 0), "Transpose", "permutation of 2 axes", "[0, 0]");

    [Fact]
    public void ReduceSum_AxisOutOfRange_NamesRange() => Fails(g => g.ReduceSum(X("x", 2, 3), true, 2), "ReduceSum", "[-2, 1]", "got 2");

    [Fact]
    public void Concat_DifferentRanks_AsksForOne() => Fails(g => g.Concat(0, X("x", 2), X("y", 2, 3)), "Concat", "one rank");

    [Fact]
    public void Node_UnknownOperator_ListsTheKnownOnes() =>
        Fails(g => g.Node("Conv", [X("x", 1, 1, 3, 3)]), "Conv", "known are", "MatMul", "Where");

    [Fact]
    public void Node_MissingOperand_NamesIt() => Fails(g => g.Node("Add", [X("x", 2)]), "Add", "needs input 1");

    [Fact]
    public void Input_NameUsedTwice_IsRefused() => Fails(g => (X("x", 2), X("x", 3)), "distinct names", "x");

    [Fact]
    public void Indexer_UnknownName_IsRefused() => Fails(g => g["nothing"], "errors", "nothing");

    private Value X(string name, params IEnumerable<Dim> shape) => _graph.Input(name, ElementType.Float32, shape);

    private void Fails(Func<GraphBuilder, object> build, params string[] parts)
    {
        GraphException exception = Assert.Throws<GraphException>(() => build(_graph));
        Assert.All(parts, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
    }
}
