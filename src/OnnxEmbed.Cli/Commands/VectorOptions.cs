using Cocona;
using OnnxEmbed.Data.Carrying;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary>What an embedding makes of the model's vectors, and what goes before a text.</summary>
internal sealed class VectorOptions : ICommandParameterSet
{
    private static readonly Dictionary<string, VectorType> Types = new()
    {
        ["f32"] = VectorType.Float32,
        ["f16"] = VectorType.Float16,
        ["int8"] = VectorType.Int8,
    };

    [Option("dtype", Description = "How numbers are kept: f32, f16, or int8 with a column of scales.", ValueName = "TYPE")]
    [HasDefaultValue]
    public string Type { get; set; } = "f32";

    [Option("dim", Description = "Numbers of a vector to keep, from the first, for models trained so (Matryoshka); all unless given.")]
    [HasDefaultValue]
    public int? Dimensions { get; set; }

    [Option("normalize", Description = "on or off: whether vectors have length 1; as the package says unless given.", ValueName = "ON|OFF")]
    [HasDefaultValue]
    public string? Normalize { get; set; }

    [Option("prompt", Description = "Name of the package's prompt to put before every text, or none; its default prompt unless given.", ValueName = "NAME")]
    [HasDefaultValue]
    public string? Prompt { get; set; }

    /// <exception cref="OptionException">An option has a value that is none of its own.</exception>
    public VectorType Kind() => Types.TryGetValue(Type, out VectorType type)
        ? type
        : throw new OptionException($"--dtype: needs {string.Join(", ", Types.Keys)}, got '{Type}'");

    /// <exception cref="OptionException">An option has a value that is none of its own.</exception>
    public EmbedderOptions Apply(EmbedderOptions options) => options with
    {
        Dimensions = Dimensions,
        Prompt = Prompt,
        Normalize = Normalize switch
        {
            null => null,
            "on" => true,
            "off" => false,
            _ => throw new OptionException($"--normalize: needs on or off, got '{Normalize}'"),
        },
    };
}
