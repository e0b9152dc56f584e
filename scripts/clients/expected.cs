#:project ../../src/OnnxEmbed.Training/OnnxEmbed.Training.csproj
#:project ../../src/OnnxEmbed.Merging/OnnxEmbed.Merging.csproj
#:property PublishAot=false

// Writes what OnnxEmbed computes, for check.mjs to compare with:
//   dotnet run expected.cs -- TEXTS.json OUT.json PACKAGE...
// and makes packages to compare when it is called so: tiny fresh ones of each architecture and pooling, and of each architecture one that
// was trained with LoRA and folded, and the middle of the great circle between that and its base:
//   dotnet run expected.cs -- --init DIRECTORY
using System.Text.Json.Nodes;
using OnnxEmbed.Data;
using OnnxEmbed.Merging;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
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
        LoraOptions lora = new() { Rank = 4, Alpha = 8 };
        Train.Run(
            new TrainOptions
            {
                Package = fresh, Data = data, Out = run, Lora = lora, Steps = 20, LearningRate = 0.01, Threads = 1, Force = true,
            },
            TimeProvider.System, null, CancellationToken.None);
        Merge.Run(new MergeOptions
        {
            Method = MergeMethods.Lora,
            Inputs = [new MergeInput(fresh) { Adapters = [run] }],
            Output = folded,
            DegreeOfParallelism = 1,
            Force = true,
        });
        Merge.Run(new MergeOptions
        {
            Method = MergeMethods.Slerp,
            Inputs = [new MergeInput(fresh), new MergeInput(folded)],
            Parameters = new Dictionary<string, string> { ["t"] = "0.5" },
            Output = slerp,
            DegreeOfParallelism = 1,
            Force = true,
        });
        Console.WriteLine(folded);
        Console.WriteLine(slerp);
    }

    return 0;
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
