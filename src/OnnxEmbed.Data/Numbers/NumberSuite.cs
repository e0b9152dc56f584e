using System.Globalization;
using System.Text.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Numbers;

/// <summary>
/// The number-theory suite: for each property pairs of a sequence that has it and a matched one that has not, in splits that share no
/// integer. Texts, labels and everything else a reader could use instead of the property come as columns.
/// </summary>
/// <remarks>
/// Columns: <c>id</c>, <c>pair_id</c> (the unit of resampling), <c>property</c>, <c>tier</c> (T1 to T4), <c>label</c> (0 or 1),
/// <c>cell</c> (which components hold; null except for factorial designs), <c>split</c>, <c>format</c> (comma), <c>seq</c> (list of
/// integers), <c>text</c>, <c>len</c>, <c>chars</c>, <c>mean_log10</c>, <c>parity</c>, <c>last_digit</c> (of the last element),
/// <c>sortedness</c> (ascents), <c>magnitude_bucket</c>.
/// </remarks>
public static class NumberSuite
{
    /// <summary>Version of the suite's content; it is part of what fixes the bytes.</summary>
    public const int Version = 1;

    /// <summary>The file beside the property folders that says how the suite was made.</summary>
    public const string ManifestName = "suite.json";

    private const int FailuresBeforeGivingUp = 400;

    /// <summary>
    /// Writes DIR/PROPERTY/SPLIT.parquet for every property and split, and <see cref="ManifestName"/>; all appear together.
    /// </summary>
    /// <param name="options">What to write.</param>
    /// <param name="progress">Receives each file when it is complete.</param>
    /// <param name="cancellationToken">Ends the work early and leaves nothing.</param>
    /// <returns>The files by property, then split.</returns>
    /// <exception cref="OptionException">An option cannot be used, the directory is taken, or there are too few integers of so many digits
    /// for as many different pairs (every property and split that starves is named).</exception>
    public static async Task<IReadOnlyList<NumberSuiteFile>> WriteAsync(
        NumberSuiteOptions options, IProgress<NumberSuiteFile>? progress, CancellationToken cancellationToken)
    {
        options.Validate();
        using AtomicOutput output = AtomicOutput.Directory(options.OutDir, options.Force);
        IReadOnlyList<NumberProperty> properties = NumberProperties.Find(options.Properties);
        NumberSuiteFile?[] files = new NumberSuiteFile?[properties.Count * NumberSplits.All.Count];
        List<(int Job, string Fault)> faults = [];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.DegreeOfParallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, files.Length, parallel, async (job, token) =>
        {
            NumberProperty property = properties[job / NumberSplits.All.Count];
            NumberSplit split = NumberSplits.All[job % NumberSplits.All.Count];
            if (options.PairsOf(split) == 0)
            {
                return;
            }

            ParquetTable table;
            try
            {
                table = Generate(property, split, options, token);
            }
            catch (OptionException error)
            {
                lock (faults)
                {
                    faults.Add((job, error.Message));
                }

                return;
            }

            string path = NumberSplits.Path(output.TemporaryPath, property.Name, split);
            await table.WriteAsync(path, false, ParquetTable.DefaultRowGroupSize, token).ConfigureAwait(false);
            int positives = table.Integers("label").ToArray().Count(label => label == 1);
            NumberSuiteFile file = new(
                property.Name, split, $"{property.Name}/{split.Name()}.parquet", table.RowCount, positives);
            files[job] = file;
            progress?.Report(file);
        }).ConfigureAwait(false);

        if (faults.Count > 0)
        {
            throw new OptionException(
                "number suite: " + string.Join("; ", faults.OrderBy(fault => fault.Job).Select(fault => fault.Fault)));
        }

