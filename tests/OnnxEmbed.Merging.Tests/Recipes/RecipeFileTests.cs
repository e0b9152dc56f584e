using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Recipes;

public class RecipeFileTests
{
    [Fact]
    public void Load_EveryField_IsReadWithWarningsForWhatMeansNothing()
    {
        using RecipeFixture fixture = new("a.onnx", "b.onnx", "c.onnx");
        RecipeFile file = RecipeFile.Load(fixture.Recipe("every-field.yaml"));
        RecipeStage stage = Assert.Single(file.Stages);
        Assert.Equal("all", stage.Name);
        Assert.Equal(MergeMethods.Linear, stage.Options.Method);
        Assert.Equal([fixture["a.onnx"], fixture["b.onnx"], fixture["c.onnx"]], stage.Options.Inputs.Select(input => input.Model));
        Assert.Equal(["2", "1.0e-0", "1.0e-0"], stage.Options.Inputs.Select(input => input.Parameters["weight"]));
        Assert.Equal("false", stage.Options.Parameters["normalize"]);
        Assert.True(stage.Options.LinearVectors);
        string[] warned = ["modules", "revision", "override_architecture", "revision"];
        Assert.Equal(warned, file.Warnings.Select(warning => warning.Split(": ")[1]));
        Assert.All(file.Warnings, warning => Assert.Matches(@"every-field\.yaml:\d+: ", warning));
        fixture.Run(fixture["every-field.yaml"], "out.onnx");
        double[] expected = [.. Enumerable.Range(0, 16).Select(i => (2 * A(i)) + B(i) + C(i))];
        Assert.Equal(expected.Select(value => (double)(float)value), fixture.Values("out.onnx", "pooler.dense.weight"));

        double A(int i) => fixture.Values("a.onnx", "pooler.dense.weight")[i];
        double B(int i) => fixture.Values("b.onnx", "pooler.dense.weight")[i];
        double C(int i) => fixture.Values("c.onnx", "pooler.dense.weight")[i];
    }

