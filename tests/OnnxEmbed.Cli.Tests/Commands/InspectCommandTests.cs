using System.Text.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class InspectCommandTests
{
    [Fact]
    public void Inspect_Safetensors_CountsTensors()
    {
        using TemporaryFolder folder = new();
        Dictionary<string, TensorData> tensors = new()
        {
            ["w"] = TensorData.From<float>([1, 2, 3, 4, 5, 6], 2, 3),
            ["ids"] = TensorData.From<long>([1, 2], 2),
        };
        SafetensorsWriter.Write(folder["a.safetensors"], tensors, new Dictionary<string, string> { ["format"] = "pt" });
        using JsonDocument found = JsonDocument.Parse(CommandRun.Done("inspect", folder["a.safetensors"], "--all", "--json").Stdout);
        Assert.Equal(2, found.RootElement.GetProperty("tensors").GetArrayLength());
        Assert.Equal(6, found.RootElement.GetProperty("parameters").GetInt64());
        Assert.Equal(40, found.RootElement.GetProperty("tensor_bytes").GetInt64());
        Assert.Equal("pt", found.RootElement.GetProperty("metadata.format").GetString());
    }

    [Fact]
    public void Inspect_Parquet_ListsColumns()
    {
        using TemporaryFolder folder = new();
        CommandRun.Done("data", "text", "--count", "25", "-o", folder["a.parquet"]);
        CommandRun run = CommandRun.Done("inspect", folder["a.parquet"], "--format", "csv");
        Assert.Equal("name,type,nullable\ntext,string,true\nfamily,string,true\n", run.Stdout);
    }

    [Theory]
    [InlineData("a.safetensors")]
    [InlineData("a.onnx")]
    [InlineData("a.parquet")]
    public void Inspect_TruncatedFile_IsOneLineThatNamesIt(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write(name, [200, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
        CommandRun.Fails(1, ["inspect", path], path);
    }

    [Fact]
    public void Inspect_OtherFile_SaysWhatItReads()
    {
        using TemporaryFolder folder = new();
        CommandRun.Fails(1, ["inspect", folder.Write("a.txt", "x"u8)], "a.txt: needs a model package, a LoRA adapter");
    }

    [Fact]
    public void Inspect_Run_SaysHowFarItCame()
    {
        using TemporaryFolder folder = new();
        CommandRun.Done("init", "--arch", "llama", "--hidden", "32", "--layers", "1", "--heads", "2", "-o", folder["base"]);
        CommandRun.Done("data", "text", "--count", "80", "-o", folder["text.parquet"]);
        CommandRun.Done(
            "pretrain", folder["base"], "--data", folder["text.parquet"], "--steps", "5", "--checkpoint-every", "2", "-o", folder["run"]);
        using JsonDocument found = JsonDocument.Parse(CommandRun.Done("inspect", folder["run"], "--json").Stdout);
        Assert.Equal("pretrain run", found.RootElement.GetProperty("kind").GetString());
        Assert.True(found.RootElement.GetProperty("complete").GetBoolean());
        Assert.Equal(5, found.RootElement.GetProperty("updates").GetInt64());
        Assert.Equal([2L, 4L], found.RootElement.GetProperty("checkpoints").EnumerateArray().Select(step => step.GetInt64()));
        File.AppendAllText(Path.Combine(folder["run"], "log.jsonl"), "{\"step\":6,\"lo");
        CommandRun.Done("inspect", folder["run"]);
        File.WriteAllText(Path.Combine(folder["run"], "config.json"), "{}");
        CommandRun.Fails(1, ["inspect", folder["run"]], "needs config.json and log.jsonl of a run");
    }
}
