using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Benchmarks.Throughput;

/// <summary>
/// Every kind of tokenizer on one core, beside transformers.js and the tokenizers library on the same texts where Node.js and the packages
/// of <c>scripts/reference</c> are installed. The tokenizers are those of the tests; the texts are made of the words of their corpus.
/// </summary>
internal static class TokenizeBenchmark
{
    /// <summary>Target: the time of transformers.js over ours is at least this.</summary>
    private const double Target = 1;

    private const int Texts = 1200;
    private const string Data = "tests/OnnxEmbed.Models.Tests/Tokenizers/Data";
    private const string Script = "scripts/reference/tokenizer-speed.mjs";

    public static void Run(int threads, int rounds, int steps)
    {
        JsonObject tokenizers = Read("tokenizers").AsObject();
        string[] texts = MakeTexts([.. Read("texts")["texts"]!.AsArray().Select(text => text!.GetValue<string>())]);
        JsonNode? others = Others(texts, tokenizers, rounds);
        double megabytes = texts.Sum(Encoding.UTF8.GetByteCount) / 1e6;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Tokenising {texts.Length} texts, {megabytes:F1} MB, one core ({rounds} rounds)"));
        Table table = new("", "MB/s", "tokens/s", "transformers.js MB/s", "ours over it", "library MB/s", "ours over it");
        foreach ((string name, JsonNode? file) in tokenizers)
        {
            TokenizerJson tokenizer = TokenizerJson.Parse(name, Encoding.UTF8.GetBytes(file!.ToJsonString()));
            List<int> ids = [];
            EncodeAll(tokenizer, texts, ids);
            double ours = Numbers.Median(Enumerable.Range(0, rounds).Select(_ => Seconds(() => EncodeAll(tokenizer, texts, ids))));
            double? transformers = others?[name]?["transformers"]?.GetValue<double>();
            double? library = others?[name]?["library"]?.GetValue<double>();
            table.Row(
                name,
                Numbers.Text(megabytes / ours),
                Numbers.Text(ids.Count / ours),
                Text(megabytes / transformers),
                Text(transformers / ours),
                Text(megabytes / library),
                Text(library / ours));
        }

        table.Write(Console.Out);
        Console.WriteLine(others is null
            ? $"  transformers.js was not run: it needs Node.js and `npm install` in {Path.GetDirectoryName(Script)}"
            : string.Create(CultureInfo.InvariantCulture, $"  target: at least {Target} of transformers.js for each"));
        Console.WriteLine();
    }

    private static string Text(double? value) => value is double number ? Numbers.Text(number) : "";

    private static void EncodeAll(TokenizerJson tokenizer, string[] texts, List<int> ids)
    {
        ids.Clear();
        foreach (string text in texts)
        {
            tokenizer.Encode(text, int.MaxValue, ids);
        }
    }

    // Sentences of 4 to 60 words in the order of a fixed generator: words come again as they do in texts, sentences do not.
    private static string[] MakeTexts(string[] corpus)
    {
        string[] words = [.. corpus.Where(text => text.Length < 200).SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Random random = new(1);
        return [.. Enumerable.Range(0, Texts).Select(_ =>
            string.Join(' ', Enumerable.Range(0, random.Next(4, 60)).Select(_ => words[random.Next(words.Length)])))];
    }

    private static JsonNode? Others(string[] texts, JsonObject tokenizers, int rounds)
    {
        if (!Directory.Exists(Path.Combine(Path.GetDirectoryName(Script)!, "node_modules")))
        {
            return null;
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("onnxembed-bench-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "texts.json"), new JsonArray([.. texts.Select(text => (JsonNode)text)]).ToJsonString());
            File.WriteAllText(Path.Combine(folder.FullName, "tokenizers.json"), tokenizers.ToJsonString());
            return JsonNode.Parse(ChildRun.Of("node", [Script, folder.FullName, rounds.ToString(CultureInfo.InvariantCulture)]).Output);
        }
        catch (Win32Exception)
        {
            return null;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static JsonNode Read(string name)
    {
        using FileStream file = File.OpenRead(Path.Combine(Data, $"{name}.json.gz"));
        using GZipStream unzipped = new(file, CompressionMode.Decompress);
        return JsonNode.Parse(unzipped)!;
    }

    private static double Seconds(Action run)
    {
        long began = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
