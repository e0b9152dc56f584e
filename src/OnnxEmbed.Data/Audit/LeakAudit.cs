using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Audit;

/// <summary>
/// Whether labels of the number-theory suite can be told without the property: probes that see only sizes or digits, in no order, are
/// fitted on the train split and scored on validation and test together. Since the splits share no block of neighbouring integers,
/// memorised integers do not help; since pairs stay within a split, neither do memorised pairs.
/// </summary>
public static class LeakAudit
{
    /// <summary>Rows of train beyond this number are not used: the AUCs no longer change, the time does.</summary>
    public const int MaxTrainRows = 8_000;

    /// <summary>Audits the properties of a written suite.</summary>
    /// <param name="directory">Directory of the suite.</param>
    /// <param name="properties">Names of properties; null for all that have a folder there.</param>
    /// <param name="degreeOfParallelism">Properties at a time, at least 1; the figures do not depend on it.</param>
    /// <param name="progress">Receives each row when it is ready.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>One row a property, in the order of the names or of the catalogue.</returns>
    /// <exception cref="OptionException">A name is unknown.</exception>
    /// <exception cref="DataException">The directory holds no suite, a file is missing or damaged, or a split has one label
    /// only.</exception>
    public static async Task<IReadOnlyList<LeakAuditRow>> RunAsync(
        string directory,
        IReadOnlyList<string>? properties,
        int degreeOfParallelism,
        IProgress<LeakAuditRow>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        NumberProperty[] audited =
        [
            .. NumberProperties.Find(properties)
                .Where(property => properties is not null || Directory.Exists(Path.Combine(directory, property.Name))),
        ];
        if (audited.Length == 0)
        {
            throw new DataException($"{directory}: needs a number-theory suite with a folder for each property, got none");
        }

        LeakAuditRow[] rows = new LeakAuditRow[audited.Length];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, rows.Length, parallel, async (i, token) =>
        {
            string name = audited[i].Name;
            string[] columns = ["seq", "chars", "label"];
            ParquetTable train =
                await ParquetTable.ReadAsync(NumberSplits.Path(directory, name, NumberSplit.Train), columns, token).ConfigureAwait(false);
            List<ParquetTable> scored = [];
            foreach (NumberSplit split in new[] { NumberSplit.Validation, NumberSplit.Test })
            {
                string path = NumberSplits.Path(directory, name, split);
                if (split == NumberSplit.Test || File.Exists(path))
                {
                    scored.Add(await ParquetTable.ReadAsync(path, columns, token).ConfigureAwait(false));
                }
            }

            rows[i] = Audit(audited[i], train, ParquetTable.Concat(scored));
            progress?.Report(rows[i]);
        }).ConfigureAwait(false);
        return rows;
    }

    /// <summary>Audits one property.</summary>
    /// <param name="property">The property, for its name and bounds.</param>
    /// <param name="train">Rows to fit on; columns <c>seq</c>, <c>chars</c>, <c>label</c> of a suite.</param>
    /// <param name="test">Rows to score, with integers of other blocks.</param>
    /// <exception cref="DataException">A column is missing, or one of the tables has one label only.</exception>
    public static LeakAuditRow Audit(NumberProperty property, ParquetTable train, ParquetTable test)
    {
        if (train.RowCount > MaxTrainRows)
        {
            train = train.Take([.. Enumerable.Range(0, MaxTrainRows)]);
        }

        bool[] trainLabels = LabelsOf(train);
        bool[] testLabels = LabelsOf(test);
        double[][] trainMagnitudes = Magnitudes(train);
        double[][] testMagnitudes = Magnitudes(test);
        double[][] trainDigits = DigitCounts(train);
        double[][] testDigits = DigitCounts(test);
        LogisticProbe magnitudes = LogisticProbe.Fit(trainMagnitudes, trainLabels);
        BoostedTrees trees = BoostedTrees.Fit(trainMagnitudes, trainLabels);
        LogisticProbe digits = LogisticProbe.Fit(trainDigits, trainLabels);
        long positives = testLabels.Count(label => label);
        return new LeakAuditRow(
            property.Name,
            property.Tier,
            Auc(testMagnitudes, magnitudes.Score),
            Auc(testMagnitudes, trees.Score),
            Auc(testDigits, digits.Score),
            AreaUnderCurve.StandardErrorAtChance(positives, testLabels.Length - positives),
            property.Bounds,
            train.RowCount,
            test.RowCount);

        double Auc(double[][] features, Func<double[], double> score) =>
            AreaUnderCurve.Of(Array.ConvertAll(features, row => score(row)), testLabels);
    }

    private static bool[] LabelsOf(ParquetTable table)
    {
        bool[] labels = [.. table.Integers("label").ToArray().Select(label => label != 0)];
        return labels.Contains(true) && labels.Contains(false)
            ? labels
            : throw new DataException(
                $"{table.Source}: column label: needs rows with 0 and rows with 1, got {labels.Length} rows of one kind");
    }

    private static double[][] Magnitudes(ParquetTable table)
    {
        ListColumn<long> sequences = table.IntegerLists("seq");
        double[][] features = new double[table.RowCount][];
        for (int row = 0; row < features.Length; row++)
        {
            features[row] = AuditFeatures.Magnitudes(sequences[row], table.Integers("chars")[row]);
        }

        return features;
    }

    private static double[][] DigitCounts(ParquetTable table)
    {
        ListColumn<long> sequences = table.IntegerLists("seq");
        double[][] features = new double[table.RowCount][];
        for (int row = 0; row < features.Length; row++)
        {
            features[row] = AuditFeatures.DigitCounts(sequences[row]);
        }

        return features;
    }
}
