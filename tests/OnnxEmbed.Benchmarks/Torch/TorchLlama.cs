using OnnxEmbed.Benchmarks.Shapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OnnxEmbed.Benchmarks.Torch;

/// <summary>
/// <see cref="LlamaShape"/> written for libtorch, the peer that the training step is measured against and compared with. Attention is
/// libtorch's own scaled_dot_product_attention, and temporaries are freed layer by layer, which is the fastest form found.
/// </summary>
internal sealed class TorchLlama : IDisposable
{
    private readonly LlamaShape _shape;
    private readonly bool _lora;
    private readonly Dictionary<string, Tensor> _parameters = [];
    private readonly Embedding _embedding;
    private readonly Tensor _cosine;
    private readonly Tensor _sine;

    public TorchLlama(LlamaWeights weights, bool lora)
    {
        _shape = weights.Shape;
        _lora = lora;
        foreach ((string name, (long[] dimensions, float[] values)) in weights.Base)
        {
            Tensor tensor = torch.tensor(values, dimensions);
            _parameters[name] = lora ? tensor : new Parameter(tensor);
        }

        if (lora)
        {
            foreach ((string name, (long[] dimensions, float[] values)) in weights.Adapter)
            {
                _parameters[name] = new Parameter(torch.tensor(values, dimensions));
            }
        }

        _embedding = nn.Embedding_from_pretrained(_parameters["embed_tokens.weight"], freeze: lora);
        _parameters["embed_tokens.weight"] = _embedding.weight!;
        (_cosine, _sine) = RotaryTables();
    }

    /// <summary>Name and parameter of everything that is trained.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> Trainable => _parameters
        .Where(parameter => parameter.Value.requires_grad)
        .Select(parameter => (parameter.Key, (Parameter)parameter.Value));

    /// <summary>InfoNCE in one direction: anchor i has its positive at column i; the other positives of the batch are negatives.</summary>
    public Tensor Loss(Tensor ids)
    {
        Tensor embedding = Embed(ids);
        Tensor anchors = embedding.narrow(0, 0, _shape.Pairs);
        Tensor positives = embedding.narrow(0, _shape.Pairs, _shape.Pairs);
        Tensor scores = matmul(anchors, positives.t()) / _shape.Temperature;
        return nn.functional.cross_entropy(scores, arange(_shape.Pairs, ScalarType.Int64));
    }

    /// <summary>Ids [B, S] to unit vectors [B, D].</summary>
    public Tensor Embed(Tensor ids)
    {
        Tensor x = _embedding.forward(ids);
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            // Without a scope a layer the temporaries of the whole pass stay alive: a third slower at 128 tokens.
            using DisposeScope scope = NewDisposeScope();
            x = Layer(x, $"layers.{layer}.").MoveToOuterDisposeScope();
        }

        Tensor pooled = RmsNorm(x, "norm.weight").mean([1]);
        return pooled / pooled.square().sum(1, keepdim: true).add(1e-12).sqrt();
    }

    public void Dispose()
    {
        foreach (Tensor parameter in _parameters.Values)
        {
            parameter.Dispose();
        }

        _embedding.Dispose();
        _cosine.Dispose();
        _sine.Dispose();
    }

    private Tensor Layer(Tensor x, string prefix)
    {
        long batch = x.shape[0];
        long length = x.shape[1];
        Tensor Heads(Tensor t) => t.view(batch, length, _shape.Heads, _shape.HeadSize);

        Tensor normed = RmsNorm(x, prefix + "input_layernorm.weight");
        Tensor query = Rotate(Heads(Linear(normed, prefix + "self_attn.q_proj"))).transpose(1, 2);
        Tensor key = Rotate(Heads(Linear(normed, prefix + "self_attn.k_proj"))).transpose(1, 2);
        Tensor value = Heads(Linear(normed, prefix + "self_attn.v_proj")).transpose(1, 2);
        Tensor context = nn.functional.scaled_dot_product_attention(query, key, value, is_casual: true);
        x += Linear(context.transpose(1, 2).reshape(batch, length, _shape.Hidden), prefix + "self_attn.o_proj");

        normed = RmsNorm(x, prefix + "post_attention_layernorm.weight");
        Tensor gated = nn.functional.silu(Linear(normed, prefix + "mlp.gate_proj")) * Linear(normed, prefix + "mlp.up_proj");
        return x + Linear(gated, prefix + "mlp.down_proj");
    }

    private Tensor RmsNorm(Tensor x, string weight) =>
        x * x.square().mean([-1], keepdim: true).add(_shape.Epsilon).rsqrt() * _parameters[weight];

    private Tensor Linear(Tensor x, string name)
    {
        Tensor y = nn.functional.linear(x, _parameters[name + ".weight"]);
        if (!_lora)
        {
            return y;
        }

        Tensor down = nn.functional.linear(x, _parameters[name + ".lora_A.weight"]);
        Tensor up = nn.functional.linear(down, _parameters[name + ".lora_B.weight"]);
        return y.add(up, (double)_shape.Alpha / _shape.Rank);
    }

    /// <summary>Rotary positions on [B, S, H, head size] with Hugging Face's pairing: dimension i turns with dimension i + half.</summary>
    private Tensor Rotate(Tensor x)
    {
        Tensor[] halves = x.chunk(2, -1);
        return (x * _cosine) + (cat([halves[1].neg(), halves[0]], -1) * _sine);
    }

    private (Tensor Cosine, Tensor Sine) RotaryTables()
    {
        int half = _shape.HeadSize / 2;
        float[] cosine = new float[_shape.SequenceLength * _shape.HeadSize];
        float[] sine = new float[cosine.Length];
        for (int position = 0; position < _shape.SequenceLength; position++)
        {
            for (int i = 0; i < _shape.HeadSize; i++)
            {
                double angle = position * Math.Pow(_shape.RopeTheta, -2.0 * (i % half) / _shape.HeadSize);
                cosine[(position * _shape.HeadSize) + i] = (float)Math.Cos(angle);
                sine[(position * _shape.HeadSize) + i] = (float)Math.Sin(angle);
            }
        }

        long[] dimensions = [1, _shape.SequenceLength, 1, _shape.HeadSize];
        return (torch.tensor(cosine, dimensions), torch.tensor(sine, dimensions));
    }
}
