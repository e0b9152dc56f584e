using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using OnnxEmbed.Models.Importing;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Importing;

public sealed class ImportTests
{
    [Fact]
    public void Import_SentenceTransformersFiles_AreFollowed()
    {
        using HuggingFaceDirectory source = new("bert");
        source.WriteModules("pooling_mode_cls_token");
        source.Write("sentence_bert_config.json", """{"max_seq_length":32,"do_lower_case":false}""");
        source.Write(
            "config_sentence_transformers.json",
            """{"prompts":{"query":"query: ","document":"passage: "},"default_prompt_name":"query","similarity_fn_name":"dot"}""");

        ImportResult imported = source.Import();

        ModelPackage package = imported.Package;
        Assert.Equal((PoolingMode.Cls, false, 32, "query: "), (package.Pooling, package.Normalize, package.MaxLength, package.DefaultPrompt));
        Assert.Equal("passage: ", package.Prompts["document"]);
        Assert.Contains("\"similarity_fn_name\": \"dot\"", File.ReadAllText(Path.Combine(package.FullPath, "config_sentence_transformers.json")), StringComparison.Ordinal);
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "config.json"])
        {
            Assert.Equal(File.ReadAllBytes(source[name]), File.ReadAllBytes(Path.Combine(package.FullPath, name)));
        }

        Assert.Equal(["package"], source.Beside);
        Provenance made = package.ReadProvenance()!;
        Assert.Equal(("import", (object)"cls"), (made.MadeBy, made.Options["pooling"]));
        Assert.Equal(["config.json", "tokenizer.json", "model.safetensors"], made.Inputs.Select(input => input.File));
    }

    [Fact]
    public void Import_Options_ComeBeforeTheFiles()
    {
        using HuggingFaceDirectory source = new("modernbert");
        source.WriteModules("pooling_mode_cls_token");
        source.Write("config_sentence_transformers.json", """{"prompts":{"query":"query: "},"default_prompt_name":"query"}""");

        ModelPackage package = source.Import(options => options with
        {
            Pooling = PoolingMode.Max,
            Normalize = true,
            MaxLength = 20,
            Prompts = new Dictionary<string, string> { ["query"] = "Q, ", ["other"] = "O: " },
            DefaultPrompt = "other",
        }).Package;

        Assert.Equal((PoolingMode.Max, true, 20, "O: ", "Q, "), (package.Pooling, package.Normalize, package.MaxLength, package.DefaultPrompt, package.Prompts["query"]));
    }

    [Fact]
    public void Import_ModuleDirectories_TransformerOfItsOwnIsRead()
    {
        using HuggingFaceDirectory source = new("bert");
        source.WriteModules("pooling_mode_mean_tokens", "Normalize");
        File.WriteAllText(source["modules.json"], File.ReadAllText(source["modules.json"]).Replace("\"path\":\"\"", "\"path\":\"0_Transformer\"", StringComparison.Ordinal));
        Directory.CreateDirectory(source["0_Transformer"]);
        foreach (string file in Directory.GetFiles(source.Path).Where(file => Path.GetFileName(file) != "modules.json"))
        {
            File.Move(file, source[Path.Combine("0_Transformer", Path.GetFileName(file))]);
        }

        Assert.True(source.Import().Package.Normalize);
    }

    [Fact]
    public void Import_HeadsAndBuffers_AreListedAsUnused()
    {
        using HuggingFaceDirectory bert = new("bert");
        using HuggingFaceDirectory alias = new("xlm-roberta");

        ImportResult imported = bert.Import();
        ImportResult other = alias.Import();

        Assert.Equal(["bert.embeddings.position_ids", "bert.pooler.dense.weight", "cls.predictions.bias"], imported.Unused);
        Assert.Equal(["f32"], imported.SourceTypes);
        Assert.Empty(other.Unused);
        Assert.Equal(["f16"], other.SourceTypes);
    }

    [Fact]
    public void Import_Check_GivesFiguresWithinItsBounds()
    {
        foreach (string family in HuggingFaceDirectory.Families)
        {
            using HuggingFaceDirectory source = new(family);

            SelfCheckFigures check = source.Import().Check;

            Assert.Equal(16, check.Width);
            Assert.InRange(check.BatchDifference, 0, 1e-5);
            Assert.InRange(check.LeastNorm, 1 - 1e-5, 1 + 1e-5);
            Assert.InRange(check.GreatestCosine, -1, 1 - 1e-6);
        }
    }

    [Fact]
    public void Import_SameSource_GivesTheSameBytes()
    {
        using HuggingFaceDirectory source = new("roberta");

        byte[] first = File.ReadAllBytes(source.Import().Package.ModelPath);
        byte[] second = File.ReadAllBytes(source.Import(options => options with { Force = true }).Package.ModelPath);

        Assert.Equal(first, second);
    }

    [Fact]
    public void Write_ModelOfHalves_IsWidenedExactlyAndNeverInMemory()
    {
        using TemporaryDirectory directory = new();
        const int Rows = 3000, Columns = 4096;
        byte[] halves = new byte[Rows * Columns * 2];
        new Random(3).NextBytes(halves);
        for (int i = 1; i < halves.Length; i += 2)
        {
            halves[i] = (byte)(halves[i] & 0xBF); // no exponent of infinity or NaN
        }

        SafetensorsWriter.Write(
            directory["half.safetensors"],
            new Dictionary<string, TensorData> { ["weight"] = TensorData.FromBytes(ElementType.BFloat16, [Rows, Columns], halves) });
        using SafetensorsFile source = SafetensorsFile.Open(directory["half.safetensors"]);
        GraphBuilder graph = new();
        Value x = graph.Input("x", ElementType.Float32, "n", Columns);
        Value weight = graph.Initializer("weight", TensorData.WithoutBytes(ElementType.Float32, Rows, Columns));
        graph.Output(graph.Gemm(x, weight, transB: true), "y");
        long before = GC.GetAllocatedBytesForCurrentThread();

        WidenedModel.Write(graph, source.Tensors, directory["model.onnx"]);

        // The model has 49 MB; a chunk of 4 MB is what is needed.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8_000_000);
        using OnnxModel model = OnnxModel.Load(directory["model.onnx"]);
        Assert.Equal(source.Tensors["weight"].ToSingles(), model.Tensors["weight"].ToArray<float>());
    }

    [Fact]
    public void Import_PathTaken_IsRefusedAndKept()
    {
        using HuggingFaceDirectory source = new("bert");
        Directory.CreateDirectory(source.Out);
        File.WriteAllText(Path.Combine(source.Out, "mine.txt"), "mine");

        Assert.Throws<OptionException>(() => source.Import());

        Assert.Equal("mine", File.ReadAllText(Path.Combine(source.Out, "mine.txt")));
    }

    [Fact]
    public void Import_UnknownArchitecture_ListsTheKnownOnes()
    {
        using HuggingFaceDirectory source = new("bert");
        source.Set("config.json", "model_type", "t5");

        Assert.Matches("^config.json: config: model_type needs one of bert, roberta, .*, the ones that are built, got t5$", source.Fails<DataException>());
    }

    [Fact]
    public void Import_ConfigThatTheGraphCannotFollow_NamesAllFaults()
    {
        using HuggingFaceDirectory source = new("bert");
        source.Set("config.json", "hidden_act", "xielu");
        source.Set("config.json", "position_embedding_type", "relative_key");

        string line = source.Fails<DataException>();

        Assert.Contains("hidden_act needs one of gelu, ", line, StringComparison.Ordinal);
        Assert.Contains("position_embedding_type needs absolute", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bert", "num_hidden_layers")]
    [InlineData("mpnet", "max_position_embeddings")]
    [InlineData("modernbert", "hidden_size")]
    [InlineData("modernbert", "intermediate_size")]
    [InlineData("electra", "embedding_size")]
    [InlineData("qwen3", "head_dim")]
    [InlineData("gpt2", "n_layer")]
    public void Import_SizesWithoutMeasure_AreRefusedAtOnce(string family, string field)
    {
        using HuggingFaceDirectory source = new(family);
        source.Set("config.json", field, 1 << 30);

        Assert.Contains("needs ", source.Fails<DataException>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Import_TensorsMissingOrOfWrongShape_NamesAll()
    {
        using HuggingFaceDirectory source = new("distilbert");
        using (SafetensorsFile file = SafetensorsFile.Open(source["model.safetensors"]))
        {
            Dictionary<string, TensorData> tensors = file.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value);
            tensors.Remove("distilbert.transformer.layer.1.ffn.lin1.weight");
            tensors["distilbert.embeddings.LayerNorm.bias"] = TensorData.From<float>([1, 2, 3], 3);
            tensors["distilbert.transformer.layer.0.ffn.lin2.bias"] = TensorData.From<long>(new long[16], 16);
            tensors["transformer.layer.0.ffn.lin1.bias"] = TensorData.From<float>(new float[20], 20);
            SafetensorsWriter.Write(source["other.safetensors"], tensors);
        }

        File.Move(source["other.safetensors"], source["model.safetensors"], overwrite: true);

        Assert.Equal(
            "DIR: needs the tensors embeddings.LayerNorm.bias [16], got f32[3]; transformer.layer.0.ffn.lin1.bias [20] once, "
            + "got distilbert.transformer.layer.0.ffn.lin1.bias and transformer.layer.0.ffn.lin1.bias; "
            + "transformer.layer.0.ffn.lin2.bias [16] as f32, f16 or bf16, got i64[16]; transformer.layer.1.ffn.lin1.weight [20, 16], there is none",
            source.Fails<DataException>());
    }

    [Fact]
    public void Import_TruncatedWeights_SaysSo()
    {
        using HuggingFaceDirectory source = new("bert");
        byte[] bytes = File.ReadAllBytes(source["model.safetensors"]);
        File.WriteAllBytes(source["model.safetensors"], bytes[..(bytes.Length - 100)]);

        Assert.Matches("^model.safetensors: tensor '.*': needs offsets inside the [0-9]+ bytes of data, got", source.Fails<DataException>());
    }

    [Fact]
    public void Import_LyingHeader_SaysSo()
    {
        using HuggingFaceDirectory source = new("bert");
        byte[] bytes = File.ReadAllBytes(source["model.safetensors"]);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ulong.MaxValue);
        File.WriteAllBytes(source["model.safetensors"], bytes);

        Assert.Matches("^model.safetensors: needs a safetensors header of at most .*, its length says 18446744073709551615$", source.Fails<DataException>());
    }

    [Fact]
    public void Import_OffsetsPastTheEnd_SaysSo()
    {
        using HuggingFaceDirectory source = new("electra");
        byte[] bytes = File.ReadAllBytes(source["model.safetensors"]);
        string header = Encoding.UTF8.GetString(bytes, 8, (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        int at = header.IndexOf("\"data_offsets\":[", StringComparison.Ordinal) + "\"data_offsets\":[".Length;
        bytes[8 + at] = (byte)'9';
        File.WriteAllBytes(source["model.safetensors"], bytes);

        Assert.Contains("model.safetensors: tensor '", source.Fails<DataException>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Import_PartOfAnIndexMissing_SaysWhich()
    {
        using HuggingFaceDirectory source = new("roberta");
        File.Delete(source["model-00002-of-00002.safetensors"]);

        Assert.Matches(
            "^model-00002-of-00002.safetensors: needs to exist, model.safetensors.index.json lists [0-9]+ tensors in it$", source.Fails<DataException>());
    }

    [Fact]
    public void Import_IndexThatLeadsOut_IsRefused()
    {
        using HuggingFaceDirectory source = new("roberta");
        string index = File.ReadAllText(source["model.safetensors.index.json"]);
        File.WriteAllText(source["model.safetensors.index.json"], index.Replace("model-00001", "../model-00001", StringComparison.Ordinal));

        Assert.Contains("needs the name of a file beside the index, got \"../model-00001-of-00002.safetensors\"", source.Fails<DataException>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Import_NoWeights_SaysWhatIsThere()
    {
        using HuggingFaceDirectory source = new("bert");
        File.Move(source["model.safetensors"], source["pytorch_model.bin"]);

        Assert.Equal(
            "DIR: needs the weights as model.safetensors or model.safetensors.index.json with its parts, got pytorch_model.bin, "
            + "which cannot be read safely; save it as safetensors",
            source.Fails<DataException>());
    }

    [Fact]
    public void Import_NoTokenizer_SaysSo()
    {
        using HuggingFaceDirectory source = new("bert");
        File.Delete(source["tokenizer.json"]);

        Assert.Equal("tokenizer.json: needs to exist, there is no such file; save the tokenizer as a fast one", source.Fails<DataException>());
    }

    [Fact]
    public void Import_TokenizerLargerThanTheTable_SaysSo()
    {
        using HuggingFaceDirectory source = new("bert");
        source.Set("config.json", "vocab_size", 60);

        Assert.Equal("tokenizer.json: needs ids below vocab_size 60 of the config, got 62", source.Fails<DataException>());
    }

    [Fact]
    public void Import_WeightsThatAreNoNumbers_FailsTheSelfCheck()
    {
        using HuggingFaceDirectory source = new("bert");
        using (SafetensorsFile file = SafetensorsFile.Open(source["model.safetensors"]))
        {
            Dictionary<string, TensorData> tensors = file.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value);
            float[] broken = new float[16];
            broken[3] = float.NaN;
            tensors["bert.encoder.layer.1.output.LayerNorm.beta"] = TensorData.From<float>(broken, 16);
            SafetensorsWriter.Write(source["other.safetensors"], tensors);
        }

        File.Move(source["other.safetensors"], source["model.safetensors"], overwrite: true);

        Assert.StartsWith("self-check: onnx/model.onnx: needs finite vectors, got NaN", source.Fails<DataException>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_OfFiguresOutOfBounds_AreNamed()
    {
        SelfCheckFigures good = new(4, 100, 16, 1, 1, 1e-7, 0.5);

        Assert.Empty(SelfCheck.Faults(good, normalize: true, 1e-5));
        Assert.Empty(SelfCheck.Faults(good with { LeastNorm = 0.5, GreatestNorm = 12 }, normalize: false, 1e-5));
        Assert.Contains("length 1", SelfCheck.Faults(good with { GreatestNorm = 1.01 }, normalize: true, 1e-5).Single(), StringComparison.Ordinal);
        Assert.Contains("differ by 0.002", SelfCheck.Faults(good with { BatchDifference = 0.002 }, normalize: true, 1e-5).Single(), StringComparison.Ordinal);
        Assert.Contains("not 0", SelfCheck.Faults(good with { LeastNorm = 0 }, normalize: true, 1e-5).Single(), StringComparison.Ordinal);
        Assert.Single(SelfCheck.Faults(good with { BatchDifference = double.NaN }, normalize: true, 1e-5));
    }

    [Theory]
    [InlineData("Transformer Normalize", "needs the modules Transformer, Pooling [, Dense …] [, Normalize] in this order, got Transformer Normalize")]
    [InlineData("Transformer Pooling CNN", "needs a module that is built (Transformer, Pooling, Dense, Normalize), got \"sentence_transformers.models.CNN\"")]
    public void Import_ModulesInAnotherOrder_SaysSo(string kinds, string fault)
    {
        using HuggingFaceDirectory source = new("bert");
        source.Write("modules.json", JsonSerializer.Serialize(kinds.Split(' ').Select((kind, i) => new
        {
            idx = i,
            name = $"{i}",
            path = i == 0 ? "" : $"{i}_{kind}",
            type = $"sentence_transformers.models.{kind}",
        })));

        Assert.EndsWith(fault, source.Fails<DataException>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Import_WrongOptions_SayWhatIsNeeded()
    {
        using HuggingFaceDirectory source = new("roberta");

        Assert.Equal("maximum length: needs a number in [1, 62], got 63", source.Fails<OptionException>(options => options with { MaxLength = 63 }));
        Assert.Equal("default prompt: needs one of the prompts, there are none, got query", source.Fails<OptionException>(options => options with { DefaultPrompt = "query" }));
        Assert.Equal(
            "attention: an encoder of type roberta needs bidirectional, got causal",
            source.Fails<OptionException>(options => options with { Attention = AttentionKind.Causal }));
    }

    [Fact]
    public void Import_DenseOfAnotherWidth_SaysSo()
    {
        using HuggingFaceDirectory source = new("roberta");
        source.WriteModules("pooling_mode_mean_tokens", "Dense");
        source.Write("2_Dense/config.json", """{"in_features":8,"out_features":6,"bias":true}""");

        Assert.Equal("2_Dense: in_features needs 16, the width that comes in, got 8", source.Fails<DataException>());
    }

    [Fact]
    public void Import_LowerCasingBySentenceTransformers_NeedsATokenizerThatDoesIt()
    {
        using HuggingFaceDirectory source = new("bert");
        source.Write("sentence_bert_config.json", """{"max_seq_length":32,"do_lower_case":true}""");
        source.Import();
        Directory.Delete(source.Out, recursive: true);
        source.Set("tokenizer.json", "normalizer", null);

        Assert.Equal(
            "sentence_bert_config.json: do_lower_case needs to be false, or a tokenizer that lower-cases, got true", source.Fails<DataException>());
    }

    [Fact]
    public void Import_NoDirectory_SaysSo() => Assert.Equal(
        "nowhere/at/all: needs a Hugging Face directory or an ONNX file, there is no such file or directory",
        Assert.Throws<DataException>(() => Import.Run(new ImportOptions { Source = "nowhere/at/all", Out = "never" })).Message);
}
