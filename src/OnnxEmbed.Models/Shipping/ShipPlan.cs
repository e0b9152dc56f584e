using System.Text.Json.Nodes;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Compression;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Shipping;

/// <summary>
/// What a target decides about one package: the files to write, what had to change, what the consumer cannot have, and what forbids it.
/// Files are written in the order in which they are planned.
/// </summary>
internal sealed class ShipPlan(ModelPackage package, OnnxModel model, ModelFacts facts, string directory, IReadOnlyList<ModelVariant> variants)
{
    // ONNX files are protobuf messages, which end at 2 GB; the graph needs some of it.
    private const long MostInOneFile = 2_000_000_000;

    public ModelPackage Package => package;

    public ModelFacts Facts => facts;

    /// <summary>Name of the directory that is written.</summary>
    public string DirectoryName => directory;

    public List<string> Faults { get; } = [];

    public List<string> Changes { get; } = [];

    public List<string> Limits { get; } = [];

    public List<(string Name, Action<string> Write)> Files { get; } = [];

    /// <summary>The ONNX files among <see cref="Files"/>.</summary>
    public List<(string Name, ModelVariant? Variant)> Models { get; } = [];

    /// <summary>The pooling that makes the vector of the token vectors; null where Dense modules follow it, which few consumers can run.</summary>
    public PoolingMode? TokenPooling => package.Dense.Count == 0 ? package.Pooling : null;

    /// <summary>How the consumer makes vectors.</summary>
    public ConsumerReading Reading { get; set; } = new(EncoderGraph.SentenceEmbeddingName, null, Normalizes: false);

    /// <summary>How it is used there, in Markdown.</summary>
    public string Usage { get; set; } = "";

    /// <summary>Notes a fault where a condition does not hold.</summary>
    public void Needs(bool holds, string rule, object? got)
    {
        if (!holds)
        {
            Faults.Add(FormattableString.Invariant($"needs {rule}, got {got ?? "none"}"));
        }
    }

    /// <summary>Copies a file of the package, which must be there.</summary>
    public void Copy(string name, string? target = null)
    {
        if (!Has(name))
        {
            Faults.Add($"needs {name} in the package, there is none");
            return;
        }

        Files.Add((target ?? name, path => File.Copy(Path.Combine(package.FullPath, name), path)));
    }

    /// <summary>Copies those files that the package has.</summary>
    public void CopyWhatIs(IEnumerable<string> names)
    {
        foreach (string name in names.Where(Has))
        {
            Copy(name);
        }
    }

    /// <summary>Whether the package has a file.</summary>
    public bool Has(string name) => File.Exists(Path.Combine(package.FullPath, name));

    public void Text(string name, string text) => Files.Add((name, path => File.WriteAllText(path, text)));

    /// <summary>
    /// Writes tokenizer_config.json with the package's maximum length and what else a consumer reads there; copied byte for byte where nothing differs.
    /// </summary>
    /// <param name="directory">Where it goes, empty or ending in a slash.</param>
    /// <param name="padsLeft">Whether the consumer must pad at the left.</param>
    /// <param name="needsPadToken">Whether it must name the pad token.</param>
    public void TokenizerConfig(string directory = "", bool padsLeft = false, bool needsPadToken = false)
    {
        JsonObject config = TokenizerFile.ReadConfig(package);
        int changes = Changes.Count;
        if (config["model_max_length"] is not JsonValue length || !length.TryGetValue(out double most) || most != package.MaxLength)
        {
            Changes.Add($"{TokenizerFile.Config}: model_max_length is {package.MaxLength}, the longest text of the package");
            config["model_max_length"] = package.MaxLength;
        }

        if (padsLeft && (config["padding_side"] is not JsonValue side || !side.TryGetValue(out string? at) || at != "left"))
        {
            Changes.Add($"{TokenizerFile.Config}: padding_side is left, since the last position of a row is taken for the last token");
            config["padding_side"] = "left";
        }

        if (needsPadToken && config["pad_token"] is null)
        {
            ITextTokenizer tokenizer = package.Tokenizer;
            if ((tokenizer.PadId ?? tokenizer.EosId) is int id && tokenizer.TokenOf(id) is string token)
            {
                Changes.Add($"{TokenizerFile.Config}: pad_token is {token}");
                config["pad_token"] = token;
            }
            else
            {
                Faults.Add($"needs a pad token in {TokenizerFile.Config} or {TokenizerJson.FileName}, there is none");
            }
        }

        if (changes == Changes.Count && Has(TokenizerFile.Config))
        {
            Copy(TokenizerFile.Config, directory + TokenizerFile.Config);
        }
        else
        {
            Text(directory + TokenizerFile.Config, JsonText.Of(config));
        }
    }

