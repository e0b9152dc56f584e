namespace OnnxEmbed.Kernels.Operators;

/// <summary>An input of a kernel.</summary>
/// <param name="Data">Address of its elements in row-major order.</param>
/// <param name="Shape">Extents.</param>
public readonly record struct KernelTensor(nint Data, long[] Shape)
{
    /// <summary>Number of elements.</summary>
    public long ElementCount
    {
        get
        {
            long count = 1;
            foreach (long extent in Shape)
            {
                count = checked(count * extent);
            }

            return count;
        }
    }
}
