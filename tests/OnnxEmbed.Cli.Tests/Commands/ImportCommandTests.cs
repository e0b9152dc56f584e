using System.Text.Json;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class ImportCommandTests
{
    [Theory]
    [InlineData("bert", "bert.")]
    [InlineData("llama", "model.")]
    public void Import_DirectoryOfOurWeights_GivesTheModelBack(string architecture, string prefix)
    {
        using TemporaryFolder folder = new();
        Make(folder, architecture, prefix);

        using JsonDocument found = JsonDocument.Parse(CommandRun.Done(
            "import", folder["hf"], "-o", folder["p"], "--prompt", "query=Q, ", "--prompt", "text=T: ", "--default-prompt", "text", "--json").Stdout);

        JsonElement facts = found.RootElement;
        Assert.Equal(architecture, facts.GetProperty("model_type").GetString());
        Assert.Equal(architecture == "bert" ? "mean" : "last", facts.GetProperty("pooling").GetString());
        Assert.Equal(["query", "text"], facts.GetProperty("prompts").EnumerateArray().Select(value => value.GetString()));
        Assert.InRange(facts.GetProperty("check_batch_difference").GetDouble(), 0, 1e-5);
        using OnnxModel before = OnnxModel.Load(folder["m/onnx/model.onnx"]);
        using OnnxModel after = OnnxModel.Load(folder["p/onnx/model.onnx"]);
        Assert.All(EncoderGraph.Parameters(ModelConfig.Load(folder["p/config.json"])), parameter =>
            Assert.True(before.Tensors[parameter.Name].ContentEquals(after.Tensors[parameter.Name])));
    }

    [Theory]
    [InlineData("roberta", "attention.self.query", "--lora=r=2,targets=query+value")]
    [InlineData("modernbert", "attn.Wqkv", "--lora=r=2,targets=Wqkv+Wo")]
    [InlineData("mpnet", "attention.attn.q", "--full")]
    public void Import_ThenTrain_LearnsFromTheFirstStepOn(string family, string module, string what)
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["hf"]);
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Encoders", family)))
        {
            if (Path.GetFileName(file) != "expected.safetensors")
            {
                File.Copy(file, folder[$"hf/{Path.GetFileName(file)}"]);
            }
        }

        DigitTokenizer.Write(folder["hf"], DigitTokenizerKind.Encoder, 60);
        CommandRun.Done("import", folder["hf"], "-o", folder["p"]);
        CommandRun.Done("data", "text", "--count", "60", "-o", folder["t.parquet"]);

        CommandRun.Done("train", folder["p"], "--data", folder["t.parquet"], "--label", "family", what, "-o", folder["run"], "--steps", "2", "--threads", "1", "-q");

        if (what == "--full")
        {
            using OnnxModel before = OnnxModel.Load(folder["p/onnx/model.onnx"]);
            using OnnxModel after = OnnxModel.Load(folder["run/model/onnx/model.onnx"]);
            string changed = before.Tensors.Keys.First(name => name.Contains(module, StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal));
            Assert.False(before.Tensors[changed].ContentEquals(after.Tensors[changed]));
            return;
        }

        using SafetensorsFile adapter = SafetensorsFile.Open(folder["run/adapter/adapter_model.safetensors"]);
        string factor = adapter.Tensors.Keys.First(name => name.Contains(module, StringComparison.Ordinal) && name.Contains("lora_B", StringComparison.Ordinal));
        Assert.Contains(adapter.Tensors[factor].ToSingles(), value => value != 0);
    }

    [Fact]
    public void Import_WrongOptions_ExitWithTwo()
    {
        using TemporaryFolder folder = new();
        Make(folder, "bert", "");

        CommandRun.Fails(2, ["import", folder["hf"], "-o", folder["p"], "--prompt", "query"], "--prompt: needs name=text, each name once, got 'query'");
        CommandRun.Fails(2, ["import", folder["hf"], "-o", folder["p"], "--normalize", "perhaps"], "--normalize: needs true or false, got 'perhaps'");
        CommandRun.Fails(2, ["import", folder["hf"], "-o", folder["p"], "--attention", "causal"], "attention: an encoder of type bert needs bidirectional, got causal");
        CommandRun.Fails(1, ["import", folder["none"], "-o", folder["p"]], "needs a Hugging Face directory or an ONNX file, there is no such file or directory");
    }

    // The weights of a fresh package as a Hugging Face directory.
    private static void Make(TemporaryFolder folder, string architecture, string prefix)
    {
        CommandRun.Done("init", "--arch", architecture, "--hidden", "16", "--layers", "2", "--heads", "2", "--max-length", "64", "-o", folder["m"]);
        Directory.CreateDirectory(folder["hf"]);
        foreach (string name in (string[])["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"])
        {
            File.Copy(folder[$"m/{name}"], folder[$"hf/{name}"]);
        }

        using OnnxModel model = OnnxModel.Load(folder["m/onnx/model.onnx"]);
        SafetensorsWriter.Write(
            folder["hf/model.safetensors"],
            EncoderGraph.Parameters(ModelConfig.Load(folder["m/config.json"])).ToDictionary(each => prefix + each.Name, each => model.Tensors[each.Name]));
    }
}
