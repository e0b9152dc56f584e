using System.Text.Json;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Adapters;

public sealed class LoraAdapterTests
{
    [Fact]
    public void Load_SavedAdapter_GivesBackModulesAndSettings()
    {
        using TemporaryDirectory directory = new();
        LoraSettings settings = new()
        {
            R = 2,
            LoraAlpha = 4,
            TargetModules = ["q_proj", "v_proj"],
            LoraDropout = 0.1,
            RankPattern = [KeyValuePair.Create("layers.1.self_attn.q_proj", 1)],
            AlphaPattern = [KeyValuePair.Create("v_proj", 3.0)],
            BaseModelNameOrPath = "base",
        };
        using LoraAdapter made = LoraAdapter.Create(settings, new Dictionary<string, (TensorData, TensorData)>
        {
            ["layers.0.self_attn.v_proj"] = (Tensor(2, 5), Tensor(3, 2)),
            ["layers.1.self_attn.q_proj"] = (Tensor(1, 5), Tensor(5, 1)),
        });

        made.Save(directory.Path);
        using LoraAdapter read = LoraAdapter.Load(directory.Path);

        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], directory.Files());
        Assert.Equal(["layers.0.self_attn.v_proj", "layers.1.self_attn.q_proj"], read.Modules.Select(module => module.Module));
        Assert.Equal([3.0 / 2, 4.0 / 1], read.Modules.Select(module => module.Scale));
        Assert.Equal(made.Modules[0].A.ToArray<float>(), read.Modules[0].A.ToArray<float>());
        Assert.Equal(made.Modules[1].B.ToArray<float>(), read.Modules[1].B.ToArray<float>());
        Assert.Equal((2, 4.0, 0.1, "base", false), (read.Settings.R, read.Settings.LoraAlpha, read.Settings.LoraDropout, read.Settings.BaseModelNameOrPath, read.Settings.UseRslora));
        Assert.Equal(settings.RankPattern, read.Settings.RankPattern);
        using SafetensorsFile file = SafetensorsFile.Open(directory["adapter_model.safetensors"]);
        Assert.Contains("base_model.model.layers.0.self_attn.v_proj.lora_A.weight", file.Tensors.Keys);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Contains("\"task_type\": \"FEATURE_EXTRACTION\"", File.ReadAllText(directory["adapter_config.json"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("layers.1.q_proj", 1)]
    [InlineData("layers.11.q_proj", 8)] // the key must fill a whole name or end one after a dot
    [InlineData("model.layers.1.q_proj", 1)]
    [InlineData("layers.2.k_proj", 4)]
    public void RankOf_Patterns_FitAsInPeft(string module, int rank)
    {
        LoraSettings settings = new()
        {
            R = 8,
            LoraAlpha = 8,
            TargetModules = [],
            RankPattern = [KeyValuePair.Create("layers.1.q_proj", 1), KeyValuePair.Create(@"layers\.\d\.k_proj", 4)],
        };

        Assert.Equal(rank, settings.RankOf(module));
    }

    [Fact]
    public void ScaleOf_RankStabilised_IsAlphaOverTheRootOfTheRank() =>
        Assert.Equal(2.828427125, new LoraSettings { R = 2, LoraAlpha = 4, TargetModules = [], UseRslora = true }.ScaleOf("x"), 9);

    [Fact]
    public void Fold_WorkedExample_IsWeightPlusScaledProduct()
    {
        // W = [[1,2],[3,4],[5,6]], A = [[1,.5],[0,2]], B = [[1,0],[.5,1],[0,-1]], alpha 4, r 2: worked by hand.
        LoraModule module = new("m", TensorData.From<float>([1, 0.5f, 0, 2], 2, 2), TensorData.From<float>([1, 0, 0.5f, 1, 0, -1], 3, 2), 4, 2);

        TensorData folded = LoraFolding.Fold(TensorData.From<float>([1, 2, 3, 4, 5, 6], 3, 2), module);

        Assert.Equal([3f, 3, 4, 8.5f, 5, 2], folded.ToArray<float>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fold_WeightWithInputsFirst_IsTheTransposeOfTheFold(bool decomposed)
    {
        TensorData a = TensorData.From<float>([1, 0.5f, 0, 2], 2, 2), b = TensorData.From<float>([1, 0, 0.5f, 1], 2, 2);
        TensorData? magnitude = decomposed ? TensorData.From<float>([3, 5], 2) : null;
        LoraModule module = new("m", a, b, 4, 2) { Magnitude = magnitude };

        float[] straight = LoraFolding.Fold(TensorData.From<float>([1, 2, 3, 4], 2, 2), module).ToArray<float>();
        float[] turned = LoraFolding.Fold(TensorData.From<float>([1, 3, 2, 4], 2, 2), module, inputFirst: true).ToArray<float>();

        Assert.Equal([straight[0], straight[2], straight[1], straight[3]], turned);
    }

    [Fact]
    public void Fold_WeightOfAnotherShape_NamesBoth()
    {
        LoraModule module = new("m", Tensor(2, 5), Tensor(3, 2), 2, 1);

        ShapeMismatchException e = Assert.Throws<ShapeMismatchException>(() => LoraFolding.Fold(Tensor(5, 3), module));

        Assert.Contains("m.weight: needs shape [3, 5]", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"bias\":\"some\"", "bias needs none, all or lora_only, got \"some\"")]
    [InlineData("\"layer_replication\":[[0,4]]", "layer_replication needs null: replicated layers are not supported, got a list of 1")]
    [InlineData("\"kasa_config\":{\"beta\":1}", "kasa_config needs null: KaSA adapters are not supported, got an object")]
    [InlineData("\"fan_in_fan_out\":\"yes\"", "fan_in_fan_out needs true or false")]
    [InlineData("\"r\":0", "r needs a whole number in [1, 1048576], got 0")]
    [InlineData("\"peft_type\":\"IA3\"", "peft_type needs LORA, got \"IA3\"")]
    public void Load_UnsupportedConfig_SaysWhat(string member, string message)
    {
        using TemporaryDirectory directory = new();
        string type = member.Contains("peft_type", StringComparison.Ordinal) ? "" : "\"peft_type\":\"LORA\",";
        directory.Write("adapter_config.json", $$"""{{{type}}{{member}},"target_modules":["q"]}""");

        DataException e = Assert.Throws<DataException>(() => LoraAdapter.Load(directory.Path));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ConfigWithPeftDefaultsOnly_IsRankEight()
    {
        using TemporaryDirectory directory = new();
        directory.Write("adapter_config.json", """{"peft_type":"LORA","target_modules":"all-linear","use_dora":false,"modules_to_save":null,"layer_replication":[]}""");
        SafetensorsWriter.Write(directory["adapter_model.safetensors"], new Dictionary<string, TensorData>
        {
            ["base_model.model.a.lora_A.weight"] = Tensor(8, 3),
            ["base_model.model.a.lora_B.weight"] = Tensor(2, 8),
        });

        using LoraAdapter adapter = LoraAdapter.Load(directory.Path);

        Assert.Equal((8, 1.0), (adapter.Modules[0].Rank, adapter.Modules[0].Scale));
    }

    [Fact]
    public void Load_TensorsThatDoNotFit_ListsThemAll()
    {
        using TemporaryDirectory directory = new();
        directory.Write("adapter_config.json", """{"peft_type":"LORA","r":2,"target_modules":["a"]}""");
        SafetensorsWriter.Write(directory["adapter_model.safetensors"], new Dictionary<string, TensorData>
        {
            ["base_model.model.a.lora_A.weight"] = Tensor(3, 3),
            ["base_model.model.a.lora_B.weight"] = Tensor(2, 2),
            ["base_model.model.b.lora_B.weight"] = Tensor(2, 2),
        });

        DataException e = Assert.Throws<ShapeMismatchException>(() => LoraAdapter.Load(directory.Path));

        Assert.Contains("a needs A [2, in] and B [out, 2] of a float type, got f32[3, 3] and f32[2, 2]", e.Message, StringComparison.Ordinal);
        Assert.Contains("b needs lora_A.weight and lora_B.weight, got lora_B.weight only", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("base_model.model.a.lora_C.weight")]
    [InlineData("base_model.model.a.token_adapter.trainable_tokens_delta")]
    [InlineData("base_model.model.a.gamma")]
    [InlineData("a.lora_A.weight")]
    public void Load_ForeignTensor_NamesFileAndTensor(string key)
    {
        using TemporaryDirectory directory = new();
        directory.Write("adapter_config.json", """{"peft_type":"LORA","r":2,"target_modules":["a"]}""");
        SafetensorsWriter.Write(directory["adapter_model.safetensors"], new Dictionary<string, TensorData> { [key] = Tensor(2, 1) });

        DataException e = Assert.Throws<DataException>(() => LoraAdapter.Load(directory.Path));

        Assert.StartsWith(directory["adapter_model.safetensors"], e.Message, StringComparison.Ordinal);
        Assert.EndsWith("got " + key, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ExtrasThatTheConfigDoesNotSay_AreListed()
    {
        using TemporaryDirectory directory = new();
        directory.Write("adapter_config.json", """{"peft_type":"LORA","r":2,"target_modules":["a"],"lora_bias":true}""");
        SafetensorsWriter.Write(directory["adapter_model.safetensors"], new Dictionary<string, TensorData>
        {
            ["base_model.model.a.lora_A.weight"] = Tensor(2, 3),
            ["base_model.model.a.lora_B.weight"] = Tensor(4, 2),
            ["base_model.model.a.lora_B.bias"] = Tensor(1, 3),
            ["base_model.model.a.lora_magnitude_vector"] = Tensor(1, 4),
            ["base_model.model.a.weight"] = Tensor(4, 3),
        });

        ShapeMismatchException e = Assert.Throws<ShapeMismatchException>(() => LoraAdapter.Load(directory.Path));

        Assert.Equal(
            ["a has lora_magnitude_vector, yet the config does not say use_dora", "a needs lora_B.bias of 4 elements of a float type, got f32[1, 3]"],
            e.Differences);
    }

    [Fact]
    public void Save_LoadedAdapterOfEveryKind_GivesBackTheSameBytesAndFields()
    {
        using TemporaryDirectory directory = new();
        const string Config = """
            {"peft_type":"LORA","r":2,"lora_alpha":3,"target_modules":"all-linear","use_dora":true,"lora_bias":true,"bias":"all",
             "modules_to_save":["head"],"task_type":"SEQ_CLS","peft_version":"0.18.0","exclude_modules":["k"],"loftq_config":{}}
            """;
        directory.Write("a/adapter_config.json", Config);
        Dictionary<string, TensorData> tensors = new()
        {
            ["base_model.model.a.lora_A.weight"] = Tensor(2, 3),
            ["base_model.model.a.lora_B.weight"] = TensorData.FromSingles([1, 2, 3, 4, 5, 6, 7, 8], ElementType.BFloat16, 4, 2),
            ["base_model.model.a.lora_B.bias"] = TensorData.From<float>([1, 2, 3, 4], 4),
            ["base_model.model.a.lora_magnitude_vector"] = TensorData.From<float>([1, 2, 3, 4], 4),
            ["base_model.model.emb.lora_embedding_A"] = TensorData.FromSingles([1, 2, 3, 4, 5, 6], ElementType.Float16, 2, 3),
            ["base_model.model.emb.lora_embedding_B"] = Tensor(4, 2),
            ["base_model.model.emb.lora_magnitude_vector"] = TensorData.From<float>([1, 2, 3, 4], 1, 4),
            ["base_model.model.head.weight"] = Tensor(5, 4),
            ["base_model.model.norm.bias"] = TensorData.From<float>([-0f, float.Epsilon], 2),
        };
        SafetensorsWriter.Write(directory["a/adapter_model.safetensors"], tensors, new Dictionary<string, string> { ["format"] = "pt" });

        using (LoraAdapter adapter = LoraAdapter.Load(directory["a"]))
        {
            Assert.Equal(["a", "emb"], adapter.Modules.Select(module => module.Module));
            Assert.Equal(["head.weight", "norm.bias"], adapter.WholeTensors.Keys);
            adapter.Save(directory["b"]);
        }

        Assert.Equal(File.ReadAllBytes(directory["a/adapter_model.safetensors"]), File.ReadAllBytes(directory["b/adapter_model.safetensors"]));
        using JsonDocument written = JsonDocument.Parse(File.ReadAllBytes(directory["b/adapter_config.json"]));
        using JsonDocument source = JsonDocument.Parse(Config);
        Assert.All(source.RootElement.EnumerateObject(), field => Assert.True(
            JsonElement.DeepEquals(field.Value, written.RootElement.GetProperty(field.Name)), field.Name));
    }

    [Fact]
    public void RequirePlain_AdapterWithMore_NamesEverything()
    {
        LoraSettings settings = new() { R = 2, LoraAlpha = 1, TargetModules = [], UseDora = true };
        LoraModule module = new("a", Tensor(2, 3), Tensor(4, 2), 0, 0) { Magnitude = Tensor(1, 4) };
        using LoraAdapter adapter = LoraAdapter.Create(settings, [module], new Dictionary<string, TensorData> { ["head.weight"] = Tensor(2, 2) });

        DataException e = Assert.Throws<DataException>(() => adapter.RequirePlain("run"));

        Assert.Equal("run: needs an adapter with lora_A and lora_B of linear layers only, got magnitudes (DoRA) of a, whole values of head.weight", e.Message);
    }

    private static TensorData Tensor(int rows, int columns) =>
        TensorData.From<float>([.. Enumerable.Range(0, rows * columns).Select(i => (i * 0.25f) - 1)], rows, columns);
}
