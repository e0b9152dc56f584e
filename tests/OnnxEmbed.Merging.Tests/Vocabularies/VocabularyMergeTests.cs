using System.Text.Json.Nodes;
using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Vocabularies;

public class VocabularyMergeTests
{
    [Fact]
    public void Run_UnionOfAModelWithMoreTokens_EmbedsAsThatModel()
    {
        using TemporaryDirectory directory = new();
        TokenPackages.Write(directory["a"], "red green blue", 1);

        // The same table and more words behind it.
        TokenPackages.Write(directory["b"], "red green blue light ##ish dark", 1);
        Run(directory, "merge_method: linear\nmodels: [{model: a, parameters: {weight: 0.25}}, {model: b, parameters: {weight: 0.75}}]\ntokenizer_source: union");
        using Embedder ours = Open(directory["out"]);
        using Embedder theirs = Open(directory["b"]);
        string[] texts = ["red", "dark blue greenish", "lightish red", "green light dark dark", "nothing"];
        Assert.Equal([2, 10, 7, 6, 9, 3], Encode(ours, texts[1]));
        Assert.Equal(Encode(theirs, texts[1]), Encode(ours, texts[1]));
        Assert.Equal(TokenPackages.Ids(directory["b"]), TokenPackages.Ids(directory["out"]));
        float[] expected = theirs.Embed(texts, TestContext.Current.CancellationToken).Values;
        float[] actual = ours.Embed(texts, TestContext.Current.CancellationToken).Values;
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void Run_UnionOfThree_HasTheRowsOfTheSlowReference()
    {
        using TemporaryDirectory directory = new();
        string a = TokenPackages.Write(directory["a"], "red green blue", 1, more: 1);
        string b = TokenPackages.Write(directory["b"], "blue pink red grey", 2);
        string c = TokenPackages.Write(directory["c"], "grey black red", 3);
        MergeReport report = Run(directory, "merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}, "
            + "{model: c, parameters: {weight: 2}}]\ntokenizer: {source: union, pad_to_multiple_of: 8}");
        string[] expectedTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "green", "blue", "pink", "grey", "black"];
        Assert.Equal(expectedTokens, TokenPackages.Ids(directory["out"]).OrderBy(entry => entry.Value).Select(entry => entry.Key));
        Assert.Equal(expectedTokens, File.ReadAllLines(directory["out", "vocab.txt"]));
        double[][] rows = TokenPackages.Rows(directory["out"]);
        Assert.Equal(16, rows.Length);
        Assert.Equal(16, ModelPackage.Open(directory["out"]).Config.VocabSize);
        double[] weights = [0.25, 0.25, 0.5];
        foreach ((int id, string token) in expectedTokens.Index())
        {
            double[][] own = [.. new[] { a, b, c }.Select(package => TokenPackages.Row(package, token)).OfType<double[]>()];
            double[] mean = [.. Enumerable.Range(0, TokenPackages.Width).Select(i => own.Average(row => row[i]))];
            double[][] filled = [.. new[] { a, b, c }.Select(package => TokenPackages.Row(package, token) ?? mean)];
            AssertRow([.. Enumerable.Range(0, TokenPackages.Width).Select(i => filled.Zip(weights).Sum(row => row.First[i] * row.Second))], rows[id]);
        }

        double[][] tables = [.. new[] { a, b, c }.Select(package => Mean(TokenPackages.Rows(package)))];
        AssertRow([.. Enumerable.Range(0, TokenPackages.Width).Select(i => tables.Zip(weights).Sum(row => row.First[i] * row.Second))], rows[15]);
        Assert.Contains(report.Tensors, tensor => tensor.Name.EndsWith("other tokens]", StringComparison.Ordinal) && tensor.Action == "kept: tokens of one model");

        // The head outside the graph has a row for each, too: the first model's where it has the token.
        using SafetensorsFile head = SafetensorsFile.Open(directory["out", "head.safetensors"]);
        using SafetensorsFile first = SafetensorsFile.Open(directory["a", "head.safetensors"]);
        using SafetensorsFile third = SafetensorsFile.Open(directory["c", "head.safetensors"]);
        float[] biases = head.Tensors["cls.predictions.bias"].ToSingles();
        Assert.Equal(16, biases.Length);
        Assert.Equal(first.Tensors["cls.predictions.bias"].ToSingles()[..8], biases[..8]);
        Assert.Equal(third.Tensors["cls.predictions.bias"].ToSingles()[6], biases[10]);

        // What the merge wrote down gives the same bytes again.
        RecipeFile.Load(directory["out", "merge-recipe.yaml"]).Run(directory["again"], options => options with { DegreeOfParallelism = 1 }, cancellation: TestContext.Current.CancellationToken);
        foreach (string file in (string[])["onnx/model.onnx", "tokenizer.json", "config.json", "head.safetensors"])
        {
            Assert.Equal(File.ReadAllBytes(directory["out", file]), File.ReadAllBytes(directory["again", file]));
        }
    }

