using System.Diagnostics;
using OnnxEmbed.Benchmarks.Shapes;
using TorchSharp;
using static TorchSharp.torch;

namespace OnnxEmbed.Benchmarks.Torch;

/// <summary>One training step of libtorch: forward, backward, AdamW.</summary>
internal static class TorchStep
{
    /// <summary>Milliseconds of each step after the warm-up.</summary>
    public static double[] Measure(LlamaShape shape, bool lora, int threads, int warmUp, int steps)
    {
        set_num_threads(threads);
        using TorchLlama model = new(new LlamaWeights(shape, seed: 1), lora);
        using optim.Optimizer optimizer = optim.AdamW(model.Trainable.Select(parameter => parameter.Parameter), lr: shape.LearningRate);
        using Tensor ids = tensor(LlamaWeights.Batch(shape, seed: 2), [shape.Sequences, shape.SequenceLength]);
        double[] milliseconds = new double[steps];
        for (int step = -warmUp; step < steps; step++)
        {
            long start = Stopwatch.GetTimestamp();
            using (DisposeScope scope = NewDisposeScope())
            {
                optimizer.zero_grad();
                Tensor loss = model.Loss(ids);
                loss.backward();
                optimizer.step();
                _ = loss.item<float>();
            }

            if (step >= 0)
            {
                milliseconds[step] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        return milliseconds;
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
