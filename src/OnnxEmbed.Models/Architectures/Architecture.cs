using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures;

/// <summary>One row of <see cref="KnownArchitectures"/>.</summary>
/// <param name="ModelType">The <c>model_type</c> of <c>config.json</c>.</param>
/// <param name="Read">Reads the config.</param>
/// <param name="Build">Builds the graph.</param>
/// <param name="TokenTable">Name of the token table, whose padding row is fresh as 0 and which a tied head shares.</param>
/// <param name="Prefixes">What names of tensors may begin with in a checkpoint and do not begin with here, such as <c>model.</c></param>
internal sealed record Architecture(
    string ModelType,
    ConfigReading Read,
    GraphBuilding<ModelConfig> Build,
    string TokenTable,
    IReadOnlyList<string> Prefixes)
{
    public static Architecture Of<TConfig>(
        string modelType, Func<ConfigReader, TConfig> read, GraphBuilding<TConfig> build, string tokenTable, params string[] prefixes)
        where TConfig : ModelConfig => new(
            modelType,
            json => read(json),
            (graph, config, inputs, parameters) => build(graph, (TConfig)config, inputs, parameters),
            tokenTable,
            prefixes);
}