    [Fact]
    public void Run_RowsOfSingleTokens_AreWhatTheRecipeSays()
    {
        using TemporaryDirectory directory = new();
        string a = TokenPackages.Write(directory["a"], "red green blue", 1);
        string b = TokenPackages.Write(directory["b"], "blue pink red grey", 2);
        Run(directory, """
            merge_method: linear
            models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]
            tokenizer:
              source: union
              tokens:
                red: {source: b, force: true}
                pink: {source: {kind: zero}}
                grey: {source: {kind: model_token, model: a, token: green}}
                blue: {source: {kind: model_token, model: a, token_id: 5}}
                "[MASK]": {source: {kind: zero}, force: true}
            """);
        Check("red", TokenPackages.Row(b, "red")!, TokenPackages.Row(b, "red")!);
        Check("pink", new double[TokenPackages.Width], TokenPackages.Row(b, "pink")!);
        Check("grey", TokenPackages.Row(a, "green")!, TokenPackages.Row(b, "grey")!);
        Check("blue", TokenPackages.Row(a, "blue")!, TokenPackages.Row(b, "blue")!);
        Check("[MASK]", new double[TokenPackages.Width], new double[TokenPackages.Width]);
        Check("green", TokenPackages.Row(a, "green")!, TokenPackages.Row(a, "green")!);

        void Check(string token, double[] first, double[] second) =>
            AssertRow([.. first.Zip(second, (one, two) => (one + two) / 2)], TokenPackages.Row(directory["out"], token)!);
    }

    [Fact]
    public void Run_TaskVectorsWithABase_FillWithTheBase()
    {
        using TemporaryDirectory directory = new();
        string theBase = TokenPackages.Write(directory["base"], "red green blue", 1);
        string a = TokenPackages.Write(directory["a"], "red blue pink", 2);
        Run(directory, "merge_method: task_arithmetic\nbase_model: base\nmodels: [{model: a, parameters: {weight: 0.5}}]\ntokenizer_source: union");
        double[] red = [.. TokenPackages.Row(theBase, "red")!.Zip(TokenPackages.Row(a, "red")!, (one, two) => one + (0.5 * (two - one)))];
        AssertRow(red, TokenPackages.Row(directory["out"], "red")!);
        AssertRow(TokenPackages.Row(theBase, "green")!, TokenPackages.Row(directory["out"], "green")!);
        AssertRow(TokenPackages.Row(a, "pink")!, TokenPackages.Row(directory["out"], "pink")!);
    }

