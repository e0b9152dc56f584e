using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Gradients;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;
using Tiny = OnnxEmbed.TestKit.Models.TinyModels;

namespace OnnxEmbed.Training.Tests.Graphs;

/// <summary>
/// The finished training model, as bytes of a file, against finite differences in double: every loss, low-rank factors injected or all
/// weights, both architectures.
/// </summary>
public class TrainingGraphGradientTests(ITestOutputHelper output)
{
    private static readonly long[][] Rows = [[3, 4, 5, 6, 7], [8, 9, 10], [1, 13, 11, 12], [2, 2], [6, 7, 3, 1], [12, 4]];

    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            TheoryData<string, string, bool> cases = [];
            foreach (string loss in Losses.All.Select(loss => loss.Name))
            {
                foreach (bool lora in (bool[])[false, true])
                {
                    cases.Add("bert", loss, lora);
                    cases.Add("llama", loss, lora);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Build_TrainingModel_GivesTheGradientsOfItsLoss(string architecture, string lossName, bool lora)
    {
        ModelConfig config = architecture == "bert" ? Tiny.Bert : Tiny.Llama;
        Loss loss = Losses.All.Single(candidate => candidate.Name == lossName);
        TensorSource weights = Tiny.Weights(config);
        (Onnx.Schema.ModelProto model, IReadOnlyDictionary<string, TensorData> tensors) =
            EncoderGraph.Model(config, PoolingMode.Mean, normalize: true, weights).ToModel();
        TrainingGraph graph = TrainingGraph.Build(model, tensors, "tiny", new TrainingGraphOptions
        {
            Loss = loss,
            Lora = lora ? new LoraOptions { Rank = 2, Alpha = 4 } : null,
            Head = loss.Kind == LossKind.Tokens ? (g, hidden) => LanguageModelHead.Build(g, config, hidden, Head(g, weights)) : null,
            Seed = 3,
        });
        using TrainingModel trained = new(graph.Training);
        string name = $"{architecture} {lossName} {(lora ? "low rank" : "all weights")}";
        double worst = GradientCheck.Run(trained, Point(graph, config, loss), new Random(9), what: name, step: 1e-4);
        output.WriteLine(FormattableString.Invariant($"{name}: {trained.ParameterNames.Count} gradients, greatest relative error {worst:G3}"));
    }

    private static ParameterSource Head(GraphBuilder graph, TensorSource weights) =>
        (name, shape) => graph.Contains(name) ? graph[name] : graph.Initializer(name, weights(name, shape));

    private static Dictionary<string, TensorData> Point(TrainingGraph graph, ModelConfig config, Loss loss)
    {
        Dictionary<string, TensorData> point = Tiny.Batch(config, Rows);
        Random random = new(4);
        foreach (TrainingParameter parameter in graph.Parameters)
        {
            // A fresh adapter's B is zero and would leave no gradient to A.
            double[] values = parameter.Initial.ToDoubles();
            bool isZero = Array.TrueForAll(values, value => value == 0);
            point[parameter.Name] = TensorData.From<double>(
                isZero ? Array.ConvertAll(values, _ => random.NextDouble() - 0.5) : values, [.. parameter.Initial.Shape]);
        }

        long[] ids = point[EncoderInputs.InputIdsName].ToArray<long>();
        switch (loss.Kind)
        {
            case LossKind.Tokens:
                long[] targets = Array.ConvertAll(ids, id => id == 0 ? -100 : id * 5 % Tiny.VocabularySize);
                point[TrainingGraph.LabelsName] = TensorData.From<long>(targets, [.. point[EncoderInputs.InputIdsName].Shape]);
                break;
            case LossKind.Labels:
                point[TrainingGraph.LabelsName] = TensorData.From<long>([0, 1, 0, 2, 1, 0], Rows.Length);
                break;
        }

        return point;
    }
}
