using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>The language-model head outside the graph: the first model's, with a row for each token of the result.</summary>
internal static class VocabularyHead
{
    /// <summary>Its tensors; null where the first model has none.</summary>
    public static IReadOnlyDictionary<string, TensorData>? Of(IReadOnlyList<MergeSource> sources, VocabularyPlan plan)
    {
        if (sources[0].Package?.HeadPath is not { } path)
        {
            return null;
        }

        List<SafetensorsFile?> files =
            [.. sources.Select(source => source.Package?.HeadPath is { } own ? SafetensorsFile.Open(own) : null)];
        try
        {
            long extent = sources[0].Package!.Config.VocabSize;
            return files[0]!.Tensors.ToDictionary(
                entry => entry.Key,
                entry => plan.Extend([.. files.Select(file => file?.Tensors.GetValueOrDefault(entry.Key))], extent) ?? Copy(entry.Value),
                StringComparer.Ordinal);
        }
        finally
        {
            files.ForEach(file => file?.Dispose());
        }
    }

    /// <summary>The file is closed before the head is written.</summary>
    private static TensorData Copy(TensorData tensor) =>
        TensorData.FromBytes(tensor.ElementType, [.. tensor.Shape], tensor.Slice(0, (int)tensor.ByteLength).ToArray());
}
