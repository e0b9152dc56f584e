using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Autodiff.Gradients;

/// <summary>Operators that choose among their operands.</summary>
internal static class Selection
{
    /// <summary>y = condition ? a : b: the cotangent goes where the value came from.</summary>
    public static Func<Value>?[] Where(GradientContext c)
    {
        Value g = c.Cotangent(), zero = c.Graph.Scalar(0, g.Type);
        return [null, () => c.Graph.Where(c.Input(0), g, zero), () => c.Graph.Where(c.Input(0), zero, g)];
    }

    /// <summary>y = min(max(x, low), high): g inside the bounds and on them (the subgradient 1, as ONNX Runtime and PyTorch choose), 0 outside.</summary>
    public static Func<Value>?[] Clip(GradientContext c)
    {
        if (Enumerable.Range(1, c.InputCount - 1).Any(c.Needs))
        {
            throw c.Unsupported("a bound of Clip must not depend on a parameter");
        }

        GraphBuilder graph = c.Graph;
        Func<Value> gradient = () =>
        {
            Value g = c.LazyCotangent(), x = c.Input(0);
            Value? inside = c.Node.OptionalInput(1) is { } low ? graph.GreaterOrEqual(x, low) : null;
            if (c.Node.OptionalInput(2) is { } high)
            {
                Value below = graph.Node("LessOrEqual", [x, high]);
                inside = inside is null ? below : graph.And(inside, below);
            }

            return inside is null ? g : graph.Where(inside, g, graph.Scalar(0, g.Type));
        };
        return [gradient, .. Enumerable.Repeat<Func<Value>?>(null, c.InputCount - 1)];
    }

    /// <summary>Step functions: the derivative is 0 wherever it exists.</summary>
    public static Func<Value>?[] Flat(GradientContext c) => [null];

    /// <summary>y = max or min of n operands: g to the one that was chosen, in equal shares on a tie.</summary>
    public static Func<Value>?[] Extremum(GradientContext c)
    {
        GraphBuilder graph = c.Graph;
        Value g = c.Cotangent(), y = c.Output();
        Value[] chosen = [.. c.Node.Inputs.Select(input => graph.Cast(graph.Equal(input!, y), y.Type))];
        Value share = chosen.Length == 1 ? g : graph.Div(g, graph.Node("Sum", chosen));
        return [.. chosen.Select(mask => (Func<Value>?)(() => graph.Mul(share, mask)))];
    }
}