    [Fact]
    public void Run_TokenizerOfTheSecondModel_GivesItsFilesAndIds()
    {
        using TemporaryDirectory directory = new();
        string a = TokenPackages.Write(directory["a"], "red green blue", 1);
        string b = TokenPackages.Write(directory["b"], "blue pink red grey", 2);
        MergeReport report = Run(directory, "merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\nparameters: {t: 1}\ntokenizer_source: b");
        Assert.Equal(File.ReadAllBytes(Path.Combine(b, "tokenizer.json")), File.ReadAllBytes(directory["out", "tokenizer.json"]));
        Assert.Equal(TokenPackages.Rows(b), TokenPackages.Rows(directory["out"]));
        Assert.Equal(9, ModelPackage.Open(directory["out"]).Config.VocabSize);
        Assert.Contains("vocabularies differ: 7 tokens that all models have are merged, 2 that only b has are kept, and 1 of a left out", report.Warnings);
        using Embedder ours = Open(directory["out"]);
        using Embedder theirs = Open(b);
        float[] expected = theirs.Embed(["pink blue", "grey"], TestContext.Current.CancellationToken).Values;
        Assert.All(expected.Zip(ours.Embed(["pink blue", "grey"], TestContext.Current.CancellationToken).Values), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        Assert.NotEqual(TokenPackages.Rows(a).Length, TokenPackages.Rows(b).Length);
    }

    [Fact]
    public void Run_OutputLayerInTheGraph_GetsColumnsAndBiasesOfTheTokens()
    {
        using TemporaryDirectory directory = new();
        string a = TokenPackages.Write(directory["a"], "red green blue", 1);
        string b = TokenPackages.Write(directory["b"], "blue pink red grey", 2);
        TokenPackages.AddHead(a, 3);
        TokenPackages.AddHead(b, 4);
        Run(directory, "merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 3}}]\ntokenizer_source: union");
        using OnnxModel first = OnnxModel.Load(Path.Combine(a, "onnx/model.onnx"));
        using OnnxModel second = OnnxModel.Load(Path.Combine(b, "onnx/model.onnx"));
        using OnnxModel merged = OnnxModel.Load(directory["out", "onnx/model.onnx"]);
        Assert.Equal([8, 10], merged.Tensors["lm_head"].Shape);
        Assert.Equal(10, merged.Proto.Graph.Output.First(output => output.Name == "logits").Type.TensorType.Shape.Dim[2].DimValue);
        foreach ((string token, int id) in TokenPackages.Ids(directory["out"]))
        {
            for (int i = 0; i < 8; i++)
            {
                Compare("lm_head", i, token, id, 8);
            }

            Compare("lm_bias", 0, token, id, 1);
        }

        using Embedder embedder = Open(directory["out"]);
        Assert.True(embedder.Embed(["pink grey"], TestContext.Current.CancellationToken).Values[0] is > -1 and < 1);

        void Compare(string name, int row, string token, int id, int rows)
        {
            double? one = Value(first, a, name, row, token, rows);
            double? two = Value(second, b, name, row, token, rows);
            double expected = (0.25 * (one ?? two)!.Value) + (0.75 * (two ?? one)!.Value);
            Assert.Equal(expected, merged.Tensors[name].ToDoubles()[(row * 10) + id], 1e-7);
        }

        static double? Value(OnnxModel model, string package, string name, int row, string token, int rows) =>
            TokenPackages.Ids(package).TryGetValue(token, out int id) ? model.Tensors[name].ToDoubles()[(row * (model.Tensors[name].ElementCount / rows)) + id] : null;
    }

    [Fact]
    public void Run_ChatTemplate_IsKeptInTheConfigOfTheTokenizer()
    {
        using TemporaryDirectory directory = new();
        string a = TokenPackages.Write(directory["a"], "red", 1);
        string b = TokenPackages.Write(directory["b"], "red", 2);
        File.WriteAllText(Path.Combine(b, "chat_template.jinja"), "{{ messages }}");
        foreach ((string template, string expected) in ((string, string)[])[("chatml", "<|im_start|>"), ("auto", "{{ messages }}"), ("'{{ one }}'", "{{ one }}")])
        {
            Run(directory, $"merge_method: linear\nmodels: [{{model: a, parameters: {{weight: 1}}}}, {{model: b, parameters: {{weight: 1}}}}]\nchat_template: {template}");
            JsonNode config = JsonNode.Parse(File.ReadAllText(directory["out", "tokenizer_config.json"]))!;
            Assert.Contains(expected, config["chat_template"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.Equal("[PAD]", config["pad_token"]!.GetValue<string>());
        }

        Assert.False(File.Exists(Path.Combine(a, "chat_template.jinja")));
    }

    [Theory]
    [InlineData("tokenizer: {tokens: {violet: {source: a}}}", "tokens: 'violet' is no token of the result")]
    [InlineData("tokenizer: {tokens: {red: {source: {kind: model_token, model: b, token: green}}}}", "tokens: 'red' needs 'green' in b, which has no such token")]
    [InlineData("tokenizer: {tokens: {green: {source: {kind: model_token, model: b, token_id: 99}}}}", "tokens: 'green' needs a row in [0, 9) of 'embeddings.word_embeddings.weight', got 99")]
    [InlineData("tokenizer_source: none", "none: needs a tokenizer.json, there is none")]
    [InlineData("dtype: float32", "--vocab union or base merges them token by token")]
    public void Run_WhatDoesNotFit_IsRefused(string field, string fault)
    {
        using TemporaryDirectory directory = new();
        TokenPackages.Write(directory["a"], "red green blue", 1);
        TokenPackages.Write(directory["b"], "blue pink red grey", 2);
        DataException exception = Assert.ThrowsAny<DataException>(() => Run(
            directory, $"merge_method: linear\nmodels: [{{model: a, parameters: {{weight: 1}}}}, {{model: b, parameters: {{weight: 1}}}}]\n{field}"));
        Assert.Contains(fault, exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory["out"]));
    }

    [Theory]
    [InlineData("tokenizer: {tokens: [red]}", "f.yaml:3: tokens: need names and sources, got a list")]
    [InlineData("tokenizer: {tokens: {red: {force: true}}}", "f.yaml:3: source: needs a model, or {kind: model_token or zero}, token 'red' has none")]
    [InlineData("tokenizer: {tokens: {red: {source: {kind: zero, token: x}}}}", "f.yaml:3: token: needs kind: model_token, got it beside zero")]
    [InlineData("tokenizer: {tokens: {red: {source: {kind: model_token, model: a}}}}", "f.yaml:3: model_token: needs exactly one of token, token_id, got none")]
    [InlineData("tokenizer: {tokens: {red: {source: {kind: model_token, token: x}}}}", "f.yaml:3: model: needs one of the models for model_token, got none")]
    [InlineData("tokenizer: {tokens: {red: {source: z}}}", "f.yaml:3: tokens: 'red' needs one of the models that are merged (a), got z")]
    [InlineData("tokenizer: {tokens: {red: {source: a, force: perhaps}}}", "f.yaml:3: force: needs true or false, got 'perhaps'")]
    [InlineData("tokenizer: {pad_to_multiple_of: 0}", "f.yaml:3: pad_to_multiple_of: needs a whole number in [1, 1048576], got '0'")]
    [InlineData("chat_template: chatnl", "f.yaml:3: chat_template: needs auto, alpaca, chatml, llama3, mistral, exaone or a template in Jinja, got 'chatnl'")]
    public void Parse_WrongTokenizerField_IsReportedWithItsLine(string field, string fault)
    {
        RecipeException exception = Assert.Throws<RecipeException>(() => RecipeFile.Parse("f.yaml", $"merge_method: linear\nmodels: [{{model: a}}]\n{field}"));
        Assert.Contains(fault, exception.Message, StringComparison.Ordinal);
    }

    private static MergeReport Run(TemporaryDirectory directory, string recipe)
    {
        File.WriteAllText(directory["r.yaml"], recipe);
        return RecipeFile.Load(directory["r.yaml"]).Run(
            directory["out"], options => options with { DegreeOfParallelism = 2, Force = true, AllowUnrelated = true }, cancellation: TestContext.Current.CancellationToken);
    }

    private static List<int> Encode(Embedder embedder, string text)
    {
        List<int> ids = [];
        embedder.Tokenizer.Encode(text, 32, ids);
        return ids;
    }

    private static Embedder Open(string package) => Embedder.Open(ModelPackage.Open(package), new EmbedderOptions(1));

    private static double[] Mean(double[][] rows) => [.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Average(row => row[i]))];

    private static void AssertRow(double[] expected, double[] actual) => Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-7));
}
