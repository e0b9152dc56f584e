using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Graphs;

/// <summary>
/// One step of AdamW over all trainable parameters as an ONNX graph. With c the clip factor, t the step, m and v the moments:
/// m' = β₁m + (1-β₁)·c·g; v' = β₂v + (1-β₂)·c²·g²; θ' = (1 - lr·λ)·θ - lr/(1-β₁ᵗ) · m' / (√(v'/(1-β₂ᵗ)) + ε).
/// What depends on no parameter is computed once, in double where it is a difference from 1: 1 - 0.999 in f32 is off by 5e-5.
/// The quotient is rearranged to k · m' / (√v' + ε·√(1-β₂ᵗ)) with k = lr·√(1-β₂ᵗ)/(1-β₁ᵗ), which saves one pass over each parameter.
/// </summary>
internal static class OptimizerGraph
{
    /// <summary>Input: learning rate f32 [1].</summary>
    public const string LearningRate = "learning_rate";

    /// <summary>Input: number of the step, counted from 1, int64 [1].</summary>
    public const string Step = "step";

    /// <summary>Output: joint L2 norm of the gradients before clipping, f32 [].</summary>
    public const string GradientNorm = "grad_norm";

    /// <summary>Ending of the first moment's name.</summary>
    public const string FirstMoment = ".exp_avg";

    /// <summary>Ending of the second moment's name.</summary>
    public const string SecondMoment = ".exp_avg_sq";

    /// <summary>Ending of the name of an updated parameter or moment.</summary>
    public const string Out = ".out";

    /// <summary>torch.nn.utils.clip_grad_norm_ adds this to the norm.</summary>
    private const double ClipEpsilon = 1e-6;

    /// <summary>
    /// Builds the graph. Inputs: learning_rate, step, all parameters, all gradients, all first moments, all second moments; outputs: the
    /// gradient norm, all parameters, all first moments, all second moments.
    /// </summary>
    public static GraphBuilder Build(IReadOnlyList<TrainingParameter> parameters, AdamWOptions options)
    {
        GraphBuilder g = new("optimizer");
        Value learningRate = g.Input(LearningRate, ElementType.Float32, 1);
        Value step = g.Input(Step, ElementType.Int64, 1);
        Value[] weights = Inputs(g, parameters, string.Empty);
        Value[] gradients = Inputs(g, parameters, "_grad");
        Value[] firsts = Inputs(g, parameters, FirstMoment);
        Value[] seconds = Inputs(g, parameters, SecondMoment);

        Value norm = g.Sqrt(g.Node("Sum", gradients.Select(gradient => g.Node("ReduceSumSquare", [gradient], ("keepdims", false)))));
        Scalars s = Shared(g, learningRate, step, norm, options);
        Value[] firstsOut = [.. firsts.Zip(gradients, (m, grad) => g.Add(g.Mul(m, options.Beta1), g.Mul(grad, s.FirstGain)))];
        Value[] secondsOut =
            [.. seconds.Zip(gradients, (v, grad) => g.Add(g.Mul(v, options.Beta2), g.Mul(g.Mul(grad, grad), s.SecondGain)))];
        Value[] weightsOut = new Value[weights.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            Value kept = parameters[i].Decays && options.WeightDecay > 0 ? g.Mul(weights[i], s.Keep) : weights[i];
            weightsOut[i] = g.Sub(kept, g.Mul(g.Div(firstsOut[i], g.Add(g.Sqrt(secondsOut[i]), s.Epsilon)), s.Rate));
        }

        g.Output(norm, GradientNorm);
        Outputs(g, parameters, weightsOut, string.Empty);
        Outputs(g, parameters, firstsOut, FirstMoment);
        Outputs(g, parameters, secondsOut, SecondMoment);
        return g;
    }

    /// <summary>What every parameter's update uses, f32 [1].</summary>
    private static Scalars Shared(GraphBuilder g, Value learningRate, Value step, Value norm, AdamWOptions options)
    {
        Value time = g.Cast(step, ElementType.Float64);
        Value rate = g.Cast(learningRate, ElementType.Float64);
        Value firstBias = g.SubFrom(1, g.Node("Pow", [g.Scalar(options.Beta1, ElementType.Float64), time]));
        Value secondRoot = g.Sqrt(g.SubFrom(1, g.Node("Pow", [g.Scalar(options.Beta2, ElementType.Float64), time])));
        Value? clip = null;
        if (options.MaxGradientNorm > 0)
        {
            Value wide = g.Cast(norm, ElementType.Float64);
            Value ratio = g.Div(g.Scalar(options.MaxGradientNorm, ElementType.Float64), g.Add(wide, ClipEpsilon));
            clip = g.Node("Min", [ratio, g.Scalar(1, ElementType.Float64)]);
        }

        Value Gain(double beta, Value? factor) =>
            g.Cast(factor is null ? g.Scalar(1 - beta, ElementType.Float64) : g.Mul(factor, 1 - beta), ElementType.Float32);
        return new Scalars(
            FirstGain: Gain(options.Beta1, clip),
            SecondGain: Gain(options.Beta2, clip is null ? null : g.Mul(clip, clip)),
            Epsilon: g.Cast(g.Mul(secondRoot, options.Epsilon), ElementType.Float32),
            Rate: g.Cast(g.Div(g.Mul(rate, secondRoot), firstBias), ElementType.Float32),
            Keep: g.Cast(g.SubFrom(1, g.Mul(rate, options.WeightDecay)), ElementType.Float32));
    }

    private static Value[] Inputs(GraphBuilder g, IReadOnlyList<TrainingParameter> parameters, string suffix) =>
        [.. parameters.Select(
            parameter => g.Input(parameter.Name + suffix, ElementType.Float32, SymbolicShape.Of(parameter.Initial.Shape)))];

    private static void Outputs(GraphBuilder g, IReadOnlyList<TrainingParameter> parameters, Value[] values, string suffix)
    {
        for (int i = 0; i < values.Length; i++)
        {
            g.Output(values[i], parameters[i].Name + suffix + Out);
        }
    }

    private sealed record Scalars(Value FirstGain, Value SecondGain, Value Epsilon, Value Rate, Value Keep);
}
