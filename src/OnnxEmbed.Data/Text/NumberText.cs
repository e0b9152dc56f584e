using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Text;

/// <summary>
/// Seeded text about numbers for pre-training language models: lists of many families in the notation of the suite, arithmetic facts,
/// comparisons, facts about remainders and digits. What the number-theory suite tests on is held out by <see cref="IsHeldOut"/>.
/// Characters: digits, space, <c>, + - * / % = &lt; &gt; ( ) : .</c> and a to z.
/// </summary>
public static class NumberText
{
    /// <summary>One text in so many belongs to <see cref="NumberTextPart.HeldOut"/>.</summary>
    public const int HeldOutModulus = 50;

    private const int TextsPerRowGroup = 50_000;
    private const int TriesPerShape = 400;

    /// <summary>
    /// Whether no text mentions the integer: it is at least 100 and belongs to the validation or test split of the suite
    /// (<see cref="Numbers.ElementSplit"/>). Integers from 10 to 99 of those splits are mentioned, as operands and results, but no
    /// text states a factorisation, divisibility, parity or remainder of one.
    /// </summary>
    public static bool IsHeldOut(long n) => n >= TextDraw.FreeBelow && Numbers.ElementSplit.Of(n) != Numbers.NumberSplit.Train;

    /// <summary>Draws texts one after the other; the same options give the same texts.</summary>
    /// <exception cref="OptionException">Some option cannot be used.</exception>
    public static IEnumerable<string> Generate(NumberTextOptions options)
    {
        options.Validate();
        return Draw(options);
    }

    /// <summary>Writes a Parquet file with columns <c>text</c> and <c>family</c>; the same options give the same bytes.</summary>
    /// <param name="path">The file, which appears by rename; missing parent directories are made.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="force">Whether a file of that name is replaced.</param>
    /// <param name="progress">Receives the number of texts written so far.</param>
    /// <param name="cancellationToken">Ends the work early and leaves nothing.</param>
    /// <exception cref="OptionException">Some option cannot be used, or the path is taken.</exception>
    public static async Task WriteAsync(
        string path, NumberTextOptions options, bool force, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        options.Validate();
        ColumnSchema[] schema = [new("text", ColumnKind.String), new("family", ColumnKind.String)];
        await using ParquetRowsWriter writer =
            await ParquetRowsWriter.CreateAsync(path, schema, force, cancellationToken).ConfigureAwait(false);
        long written = 0;
        foreach ((string Text, string Family)[] chunk in DrawWithFamily(options).Chunk(TextsPerRowGroup))
        {
            cancellationToken.ThrowIfCancellationRequested();
            ParquetTable rows = new(
            [
                Column.Of("text", Array.ConvertAll(chunk, static item => item.Text)),
                Column.Of("family", Array.ConvertAll(chunk, static item => item.Family)),
            ]);
            await writer.AppendAsync(rows, cancellationToken).ConfigureAwait(false);
            written += chunk.Length;
            progress?.Report(written);
        }

        await writer.CompleteAsync().ConfigureAwait(false);
    }

    /// <inheritdoc cref="WriteAsync"/>
    public static void Write(string path, NumberTextOptions options, bool force = false) =>
        WriteAsync(path, options, force, null, CancellationToken.None).GetAwaiter().GetResult();

    private static IEnumerable<string> Draw(NumberTextOptions options) => DrawWithFamily(options).Select(static item => item.Text);

    private static IEnumerable<(string Text, string Family)> DrawWithFamily(NumberTextOptions options)
    {
        SeededRandom random = new(options.Seed, "number-text");
        TextDraw draw = new(random, options.MaxDigits);
        NumberTextFamily[] families = [.. NumberTextFamilies.All.Where(family => ShareOf(options, family) > 0)];
        double[] upTo = new double[families.Length];
        double total = 0;
        for (int i = 0; i < families.Length; i++)
        {
            upTo[i] = total += ShareOf(options, families[i]);
        }

        for (int given = 0; given < options.Count;)
        {
            double at = random.Unit() * total;
            NumberTextFamily family = families[Array.FindIndex(upTo, bound => at < bound) is var i and >= 0 ? i : families.Length - 1];
            if (DrawOne(draw, family, options) is { } text)
            {
                given++;
                yield return (text, family.Name);
            }
        }
    }

    private static double ShareOf(NumberTextOptions options, NumberTextFamily family) =>
        options.Shares.TryGetValue(family.Name, out double share) ? share : family.Share;

    /// <summary>Draws shapes until one gives a text: a shape whose every text touches what is held out gives none.</summary>
    private static string? DrawOne(TextDraw draw, NumberTextFamily family, NumberTextOptions options)
    {
        const int Shapes = 1000;

        // A text of the held-out part is as much rarer; the tries are raised so that both parts have the same mixture of shapes.
        int tries = options.Part == NumberTextPart.HeldOut ? TriesPerShape * HeldOutModulus : TriesPerShape;
        for (int shape = 0; shape < Shapes; shape++)
        {
            Func<Draft?> drawText = family.Draw(draw);
            for (int i = 0; i < tries; i++)
            {
                if (drawText() is not { } draft || !IsAllowed(draw, draft))
                {
                    continue;
                }

                string text = draft.Render();
                if (text.Length <= options.MaxCharacters && PartOf(text) == options.Part)
                {
                    return text;
                }

                // Another text of this shape is as long, but may be of the other part.
                if (text.Length > options.MaxCharacters)
                {
                    break;
                }
            }
        }

        throw new OptionException(
            $"number text: family {family.Name}: needs texts of at most {options.MaxCharacters} characters with at most "
            + $"{options.MaxDigits} digits outside the held-out integers, found none; give it a share of 0");
    }

    private static bool IsAllowed(TextDraw draw, Draft draft)
    {
        for (int i = 0; i < draft.Numbers.Length; i++)
        {
            if (!(i < draft.Subjects ? draw.MayStateFactOf(draft.Numbers[i]) : draw.MayMention(draft.Numbers[i])))
            {
                return false;
            }
        }

        return true;
    }

    private static NumberTextPart PartOf(string text) =>
        SeededRandom.Hash(text) % HeldOutModulus == 0 ? NumberTextPart.HeldOut : NumberTextPart.Train;
}
