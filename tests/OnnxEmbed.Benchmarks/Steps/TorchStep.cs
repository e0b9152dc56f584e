using OnnxEmbed.Benchmarks.Shapes;
using OnnxEmbed.Benchmarks.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace OnnxEmbed.Benchmarks.Steps;

/// <summary>The training step of libtorch: forward, backward, clipping by the global norm, AdamW.</summary>
internal static class TorchStep
{
    /// <summary>Milliseconds of each step after the warm-up.</summary>
    public static double[] Measure(LlamaShape shape, bool lora, int threads, int steps)
    {
        set_num_threads(threads);
        using TorchLlama model = new(new LlamaWeights(shape, seed: 1), lora);
        TorchSharp.Modules.Parameter[] trainable = model.Trainable.Select(parameter => parameter.Parameter).ToArray();
        using optim.Optimizer optimizer = optim.AdamW(trainable, lr: shape.LearningRate);
        using Tensor ids = tensor(LlamaWeights.Batch(shape, seed: 2), [shape.Sequences, shape.SequenceLength]);
        return StepTimes.Measure(steps, () =>
        {
            using DisposeScope scope = NewDisposeScope();
            optimizer.zero_grad();
            Tensor loss = model.Loss(ids);
            loss.backward();
            nn.utils.clip_grad_norm_(trainable, shape.MaxGradientNorm);
            optimizer.step();
            _ = loss.item<float>();
        });
    }

    /// <summary>Loss and the gradient of each trained parameter for one batch.</summary>
    public static (double Loss, IReadOnlyDictionary<string, float[]> Gradients) Gradients(LlamaWeights weights, bool lora, long[] ids, int threads)
    {
        set_num_threads(threads);
        using TorchLlama model = new(weights, lora);
        using DisposeScope scope = NewDisposeScope();
        Tensor loss = model.Loss(tensor(ids, [weights.Shape.Sequences, weights.Shape.SequenceLength]));
        loss.backward();
        Dictionary<string, float[]> gradients = model.Trainable.ToDictionary(
            parameter => parameter.Name,
            parameter => parameter.Parameter.grad!.data<float>().ToArray());
        return (loss.item<float>(), gradients);
    }
}
