using OnnxEmbed.Merging.Vocabularies;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>
/// Reads recipes in mergekit's schema (https://github.com/arcee-ai/mergekit, docs on merge configuration; no code was taken): every
/// field, several documents as stages. What means nothing for an ONNX embedding model is a warning, unless the result would be another
/// model than the recipe's author meant; then it is a fault. All faults are collected.
/// </summary>
internal sealed partial class RecipeReader(RecipeFaults faults)
{
    private static readonly string[] Keys =
    [
        "merge_method", "models", "slices", "modules", "base_model", "parameters", "dtype", "out_dtype", "tokenizer_source", "tokenizer",
        "chat_template", "name", "onnxembed",
    ];

    private static readonly Dictionary<string, string> OtherTools = new(StringComparer.Ordinal)
    {
        ["genome"] = "a search over recipes (mergekit-evolve) is merge --search here",
        ["tasks"] = "a search over recipes (mergekit-evolve) is merge --search here",
        ["experts"] = "mixtures of experts (mergekit-moe) are no embedding models",
        ["gate_mode"] = "mixtures of experts (mergekit-moe) are no embedding models",
    };

    /// <summary>Reads the documents of a file; what is wrong goes to the faults.</summary>
    public List<MergeRecipe> Read(IReadOnlyList<YamlNode> documents)
    {
        if (documents.Count == 0)
        {
            faults.Add(1, "needs a recipe, the file is empty");
        }

        List<MergeRecipe> recipes = [.. documents.Select(Recipe).OfType<MergeRecipe>()];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < recipes.Count; i++)
        {
            if (recipes[i].Name is null ? i < recipes.Count - 1 : !names.Add(recipes[i].Name!))
            {
                faults.Add(recipes[i].MethodLine, recipes[i].Name is { } twice
                    ? $"name: needs another one than earlier documents, got '{twice}'"
                    : "name: needs one in every document but the last, by which later documents refer to its result");
            }
        }

