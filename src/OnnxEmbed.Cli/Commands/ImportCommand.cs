using System.Globalization;
using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Models.Importing;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>import</c>: a model that was made elsewhere.</summary>
internal sealed class ImportCommand(Session session)
{
    [Command("import", Description = "Makes a model package of a Hugging Face directory (config.json, safetensors, tokenizer.json) "
        + "or of an exported ONNX model with config.json and tokenizer.json beside it. "
        + "What the files of sentence-transformers in it say of pooling, length, prompts and Dense modules is followed. "
        + "Ends with a check of the package on a few texts.")]
    [Example("onnxembed import ~/models/all-MiniLM-L6-v2 -o artifacts/minilm")]
    [Example("onnxembed import ~/exports/minilm/onnx/model.onnx --pooling mean -o artifacts/minilm")]
    [Example("onnxembed import ~/models/e5-base --pooling mean --prompt query=query: --default-prompt query -o artifacts/e5")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Directory of the model, or an ONNX file.")] string source,
        [Option("out", ['o'], Description = "The package to write.", ValueName = "DIR")] string @out,
        [Option("pooling", Description = "How token states become one vector; what the directory says unless given, else mean (encoders) or last (decoders).")] PoolingMode? pooling = null,
        [Option("attention", Description = "Which tokens a decoder's tokens read; what config.json says unless given.")] AttentionKind? attention = null,
        [Option("normalize", Description = "Scale vectors to length 1, true or false; what the directory says unless given, else true.", ValueName = "BOOL")] string? normalize = null,
        [Option("max-length", Description = "Longest text in tokens; what the directory says unless given.")] int? maxLength = null,
        [Option("prompt", Description = "A prompt of the package; may be given several times.", ValueName = "NAME=TEXT")] string[]? prompt = null,
        [Option("default-prompt", Description = "The prompt that is put before every text, or none; what the directory says unless given.", ValueName = "NAME")] string? defaultPrompt = null,
        [Option("from", Description = "Which files of the directory to read; safetensors where there are any unless given.")] ImportFormat? from = null,
        [Option("force", Description = "Replace the directory if it exists.")] bool force = false)
    {
        ImportOptions options = new()
        {
            Source = source,
            Out = @out,
            From = from,
            Pooling = pooling,
            Attention = attention,
            Normalize = normalize switch
            {
                null => null,
                "true" => true,
                "false" => false,
                _ => throw new OptionException($"--normalize: needs true or false, got '{normalize}'"),
            },
            MaxLength = maxLength,
            Prompts = Prompts(prompt ?? []),
            DefaultPrompt = defaultPrompt,
            Force = force,
        };
        ImportResult done = Import.Run(options);
        ModelPackage package = done.Package;
        SelfCheckFigures check = done.Check;
        Result result = new Result()
            .Fact("out", @out)
            .Fact("model_type", package.Config.ModelType)
            .Fact("parameters", done.ParameterCount)
            .Fact("source_types", done.SourceTypes)
            .Fact("unused_tensors", done.Unused)
            .Fact("pooling", package.Pooling.ToString().ToLowerInvariant())
            .Fact("dense", package.Dense.Count)
            .Fact("normalize", package.Normalize)
            .Fact("attention", package.Config.Attention.ToString().ToLowerInvariant())
            .Fact("max_length", package.MaxLength)
            .Fact("prompts", package.Prompts.Keys.ToArray())
            .Fact("default_prompt", package.DefaultPrompt)
            .Fact("check_texts", check.Texts)
            .Fact("check_tokens", check.Tokens)
            .Fact("check_width", check.Width)
            .Fact("check_least_norm", check.LeastNorm)
            .Fact("check_greatest_norm", check.GreatestNorm)
            .Fact("check_batch_difference", check.BatchDifference)
            .Fact("check_greatest_cosine", check.GreatestCosine);
        if (done.Export is { } export)
        {
            result = result
                .Fact("graph_inputs", export.Inputs)
                .Fact("graph_states", export.States)
                .Fact("decomposed", Counted(export.Decomposed))
                .Fact("quantized", Counted(export.Quantized))
                .Fact("graph_difference", export.Difference)
                .Fact("notes", export.Notes);
        }

        ResultWriter.Write(session, output.ResultFormat, result);
        return ExitStatus.Done;
    }

    private static string[] Counted(IReadOnlyDictionary<string, int> operators) =>
        [.. operators.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Value} {entry.Key}"))];

    // A prompt may hold commas, so the option is repeated and not a list.
    private static Dictionary<string, string> Prompts(string[] given)
    {
        Dictionary<string, string> prompts = new(StringComparer.Ordinal);
        foreach (string each in given)
        {
            int equals = each.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !prompts.TryAdd(each[..equals], each[(equals + 1)..]))
            {
                throw new OptionException(string.Create(CultureInfo.InvariantCulture, $"--prompt: needs name=text, each name once, got '{each}'"));
            }
        }

        return prompts;
    }
}
