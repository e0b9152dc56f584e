using System.Text.Json;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
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

    [Fact]
    public void Import_WrongOptions_ExitWithTwo()
    {
        using TemporaryFolder folder = new();
        Make(folder, "bert", "");

        CommandRun.Fails(2, ["import", folder["hf"], "-o", folder["p"], "--prompt", "query"], "--prompt: needs name=text, each name once, got 'query'");
        CommandRun.Fails(2, ["import", folder["hf"], "-o", folder["p"], "--normalize", "perhaps"], "--normalize: needs true or false, got 'perhaps'");
        CommandRun.Fails(2, ["import", folder["hf"], "-o", folder["p"], "--attention", "causal"], "attention: an encoder of type bert needs bidirectional, got causal");
        CommandRun.Fails(1, ["import", folder["none"], "-o", folder["p"]], "needs a Hugging Face directory, there is no such directory");
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
