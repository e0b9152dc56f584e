namespace OnnxEmbed.Kernels.Rows;

/// <summary>What an instruction of a <see cref="RowProgram"/> computes from its operands.</summary>
internal enum RowOperation
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a - b.</summary>
    Subtract,

    /// <summary>a · b.</summary>
    Multiply,

    /// <summary>a / b.</summary>
    Divide,

    /// <summary>-a.</summary>
    Negate,

    /// <summary>√a.</summary>
    Sqrt,

    /// <summary>eᵃ.</summary>
    Exp,

    /// <summary>ln a.</summary>
    Log,

    /// <summary>1 / (1 + e⁻ᵃ).</summary>
    Sigmoid,

    /// <summary>tanh a.</summary>
    Tanh,

    /// <summary>erf a.</summary>
    Erf,

    /// <summary>1 / a.</summary>
    Reciprocal,

    /// <summary>|a|.</summary>
    Abs,

    /// <summary>The second half of the row, then the first.</summary>
    SwapHalves,

    /// <summary>Sum over the row: wide to narrow.</summary>
    RowSum,

    /// <summary>Mean over the row: wide to narrow.</summary>
    RowMean,

    /// <summary>Largest element of the row: wide to narrow.</summary>
    RowMax,
}