        return recipes;
    }

    private MergeRecipe? Recipe(YamlNode root)
    {
        if (root.Kind != YamlKind.Mapping)
        {
            faults.Add(root.Line, $"needs a recipe (merge_method, models, …), got {root}");
            return null;
        }

        Dictionary<string, YamlNode> fields = Fields(root, "the recipe", Keys);
        string method = fields.TryGetValue("merge_method", out YamlNode? name) ? Word(name, "merge_method") ?? "" : "";
        if (name is null)
        {
            faults.Add(root.Line,
                $"merge_method: needs one of {string.Join(", ", MergeMethods.All.Select(known => known.Name))}, got none");
        }

        MergeRecipe recipe = new(method, name?.Line ?? root.Line)
        {
            Name = fields.TryGetValue("name", out YamlNode? stage) ? Word(stage, "name") : null,
            BaseModel = fields.TryGetValue("base_model", out YamlNode? model) ? Reference(model, "base_model") : null,
            Parameters = fields.TryGetValue("parameters", out YamlNode? parameters) ? Parameters(parameters) : [],
            Dtype = fields.TryGetValue("dtype", out YamlNode? dtype) ? Dtype(dtype, "dtype") : null,
            OutDtype = fields.TryGetValue("out_dtype", out YamlNode? outDtype) ? Dtype(outDtype, "out_dtype") : null,
            Tokenizer = Tokenizer(fields),
            Settings = fields.TryGetValue("onnxembed", out YamlNode? settings) ? Settings(settings) : [],
        };
        if (fields.TryGetValue("chat_template", out YamlNode? template) && Word(template, "chat_template") is { } chat)
        {
            recipe = recipe with { ChatTemplate = chat };
            if (ChatTemplates.Fault(chat) is { } fault)
            {
                faults.Add(template.Line, fault);
            }
        }

        return Inputs(recipe, fields, root.Line);
    }

    /// <summary>Exactly one of models, slices and modules.</summary>
    private MergeRecipe Inputs(MergeRecipe recipe, Dictionary<string, YamlNode> fields, int line)
    {
        string[] given = [.. new[] { "models", "slices", "modules" }.Where(fields.ContainsKey)];
        if (given.Length != 1)
        {
            string found = given.Length == 0 ? "none" : string.Join(" and ", given);
            faults.Add(line, $"needs exactly one of models, slices, modules, got {found}");
            return recipe;
        }

        YamlNode value = fields[given[0]];
        return given[0] switch
        {
            "models" => recipe with { Models = List(value, "models", node => Model(node, ["model", "parameters"], "an entry of models")) },
            "slices" => recipe with { Slices = List(value, "slices", Slice) },
            _ => Modules(recipe, value),
        };
    }

    /// <summary>Modules of a model with several; an embedding model has one, whatever it is called.</summary>
    private MergeRecipe Modules(MergeRecipe recipe, YamlNode node)
    {
        if (node.Kind != YamlKind.Mapping || node.Entries.Count != 1)
        {
            faults.Add(node.Line, "modules: needs exactly one module, as an embedding model has, got "
                + (node.Kind == YamlKind.Mapping ? string.Join(", ", node.Entries.Select(entry => entry.Key.Text)) : node.ToString()));
            return recipe;
        }

        (YamlNode key, YamlNode module) = node.Entries[0];
        faults.Warn(key.Line, $"modules: an embedding model has one module; '{key.Text}' is taken as the whole model");
        Dictionary<string, YamlNode> fields = Fields(module, $"module '{key.Text}'", ["models", "slices", "parameters"]);
        ParameterBlock own = fields.TryGetValue("parameters", out YamlNode? parameters) ? Parameters(parameters) : [];
        recipe = recipe with { ModuleParameters = own };
        fields.Remove("parameters");
        return Inputs(recipe, fields, key.Line);
    }

    private RecipeModel? Model(YamlNode node, string[] keys, string what)
    {
        Dictionary<string, YamlNode> fields = Fields(node, what, keys);
        if (node.Kind == YamlKind.Mapping && !fields.ContainsKey("model"))
        {
            faults.Add(node.Line, $"model: needs a model, {what} has none");
        }

        ParameterBlock parameters = fields.TryGetValue("parameters", out YamlNode? own) ? Parameters(own) : [];
        (int Start, int End)? layers = fields.TryGetValue("layer_range", out YamlNode? range) ? Range(range) : null;
        return fields.TryGetValue("model", out YamlNode? model) && Reference(model, "model") is { } reference
            ? new RecipeModel(reference, parameters, node.Line) { Layers = layers }
            : null;
    }

    private RecipeSlice? Slice(YamlNode node)
    {
        Dictionary<string, YamlNode> fields =
            Fields(node, "an entry of slices", ["sources", "base_model", "residual_weight", "parameters"]);
        if (fields.TryGetValue("residual_weight", out YamlNode? residual))
        {
            faults.Warn(residual.Line, "residual_weight: has no effect, in mergekit neither");
        }

        if (!fields.TryGetValue("sources", out YamlNode? list))
        {
            faults.Add(node.Line, "sources: needs the models of the slice, got none");
            return null;
        }

        List<RecipeModel> sources =
            List(list, "sources", source => Model(source, ["model", "layer_range", "parameters"], "a source of a slice"));
        foreach (RecipeModel source in sources.Where(source => source.Layers is null))
        {
            faults.Add(source.Line,
                "layer_range: needs [start, end) in a source of a slice; a merge of whole models has models instead of slices");
        }

        int[] counts = [.. sources.Where(source => source.Layers is not null)
            .Select(source => source.Layers!.Value.End - source.Layers.Value.Start).Distinct()];
        if (counts.Length > 1)
        {
            faults.Add(list.Line, $"layer_range: needs equally many layers in all sources of a slice, got {string.Join(" and ", counts)}");
        }

        return new RecipeSlice(sources, fields.TryGetValue("parameters", out YamlNode? parameters) ? Parameters(parameters) : [], node.Line)
        {
            BaseModel = fields.TryGetValue("base_model", out YamlNode? model) ? Reference(model, "base_model") : null,
        };
    }
}
