using System.Globalization;
using System.Numerics.Tensors;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing;

/// <summary>
/// The check at the end of every import: a few texts of different length through the package, each alone and all of them in one padded
/// batch. Vectors need to be finite, of length 1 where the package scales them, and the same alone and in the batch.
/// </summary>
public static class SelfCheck
{
    /// <summary>Most that a vector may differ between a text alone and in a batch, as a part of its length.</summary>
    public const double BatchTolerance = 1e-5;

    // Sums of a few thousand squares in f32.
    private const double NormTolerance = 1e-4;

    private static readonly string[] Samples =
    [
        "2",
        "2, 3, 5, 7, 11, 13",
        "A package that was just imported.",
        "Embeddings place texts of like meaning near one another, whatever their length; this one is longer than the others, "
            + "so that they are padded in its batch: 1, 4, 9, 16, 25, 36.",
    ];

    /// <summary>Checks a package.</summary>
    /// <param name="package">The package.</param>
    /// <param name="batchTolerance">Most that a text may differ in a batch; greater than the default for models that round in between.</param>
    /// <exception cref="DataException">The model does not run or is not what it should be; all faults are listed.</exception>
    public static SelfCheckFigures Run(ModelPackage package, double batchTolerance = BatchTolerance)
    {
        ArgumentNullException.ThrowIfNull(package);
        try
        {
            SelfCheckFigures figures = Measure(package);
            string[] faults = [.. Faults(figures, package.Normalize, batchTolerance)];
            return faults.Length == 0 ? figures : throw new DataException(string.Join("; ", faults));
        }
        catch (DataException e)
        {
            // The package has a temporary name still, which would tell nobody anything.
            string message = e.Message.Replace(package.FullPath + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
            throw new DataException($"self-check: {message}", e);
        }
    }

    internal static IEnumerable<string> Faults(SelfCheckFigures figures, bool normalize, double batchTolerance)
    {
        // Embedder throws by itself where a number is not finite. A vector of zeros would pass as equal to itself.
        if (figures.LeastNorm == 0)
        {
            yield return "needs vectors that are not 0, got one that is";
        }
        else if (normalize && (figures.LeastNorm < 1 - NormTolerance || figures.GreatestNorm > 1 + NormTolerance))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"needs vectors of length 1 (± {NormTolerance}), got lengths in [{figures.LeastNorm:G6}, {figures.GreatestNorm:G6}]");
        }

        if (!(figures.BatchDifference <= batchTolerance))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"needs the same vector for a text alone and in a padded batch (± {batchTolerance:G3}), they differ by {figures.BatchDifference:G3}");
        }
    }

    private static SelfCheckFigures Measure(ModelPackage package)
    {
        using Embedder embedder = Embedder.Open(package, new EmbedderOptions(Threads: 1) { MaxTokensPerBatch = 1 << 20 });
        EmbeddedTexts batch = embedder.Embed(Samples);
        int width = embedder.Width;
        double[] norms = new double[Samples.Length];
        double difference = 0;
        for (int i = 0; i < Samples.Length; i++)
        {
            ReadOnlySpan<float> alone = embedder.Embed([Samples[i]]).Values;
            ReadOnlySpan<float> among = batch.Values.AsSpan(i * width, width);
            norms[i] = Norm(alone);
            for (int k = 0; k < width; k++)
            {
                difference = Math.Max(difference, Math.Abs((double)alone[k] - among[k]) / Math.Max(norms[i], double.Epsilon));
            }
        }

        double cosine = -1;
        for (int i = 0; i < Samples.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                cosine = Math.Max(cosine, TensorPrimitives.CosineSimilarity(batch.Values.AsSpan(i * width, width), batch.Values.AsSpan(j * width, width)));
            }
        }

        return new SelfCheckFigures(Samples.Length, batch.TokenCount, width, norms.Min(), norms.Max(), difference, cosine);
    }

    private static double Norm(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float value in vector)
        {
            sum += (double)value * value;
        }

        return Math.Sqrt(sum);
    }
}