    [Fact]
    public void Parse_ManyFaults_AreAllReportedWithTheirLinesAndTheKnownNames()
    {
        RecipeException exception = Assert.Throws<RecipeException>(() => RecipeFile.Parse("f.yaml", RecipeFixture.Text("faults.yaml")));
        string[] expected =
        [
            "f.yaml:1: 'merge_methode': not a name of the recipe; known: merge_method, models, slices, modules, base_model, parameters, dtype, out_dtype, tokenizer_source, tokenizer, chat_template, name, onnxembed",
            "f.yaml:5: 'parametres': not a name of an entry of models; known: model, parameters",
            "f.yaml:7: parameter 'weight': not one of those of slerp; known: t, mode, tree",
            "f.yaml:8: base_model: needs a model, got a list",
            "f.yaml:10: t: needs a value, a list of values over depth, or a list of {filter, value}; a single {filter, value} goes into a list, too",
            "f.yaml:11: parameter 'tt': not one of those of slerp; known: t, mode, tree",
            "f.yaml:12: mode: needs one of exact, mergekit, got 'sideways'",
            "f.yaml:13: dtype: needs one of bfloat16, float16, float32, float64, got 'float8'",
            "f.yaml:14: out_dtype: needs a floating-point type (bfloat16, float16, float32, float64), got 'int64', in which no weight can be kept",
            "f.yaml:16: 'token': not a name of tokenizer; known: source, tokens, pad_to_multiple_of",
            "f.yaml:16: needs tokenizer or tokenizer_source (line 15), got both",
            "f.yaml:17: 'genome': not a name of the recipe; known: ",
        ];
        Assert.All(expected, fault => Assert.Contains(exception.Faults, actual => actual.StartsWith(fault, StringComparison.Ordinal)));
        Assert.Contains("merge --search", exception.Faults[^1], StringComparison.Ordinal);
        Assert.Equal(string.Join('\n', exception.Faults), exception.Message);
        Assert.Contains("f.yaml:2: t: needs a value", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "f.yaml:1: needs a recipe, the file is empty")]
    [InlineData("- a\n- b", "f.yaml:1: needs a recipe (merge_method, models, …), got a list")]
    [InlineData("models: [\n", "f.yaml:2: needs YAML, got: ")]
    [InlineData("a: 1\na: 2", "f.yaml:2: needs each name once, got 'a' again")]
    [InlineData("a: *b", "f.yaml:1: needs an anchor 'b' before its use, there is none")]
    [InlineData("a: !!python/object/apply:os.system [ls]", "f.yaml:1: needs plain values, got the tag ")]
    [InlineData("merge_method: tied\nmodels: [{model: a}]", "f.yaml:1: merge_method: needs one of linear, ")]
    [InlineData("merge_method: linear", "f.yaml:1: needs exactly one of models, slices, modules, got none")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\nslices: []", "got models and slices")]
    [InlineData("merge_method: slerp\nmodels: [{model: a}]\nparameters: {t: 0.5}", "models: slerp needs 2 or more, got 1")]
    [InlineData("merge_method: linear\nmodels: [{parameters: {weight: 1}}]", "f.yaml:2: model: needs a model, an entry of models has none")]
    [InlineData("merge_method: linear\nmodels: [{model: +a}]", "f.yaml:2: model: needs MODEL or MODEL+ADAPTER, got '+a'")]
    [InlineData("merge_method: linear\nmodels: []", "f.yaml:2: models: needs a list, got an empty one")]
    [InlineData("merge_method: linear\nmodules: {text: {models: [{model: a}]}, image: {models: [{model: a}]}}", "modules: needs exactly one module, as an embedding model has, got text, image")]
    [InlineData("merge_method: slerp\nmodels: [{model: a}, {model: b}]\nparameters: {t: [0, 1.5]}", "f.yaml:3: t: needs a number in [0, 1], got 1.5; --extrapolate allows it")]
    [InlineData("merge_method: slerp\nmodels: [{model: a}, {model: b}]\nparameters: {t: [{filter: 'regex:(', value: 1}, {part: middle, value: 0}]}", "f.yaml:3: part: needs one of pre, layers, post, got 'middle'")]
    [InlineData("merge_method: slerp\nmodels: [{model: a}, {model: b}]\nparameters: {t: [{filter: 'regex:(?=a)', value: 1}]}", "filter: needs a regular expression without look-around")]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameters: {normalize: true}}]", "f.yaml:2: normalize: linear has one value for all models")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\n---\nmerge_method: linear\nmodels: [{model: b}]", "f.yaml:1: name: needs one in every document but the last")]
    [InlineData("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [2, 1]}]}]", "f.yaml:2: layer_range: needs [start, end) with 0 <= start < end, got [2, 1]")]
    [InlineData("merge_method: passthrough\nslices: [{sources: [{model: a}]}]", "f.yaml:2: layer_range: needs [start, end) in a source of a slice")]
    [InlineData("merge_method: slerp\nparameters: {t: 0}\nslices: [{sources: [{model: a, layer_range: [0, 2]}, {model: b, layer_range: [0, 3]}]}]", "f.yaml:3: layer_range: needs equally many layers in all sources of a slice, got 2 and 3")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ntokenizer: {tokens: {x: {source: {kind: sum}}}}", "f.yaml:3: kind: needs one of model_token, zero, got 'sum'")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\nonnxembed: {compat: peft}", "f.yaml:3: compat: needs mergekit, got 'peft'")]
    public void Parse_OneFault_IsReportedWithItsLine(string text, string fault)
    {
        RecipeException exception = Assert.Throws<RecipeException>(() => RecipeFile.Parse("f.yaml", text));
        Assert.Contains(fault, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_AliasesThatMultiply_AreRefused()
    {
        string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("needs at most 200000 values", Assert.Throws<RecipeException>(() => RecipeFile.Parse("f.yaml", text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_DeepNesting_IsRefused() => Assert.Contains(
        "needs at most 64 levels",
        Assert.Throws<RecipeException>(() => RecipeFile.Parse("f.yaml", "a: " + new string('[', 100_000))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Load_NoFile_IsRefused() => Assert.Contains("none.yaml: needs a recipe", Assert.Throws<DataException>(() => RecipeFile.Load("none.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_SlerpWithTheBaseSecond_PutsItFirst()
    {
        RecipeFile file = RecipeFile.Parse("f.yaml", "merge_method: slerp\nbase_model: b\nmodels: [{model: a}, {model: b}]\nparameters: {t: 0.25}");
        Assert.Equal(["b", "a"], file.Stages[0].Options.Inputs.Select(input => input.Model));
    }

    [Fact]
    public void Load_SlerpOfOneModelAndABase_MergesTheTwo()
    {
        RecipeFile file = RecipeFile.Parse("f.yaml", "merge_method: slerp\nbase_model: b\nmodels: [{model: a}]\nparameters: {t: 0.25}");
        Assert.Equal(["b", "a"], file.Stages[0].Options.Inputs.Select(input => input.Model));
    }

    [Fact]
    public void Load_AdaptersInEveryForm_AreFolded()
    {
        RecipeFile file = RecipeFile.Parse("f.yaml", """
            merge_method: linear
            models:
              - model: a+x
              - model: {model: {path: a}, lora: {path: y, revision: z}}
              - model: {model: a, loras: [x, y]}
              - model: {model: {path: a}, loras: [{path: x, weight: 0.5}, y]}
            """);
        Assert.Equal([0.5, 1], file.Stages[0].Options.Inputs[3].AdapterWeights);
        Assert.Equal(["a+x", "a+y", "a+x+y", "a+x+y"], file.Stages[0].Options.Inputs.Select(input => input.ToString()));
    }
}
