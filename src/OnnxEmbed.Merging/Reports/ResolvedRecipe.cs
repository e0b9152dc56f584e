using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OnnxEmbed.Merging.Reports;

/// <summary>
/// The merge as a recipe in mergekit's YAML (https://github.com/arcee-ai/mergekit, README, "Merge Configuration"), with every default
/// written out and the models named as the user named them.
/// </summary>
internal static class ResolvedRecipe
{
    /// <summary>Name of the recipe in a package; beside a bare file it is <c>FILE.merge-recipe.yaml</c>.</summary>
    public const string FileName = "merge-recipe.yaml";

    public static string ToYaml(MergeOptions options, MergeArguments arguments, ElementType type)
    {
        StringWriter text = new() { NewLine = "\n" };
        Emitter yaml = new(text);
        yaml.Emit(new StreamStart());
        yaml.Emit(new DocumentStart());
        yaml.Emit(new MappingStart());

        // A fold is mergekit's passthrough of one model with an adapter.
        Entry(yaml, "merge_method", options.Method.NeedsAdapter ? "passthrough" : options.Method.Name);
        if ((options.Base ?? (options.Method == MergeMethods.Slerp ? options.Inputs[0] : null)) is { } theBase)
        {
            Word(yaml, "base_model");
            Reference(yaml, theBase);
        }

        Word(yaml, "models");
        yaml.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, SequenceStyle.Block));
        foreach ((MergeInput input, IReadOnlyDictionary<string, object> values) in options.Inputs.Zip(arguments.ModelValues))
        {
            yaml.Emit(new MappingStart());
            Word(yaml, "model");
            Reference(yaml, input);
            if (input.AdapterWeights.Count > 0)
            {
                // mergekit's schema has no place for them.
                yaml.Emit(new Comment($"adapter weights: {Text.Numbers(input.AdapterWeights)}", isInline: false));
            }

            Parameters(yaml, values);
            yaml.Emit(new MappingEnd());
        }

        yaml.Emit(new SequenceEnd());
        Parameters(yaml, arguments.Values);
        if (DtypeOf(type) is { } dtype)
        {
            Entry(yaml, "dtype", dtype);
        }

        yaml.Emit(new MappingEnd());
        yaml.Emit(new DocumentEnd(isImplicit: true));
        yaml.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Parameters(Emitter yaml, IReadOnlyDictionary<string, object> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        Word(yaml, "parameters");
        yaml.Emit(new MappingStart());
        foreach ((string name, object value) in values)
        {
            Entry(yaml, name, value switch
            {
                double number => Text.Number(number),
                bool flag => flag ? "true" : "false",
                _ => (string)value,
            });
        }

        yaml.Emit(new MappingEnd());
    }

    /// <summary><c>MODEL</c> or <c>MODEL+ADAPTER</c>; mergekit knows no several adapters, which have a list of their own.</summary>
    private static void Reference(Emitter yaml, MergeInput input)
    {
        if (input.Adapters.Count <= 1)
        {
            Path(yaml, input.ToString());
            return;
        }

        yaml.Emit(new MappingStart());
        Word(yaml, "model");
        yaml.Emit(new MappingStart());
        Word(yaml, "path");
        Path(yaml, input.Model);
        yaml.Emit(new MappingEnd());
        Word(yaml, "loras");
        yaml.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, SequenceStyle.Block));
        foreach (string adapter in input.Adapters)
        {
            Path(yaml, adapter);
        }

        yaml.Emit(new SequenceEnd());
        yaml.Emit(new MappingEnd());
    }

    private static void Entry(Emitter yaml, string key, string value)
    {
        Word(yaml, key);
        Word(yaml, value);
    }

    private static void Word(Emitter yaml, string value) => yaml.Emit(new Scalar(value));

    /// <summary>A path is text even where it looks like a number; only then and where YAML would read it otherwise is it quoted.</summary>
    private static void Path(Emitter yaml, string path)
    {
        bool plain = path.Any(char.IsAsciiLetter) && path is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off")
            && !double.TryParse(path, System.Globalization.CultureInfo.InvariantCulture, out _);
        yaml.Emit(new Scalar(AnchorName.Empty, TagName.Empty, path, plain ? ScalarStyle.Any : ScalarStyle.DoubleQuoted, true, true));
    }

    private static string? DtypeOf(ElementType type) => type switch
    {
        ElementType.Float32 => "float32",
        ElementType.Float16 => "float16",
        ElementType.BFloat16 => "bfloat16",
        _ => null,
    };
}
