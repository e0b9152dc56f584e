#:project ../../src/OnnxEmbed.Training/OnnxEmbed.Training.csproj
#:project ../../src/OnnxEmbed.Merging/OnnxEmbed.Merging.csproj
#:property PublishAot=false

// Writes what OnnxEmbed computes, for check.mjs to compare with:
//   dotnet run expected.cs -- TEXTS.json OUT.json PACKAGE...
// and makes packages to compare when it is called so: tiny fresh ones of each architecture and pooling, and of each architecture one that
// was trained with LoRA and folded, the middle of the great circle between that and its base, and the same in f16 and bf16, and merges of two
// trained ones by TIES and by the Karcher mean, and the tiny Hugging Face directories of the tests, imported, one with every pooling:
//   dotnet run expected.cs -- --init DIRECTORY
using System.Text.Json.Nodes;
using OnnxEmbed.Data;
using OnnxEmbed.Merging;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Importing;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Runs;

if (args is ["--init", string directory])
{
    int[] numbers = [.. Enumerable.Range(100, 256)];
    string data = Path.Combine(directory, "parity.parquet");
    ParquetTable table = new([Column.Of("text", [.. numbers.Select(n => $"{n}, {n + 2}")]), Column.Of("label", [.. numbers.Select(n => n % 2L)])]);
    table.Write(data, force: true);
    foreach (string architecture in ModelInit.Architectures)
    {
        foreach (PoolingMode pooling in Enum.GetValues<PoolingMode>())
        {
            string path = Path.Combine(directory, $"{architecture}-{pooling.ToString().ToLowerInvariant()}");
            ModelInitOptions options = new()
            {
                Architecture = architecture,
                HiddenSize = 64,
                Layers = 2,
                Heads = 4,
                KeyValueHeads = architecture == "llama" ? 2 : null,
                MaxPositions = 64,
                Pooling = pooling,
                Normalize = pooling != PoolingMode.Cls,
                Seed = 1,
            };
            ModelInit.Create(options, path, force: true);
            Console.WriteLine(path);
        }

        string fresh = Path.Combine(directory, $"{architecture}-mean");
        string run = Path.Combine(directory, $"{architecture}-run");
        string folded = Path.Combine(directory, $"{architecture}-trained");
        string slerp = Path.Combine(directory, $"{architecture}-slerp");
        string second = Path.Combine(directory, $"{architecture}-trained-again");
        Tune(fresh, data, run, folded, seed: 0);
        Tune(fresh, data, Path.Combine(directory, $"{architecture}-run-again"), second, seed: 1);
        Join(MergeMethods.Slerp, slerp, null, [new MergeInput(fresh), new MergeInput(folded)], null, ("t", "0.5"));
        Console.WriteLine(Join(
            MergeMethods.Ties,
            Path.Combine(directory, $"{architecture}-ties"),
            new MergeInput(fresh),
            [new MergeInput(folded), new MergeInput(second)],
            null,
            ("density", "0.5")));
        Console.WriteLine(Join(
            MergeMethods.Karcher, Path.Combine(directory, $"{architecture}-karcher"), null, [new MergeInput(folded), new MergeInput(second)]));
        foreach (ElementType type in (ElementType[])[ElementType.Float16, ElementType.BFloat16])
        {
            string half = Path.Combine(directory, $"{architecture}-slerp-{type.ShortName()}");
            Console.WriteLine(Join(MergeMethods.Slerp, half, null, [new MergeInput(fresh), new MergeInput(folded)], type, ("t", "0.5")));
        }

        Console.WriteLine(folded);
        Console.WriteLine(slerp);
    }

    string families = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "tests", "OnnxEmbed.Models.Tests", "Architectures");
    foreach (string family in Directory.GetDirectories(families, "*", SearchOption.AllDirectories)
        .Where(path => File.Exists(Path.Combine(path, "config.json")) && File.Exists(Path.Combine(path, "cases.json"))).Order(StringComparer.Ordinal))
    {
        string name = Path.GetFileName(family);
        bool decoder = Path.GetFileName(Path.GetDirectoryName(family)) == "Decoders";
        string source = Path.Combine(directory, $"source-{name}");
        Directory.CreateDirectory(source);
        foreach (string file in Directory.GetFiles(family).Where(file => Path.GetFileName(file) is not ("cases.json" or "expected.safetensors")))
        {
            File.Copy(file, Path.Combine(source, Path.GetFileName(file)), overwrite: true);
        }

        // RoBERTa counts positions from the id that pads, so the config has to name the tokenizer's.
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!;
        config["pad_token_id"] = DigitTokenizer.PadId;
        File.WriteAllText(Path.Combine(source, "config.json"), config.ToJsonString());
        DigitTokenizer.Write(source, decoder ? DigitTokenizerKind.Decoder : DigitTokenizerKind.Encoder, 48);
        foreach (PoolingMode pooling in name is "roberta" or "qwen3" ? Enum.GetValues<PoolingMode>() : [decoder ? PoolingMode.Last : PoolingMode.Mean])
        {
            string path = Path.Combine(directory, $"imported-{name}-{pooling.ToString().ToLowerInvariant()}");
            Import.Run(new ImportOptions { Source = source, Out = path, Pooling = pooling, Force = true });
            Console.WriteLine(path);
        }
    }

    return 0;
}

