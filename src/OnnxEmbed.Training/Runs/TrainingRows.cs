using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Batching;
using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Runs;

/// <summary>Rows to fine-tune on, encoded.</summary>
internal sealed class TrainingRows
{
    private readonly LabelledTexts _rows;
    private readonly TokenizedTexts _texts;
    private readonly int _padId;

    private TrainingRows(LabelledTexts rows, TokenizedTexts texts, int padId)
    {
        _rows = rows;
        _texts = texts;
        _padId = padId;
    }

    /// <summary>Texts that lost tokens to the maximum length.</summary>
    public int TruncatedCount => _texts.TruncatedCount;

    /// <summary>Encodes all columns.</summary>
    public static TrainingRows Encode(ModelPackage package, LabelledTexts rows, TrainOptions options, CancellationToken cancellation)
    {
        int padId = package.Tokenizer.PadId
            ?? throw new DataException($"{package.Name}: training needs a tokenizer with a pad token, it has none");
        string[] texts = [.. rows.Columns.SelectMany(column => column)];
        return new TrainingRows(rows, TokenizedTexts.Encode(package.Tokenizer, texts, options.MaxLength!.Value, cancellation), padId);
    }

    /// <summary>Batches as the kind of loss needs them.</summary>
    public IBatchSource Batches(LossKind kind, TrainOptions options)
    {
        ISampler sampler = kind == LossKind.Labels
            ? new BalancedLabelSampler(_rows.Labels!, options.BatchSize, options.Seed, _rows.Source)
            : new DistinctSampler(_rows.Columns, options.BatchSize, options.Seed);
        return new SampledBatches(
            sampler, new EmbeddingBatches(_texts, _rows.Columns.Count, _rows.Labels, _padId, options.MaxLength!.Value).Assemble);
    }
}
