using OnnxEmbed.Models.Importing.Exports;
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
        if (!Directory.Exists(options.Source) && !File.Exists(options.Source))
        {
            throw new DataException($"{options.Source}: needs a Hugging Face directory or an ONNX file, there is no such file or directory");
        }

        return ExportSource.IsChosen(options) ? ExportImport.Run(options) : HuggingFaceImport.Run(options);
    }
}
