namespace OnnxEmbed.Benchmarks.Throughput;

/// <summary>Texts to embed: lists of integers, which a digit tokenizer gives a token a character.</summary>
internal static class EmbedTexts
{
    /// <summary>Lengths are log-normal, as those of titles, questions and sentences are: median 18 characters, a tenth above 50.</summary>
    public static string[] Short(int count) => Make(count, random => Math.Clamp((int)Math.Exp(2.9 + (0.8 * Normal(random))), 2, 200));

    /// <summary>Passages: 200 to 450 characters.</summary>
    public static string[] Long(int count) => Make(count, random => random.Next(200, 451));

    private static string[] Make(int count, Func<Random, int> length)
    {
        Random random = new(7);
        string[] texts = new string[count];
        for (int i = 0; i < count; i++)
        {
            int wanted = length(random);
            System.Text.StringBuilder text = new();
            while (text.Length < wanted)
            {
                text.Append(text.Length == 0 ? "" : ", ").Append(random.Next(100_000));
            }

            texts[i] = text.ToString();
        }

        return texts;
    }

    // Irwin-Hall: twelve uniform numbers have variance 1.
    private static double Normal(Random random) => Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6;
}
