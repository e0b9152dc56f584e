using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Kernels.Operators;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Kernels.Tests.Operators;

public class OperatorDomainTests
{
    [Fact]
    public async Task Open_FirstSessionsOfADomainFromSeveralThreads_AllOpen()
    {
        for (int round = 0; round < 500; round++)
        {
            OperatorDomain domain = new OperatorDomain($"tests.first{round}").Add("Same", ElementType.Float32, _ => new SameKernel());
            byte[] model = Model(domain.Name);
            using Barrier start = new(4);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, IntraOpNumThreads = 1 };
                    start.SignalAndWait(TestContext.Current.CancellationToken);
                    using InferenceSession session = domain.Open(model, options);
                    Assert.Equal(["y"], session.OutputNames);
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
        }
    }

    private static byte[] Model(string domain)
    {
        ModelProto model = new() { IrVersion = 8, Graph = new GraphProto { Name = "same" } };
        model.OpsetImport.Add([new OperatorSetIdProto { Version = 17 }, new OperatorSetIdProto { Domain = domain, Version = 1 }]);
        model.Graph.Node.Add(new NodeProto { Domain = domain, OpType = "Same", Input = { "x" }, Output = { "y" } });
        model.Graph.Input.Add(Vector("x"));
        model.Graph.Output.Add(Vector("y"));
        return model.ToByteArray();
    }

    private static ValueInfoProto Vector(string name) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)ElementType.Float32,
                Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 4 } } },
            },
        },
    };

    private sealed unsafe class SameKernel : CpuKernel
    {
        public override void Compute(KernelContext context)
        {
            KernelTensor input = context.Input(0);
            new ReadOnlySpan<float>((void*)input.Data, 4).CopyTo(new Span<float>((void*)context.Output(0, input.Shape), 4));
        }
    }
}