static string ThisFile([System.Runtime.CompilerServices.CallerFilePath] string path = "") => path;

static void Tune(string package, string data, string run, string folded, ulong seed)
{
    Train.Run(
        new TrainOptions
        {
            Package = package,
            Data = data,
            Out = run,
            Lora = new LoraOptions { Rank = 4, Alpha = 8 },
            Steps = 20,
            LearningRate = 0.01,
            Threads = 1,
            Seed = seed,
            Force = true,
        },
        TimeProvider.System, null, CancellationToken.None);
    Join(MergeMethods.Lora, folded, null, [new MergeInput(package) { Adapters = [run] }]);
}

static string Join(
    MergeMethod method,
    string output,
    MergeInput? origin,
    MergeInput[] inputs,
    ElementType? type = null,
    params (string Name, string Value)[] parameters)
{
    Merge.Run(new MergeOptions
    {
        Method = method,
        Base = origin,
        Inputs = inputs,
        Parameters = parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value),
        Output = output,
        OutputType = type,
        DegreeOfParallelism = 1,
        Force = true,
    });
    return output;
}

if (args.Length < 3)
{
    Console.Error.WriteLine("expected.cs: needs TEXTS.json OUT.json PACKAGE...");
    return 2;
}

string[] texts = [.. JsonNode.Parse(File.ReadAllText(args[0]))!.AsArray().Select(text => text!.GetValue<string>())];
JsonArray packages = [];
foreach (string path in args[2..])
{
    ModelPackage package = ModelPackage.Open(path);
    using Embedder embedder = Embedder.Open(package, new EmbedderOptions(1));
    EmbeddedTexts matrix = embedder.Embed(texts);
    JsonArray ids = [];
    JsonArray vectors = [];
    for (int i = 0; i < texts.Length; i++)
    {
        ids.Add(new JsonArray([.. package.Tokenizer.Encode(texts[i], package.MaxLength).Select(id => (JsonNode)id)]));
        vectors.Add(new JsonArray([.. matrix[i].ToArray().Select(value => (JsonNode)value)]));
    }

    packages.Add(new JsonObject
    {
        ["path"] = package.FullPath,
        ["pooling"] = package.Pooling.ToString().ToLowerInvariant(),
        ["normalize"] = package.Normalize,
        ["max_length"] = package.MaxLength,
        ["ids"] = ids,
        ["vectors"] = vectors,
    });
}

JsonObject expected = new() { ["texts"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]), ["packages"] = packages };
File.WriteAllText(args[1], expected.ToJsonString());
return 0;
