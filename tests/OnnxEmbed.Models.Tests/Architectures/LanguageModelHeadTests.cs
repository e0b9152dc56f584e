using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Models.Tests.Architectures;

public sealed class LanguageModelHeadTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Build_Llama_IsTheProductWithItsTable(bool tied)
    {
        LlamaConfig config = TinyModels.Llama with { TieWordEmbeddings = tied };
        TensorSource weights = TinyModels.Weights(config);
        TensorData hidden = weights("hidden", [3, config.HiddenSize]);
        string table = tied ? "embed_tokens.weight" : "lm_head.weight";

        double[] expected = Flat(Matrix.Of(hidden).Linear(Matrix.Of(weights(table, [config.VocabSize, config.HiddenSize])), null));

        TensorAssert.Close(expected, Run(config, weights, hidden), new Tolerance(1e-6, 1e-5));
        Assert.Equal(tied ? [] : ["lm_head.weight"], LanguageModelHead.Parameters(config).Keys);
    }

    [Fact]
    public void Build_Bert_IsDenseGeluNormAndTheTiedTable()
    {
        BertConfig config = TinyModels.Bert;
        TensorSource weights = TinyModels.Weights(config);
        TensorData hidden = weights("hidden", [3, config.HiddenSize]);
        int h = config.HiddenSize;
        double[] Vector(string name, int length) => weights(name, [length]).ToDoubles();

        Matrix x = Matrix.Of(hidden).Linear(
            Matrix.Of(weights("cls.predictions.transform.dense.weight", [h, h])), Vector("cls.predictions.transform.dense.bias", h));
        x = x.Map((r, c) => x[r, c] * 0.5 * (1 + TestKit.Numerics.ErrorFunction.Erf(x[r, c] / Math.Sqrt(2))));
        double[] scale = Vector("cls.predictions.transform.LayerNorm.weight", h);
        double[] bias = Vector("cls.predictions.transform.LayerNorm.bias", h);
        Matrix gelu = x;
        x = gelu.Map((r, c) =>
        {
            double mean = gelu.Row(r).Average();
            return ((gelu[r, c] - mean) / Math.Sqrt(gelu.Row(r).Average(v => (v - mean) * (v - mean)) + config.LayerNormEps) * scale[c]) + bias[c];
        });
        double[] expected = Flat(x.Linear(
            Matrix.Of(weights("embeddings.word_embeddings.weight", [config.VocabSize, h])), Vector("cls.predictions.bias", config.VocabSize)));

        TensorAssert.Close(expected, Run(config, weights, hidden), new Tolerance(1e-5, 1e-5));
        Assert.Equal(
            [
                "cls.predictions.bias", "cls.predictions.transform.LayerNorm.bias", "cls.predictions.transform.LayerNorm.weight",
                "cls.predictions.transform.dense.bias", "cls.predictions.transform.dense.weight",
            ],
            LanguageModelHead.Parameters(config).Keys.Order(StringComparer.Ordinal));
    }

    private static double[] Run(ModelConfig config, TensorSource weights, TensorData hidden)
    {
        GraphBuilder graph = new();
        Value input = graph.Input("hidden", ElementType.Float32, "tokens", config.HiddenSize);
        graph.Output(LanguageModelHead.Build(graph, config, input, ParameterSources.Initializers(graph, weights)), "logits");
        using OrtGraphRunner runner = new(graph.ToBytes());
        return runner.Run(new Dictionary<string, TensorData> { ["hidden"] = hidden })["logits"].ToDoubles();
    }

    private static double[] Flat(Matrix matrix) => [.. Enumerable.Range(0, matrix.Rows).SelectMany(matrix.Row)];
}
