namespace OnnxEmbed.Kernels.Rows;

/// <summary>One instruction; its result is the next register.</summary>
/// <param name="Operation">What is computed.</param>
/// <param name="A">Register of the first operand.</param>
/// <param name="B">Register of the second operand, or -1.</param>
internal readonly record struct RowInstruction(RowOperation Operation, int A, int B)
{
    /// <summary>Whether it turns a row into one number.</summary>
    public bool IsReduction => Operation is RowOperation.RowSum or RowOperation.RowMean or RowOperation.RowMax;
}
