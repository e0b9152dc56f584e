using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Running;
using OnnxEmbed.Training.Batching;
using OnnxEmbed.Training.Graphs;

namespace OnnxEmbed.Training.Tests.Graphs;

public sealed class OptimizerGraphTests
{
    private static readonly long[][] Shapes = [[4, 6], [6], [3, 2]];

    [Theory]
    [InlineData(0, 0.01)]
    [InlineData(1, 0.01)]
    [InlineData(0.05, 0)]
    public void Build_FiftySteps_EqualTheDefinitionInDouble(double clip, double decay)
    {
        AdamWOptions options = new() { MaxGradientNorm = clip, WeightDecay = decay };
        TrainingParameter[] parameters = [.. Shapes.Select((shape, i) => new TrainingParameter($"p{i}", Normal(shape, $"p{i}"), true))];
        ReferenceAdamW reference = new(
            [.. parameters.Select(parameter => parameter.Initial.ToDoubles())], [.. Shapes.Select(shape => shape.Length > 1)], options);
        using OrtGraphRunner runner = new(OptimizerGraph.Build(parameters, options).ToBytes());
        Dictionary<string, TensorData> state = new(StringComparer.Ordinal);
        foreach (TrainingParameter parameter in parameters)
        {
            state[parameter.Name] = parameter.Initial;
            state[parameter.Name + ".exp_avg"] = Zeros(parameter.Initial.Shape);
            state[parameter.Name + ".exp_avg_sq"] = Zeros(parameter.Initial.Shape);
        }

        for (int step = 1; step <= 50; step++)
        {
            float rate = 1e-2f / step;
            TensorData[] gradients = [.. Shapes.Select((shape, i) => Normal(shape, $"g{i}/{step}"))];
            for (int i = 0; i < parameters.Length; i++)
            {
                state[parameters[i].GradientName] = gradients[i];
            }

            state["learning_rate"] = TensorData.From<float>([rate], 1);
            state["step"] = TensorData.From<long>([step], 1);
            IReadOnlyDictionary<string, TensorData> results = runner.Run(state);
            double norm = reference.Step([.. gradients.Select(gradient => gradient.ToDoubles())], rate);
            Assert.Equal(norm, results["grad_norm"].ToDoubles()[0], 1e-6 * norm);
            foreach ((string name, TensorData value) in results.Where(pair => pair.Key.EndsWith(".out", StringComparison.Ordinal)))
            {
                state[name[..^".out".Length]] = value;
            }
        }

        for (int i = 0; i < parameters.Length; i++)
        {
            AssertClose(reference.Weights[i], state[parameters[i].Name]);
            AssertClose(reference.First[i], state[parameters[i].Name + ".exp_avg"]);
            AssertClose(reference.Second[i], state[parameters[i].Name + ".exp_avg_sq"]);
        }
    }

    [Fact]
    public void Build_NamesAndOrder_AreTheContract()
    {
        TrainingParameter[] parameters = [new("b", Zeros([2]), true), new("a", Zeros([2, 2]), true)];
        GraphBuilder graph = OptimizerGraph.Build(parameters, new AdamWOptions());
        Assert.Equal(
            ["learning_rate", "step", "b", "a", "b_grad", "a_grad", "b.exp_avg", "a.exp_avg", "b.exp_avg_sq", "a.exp_avg_sq"],
            graph.Inputs.Select(input => input.Name));
        Assert.Equal(
            ["grad_norm", "b.out", "a.out", "b.exp_avg.out", "a.exp_avg.out", "b.exp_avg_sq.out", "a.exp_avg_sq.out"],
            graph.Outputs.Select(output => output.Name));
    }

    [Fact]
    public void Faults_OutOfRange_AreAllListed() => Assert.Equal(
        [
            "--beta1: needs a number in [0, 1), got 1",
            "--epsilon: needs a number above 0, got 0",
            "--clip: needs a number of at least 0, got -1",
        ],
        new AdamWOptions { Beta1 = 1, Epsilon = 0, MaxGradientNorm = -1 }.Faults());

    private static TensorData Zeros(IReadOnlyList<long> shape) =>
        TensorData.From<float>(new float[TensorData.CountElements(shape)], [.. shape]);

    private static TensorData Normal(long[] shape, string key)
    {
        CounterRandom random = new(2, key);
        float[] values = new float[TensorData.CountElements(shape)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)random.NextNormal();
        }

        return TensorData.From<float>(values, shape);
    }

    /// <summary>Within 1e-6 of the greatest element: rounding to f32 after each of 50 steps.</summary>
    private static void AssertClose(double[] expected, TensorData actual)
    {
        double largest = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * largest));
    }
}
