using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Onnx.Tests.Files;

public class OnnxModelWritingTests
{
    private static readonly OnnxWriteOptions Always = new() { ExternalData = ExternalDataMode.Always };
    private static readonly OnnxWriteOptions Never = new() { ExternalData = ExternalDataMode.Never };

    [Fact]
    public void Save_ExternalAlways_PutsOnlyTensorsAboveOneKiBAtPageBoundaries()
    {
        using TemporaryDirectory directory = new();
        using (OnnxModel made = new(Described(out Dictionary<string, TensorData> tensors), tensors))
        {
            made.Save(directory["m.onnx"], Always);
        }

        Assert.Equal(["m.onnx", "m.onnx_data"], directory.Files());
        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        Assert.Equal(TensorStorage.Inline, model.Locations["kib"].Storage);
        Assert.Equal(new TensorLocation(TensorStorage.External, "m.onnx_data", 0, 1028), model.Locations["above"]);
        Assert.Equal(new TensorLocation(TensorStorage.External, "m.onnx_data", 65536, 1 << 20), model.Locations["large"]);
        Assert.Equal(new TensorLocation(TensorStorage.External, "m.onnx_data", 65536 + (1 << 20), 1028), model.Locations["last"]);
        Assert.Equal([7f], model.Tensors["large"].ToSingles()[^1..]);

        static ModelProto Described(out Dictionary<string, TensorData> tensors)
        {
            float[] large = new float[1 << 18];
            large[^1] = 7;
            tensors = new()
            {
                ["kib"] = TensorData.From<float>(new float[256], 256),
                ["above"] = TensorData.From<float>(new float[257], 257),
                ["large"] = TensorData.From<float>(large, 1 << 18),
                ["last"] = TensorData.From<float>(new float[257], 257),
            };
            ModelProto proto = SampleModels.Proto();
            proto.Graph.Initializer.AddRange(tensors.Select(entry => SampleModels.Head(entry.Key, entry.Value)));
            return proto;
        }
    }

    [Fact]
    public void Save_SmallTensorsOnly_MakesNoDataFile()
    {
        using TemporaryDirectory directory = new();
        ModelProto proto = SampleModels.Proto();
        TensorData tensor = TensorData.From<float>([1, 2], 2);
        proto.Graph.Initializer.Add(SampleModels.Head("b", tensor));
        using OnnxModel model = new(proto, new Dictionary<string, TensorData> { ["b"] = tensor });
        model.Save(directory["m.onnx"], Always);
        Assert.Equal(["m.onnx"], directory.Files());
    }

    [Fact]
    public void Save_InlineAndBack_KeepsEveryValue()
    {
        using TemporaryDirectory directory = new();
        using OnnxModel made = SampleModels.Affine();
        made.Save(directory["inline.onnx"]);
        using OnnxModel inline = OnnxModel.Load(directory["inline.onnx"]);
        inline.Save(directory["external.onnx"], Always);
        using OnnxModel external = OnnxModel.Load(directory["external.onnx"]);
        external.Save(directory["again.onnx"], Never);
        using OnnxModel again = OnnxModel.Load(directory["again.onnx"]);
        Assert.Equal(File.ReadAllBytes(directory["inline.onnx"]), File.ReadAllBytes(directory["again.onnx"]));
        Assert.Equal(["again.onnx", "external.onnx", "external.onnx_data", "inline.onnx"], directory.Files());
    }

    [Fact]
    public void Save_UntouchedForeignFile_ReproducesItsBytes()
    {
        // Initializers before the nodes, a field that the schema here does not know (99), unpacked float_data: nothing this project writes.
        using TemporaryDirectory directory = new();
        ModelProto proto = SampleModels.Proto();
        TensorProto w = SampleModels.Raw("w", TensorData.From<float>(new float[600], 300, 2));
        w.DocString = "weights";
        proto.Graph.Initializer.Add(w);
        using MemoryStream stream = new();
        proto.WriteTo(stream);
        stream.Write([0x9A, 0x06, 0x02, 1, 2]);
        byte[] bytes = stream.ToArray();
        File.WriteAllBytes(directory["m.onnx"], bytes);
        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        model.Save(directory["n.onnx"]);
        Assert.Equal(bytes, File.ReadAllBytes(directory["n.onnx"]));
        model.Proto.Graph.DocString = "changed";
        model.Save(directory["o.onnx"]);
        ModelProto changed = ModelProto.Parser.ParseFrom(File.ReadAllBytes(directory["o.onnx"]));
        Assert.Equal("changed", changed.Graph.DocString);
        Assert.Equal(w, changed.Graph.Initializer[0]);
        changed.Graph.ClearDocString();
        Assert.Equal(ModelProto.Parser.ParseFrom(bytes), changed); // the unknown field survives, too
    }

