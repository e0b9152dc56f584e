using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Autodiff.Gradients;

/// <summary>Elementwise arithmetic. g is the cotangent of y; a and b are the operands.</summary>
internal static class Arithmetic
{
    /// <summary>y = a + b: g, g.</summary>
    public static Func<Value>?[] Add(GradientContext c)
    {
        Value g = c.LazyCotangent();
        return [() => g, () => g];
    }

    /// <summary>y = a - b: g, -g.</summary>
    public static Func<Value>?[] Sub(GradientContext c)
    {
        Value g = c.LazyCotangent();
        return [() => g, () => c.Graph.Neg(g)];
    }

    /// <summary>y = a·b: g·b, g·a; a square is one product, not two.</summary>
    public static Func<Value>?[] Mul(GradientContext c)
    {
        Value g = c.LazyCotangent(), a = c.Input(0), b = c.Input(1);
        return a == b
            ? [() => c.Graph.Mul(c.Graph.Mul(g, 2), a), null]
            : [() => c.Graph.Mul(g, b), () => c.Graph.Mul(g, a)];
    }

    /// <summary>y = a / b: g/b, -g·y/b.</summary>
    public static Func<Value>?[] Div(GradientContext c)
    {
        Value g = c.LazyCotangent(), b = c.Input(1);
        return [() => c.Graph.Div(g, b), () => c.Graph.Neg(c.Graph.Div(c.Graph.Mul(g, c.Output()), b))];
    }

    /// <summary>y = aᵇ: g·b·aᵇ⁻¹, g·y·ln a (for a &gt; 0).</summary>
    public static Func<Value>?[] Pow(GradientContext c)
    {
        Value g = c.LazyCotangent(), a = c.Input(0);
        GraphBuilder graph = c.Graph;

        // The exponent may be of another type, also an integer one.
        Func<Value> exponent = () => graph.Cast(c.Input(1), a.Type);
        return
        [
            () => c.ConstantScalar(1) == 2
                ? graph.Mul(graph.Mul(g, 2), a)
                : graph.Mul(graph.Mul(g, exponent()), graph.Node("Pow", [a, graph.Add(exponent(), -1)])),
            () => graph.Mul(graph.Mul(g, c.Output()), graph.Log(a)),
        ];
    }

    /// <summary>y = -a: -g.</summary>
    public static Func<Value>?[] Neg(GradientContext c) => [() => c.Graph.Neg(c.LazyCotangent())];

    /// <summary>y = |a|: g·sign a, 0 at 0.</summary>
    public static Func<Value>?[] Abs(GradientContext c) => [() => c.Graph.Mul(c.LazyCotangent(), c.Graph.Node("Sign", [c.Input(0)]))];

    /// <summary>y = √a: g / (2y).</summary>
    public static Func<Value>?[] Sqrt(GradientContext c) => [() => c.Graph.Div(c.Graph.Mul(c.LazyCotangent(), 0.5), c.Output())];

    /// <summary>y = 1/a: -g·y².</summary>
    public static Func<Value>?[] Reciprocal(GradientContext c) =>
        [() => c.Graph.Mul(c.Graph.Neg(c.LazyCotangent()), c.Graph.Mul(c.Output(), c.Output()))];

    /// <summary>y = eᵃ: g·y.</summary>
    public static Func<Value>?[] Exp(GradientContext c) => [() => c.Graph.Mul(c.LazyCotangent(), c.Output())];

    /// <summary>y = ln a: g/a.</summary>
    public static Func<Value>?[] Log(GradientContext c) => [() => c.Graph.Div(c.LazyCotangent(), c.Input(0))];

    /// <summary>y = sin a: g·cos a.</summary>
    public static Func<Value>?[] Sin(GradientContext c) => [() => c.Graph.Mul(c.LazyCotangent(), c.Graph.Node("Cos", [c.Input(0)]))];

    /// <summary>y = cos a: -g·sin a.</summary>
    public static Func<Value>?[] Cos(GradientContext c) =>
        [() => c.Graph.Mul(c.Graph.Neg(c.LazyCotangent()), c.Graph.Node("Sin", [c.Input(0)]))];

    /// <summary>y = a₁ + … + aₙ: g each.</summary>
    public static Func<Value>?[] Sum(GradientContext c)
    {
        Value g = c.LazyCotangent();
        return [.. Enumerable.Repeat<Func<Value>?>(() => g, c.InputCount)];
    }

    /// <summary>y = (a₁ + … + aₙ) / n: g/n each.</summary>
    public static Func<Value>?[] Mean(GradientContext c)
    {
        Value share = c.Graph.Mul(c.LazyCotangent(), 1.0 / c.InputCount);
        return [.. Enumerable.Repeat<Func<Value>?>(() => share, c.InputCount)];
    }

    /// <summary>y = a: g.</summary>
    public static Func<Value>?[] Identity(GradientContext c) => [c.LazyCotangent];

    /// <summary>A change of floating-point type passes the cotangent back in the operand's type.</summary>
    public static Func<Value>?[] Cast(GradientContext c) => [c.Input(0).Type.IsFloat() ? () => c.Graph.Cast(c.LazyCotangent(), c.Input(0).Type) : null];
}
