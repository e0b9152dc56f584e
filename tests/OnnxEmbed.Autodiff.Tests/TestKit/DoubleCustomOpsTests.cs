using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.CustomOperators;
using OnnxEmbed.TestKit.Numerics;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Autodiff.Tests.TestKit;

public class DoubleCustomOpsTests
{
    private static readonly double[] Points = [double.NegativeInfinity, -40, -6, -1.5, -0.3, -0.0, 0, 1e-9, 0.7, 2, 5.5, 40];

    public static TheoryData<string> OperatorNames => [.. DoubleCustomOps.Operators.Select(op => op.Name)];

    [Theory]
    [MemberData(nameof(OperatorNames))]
    public void Run_CustomOperatorInOnnxRuntime_AppliesItsFunction(string name)
    {
        using OrtGraphRunner runner = new(Model(name, DoubleCustomOps.Domain).ToByteArray());
        TensorData y = runner.Run(new Dictionary<string, TensorData> { ["x"] = TensorData.From<double>(Points, 3, 4) })["y"];
        Func<double, double> function = DoubleCustomOps.Operators.Single(op => op.Name == name).Function;
        TensorAssert.Close(TensorData.From<double>([.. Points.Select(function)], 3, 4), y, Tolerance.Exact);
    }

    // ONNX Runtime's own single-precision kernels are the independent witness that the formulas are the standard's.
    [Theory]
    [InlineData("Erf")]
    [InlineData("Gelu")]
    [InlineData("GeluTanh")]
    [InlineData("Softplus")]
    [InlineData("Mish")]
    public void Run_TwinOfStandardOperator_AgreesWithTheSinglePrecisionKernel(string name)
    {
        ModelProto model = Model(name == "GeluTanh" ? "Gelu" : name, "", ElementType.Float32);
        if (name == "GeluTanh")
        {
            model.Graph.Node[0].Attribute.Add(new AttributeProto
            {
                Name = "approximate",
                Type = AttributeProto.Types.AttributeType.String,
                S = ByteString.CopyFromUtf8("tanh"),
            });
        }

        float[] points = [-20, -3, -1, -0.25f, 0, 0.5f, 2, 20];
        using OrtGraphRunner single = new(model.ToByteArray());
        using OrtGraphRunner twin = new(DoubleTwin.Of(model.ToByteArray()));
        TensorData expected = single.Run(new Dictionary<string, TensorData> { ["x"] = TensorData.From<float>(points, 8) })["y"];
        TensorData actual = twin.Run(new Dictionary<string, TensorData>
        {
            ["x"] = TensorData.From<double>(Array.ConvertAll(points, point => (double)point), 8),
        })["y"];
        TensorAssert.Close(
            TensorAssert.Numbers(expected), TensorAssert.Numbers(actual), new Tolerance(2e-6, 2e-6), name);
    }

    [Fact]
    public void Softplus_SmallAndLargeArguments_KeepTheirDigits()
    {
        TensorAssert.Close(
            [Math.Exp(-40), Math.Log(2), 40 + Math.Exp(-40), 800],
            [Activations.Softplus(-40), Activations.Softplus(0), Activations.Softplus(40), Activations.Softplus(800)],
            new Tolerance(0, 1e-15));
    }

    [Fact]
    public void Run_GraphInDouble_KeepsDigitsBeyondSinglePrecision()
    {
        ModelProto model = Model("Identity", "", ElementType.Float32);
        using OrtGraphRunner twin = new(DoubleTwin.Of(model.ToByteArray()));
        double value = 1 + 1e-12;
        TensorData y = twin.Run(new Dictionary<string, TensorData> { ["x"] = TensorData.From<double>([value], 1) })["y"];
        Assert.Equal(value, y.ToArray<double>()[0]);
    }

    private static ModelProto Model(
        string operatorType, string domain, ElementType type = ElementType.Float64) => new()
        {
            IrVersion = 8,
            OpsetImport =
        {
            new OperatorSetIdProto { Domain = "", Version = 20 }, new OperatorSetIdProto { Domain = DoubleCustomOps.Domain, Version = 1 },
        },
            Graph = new GraphProto
            {
                Name = "one operator",
                Node = { new NodeProto { OpType = operatorType, Domain = domain, Input = { "x" }, Output = { "y" } } },
                Input = { Info("x", type) },
                Output = { Info("y", type) },
            },
        };

    private static ValueInfoProto Info(string name, ElementType type) => new()
    {
        Name = name,
        Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } },
    };
}
