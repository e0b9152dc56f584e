#:project ../../src/OnnxEmbed.Models/OnnxEmbed.Models.csproj
#:property PublishAot=false

// Writes what OnnxEmbed computes, for check.mjs to compare with:
//   dotnet run expected.cs -- TEXTS.json OUT.json PACKAGE...
// and makes tiny packages of each architecture when it is called so:
//   dotnet run expected.cs -- --init DIRECTORY
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;

if (args is ["--init", string directory])
{
    foreach (string architecture in ModelInit.Architectures)
    {
        foreach (PoolingMode pooling in Enum.GetValues<PoolingMode>())
        {
            string path = Path.Combine(directory, $"{architecture}-{pooling.ToString().ToLowerInvariant()}");
            ModelInit.Create(
                new ModelInitOptions
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
                },
                path,
                force: true);
            Console.WriteLine(path);
        }
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
    EmbeddingMatrix matrix = embedder.Embed(texts);
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

File.WriteAllText(args[1], new JsonObject { ["texts"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]), ["packages"] = packages }.ToJsonString());
return 0;