    [Fact]
    public void Save_UntouchedExternalModelElsewhere_ReproducesAllFiles()
    {
        using TemporaryDirectory directory = new();
        TensorData w = TensorData.From<float>([.. Enumerable.Range(0, 600).Select(i => (float)i)], 300, 2);
        ModelProto proto = SampleModels.Proto();
        proto.Graph.Initializer.Add(SampleModels.External("w", w, "weights/one.bin", "3", "2400"));
        proto.Graph.Initializer.Add(SampleModels.External("b", TensorData.From<float>([0, 0], 2), "two.bin"));
        Directory.CreateDirectory(directory["in", "weights"]);
        File.WriteAllBytes(directory["in", "m.onnx"], proto.ToByteArray());
        File.WriteAllBytes(directory["in", "weights", "one.bin"], [9, 9, 9, .. w.Slice(0, 2400), 8]);
        File.WriteAllBytes(directory["in", "two.bin"], new byte[8]);
        using OnnxModel model = OnnxModel.Load(directory["in", "m.onnx"]);
        model.Save(directory["out", "m.onnx"]);
        foreach (string name in (string[])["m.onnx", "weights/one.bin", "two.bin"])
        {
            Assert.Equal(File.ReadAllBytes(directory["in", name]), File.ReadAllBytes(directory["out", name]));
        }

        // Beside itself it cannot share those names, so it is laid out anew.
        model.Save(directory["in", "n.onnx"]);
        using OnnxModel beside = OnnxModel.Load(directory["in", "n.onnx"]);
        Assert.True(beside.Tensors["w"].ContentEquals(w));
        Assert.Equal(["in/m.onnx", "in/n.onnx", "in/two.bin", "in/weights/one.bin"], directory.Files().Where(name => name.StartsWith("in/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Save_OverItself_NeedsForceAndKeepsTheBytes()
    {
        using TemporaryDirectory directory = new();
        using (OnnxModel made = SampleModels.Affine())
        {
            made.Save(directory["m.onnx"], Always);
        }

        byte[] data = File.ReadAllBytes(directory["m.onnx_data"]);
        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        OptionException error = Assert.Throws<OptionException>(() => model.Save(directory["m.onnx"]));
        Assert.Contains("--force", error.Message, StringComparison.Ordinal);
        model.Save(directory["m.onnx"], new OnnxWriteOptions { Force = true });
        Assert.Equal(data, File.ReadAllBytes(directory["m.onnx_data"]));
        Assert.Equal(["m.onnx", "m.onnx_data"], directory.Files());
    }

    [Fact]
    public void Plan_TensorsReplaced_ChangesNoOtherByte()
    {
        using TemporaryDirectory directory = new();
        using (OnnxModel made = SampleModels.Affine())
        {
            made.Save(directory["m.onnx"]);
        }

        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        OnnxFilePlan plan = model.Plan(directory["n.onnx"]);
        Assert.True(plan.KeepsLayout);
        TensorData replaced = TensorData.From<float>([3, 4], 2);
        using (OnnxFileOutput output = plan.Create(force: false))
        {
            output.Write(plan.Tensors["w"], model.Tensors["w"]);
            output.Write(plan.Tensors["b"], replaced);
            Assert.False(File.Exists(directory["n.onnx"]));
            output.Commit();
        }

        byte[] expected = File.ReadAllBytes(directory["m.onnx"]);
        replaced.Slice(0, 8).CopyTo(expected.AsSpan((int)model.Locations["b"].Offset));
        Assert.Equal(expected, File.ReadAllBytes(directory["n.onnx"]));
    }

    [Fact]
    public void Plan_FloatsAsNumbersOrTiedStorage_IsHandled()
    {
        using TemporaryDirectory directory = new();
        TensorData w = TensorData.From<float>(new float[600], 300, 2);
        ModelProto proto = SampleModels.Proto();
        proto.Graph.Initializer.Add(SampleModels.External("w", w, "data", "0", "2400"));
        proto.Graph.Initializer.Add(SampleModels.External("tied", w, "data", "0", "2400"));
        File.WriteAllBytes(directory["data"], new byte[2400]);
        File.WriteAllBytes(directory["m.onnx"], proto.ToByteArray());
        using OnnxModel tied = OnnxModel.Load(directory["m.onnx"]);
        OnnxFilePlan beside = tied.Plan(directory["n.onnx"], Always);
        Assert.Equal(beside.Tensors["w"], beside.Tensors["tied"]);
        Assert.Equal(2400, beside.Files[1].Length);
        OnnxFilePlan elsewhere = tied.Plan(directory["out", "m.onnx"]);
        Assert.True(elsewhere.KeepsLayout);
        Assert.Equal(elsewhere.Tensors["w"], elsewhere.Tensors["tied"]);

        TensorProto half = new() { Name = "half", DataType = (int)ElementType.Float16, Dims = { 1 }, Int32Data = { 0x3C00 } };
        proto.Graph.Initializer.Add(half);
        File.WriteAllBytes(directory["h.onnx"], proto.ToByteArray());
        using OnnxModel halves = OnnxModel.Load(directory["h.onnx"]);
        Assert.False(halves.Plan(directory["out", "h.onnx"]).KeepsLayout);
        Assert.Equal(2, halves.Plan(directory["out", "h.onnx"]).Tensors["half"].Length);
    }

    [Fact]
    public void Save_ComesToNothing_LeavesNothing()
    {
        using TemporaryDirectory directory = new();
        using OnnxModel made = SampleModels.Affine();
        File.WriteAllText(directory["m.onnx_data"], "taken");
        Assert.Throws<OptionException>(() => made.Save(directory["m.onnx"], Always));
        Assert.Equal(["m.onnx_data"], directory.Files());
    }

    [Fact]
    public void ToBytesAndSavedFile_InOnnxRuntime_ComputeTheModel()
    {
        using TemporaryDirectory directory = new();
        using OnnxModel made = SampleModels.Affine();
        made.Save(directory["m.onnx"], Always);
        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        float[] x = [.. Enumerable.Range(0, 300).Select(i => i % 2f)];
        float[] w = made.Tensors["w"].ToSingles();
        float[] expected = [0.5f, -1];
        for (int i = 0; i < 300; i++)
        {
            expected[0] += x[i] * w[2 * i];
            expected[1] += x[i] * w[(2 * i) + 1];
        }

        using OrtGraphRunner runner = new(model.ToBytes());
        Assert.Equal(expected, runner.Run(new Dictionary<string, TensorData> { ["x"] = TensorData.From<float>(x, 1, 300) })["y"].ToSingles());
        using Microsoft.ML.OnnxRuntime.InferenceSession session = new(directory["m.onnx"]);
        using Microsoft.ML.OnnxRuntime.OrtValue input = Microsoft.ML.OnnxRuntime.OrtValue.CreateTensorValueFromMemory(x, [1, 300]);
        using Microsoft.ML.OnnxRuntime.RunOptions options = new();
        using var results = session.Run(options, ["x"], [input], ["y"]);
        Assert.Equal(expected, results[0].GetTensorDataAsSpan<float>().ToArray());
    }

    [Fact]
    public void Constructor_ValuesAndInitializersDisagree_ListsAllFaults()
    {
        ModelProto proto = SampleModels.Proto();
        proto.Graph.Initializer.Add(SampleModels.Head("b", TensorData.From<float>([0], 1)));
        proto.Graph.Initializer.Add(SampleModels.Head("w", TensorData.From<float>([0], 1)));
        ArgumentException error = Assert.Throws<ArgumentException>(() => new OnnxModel(
            proto, new Dictionary<string, TensorData> { ["w"] = TensorData.From<float>([0, 0], 2), ["c"] = TensorData.From<float>([0], 1) }));
        Assert.Contains("no values for the initializer 'b'", error.Message, StringComparison.Ordinal);
        Assert.Contains("initializer 'w' of type 1 [1] with values f32[2]", error.Message, StringComparison.Ordinal);
        Assert.Contains("values without an initializer 'c'", error.Message, StringComparison.Ordinal);
    }
}
