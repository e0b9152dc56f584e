using OnnxEmbed.Data.Carrying;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// Embeds a Parquet file of any size: one stage reads windows of rows, one tokenises them with all threads and cuts them into batches of texts of
/// about one length, one or more run the model, one writes. The stages work at the same time and wait for each other, so that at most a few
/// windows are in memory. Work under way lies in <see cref="EmbedPipelineOptions.PartialPath"/> and is gone on with after a kill; the bytes
/// of the output do not depend on that, nor on threads or sessions.
/// </summary>
public static class EmbedPipeline
{
    // Windows that may wait between two stages: one in hand and one ready keeps the model busy.
    private const int Waiting = 1;

    // Characters of text after which a window ends before its rows are full: long texts would need memory without bound.
    private const long WindowCharacters = 1 << 24;

    /// <summary>Embeds a file, or goes on with what was left of it; the output appears when it is complete.</summary>
    /// <param name="embedder">The model.</param>
    /// <param name="options">What to read and write.</param>
    /// <param name="progress">Told after each window that was written.</param>
    /// <param name="cancellationToken">Stops between two batches; windows that were written are kept.</param>
    /// <exception cref="DataException">
    /// The input is missing or damaged, a column is missing, is not text or is taken, another process is at the same work, or the disk is full.
    /// </exception>
    /// <exception cref="OptionException">The output exists, an option is wrong, or an earlier process has left other work.</exception>
    /// <exception cref="EmbedStoppedException">It was stopped after something was written.</exception>
    public static async Task<EmbedProgress> RunAsync(
        Embedder embedder,
        EmbedPipelineOptions options,
        IProgress<EmbedProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        EmbedJournal journal = new(options.PartialPath);
        journal.ClearFinished(options.OutputPath);
        AtomicOutput.RefuseExistingFile(options.OutputPath, options.Force);
        string[] names = [.. options.VectorColumns.SelectMany(name => VectorColumn.Names(name, options.Type))];
        await using CarriedRows rows = await CarriedRows.OpenAsync(options.InputPath, options.TextColumns, names, cancellationToken).ConfigureAwait(false);
        SortedDictionary<string, string> job = EmbedJob.Describe(embedder, options);
        bool resumes = journal.Open(job, options.Restart);
        EmbedProgress done = new(0, rows.RowCount, 0, 0, 0);
        int parts = 0;
        try
        {
            using CarriedRowsWriter writer = new(journal.RowsPath, rows, options.VectorColumns.Select(name => (name, options.Type)));
            if (!resumes)
            {
                journal.Begin(job);
            }

            (CarriedPart Part, EmbedProgress Counts)[] before = [.. journal.Read()];
            parts = writer.Restore([.. before.Select(each => each.Part)], cancellationToken);
            journal.Keep(parts);
            done = before.Take(parts).Aggregate(done, (sum, each) => Plus(sum, each.Counts));
            done = done with { ResumedRows = done.Rows, ResumedTokens = done.Tokens };
            if (parts > 0)
            {
                progress?.Report(done);
            }

            void Written(CarriedPart part, EmbedProgress counts)
            {
                journal.Append(part, counts);
                parts++;
                done = Plus(done, counts);
                progress?.Report(done);
            }

            await EmbedStages.RunAsync(embedder, options, rows, done.Rows, WindowCharacters, Waiting, writer, Written, cancellationToken)
                .ConfigureAwait(false);
            writer.Complete(journal.Read().Select(each => each.Part), parts);
        }
        catch (OperationCanceledException) when (parts > 0 && cancellationToken.IsCancellationRequested)
        {
            throw new EmbedStoppedException(done, options.PartialPath, cancellationToken);
        }
        catch when (parts == 0 && !resumes)
        {
            journal.Remove();
            throw;
        }
        catch (IOException e)
        {
            throw new DataException(
                $"{options.PartialPath}: cannot be written ({e.Message}); {done.Rows} of {done.TotalRows} rows are kept, the same command goes on from there", e);
        }

        journal.Finish(options.OutputPath, options.Force);
        return done;
    }

    private static EmbedProgress Plus(EmbedProgress sum, EmbedProgress part) => sum with
    {
        Rows = sum.Rows + part.Rows,
        Tokens = sum.Tokens + part.Tokens,
        TruncatedTexts = sum.TruncatedTexts + part.TruncatedTexts,
        NullTexts = sum.NullTexts + part.NullTexts,
    };

    private static void Check(EmbedPipelineOptions options)
    {
        List<string> faults = [];
        if (options.WindowRows < 1)
        {
            faults.Add($"rows of a window: needs 1 or more, got {options.WindowRows}");
        }

        if (options.TextColumns.Count == 0 || options.TextColumns.Distinct(StringComparer.Ordinal).Count() < options.TextColumns.Count)
        {
            faults.Add($"text columns: needs one or more different names, got {string.Join(", ", options.TextColumns)}");
        }

        if (faults.Count > 0)
        {
            throw new OptionException(string.Join("; ", faults));
        }
    }
}
