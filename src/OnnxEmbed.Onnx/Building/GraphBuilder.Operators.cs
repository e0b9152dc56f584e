using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <content>The standard operators that graphs here are made of, one method each.</content>
public sealed partial class GraphBuilder
{
    /// <summary>a + b.</summary>
    public Value Add(Value a, Value b) => Node("Add", [a, b]);

    /// <summary>a - b.</summary>
    public Value Sub(Value a, Value b) => Node("Sub", [a, b]);

    /// <summary>a · b, element by element.</summary>
    public Value Mul(Value a, Value b) => Node("Mul", [a, b]);

    /// <summary>a / b, element by element.</summary>
    public Value Div(Value a, Value b) => Node("Div", [a, b]);

    /// <summary>a + c.</summary>
    public Value Add(Value a, double c) => Add(a, Scalar(c, a.Type));

    /// <summary>c - a.</summary>
    public Value SubFrom(double c, Value a) => Sub(Scalar(c, a.Type), a);

    /// <summary>a · c.</summary>
    public Value Mul(Value a, double c) => c == 1 ? a : Mul(a, Scalar(c, a.Type));

    /// <summary>-a.</summary>
    public Value Neg(Value a) => Node("Neg", [a]);

    /// <summary>eᵃ.</summary>
    public Value Exp(Value a) => Node("Exp", [a]);

    /// <summary>ln a.</summary>
    public Value Log(Value a) => Node("Log", [a]);

    /// <summary>√a.</summary>
    public Value Sqrt(Value a) => Node("Sqrt", [a]);

    /// <summary>1 / a.</summary>
    public Value Reciprocal(Value a) => Node("Reciprocal", [a]);

    /// <summary>erf a.</summary>
    public Value Erf(Value a) => Node("Erf", [a]);

    /// <summary>tanh a.</summary>
    public Value Tanh(Value a) => Node("Tanh", [a]);

    /// <summary>1 / (1 + e⁻ᵃ).</summary>
    public Value Sigmoid(Value a) => Node("Sigmoid", [a]);

    /// <summary>max(a, 0).</summary>
    public Value Relu(Value a) => Node("Relu", [a]);

    /// <summary>a converted to another type.</summary>
    public Value Cast(Value a, ElementType to) => a.Type == to ? a : Node("Cast", [a], ("to", to));

    /// <summary>max(a, floor).</summary>
    public Value ClipMin(Value a, double floor) => Node("Clip", [a, Scalar(floor, a.Type)]);

    /// <summary>condition ? a : b, element by element.</summary>
    public Value Where(Value condition, Value a, Value b) => Node("Where", [condition, a, b]);

    /// <summary>a = b, element by element.</summary>
    public Value Equal(Value a, Value b) => Node("Equal", [a, b]);

    /// <summary>a &gt; b, element by element.</summary>
    public Value Greater(Value a, Value b) => Node("Greater", [a, b]);

    /// <summary>a ≥ b, element by element.</summary>
    public Value GreaterOrEqual(Value a, Value b) => Opset >= 12 ? Node("GreaterOrEqual", [a, b]) : Not(Node("Less", [a, b]));

    /// <summary>a ∧ b.</summary>
    public Value And(Value a, Value b) => Node("And", [a, b]);

    /// <summary>¬a.</summary>
    public Value Not(Value a) => Node("Not", [a]);

    /// <summary>Batched matrix product over the two last axes, with numpy's broadcasting.</summary>
    public Value MatMul(Value a, Value b) => Node("MatMul", [a, b]);

    /// <summary>alpha · op(a) · op(b) + beta · c of matrices.</summary>
    /// <param name="a">[M, K], or [K, M] with <paramref name="transA"/>.</param>
    /// <param name="b">[K, N], or [N, K] with <paramref name="transB"/>.</param>
    /// <param name="c">Broadcasts to [M, N]; may be left out.</param>
    /// <param name="transA">Take a transposed.</param>
    /// <param name="transB">Take b transposed.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of c.</param>
    public Value Gemm(Value a, Value b, Value? c = null, bool transA = false, bool transB = false, double alpha = 1, double beta = 1)
    {
        List<(string, object)> attributes = [];
        if (transA)
        {
            attributes.Add(("transA", 1));
        }

        if (transB)
        {
            attributes.Add(("transB", 1));
        }

        if (alpha != 1)
        {
            attributes.Add(("alpha", alpha));
        }

        if (beta != 1)
        {
            attributes.Add(("beta", beta));
        }

        return Node("Gemm", c is null ? [a, b] : [a, b, c], [.. attributes]);
    }

    /// <summary>Softmax over one axis.</summary>
    public Value Softmax(Value a, int axis = -1) => Node("Softmax", [a], ("axis", axis));

    /// <summary>Logarithm of the softmax over one axis.</summary>
    public Value LogSoftmax(Value a, int axis = -1) => Node("LogSoftmax", [a], ("axis", axis));

