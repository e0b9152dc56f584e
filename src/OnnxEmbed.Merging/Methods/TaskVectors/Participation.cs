namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>In how many elements a model takes part alone, and in how many with others.</summary>
internal static class Participation
{
    /// <summary>For each model two numbers: elements that are not 0 in it alone, and elements that are not 0 in it and in another.</summary>
    public static long[] Count(TaskPiece piece)
    {
        long[] counts = new long[2 * piece.ModelCount];
        Span<int> present = stackalloc int[SelectionTally.ChunkLength];
        for (int start = 0; start < piece.Count; start += present.Length)
        {
            Span<int> part = present[..Math.Min(present.Length, piece.Count - start)];
            part.Clear();
            for (int model = 0; model < piece.ModelCount; model++)
            {
                ReadOnlySpan<double> task = piece.Task(model).Slice(start, part.Length);
                for (int i = 0; i < part.Length; i++)
                {
                    part[i] += task[i] == 0 ? 0 : 1;
                }
            }

            for (int model = 0; model < piece.ModelCount; model++)
            {
                ReadOnlySpan<double> task = piece.Task(model).Slice(start, part.Length);
                for (int i = 0; i < part.Length; i++)
                {
                    if (task[i] != 0)
                    {
                        counts[part[i] == 1 ? 2 * model : (2 * model) + 1]++;
                    }
                }
            }
        }

        return counts;
    }
}
