using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing;

/// <summary>Makes a package of a model that was made elsewhere.</summary>
public static class Import
{
    /// <summary>Imports a model; the package appears when it is complete and has passed <see cref="SelfCheck"/>.</summary>
    /// <exception cref="OptionException">An option is wrong, or the path is taken.</exception>
    /// <exception cref="DataException">A file of the source is missing or wrong; the faults of one kind of file are listed together.</exception>
    public static ImportResult Run(ImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Directory.Exists(options.Source))
        {
            throw new DataException(File.Exists(options.Source)
                ? $"{options.Source}: needs a Hugging Face directory, got a file"
                : $"{options.Source}: needs a Hugging Face directory, there is no such directory");
        }

        return HuggingFaceImport.Run(options);
    }
}