    /// <summary>(x - mean) / √(variance + epsilon) · scale + bias over the last axis.</summary>
    public Value LayerNormalization(Value x, Value scale, Value bias, double epsilon) =>
        Node("LayerNormalization", [x, scale, bias], ("axis", -1), ("epsilon", epsilon));

    /// <summary>Sum over axes.</summary>
    public Value ReduceSum(Value a, bool keepDims, params long[] axes) => Reduce("ReduceSum", 13, a, keepDims, axes);

    /// <summary>Mean over axes.</summary>
    public Value ReduceMean(Value a, bool keepDims, params long[] axes) => Reduce("ReduceMean", 18, a, keepDims, axes);

    /// <summary>Greatest element over axes.</summary>
    public Value ReduceMax(Value a, bool keepDims, params long[] axes) => Reduce("ReduceMax", 18, a, keepDims, axes);

    /// <summary>Sum of squares over axes.</summary>
    public Value ReduceSumSquare(Value a, bool keepDims, params long[] axes) => Reduce("ReduceSumSquare", 18, a, keepDims, axes);

    /// <summary>Axes in another order.</summary>
    public Value Transpose(Value a, params long[] order) => Node("Transpose", [a], ("perm", order));

    /// <summary>The two last axes exchanged.</summary>
    public Value TransposeLast(Value a)
    {
        long[] order = [.. Enumerable.Range(0, a.Rank).Select(i => (long)i)];
        (order[^1], order[^2]) = (order[^2], order[^1]);
        return Transpose(a, order);
    }

    /// <summary>The same elements in another shape; 0 copies an axis, -1 takes what is left.</summary>
    public Value Reshape(Value a, params long[] shape) => Node("Reshape", [a, Int64s(shape)]);

    /// <summary>The same elements in a shape that another value holds.</summary>
    public Value Reshape(Value a, Value shape) => Node("Reshape", [a, shape]);

    /// <summary>Broadcast to a shape that another value holds.</summary>
    public Value Expand(Value a, Value shape) => Node("Expand", [a, shape]);

    /// <summary>Axes of extent 1 added.</summary>
    public Value Unsqueeze(Value a, params long[] axes) => Listed("Unsqueeze", 13, a, "axes", axes);

    /// <summary>Axes of extent 1 removed.</summary>
    public Value Squeeze(Value a, params long[] axes) => Listed("Squeeze", 13, a, "axes", axes);

    /// <summary>Values side by side along an axis.</summary>
    public Value Concat(int axis, params IEnumerable<Value> parts) => Node("Concat", parts, ("axis", axis));

    /// <summary>Pieces of an axis.</summary>
    public Value[] Split(Value a, int axis, params long[] sizes) => Opset >= 13
        ? NodeWithOutputs("Split", [a, Int64s(sizes)], sizes.Length, ("axis", axis))
        : NodeWithOutputs("Split", [a], sizes.Length, ("axis", axis), ("split", sizes));

    /// <summary>Elements [start, end) of one axis; a negative index counts from the end.</summary>
    public Value Slice(Value a, long axis, long start, long end) => Node("Slice", [a, Int64s(start), Int64s(end), Int64s(axis)]);

    /// <summary>Elements [start, end) of one axis, the bounds being int64 vectors of one element.</summary>
    public Value Slice(Value a, long axis, Value start, Value end) => Node("Slice", [a, start, end, Int64s(axis)]);

    /// <summary>Rows of a table by index.</summary>
    public Value Gather(Value table, Value indices, int axis = 0) => Node("Gather", [table, indices], ("axis", axis));

    /// <summary>One element along an axis for each index.</summary>
    public Value GatherElements(Value a, Value indices, int axis) => Node("GatherElements", [a, indices], ("axis", axis));

    /// <summary>Extents of a value as an int64 vector; asking twice gives the same node.</summary>
    public Value Shape(Value a)
    {
        if (!_shapes.TryGetValue(a.Name, out Value? shape))
        {
            shape = a.Shape.IsKnown ? Int64s([.. a.Shape.Select(dim => dim.Value)]) : Node("Shape", [a]);
            _shapes.Add(a.Name, shape);
        }

        return shape;
    }

    /// <summary>Extent of one axis as an int64 vector of one element.</summary>
    public Value Extent(Value a, int axis) => a.Shape.At(axis).IsKnown
        ? Int64s(a.Shape.At(axis).Value)
        : Gather(Shape(a), Int64s(axis < 0 ? axis + a.Rank : axis));

    private Value Reduce(string opType, int axesInputSince, Value a, bool keepDims, long[] axes) => Opset >= axesInputSince
        ? Node(opType, [a, Int64s(axes)], ("keepdims", keepDims))
        : Node(opType, [a], ("axes", axes), ("keepdims", keepDims));

    // A list that newer opsets take as an input and older ones as an attribute.
    private Value Listed(string opType, int inputSince, Value a, string name, long[] list) => Opset >= inputSince
        ? Node(opType, [a, Int64s(list)])
        : Node(opType, [a], (name, list));
}
