using Cocona;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Options of every command that runs a model.</summary>
internal sealed class EngineOptions : ICommandParameterSet
{
    [Option("threads", Description = "Threads; all cores unless given. Results do not depend on it.")]
    [HasDefaultValue]
    public int? Threads { get; set; }

    [Option("device", Description = "cpu, cuda or cuda:N.", ValueName = "NAME")]
    [HasDefaultValue]
    public string Device { get; set; } = "cpu";

    /// <summary>Opens a package, with the adapter of a directory (an adapter, or a run that has one) added to it.</summary>
    public Embedder Open(
        Session session, string package, string? adapter, int? maxLength, int? batchTokens, Func<EmbedderOptions, EmbedderOptions>? more = null)
    {
        EmbedderOptions options = new(Threads ?? session.DefaultThreads) { Device = Device, MaxLength = maxLength };
        options = batchTokens is { } tokens ? options with { MaxTokensPerBatch = tokens } : options;
        options = more?.Invoke(options) ?? options;
        if (adapter is null)
        {
            return Embedder.Open(ModelPackage.Open(package), options);
        }

        using LoraAdapter lora = LoraAdapter.Load(AdapterDirectory(adapter));
        return Embedder.Open(ModelPackage.Open(package), options, lora);
    }

    /// <summary>A run keeps its adapter in <c>adapter/</c>.</summary>
    public static string AdapterDirectory(string path)
    {
        string inRun = Path.Combine(path, "adapter");
        return !LoraAdapter.IsAdapter(path) && LoraAdapter.IsAdapter(inRun) ? inRun : path;
    }
}
