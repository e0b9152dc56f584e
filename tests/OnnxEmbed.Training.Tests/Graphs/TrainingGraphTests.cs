using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Tests.Graphs;

public sealed class TrainingGraphTests
{
    [Theory]
    [InlineData("clm", false)]
    [InlineData("supcon", false)]
    [InlineData("supcon", true)]
    [InlineData("mnrl", true)]
    public void Build_NamesAndOrder_FollowTheTrainingArtifacts(string lossName, bool lora)
    {
        Loss loss = Losses.Named(lossName, Losses.All, "--loss");
        TrainingGraph graph = TinyModels.Graph(TinyModels.Llama, loss, lora ? new LoraOptions { Rank = 2 } : null);
        ModelProto training = ModelProto.Parser.ParseFrom(graph.Training);
        ModelProto evaluation = ModelProto.Parser.ParseFrom(graph.Evaluation);

        string[] batch = loss.Kind == LossKind.Tuples ? ["input_ids", "attention_mask"] : ["input_ids", "attention_mask", "labels"];
        string[] inputs = [.. batch, .. graph.Parameters.Select(parameter => parameter.Name)];
        Assert.Equal(batch, graph.BatchInputs);
        Assert.Equal(inputs, training.Graph.Input.Select(input => input.Name));
        Assert.Equal(inputs, evaluation.Graph.Input.Select(input => input.Name));
        Assert.Equal(
            ["loss", .. graph.Trainable.Select(parameter => parameter.Name + "_grad")], training.Graph.Output.Select(output => output.Name));
        Assert.Equal(["loss"], evaluation.Graph.Output.Select(output => output.Name));
    }

    [Theory]
    [InlineData("clm")]
    [InlineData("mnrl")]
    public void Build_Operators_AreStandardAndHoldNoWeights(string lossName)
    {
        TrainingGraph graph = TinyModels.Graph(TinyModels.Llama, Losses.Named(lossName, Losses.All, "--loss"));
        foreach (byte[] bytes in (byte[][])[graph.Training, graph.Evaluation, graph.Optimizer(new AdamWOptions())])
        {
            ModelProto model = ModelProto.Parser.ParseFrom(bytes);
            Assert.Equal([""], model.OpsetImport.Select(import => import.Domain));
            Assert.All(model.Graph.Node, node => Assert.Equal("", node.Domain));
            Assert.All(model.Graph.Initializer, initializer =>
                Assert.DoesNotContain(".weight", initializer.Name, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Build_TablesOfConstants_AreNotTrained()
    {
        TrainingGraph graph = TinyModels.Graph(TinyModels.Llama, Losses.SupervisedContrastive);
        Assert.Equal(1 + 1 + (2 * 9), graph.Parameters.Count);
        Assert.DoesNotContain(graph.Parameters, parameter => parameter.Name.StartsWith("rotary", StringComparison.Ordinal));
        Assert.All(graph.Parameters, parameter =>
            Assert.Equal(parameter.Name.Contains("norm", StringComparison.Ordinal), !parameter.Decays));
    }

    [Fact]
    public void Build_HalfPrecisionWeights_AreRefusedByName()
    {
        (ModelProto model, IReadOnlyDictionary<string, TensorData> tensors) = TinyModels.Model(TinyModels.Llama);
        Dictionary<string, TensorData> half = new(tensors);
        TensorData norm = half["norm.weight"];
        half["norm.weight"] = TensorData.FromSingles(norm.ToSingles(), ElementType.Float16, [.. norm.Shape]);
        TrainingGraphOptions options = new() { Loss = Losses.SupervisedContrastive };
        Exception fault = Assert.ThrowsAny<DataException>(() => TrainingGraph.Build(model, half, "model.onnx", options));
        Assert.Contains("f16", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_WeightsThatAreNoNumbers_AreRefusedByName()
    {
        (ModelProto model, IReadOnlyDictionary<string, TensorData> tensors) = TinyModels.Model(TinyModels.Llama);
        float[] norm = tensors["norm.weight"].ToSingles();
        norm[3] = float.NaN;
        Dictionary<string, TensorData> broken = new(tensors) { ["norm.weight"] = TensorData.From<float>(norm, norm.Length) };
        DataException fault = Assert.Throws<DataException>(() =>
            TrainingGraph.Build(model, broken, "model.onnx", new TrainingGraphOptions { Loss = Losses.SupervisedContrastive }));
        Assert.Equal("model.onnx: training needs finite weights, got NaN or infinity in norm.weight", fault.Message);
    }

    [Fact]
    public void Build_AdapterWithOtherModules_IsRefused()
    {
        LoraOptions lora = new() { Rank = 2, Targets = ["q_proj", "v_proj"] };
        Dictionary<string, TensorData> factors = TinyModels.Graph(TinyModels.Llama, Losses.SupervisedContrastive, lora).Trainable
            .ToDictionary(parameter => parameter.Name, parameter => parameter.Initial);
        (ModelProto model, IReadOnlyDictionary<string, TensorData> tensors) = TinyModels.Model(TinyModels.Llama);
        TrainingGraphOptions options =
            new() { Loss = Losses.SupervisedContrastive, Lora = lora with { Targets = ["q_proj"] }, InitialFactors = factors };
        DataException fault = Assert.Throws<DataException>(() => TrainingGraph.Build(model, tensors, "model.onnx", options));
        Assert.Contains("it also has layers.0.self_attn.v_proj.lora_A.weight", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_ModelWithoutSentenceEmbedding_SaysSo()
    {
        (ModelProto model, IReadOnlyDictionary<string, TensorData> tensors) = TinyModels.Model(TinyModels.Llama);
        foreach (NodeProto node in model.Graph.Node)
        {
            int at = node.Output.IndexOf("sentence_embedding");
            if (at >= 0)
            {
                node.Output[at] = "other";
            }
        }

        model.Graph.Output.RemoveAt(1);
        DataException fault = Assert.Throws<DataException>(() =>
            TrainingGraph.Build(model, tensors, "model.onnx", new TrainingGraphOptions { Loss = Losses.SupervisedContrastive }));
        Assert.Equal("model.onnx: needs an output sentence_embedding, which the graph does not have", fault.Message);
    }
}
