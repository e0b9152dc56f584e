namespace OnnxEmbed.Evaluation.Kernels;

/// <summary>Loops over fixed blocks of rows on several threads. Block bounds and the order of sums do not depend on the degree.</summary>
internal static class RowBlocks
{
    public const int Size = 128;

    /// <summary>Most partial sums kept by a reduction; bounds its memory whatever n.</summary>
    public const int MaxChunks = 32;

    public static int CountOf(int rows) => (rows + Size - 1) / Size;

    /// <summary>Runs <paramref name="body"/> for 0..count-1 with a state per worker.</summary>
    public static void For<TState>(int count, int degree, Func<TState> state, Action<int, TState> body)
    {
        if (degree <= 1 || count <= 1)
        {
            TState only = state();
            for (int i = 0; i < count; i++)
                body(i, only);
            return;
        }

        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = degree }, state, (i, _, local) =>
        {
            body(i, local);
            return local;
        }, _ => { });
    }

    /// <summary>Runs <paramref name="body"/>(start, count) for each block of rows with a state per worker.</summary>
    public static void ForRows<TState>(int rows, int degree, Func<TState> state, Action<int, int, TState> body) =>
        For(CountOf(rows), degree, state, (block, local) => body(block * Size, Math.Min(Size, rows - (block * Size)), local));

    /// <summary>
    /// Adds what <paramref name="body"/>(start, count, state, partial) adds to a partial vector [length] for each block of rows; blocks are
    /// grouped into at most <see cref="MaxChunks"/> chunks whose partials are summed in order.
    /// </summary>
    public static double[] Sum<TState>(int rows, int length, int degree, Func<TState> state, Action<int, int, TState, double[]> body)
    {
        int blocks = CountOf(rows);
        int chunks = Math.Min(MaxChunks, blocks);
        double[][] partials = new double[chunks][];
        For(chunks, degree, state, (chunk, local) =>
        {
            double[] partial = new double[length];
            int from = (int)((long)blocks * chunk / chunks);
            int to = (int)((long)blocks * (chunk + 1) / chunks);
            for (int block = from; block < to; block++)
                body(block * Size, Math.Min(Size, rows - (block * Size)), local, partial);
            partials[chunk] = partial;
        });
        double[] total = partials[0];
        for (int chunk = 1; chunk < chunks; chunk++)
            System.Numerics.Tensors.TensorPrimitives.Add<double>(total, partials[chunk], total);
        return total;
    }
}
