namespace OnnxEmbed.Models.Tests.Tokenizers.TokenModels;

/// <summary>Byte-pair encoding as it is defined: look for the best pair in all of the word, merge it, begin again.</summary>
internal static class ReferenceBpe
{
    public static List<string> Merge(IEnumerable<string> characters, IReadOnlyList<(string Left, string Right)> merges)
    {
        List<string> symbols = [.. characters];
        while (true)
        {
            (int Rank, int At) best = (int.MaxValue, -1);
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                int rank = merges.Index().Where(merge => merge.Item == (symbols[i], symbols[i + 1])).Select(merge => merge.Index).DefaultIfEmpty(int.MaxValue).First();
                best = rank < best.Rank ? (rank, i) : best;
            }

            if (best.At < 0)
            {
                return symbols;
            }

            symbols[best.At] += symbols[best.At + 1];
            symbols.RemoveAt(best.At + 1);
        }
    }
}