    /// <summary>Writes special_tokens_map.json, from tokenizer_config.json where the package has none.</summary>
    public void SpecialTokensMap(string directory = "")
    {
        if (Has(TokenizerFile.SpecialTokens))
        {
            Copy(TokenizerFile.SpecialTokens, directory + TokenizerFile.SpecialTokens);
            return;
        }

        JsonObject map = new();
        foreach ((string name, JsonNode? value) in TokenizerFile.ReadConfig(package).Where(member => member.Key.EndsWith("_token", StringComparison.Ordinal)))
        {
            if (value is JsonObject || (value is JsonValue text && text.TryGetValue(out string? _)))
            {
                map[name] = value.DeepClone();
            }
        }

        Changes.Add($"{TokenizerFile.SpecialTokens}: made of {TokenizerFile.Config}, since the package has none");
        Text(directory + TokenizerFile.SpecialTokens, JsonText.Of(map));
    }

    /// <summary>Writes the model in f32 and the variants that were asked for.</summary>
    /// <param name="path">Name of the f32 file, ending in <c>.onnx</c>.</param>
    /// <param name="form">What the consumer needs of it.</param>
    /// <param name="choosesFile">Whether the consumer can be pointed to a file, so that there may be variants.</param>
    public void Model(string path, ModelForm form, bool choosesFile)
    {
        Needs(choosesFile || variants.Count == 0, "no variants, since it reads one file of a fixed name", string.Join(", ", variants));
        Needs(
            !form.SingleFile || facts.WeightBytes < MostInOneFile,
            "a model in one file, of at most 2 GB of weights",
            $"{facts.WeightBytes / 1e9:F1} GB");
        if (form.TakesTokenTypes && !facts.HasTokenTypes)
        {
            Changes.Add($"{path}: has an input {EncoderInputs.TokenTypeIdsName} that nothing reads, since it is always fed");
        }

        if (form.OnlyVector && facts.FirstOutput != EncoderGraph.SentenceEmbeddingName)
        {
            Changes.Add($"{path}: {EncoderGraph.SentenceEmbeddingName} is its only output");
        }

        Add(path, form, null);
        foreach (ModelVariant variant in variants)
        {
            string suffix = variant == ModelVariant.Fp16 ? "_fp16" : "_quantized";
            Add(path.Replace(".onnx", suffix + ".onnx", StringComparison.Ordinal), form, variant);
        }
    }

    private void Add(string path, ModelForm form, ModelVariant? variant)
    {
        Models.Add((path, variant));
        Files.Add((path, target => Write(form, variant, target)));
    }

    private void Write(ModelForm form, ModelVariant? variant, string path)
    {
        OnnxWriteOptions options = new() { ExternalData = form.SingleFile ? ExternalDataMode.Never : ExternalDataMode.Auto };
        bool asItIs = variant is null && !(form.TakesTokenTypes && !facts.HasTokenTypes) && !form.OnlyVector;
        if (asItIs)
        {
            model.Save(path, options);
            return;
        }

        DerivedModel derived = new(model);
        if (form.TakesTokenTypes && !facts.HasTokenTypes)
        {
            ValueInfoProto input = derived.Proto.Graph.Input.First(value => value.Name == EncoderInputs.InputIdsName).Clone();
            input.Name = EncoderInputs.TokenTypeIdsName;
            derived.Proto.Graph.Input.Add(input);
        }

        if (form.OnlyVector)
        {
            ValueInfoProto vector = derived.Proto.Graph.Output.First(output => output.Name == EncoderGraph.SentenceEmbeddingName);
            derived.Proto.Graph.Output.Clear();
            derived.Proto.Graph.Output.Add(vector);
        }

        switch (variant)
        {
            case ModelVariant.Fp16:
                foreach (string kept in HalfPrecisionWeights.Apply(derived))
                {
                    Limits.Add($"{Path.GetFileName(path)}: {kept} stays f32, it has values that f16 does not hold");
                }

                break;
            case ModelVariant.Int8:
                DynamicQuantisation.Apply(derived);
                break;
        }

        derived.Save(path, options);
    }
}
