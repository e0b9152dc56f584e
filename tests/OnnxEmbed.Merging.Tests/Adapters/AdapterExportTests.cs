using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Merging.Adapters.Exporting;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Adapters;

public class AdapterExportTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Export_OnnxAdapter_RunsInOnnxRuntimeLikeTheFoldedModel(bool exportedGraph)
    {
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        Save(directory["a"], package, rank: 3, seed: 1);
        Save(directory["b"], package, rank: 5, seed: 40);
        string source = package;
        if (exportedGraph)
        {
            source = directory["exported.onnx"];
            using OnnxModel ours = OnnxModel.Load(ModelPackage.Open(package).ModelPath);
            using OnnxModel exported = ExportedGraph.Of(ours);
            exported.Save(source);
        }

        string target = exportedGraph ? directory["model.onnx"] : directory["model"];
        ExportReport report = AdapterExport.Run(new ExportOptions
        {
            Adapter = directory["a"],
            Output = directory["a.onnx_adapter"],
            Base = source,
            ModelOutput = target,
        });
        Assert.Equal((3, 6), (report.Modules, report.GraphInputs));

        // Another adapter of the same layers needs no other model, whatever its rank.
        AdapterExport.Run(new ExportOptions { Adapter = directory["b"], Output = directory["b.onnx_adapter"] });
        string model = exportedGraph ? target : ModelPackage.Open(target).ModelPath;
        float[] plain = Run(ModelPackage.Open(package).ModelPath, null);
        Assert.InRange(AdapterPackages.LargestDifference(plain, Run(model, null)), 0, 1e-6);
        foreach (string adapter in new[] { "a", "b" })
        {
            BareModels.Run(new MergeOptions
            {
                Method = MergeMethods.Lora,
                Inputs = [new MergeInput(package) { Adapters = [directory[adapter]] }],
                Output = directory[adapter + "-folded"],
                DegreeOfParallelism = 1,
            });
            float[] folded = Run(ModelPackage.Open(directory[adapter + "-folded"]).ModelPath, null);
            Assert.InRange(AdapterPackages.LargestDifference(folded, Run(model, directory[adapter + ".onnx_adapter"])), 0, 1e-5);
            Assert.True(AdapterPackages.LargestDifference(plain, folded) > 1e-2);
        }
    }

    [Fact]
    public void Export_PackageWithInputs_EmbedsWithoutAnAdapterLikeTheBase()
    {
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        Save(directory["a"], package, 3, 1);
        AdapterExport.Run(new ExportOptions { Adapter = directory["a"], Output = directory["a.onnx_adapter"], Base = package, ModelOutput = directory["q"] });
        Assert.InRange(AdapterPackages.LargestDifference(AdapterPackages.Embed(package), AdapterPackages.Embed(directory["q"])), 0, 1e-6);
        Assert.Equal("adapter export", ModelPackage.Open(directory["q"]).ReadProvenance()!.MadeBy);
    }

    [Fact]
    public void Export_OnnxAdapter_IsTheDocumentedFlatBuffer()
    {
        using TemporaryDirectory directory = new();
        LoraSettings settings = new() { R = 1, LoraAlpha = 2, TargetModules = ["m"] };
        AdapterPackages.Save(directory["a"], settings, [new LoraModule("m", TensorData.From<float>([1, 2, 3], 1, 3), TensorData.From<float>([5, 7], 2, 1), 0, 0)]);
        AdapterExport.Run(new ExportOptions { Adapter = directory["a"], Output = directory["a.onnx_adapter"] });
        FlatBufferReader file = new(File.ReadAllBytes(directory["a.onnx_adapter"]));
        Assert.Equal("TORT", file.Identifier);
        Assert.Equal([1, 1, 1], Enumerable.Range(0, 3).Select(slot => file.Int(file.Root, slot)));
        int[] parameters = file.Tables(file.Root, 3);
        Assert.Equal(["m.lora_A.weight", "m.lora_B.weight"], parameters.Select(parameter => file.Text(parameter, 0)));
        Assert.Equal([[3, 1], [1, 2]], parameters.Select(parameter => file.Longs(parameter, 1)));
        Assert.All(parameters, parameter => Assert.Equal((int)ElementType.Float32, file.Int(parameter, 2)));
        Assert.Equal([[1f, 2, 3], [10f, 14]], parameters.Select(parameter => file.Floats(parameter, 3)));
        Assert.All(parameters, parameter => Assert.Equal(0, file.VectorStart(parameter, 3) % 8));
    }

    [Fact]
    public void Export_Peft_KeepsBytesAndCastsOnRequest()
    {
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        Save(directory["a"], package, 3, 1);
        AdapterExport.Run(new ExportOptions { Adapter = directory["a"], Form = ExportForm.Peft, Output = directory["b"] });
        AdapterExport.Run(new ExportOptions { Adapter = directory["a"], Form = ExportForm.Peft, Output = directory["c"], ElementType = ElementType.Float16 });
        foreach (string file in new[] { LoraAdapter.TensorsFileName, LoraSettings.FileName })
        {
            Assert.Equal(File.ReadAllBytes(directory["a", file]), File.ReadAllBytes(directory["b", file]));
        }

        using LoraAdapter cast = LoraAdapter.Load(directory["c"]);
        using LoraAdapter source = LoraAdapter.Load(directory["a"]);
        Assert.Equal("f16", cast.Modules[0].A.ElementType.ShortName());
        Assert.Equal(source.Modules[0].A.ToSingles().Select(value => (float)(Half)value), cast.Modules[0].A.ToSingles());
    }

    [Theory]
    [InlineData("MatMul", true, ElementType.Float32)]
    [InlineData("Gemm", true, ElementType.Float32)]
    [InlineData("Gemm", false, ElementType.Float32)]
    [InlineData("Transpose", false, ElementType.Float32)]
    [InlineData("MatMul", true, ElementType.Float16)]
    public void Export_EveryUseOfAWeight_TakesTheFactors(string operation, bool inByOut, ElementType type)
    {
        using TemporaryDirectory directory = new();
        const string Weight = "layers.0.q_proj.weight";
        TensorData w = TensorData.FromSingles(BareModels.Values(12, 1), type, inByOut ? [3, 4] : [4, 3]);
        NodeProto node = operation == "Transpose" ? BareModels.Node("MatMul", ["x", "turned"], "y") : BareModels.Node(operation, ["x", Weight], "y");
        if (operation == "Gemm" && !inByOut)
        {
            node.Attribute.Add(new AttributeProto { Name = "transB", I = 1, Type = AttributeProto.Types.AttributeType.Int });
        }

        NodeProto[] nodes = operation == "Transpose" ? [BareModels.Node("Transpose", [Weight], "turned"), node] : [node];
        string source = BareModels.Write(directory["m.onnx"], new Dictionary<string, TensorData> { [Weight] = w }, ExternalDataMode.Auto, nodes);
        using (OnnxModel model = OnnxModel.Load(source))
        {
            model.Proto.Graph.Input.Add(Tensor("x", type, 2, 3));
            model.Proto.Graph.Output.Add(Tensor("y", type, 2, 4));
            using OnnxModel whole = new(model.Proto, model.Tensors);
            whole.Save(directory["n.onnx"]);
        }

        LoraModule module = new("layers.0.q_proj", AdapterPackages.Random([2, 3], 5, 1), AdapterPackages.Random([4, 2], 6, 1), 0, 0);
        AdapterPackages.Save(directory["a"], new LoraSettings { R = 2, LoraAlpha = 3, TargetModules = ["q_proj"] }, [module]);
        AdapterExport.Run(new ExportOptions { Adapter = directory["a"], Output = directory["a.onnx_adapter"], Base = directory["n.onnx"], ModelOutput = directory["o.onnx"] });
        BareModels.Run(new MergeOptions
        {
            Method = MergeMethods.Lora,
            Inputs = [new MergeInput(directory["n.onnx"]) { Adapters = [directory["a"]] }],
            Output = directory["f.onnx"],
            DegreeOfParallelism = 1,
        });
        float[] folded = Product(directory["f.onnx"], null, type), active = Product(directory["o.onnx"], directory["a.onnx_adapter"], type);
        Assert.InRange(AdapterPackages.LargestDifference(folded, active), 0, type == ElementType.Float16 ? 5e-3 : 1e-6);
        Assert.True(AdapterPackages.LargestDifference(folded, Product(directory["o.onnx"], null, type)) > 0.1);
    }

    [Fact]
    public void Export_WhatTheFormCannotHold_IsRefused()
    {
        using TemporaryDirectory directory = new();
        LoraSettings settings = new() { R = 1, LoraAlpha = 2, TargetModules = ["m"], UseDora = true };
        LoraModule module = new("m", TensorData.From<float>([1, 2, 3], 1, 3), TensorData.From<float>([5, 7], 2, 1), 0, 0) { Magnitude = TensorData.From<float>([1, 2], 2) };
        AdapterPackages.Save(directory["a"], settings, [module], new Dictionary<string, TensorData> { ["head.bias"] = TensorData.From<float>([1], 1) });
        ExportOptions options = new() { Adapter = directory["a"], Output = directory["a.onnx_adapter"] };
        Assert.Contains(
            "needs factors A and B only, got magnitudes (DoRA), whole tensors (head.bias)",
            Assert.Throws<DataException>(() => AdapterExport.Run(options)).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            "export: dtype: needs a floating-point type, got i64; base, model: need both or neither; out: needs a file name that ends with .onnx_adapter, got 'x'",
            Assert.Throws<OptionException>(() => AdapterExport.Run(options with { Output = "x", Base = "b", ElementType = ElementType.Int64 })).Message);
        Assert.False(File.Exists(directory["a.onnx_adapter"]));
    }

    private static ValueInfoProto Tensor(string name, ElementType type, params long[] shape)
    {
        TensorShapeProto dims = new();
        dims.Dim.AddRange(shape.Select(extent => new TensorShapeProto.Types.Dimension { DimValue = extent }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dims } } };
    }

    /// <summary>The output y for a fixed input x [2, 3].</summary>
    private static float[] Product(string model, string? adapter, ElementType type)
    {
        float[] x = [1, -2, .5f, 3, 0, -1];
        using OrtValue input = type == ElementType.Float16
            ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(x, value => (Float16)value), [2, 3])
            : OrtValue.CreateTensorValueFromMemory(x, [2, 3]);
        return Run(model, adapter, new Dictionary<string, OrtValue> { ["x"] = input }, "y");
    }

    private static void Save(string path, string package, int rank, uint seed) => AdapterPackages.Save(
        path,
        new LoraSettings { R = rank, LoraAlpha = 4, TargetModules = ["query"], UseRslora = true },
        [
            AdapterPackages.Change(package, AdapterPackages.Query, rank, seed),
            AdapterPackages.Change(package, AdapterPackages.Wide, rank, seed + 5),
            AdapterPackages.Change(package, AdapterPackages.Table, rank, seed + 9),
        ]);

    /// <summary>Sentence embeddings of ONNX Runtime, with an adapter active if one is given.</summary>
    private static float[] Run(string model, string? adapter)
    {
        long[] ids = [2, 5, 7, 3, 0, 0, 2, 9, 11, 6, 8, 3], mask = [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1];
        using OrtValue tokens = OrtValue.CreateTensorValueFromMemory(ids, [2, 6]);
        using OrtValue attention = OrtValue.CreateTensorValueFromMemory(mask, [2, 6]);
        using OrtValue types = OrtValue.CreateTensorValueFromMemory(new long[12], [2, 6]);
        Dictionary<string, OrtValue> inputs = new() { ["input_ids"] = tokens, ["attention_mask"] = attention, ["token_type_ids"] = types };
        return Run(model, adapter, inputs, "sentence_embedding");
    }

    private static float[] Run(string model, string? adapter, Dictionary<string, OrtValue> inputs, string output)
    {
        // ONNX Runtime warns of each initializer that is an input, too; here that is the point.
        using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(model, options);
        using OrtLoraAdapter? loaded = adapter is null ? null : OrtLoraAdapter.Create(adapter, null!);
        using RunOptions run = new();
        if (loaded is not null)
        {
            run.AddActiveLoraAdapter(loaded);
        }

        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs, [output]);
        return outputs[0].GetTensorTypeAndShape().ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16
            ? Array.ConvertAll(outputs[0].GetTensorDataAsSpan<Float16>().ToArray(), value => (float)value)
            : outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
