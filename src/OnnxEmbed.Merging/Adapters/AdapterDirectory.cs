using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters;

/// <summary>Where an adapter lies: its own directory, or a training run that holds it as <c>adapter/</c>.</summary>
internal static class AdapterDirectory
{
    /// <summary>The adapter's own directory.</summary>
    /// <exception cref="DataException">There is no adapter.</exception>
    public static string Of(string path)
    {
        string directory = LoraAdapter.IsAdapter(path) ? path : Path.Combine(path, "adapter");
        return LoraAdapter.IsAdapter(directory) ? directory : throw new DataException(
            $"{path}: needs an adapter ({LoraSettings.FileName} and {LoraAdapter.TensorsFileName}) or a training run with one as adapter/, there is none");
    }
}
