using System.Text.Json;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class AdapterCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AdapterCommandTests()
    {
        CommandRun.Done("init", "--arch", "llama", "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "80", "--seed", "1", "-o", _folder["base"]);
        Save("a", 2, 1);
        Save("b", 3, 2);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Adapter_CombineFoldExtractExport_WorkOneAfterAnother()
    {
        using JsonDocument combined = JsonDocument.Parse(CommandRun.Done("adapter", "combine", _folder["a"], _folder["b"], "--weights", "0.5,2", "-o", _folder["c"], "--json", "-q").Stdout);
        Assert.Equal(5, combined.RootElement.GetProperty("layers")[0].GetProperty("rank").GetInt32());
        CommandRun.Done("merge", "--lora", $"{_folder["a"]},{_folder["b"]}", "--weights", "0.5,2", "--base", _folder["base"], "-o", _folder["folded"], "-q");
        using JsonDocument extracted = JsonDocument.Parse(
            CommandRun.Done("adapter", "extract", _folder["base"], _folder["folded"], "--energy", "0.9999", "--rank", "5", "-o", _folder["x"], "--json", "-q").Stdout);
        Assert.InRange(extracted.RootElement.GetProperty("relative_error").GetDouble(), 0, 0.011);
        CommandRun.Done("adapter", "export", _folder["c"], "-o", _folder["c.onnx_adapter"], "--base", _folder["base"], "--model", _folder["with-inputs"]);
        CommandRun.Done("adapter", "export", _folder["c"], "--to", "peft", "--dtype", "f16", "-o", _folder["f16"]);
        using LoraAdapter half = LoraAdapter.Load(_folder["f16"]);
        Assert.Equal(ElementType.Float16, half.Modules[0].A.ElementType);
        CommandRun.Done("inspect", _folder["with-inputs"]);
        Assert.Equal("TORT"u8.ToArray(), File.ReadAllBytes(_folder["c.onnx_adapter"]).AsSpan(4, 4).ToArray());
    }

    [Theory]
    [InlineData(2, "adapter combine: needs --out DIR", "combine", "a")]
    [InlineData(2, "combination method: needs one of cat, linear, svd", "combine", "a", "--method", "mean", "-o", "out")]
    [InlineData(2, "dare_ties_svd works on B·A", "combine", "a", "--method", "dare_ties", "-o", "out")]
    [InlineData(2, "density: ties_svd needs a number in [0, 1], got none", "combine", "a", "b", "--method", "ties_svd", "-o", "out")]
    [InlineData(2, "weights: needs a number for each of the 2 adapters, got 1", "combine", "a", "b", "--weights", "1", "-o", "out")]
    [InlineData(1, "linear needs equal ranks", "combine", "a", "b", "--method", "linear", "-o", "out")]
    [InlineData(1, "none: needs an adapter", "combine", "a", "none", "-o", "out")]
    [InlineData(2, "rank, energy: needs one of them", "extract", "base", "base", "-o", "out")]
    [InlineData(2, "energy: needs a number in (0, 1], got 0", "extract", "base", "base", "--energy", "0", "-o", "out")]
    [InlineData(1, "needs layers that differ", "extract", "base", "base", "--rank", "2", "-o", "out")]
    [InlineData(1, "none: needs a model package, an .onnx file", "extract", "base", "none", "--rank", "2", "-o", "out")]
    [InlineData(2, "out: needs a file name that ends with .onnx_adapter", "export", "a", "-o", "out")]
    [InlineData(2, "--dtype: needs f32, f16, bf16 or f64, got 'int8'", "export", "a", "--to", "peft", "--dtype", "int8", "-o", "out")]
    [InlineData(2, "base, model: need both or neither", "export", "a", "--base", "base", "-o", "out.onnx_adapter")]
    [InlineData(2, "exists and is not empty; --force replaces it", "combine", "a", "-o", "b")]
    public void Adapter_WrongInput_IsRefusedAndLeavesNothing(int status, string message, params string[] arguments)
    {
        IReadOnlyList<string> before = _folder.Entries;
        string[] names = ["a", "b", "base", "none", "out", "out.onnx_adapter"];
        string[] line = [arguments[0], .. arguments.Skip(1).Select(argument => names.Contains(argument) ? _folder[argument] : argument)];
        CommandRun.Fails(status, ["adapter", .. line], message);
        Assert.Equal(before, _folder.Entries);
    }

    private void Save(string name, int rank, int seed)
    {
        Random random = new(seed);
        TensorData Values(int rows, int columns) => TensorData.From<float>(
            [.. Enumerable.Range(0, rows * columns).Select(_ => (float)((random.NextDouble() - 0.5) * 0.2))], rows, columns);
        LoraSettings settings = new() { R = rank, LoraAlpha = 4, TargetModules = ["q_proj"] };
        using LoraAdapter adapter = LoraAdapter.Create(settings, new Dictionary<string, (TensorData, TensorData)>
        {
            ["layers.0.self_attn.q_proj"] = (Values(rank, 16), Values(16, rank)),
        });
        adapter.Save(_folder[name]);
    }
}