        NumberSuiteFile[] written = [.. files.OfType<NumberSuiteFile>()];
        await WriteManifestAsync(
            Path.Combine(output.TemporaryPath, ManifestName), options, written, cancellationToken).ConfigureAwait(false);
        output.Commit();
        return written;
    }

    /// <inheritdoc cref="WriteAsync"/>
    public static IReadOnlyList<NumberSuiteFile> Write(
        NumberSuiteOptions options, IProgress<NumberSuiteFile>? progress = null, CancellationToken cancellationToken = default) =>
        WriteAsync(options, progress, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Generates one split of one property in memory.</summary>
    /// <exception cref="OptionException">There are too few integers of so many digits for as many different pairs.</exception>
    public static ParquetTable Generate(
        NumberProperty property, NumberSplit split, NumberSuiteOptions options, CancellationToken cancellationToken = default)
    {
        SeededRandom random = new(options.Seed, $"number-suite-{Version}", property.Name, split.Name());
        NumberDraw draw = new(random, split, options.Length, options.DigitsOf(split));
        int wanted = options.PairsOf(split);
        int groups = ((2 * wanted) + property.RowsPerGroup - 1) / property.RowsPerGroup;
        List<NumberRow> rows = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int failures = 0; rows.Count < groups * property.RowsPerGroup;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (property.TryDraw(draw) is { } group && AddAll(seen, group))
            {
                random.Shuffle<NumberRow>(group);
                rows.AddRange(group);
                failures = 0;
            }
            else if (++failures == FailuresBeforeGivingUp)
            {
                throw new OptionException(
                    $"{property.Name}, split {split.Name()}: needs {wanted} different pairs of {options.Length} elements "
                    + $"with {draw.Digits} digits, found {rows.Count / 2}; ask for fewer pairs or more digits, or leave the property out");
            }
        }

        return Table(property, split, rows);
    }

    /// <summary>Adds all texts of a group, or none when one of them is there already.</summary>
    private static bool AddAll(HashSet<string> seen, NumberRow[] group)
    {
        string[] texts = Array.ConvertAll(group, row => SequenceAttributes.Text(row.Sequence));
        if (texts.Any(seen.Contains) || texts.Distinct().Count() < texts.Length)
        {
            return false;
        }

        seen.UnionWith(texts);
        return true;
    }

    private static ParquetTable Table(NumberProperty property, NumberSplit split, List<NumberRow> rows)
    {
        string[] pairs = new string[rows.Count];
        string[] ids = new string[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            int group = i / property.RowsPerGroup;
            pairs[i] = string.Create(CultureInfo.InvariantCulture, $"{property.Name}/{split.Name()}/{group:D6}");
            ids[i] = string.Create(CultureInfo.InvariantCulture, $"{pairs[i]}/{i % property.RowsPerGroup}");
        }

        string tier = string.Create(CultureInfo.InvariantCulture, $"T{(int)property.Tier}");
        string[] texts = [.. rows.Select(row => SequenceAttributes.Text(row.Sequence))];
        double[] means = [.. rows.Select(row => SequenceAttributes.MeanLog10(row.Sequence))];
        return new ParquetTable(
        [
            Column.Of("id", ids),
            Column.Of("pair_id", pairs),
            Column.Of("property", Enumerable.Repeat(property.Name, rows.Count).ToArray()),
            Column.Of("tier", Enumerable.Repeat(tier, rows.Count).ToArray()),
            Column.Of("label", rows.Select(row => row.Label ? 1L : 0L).ToArray()),
            Column.Of("cell", rows.Select(row => row.Cell).ToArray()),
            Column.Of("split", Enumerable.Repeat(split.Name(), rows.Count).ToArray()),
            Column.Of("format", Enumerable.Repeat("comma", rows.Count).ToArray()),
            Column.Of("seq", rows.Select(row => row.Sequence).ToArray()),
            Column.Of("text", texts),
            Column.Of("len", rows.Select(row => (long)row.Sequence.Length).ToArray()),
            Column.Of("chars", texts.Select(text => (long)text.Length).ToArray()),
            Column.Of("mean_log10", means),
            Column.Of("parity", rows.Select(row => SequenceAttributes.Parity(row.Sequence)).ToArray()),
            Column.Of("last_digit", rows.Select(row => row.Sequence[^1] % 10).ToArray()),
            Column.Of("sortedness", rows.Select(row => SequenceAttributes.Ascents(row.Sequence)).ToArray()),
            Column.Of("magnitude_bucket", means.Select(SequenceAttributes.MagnitudeBucket).ToArray()),
        ]);
    }

    private static async Task WriteManifestAsync(
        string path, NumberSuiteOptions options, NumberSuiteFile[] files, CancellationToken cancellationToken)
    {
        await using FileStream stream = File.Create(path);
        await using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("suite", "number-theory");
        json.WriteNumber("version", Version);
        json.WriteNumber("seed", options.Seed);
        json.WriteNumber("length", options.Length);
        json.WriteString("digits", options.Digits.ToString());
        json.WriteString("ood_digits", options.ResolvedOodDigits.ToString());
        json.WriteStartArray("files");
        foreach (NumberSuiteFile file in files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteNumber("rows", file.Rows);
            json.WriteNumber("positives", file.Positives);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}
