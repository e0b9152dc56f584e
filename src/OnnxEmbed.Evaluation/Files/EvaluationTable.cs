using OnnxEmbed.Data;
using OnnxEmbed.Evaluation.Attributes;

namespace OnnxEmbed.Evaluation.Files;

/// <summary>Reads what is evaluated out of a dataset's columns.</summary>
public static class EvaluationTable
{
    /// <summary>The column that groups items where a dataset has it: the number suite's pairs.</summary>
    public const string DefaultGroup = "pair_id";

    /// <summary>Items with their label, text, group, and every other column that sorts them into classes or sizes.</summary>
    /// <param name="table">The dataset.</param>
    /// <param name="embeddings">One embedding a row of it.</param>
    /// <param name="label">Column of the labels.</param>
    /// <param name="text">Column of the texts; shown in the report where it exists.</param>
    /// <param name="group">Column of the groups; null for <see cref="DefaultGroup"/> where it exists.</param>
    /// <param name="title">What reports call the evaluation.</param>
    /// <exception cref="Tensors.DataException">A column is missing or of a kind that cannot be used.</exception>
    public static EvaluationInput Read(ParquetTable table, EmbeddingMatrix embeddings, string label, string text, string? group, string title)
    {
        Labels labels = Labels.FromColumn(table, label);
        string? groups = group ?? (table.Has(DefaultGroup) && label != DefaultGroup ? DefaultGroup : null);
        return new EvaluationInput
        {
            Embeddings = embeddings,
            Labels = labels.Classes.ToArray(),
            LabelNames = labels.Names,
            LabelColumn = label,
            Title = title,
            Texts = table.Has(text) && table[text] is StringColumn ? table.Strings(text) : null,
            Groups = groups is null ? null : Labels.FromColumn(table, groups).Classes.ToArray(),
            Attributes =
            [
                .. table.Columns
                    .Where(column => column.Name != label && column.Name != text && column.Name != groups)
                    .Select(column => Attribute(table, column))
                    .OfType<AttributeColumn>(),
            ],
        };
    }

    /// <summary>The same items with a training split, on which probes are fitted.</summary>
    /// <param name="input">The items.</param>
    /// <param name="table">The training split.</param>
    /// <param name="embeddings">One embedding a row of it.</param>
    /// <exception cref="EvaluationException">It has a label that the items do not have.</exception>
    public static EvaluationInput WithTraining(EvaluationInput input, ParquetTable table, EmbeddingMatrix embeddings)
    {
        Labels labels = Labels.FromColumn(table, input.LabelColumn);
        string[] known = [.. input.LabelNames];
        string[] unknown = [.. labels.Names.Where(name => !known.Contains(name))];
        if (unknown.Length > 0)
        {
            throw new EvaluationException(
                $"{table.Source}: column {input.LabelColumn}: needs labels of the evaluated items ({string.Join(", ", known.Take(10))}), got {string.Join(", ", unknown.Take(10))}");
        }

        int[] codes = [.. labels.Names.Select(name => Array.IndexOf(known, name))];
        return new EvaluationInput
        {
            Embeddings = input.Embeddings,
            Labels = input.Labels,
            LabelNames = input.LabelNames,
            LabelColumn = input.LabelColumn,
            Title = input.Title,
            Texts = input.Texts,
            Groups = input.Groups,
            Attributes = input.Attributes,
            TrainEmbeddings = embeddings,
            TrainLabels = Array.ConvertAll(labels.Classes.ToArray(), label => codes[label]),
        };
    }

    /// <summary>A column as classes or sizes; null where it tells all items the same, or nearly each its own (an identifier, a text).</summary>
    private static AttributeColumn? Attribute(ParquetTable table, Column column)
    {
        if (column.Kind is ColumnKind.IntegerList or ColumnKind.DoubleList or ColumnKind.FloatList || (column.HasNulls && column.Kind != ColumnKind.String))
        {
            return null;
        }

        AttributeColumn attribute = column switch
        {
            StringColumn strings => AttributeColumn.Categorical(column.Name, [.. strings.Values]),
            ValueColumn<bool> => AttributeColumn.Categorical(column.Name, [.. table.Booleans(column.Name).ToArray().Select(value => value ? "true" : "false")]),
            _ => AttributeColumn.Numeric(column.Name, table.Numbers(column.Name)),
        };
        return attribute.Values.Count > 1 && attribute.Values.Count <= Math.Max(2, table.RowCount / 4) ? attribute : null;
    }
}
