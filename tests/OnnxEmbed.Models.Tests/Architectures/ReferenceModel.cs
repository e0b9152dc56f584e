using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tests.Architectures;

/// <summary>
/// Forward passes of BERT and Llama for one text without padding, in double, written from the papers and the published module structure
/// with plain loops: the independent twin of the graphs.
/// </summary>
internal sealed class ReferenceModel(ModelConfig config, IReadOnlyDictionary<string, TensorData> weights)
{
    /// <summary>The last hidden states [tokens, H].</summary>
    public Matrix Run(int[] ids) => config switch
    {
        BertConfig bert => Bert(bert, ids),
        LlamaConfig llama => Llama(llama, ids),
        _ => throw new NotSupportedException(),
    };

    public static IReadOnlyDictionary<string, TensorData> Weights(ModelConfig config, TensorSource source) =>
        EncoderGraph.Parameters(config).ToDictionary(parameter => parameter.Name, parameter => source(parameter.Name, parameter.Shape));

    private Matrix Bert(BertConfig bert, int[] ids)
    {
        Matrix words = Table("embeddings.word_embeddings.weight");
        Matrix places = Table("embeddings.position_embeddings.weight");
        Matrix types = Table("embeddings.token_type_embeddings.weight");
        Matrix x = new Matrix(ids.Length, bert.HiddenSize).Map((t, c) => words[ids[t], c] + places[t, c] + types[0, c]);
        x = LayerNorm(x, "embeddings.LayerNorm", bert.LayerNormEps);
        for (int layer = 0; layer < bert.NumHiddenLayers; layer++)
        {
            string name = $"encoder.layer.{layer}";
            Matrix q = Linear(x, $"{name}.attention.self.query");
            Matrix k = Linear(x, $"{name}.attention.self.key");
            Matrix v = Linear(x, $"{name}.attention.self.value");
            Matrix context = Attend(q, k, v, bert.NumAttentionHeads, bert.NumAttentionHeads, causal: false);
            x = LayerNorm(x + Linear(context, $"{name}.attention.output.dense"), $"{name}.attention.output.LayerNorm", bert.LayerNormEps);
            Matrix wide = Linear(x, $"{name}.intermediate.dense");
            wide = wide.Map((t, c) => wide[t, c] * NormalCdf(wide[t, c]));
            x = LayerNorm(x + Linear(wide, $"{name}.output.dense"), $"{name}.output.LayerNorm", bert.LayerNormEps);
        }

        return x;
    }

    private Matrix Llama(LlamaConfig llama, int[] ids)
    {
        Matrix words = Table("embed_tokens.weight");
        Matrix x = new Matrix(ids.Length, llama.HiddenSize).Map((t, c) => words[ids[t], c]);
        for (int layer = 0; layer < llama.NumHiddenLayers; layer++)
        {
            string name = $"layers.{layer}";
            Matrix n = RmsNorm(x, $"{name}.input_layernorm", llama.RmsNormEps);
            Matrix q = Rotate(Linear(n, $"{name}.self_attn.q_proj"), llama);
            Matrix k = Rotate(Linear(n, $"{name}.self_attn.k_proj"), llama);
            Matrix v = Linear(n, $"{name}.self_attn.v_proj");
            Matrix context = Attend(q, k, v, llama.NumAttentionHeads, llama.NumKeyValueHeads, causal: true);
            x += Linear(context, $"{name}.self_attn.o_proj");
            n = RmsNorm(x, $"{name}.post_attention_layernorm", llama.RmsNormEps);
            Matrix gate = Linear(n, $"{name}.mlp.gate_proj");
            Matrix up = Linear(n, $"{name}.mlp.up_proj");
            Matrix inner = gate.Map((t, c) => gate[t, c] / (1 + Math.Exp(-gate[t, c])) * up[t, c]);
            x += Linear(inner, $"{name}.mlp.down_proj");
        }

        return RmsNorm(x, "norm", llama.RmsNormEps);
    }

    private static Matrix Attend(Matrix q, Matrix k, Matrix v, int heads, int groups, bool causal)
    {
        int width = q.Columns / heads;
        Matrix result = new(q.Rows, q.Columns);
        for (int head = 0; head < heads; head++)
        {
            int group = head / (heads / groups);
            for (int t = 0; t < q.Rows; t++)
            {
                int seen = causal ? t + 1 : q.Rows;
                double[] scores = new double[seen];
                for (int s = 0; s < seen; s++)
                {
                    for (int i = 0; i < width; i++)
                    {
                        scores[s] += q[t, (head * width) + i] * k[s, (group * width) + i] / Math.Sqrt(width);
                    }
                }

                double most = scores.Max();
                double total = scores.Sum(score => Math.Exp(score - most));
                for (int s = 0; s < seen; s++)
                {
                    for (int i = 0; i < width; i++)
                    {
                        result[t, (head * width) + i] += Math.Exp(scores[s] - most) / total * v[s, (group * width) + i];
                    }
                }
            }
        }

        return result;
    }

    // Position t turns the plane (i, i + d/2) of every head by t · θ^(-2i/d), as a complex product.
    private static Matrix Rotate(Matrix x, LlamaConfig llama)
    {
        int half = llama.HeadDim / 2;
        return x.Map((t, c) =>
        {
            int inHead = c % llama.HeadDim;
            int i = inHead % half;
            double angle = t * Math.Pow(llama.RopeTheta, -(double)i / half);
            double real = x[t, c - inHead + i];
            double imaginary = x[t, c - inHead + i + half];
            return inHead < half
                ? (real * Math.Cos(angle)) - (imaginary * Math.Sin(angle))
                : (real * Math.Sin(angle)) + (imaginary * Math.Cos(angle));
        });
    }

    private Matrix LayerNorm(Matrix x, string name, double epsilon)
    {
        double[] scale = Vector($"{name}.weight");
        double[] bias = Vector($"{name}.bias");
        double[] means = [.. Enumerable.Range(0, x.Rows).Select(t => x.Row(t).Average())];
        double[] deviations = [.. Enumerable.Range(0, x.Rows).Select(t => Math.Sqrt(x.Row(t).Average(v => (v - means[t]) * (v - means[t])) + epsilon))];
        return x.Map((t, c) => ((x[t, c] - means[t]) / deviations[t] * scale[c]) + bias[c]);
    }

    private Matrix RmsNorm(Matrix x, string name, double epsilon)
    {
        double[] scale = Vector($"{name}.weight");
        double[] roots = [.. Enumerable.Range(0, x.Rows).Select(t => Math.Sqrt(x.Row(t).Average(v => v * v) + epsilon))];
        return x.Map((t, c) => x[t, c] / roots[t] * scale[c]);
    }

    // Φ by its Taylor series, exact to double precision for the small arguments of these tests.
    private static double NormalCdf(double x)
    {
        double sum = x;
        double term = x;
        for (int n = 1; n < 60; n++)
        {
            term *= -x * x / (2 * n);
            sum += term / ((2 * n) + 1);
        }

        return 0.5 + (sum / Math.Sqrt(2 * Math.PI));
    }

    private Matrix Linear(Matrix x, string name) =>
        x.Linear(Table($"{name}.weight"), weights.TryGetValue($"{name}.bias", out TensorData? bias) ? bias.ToDoubles() : null);

    private Matrix Table(string name) => Matrix.Of(weights[name]);

    private double[] Vector(string name) => weights[name].ToDoubles();
}
