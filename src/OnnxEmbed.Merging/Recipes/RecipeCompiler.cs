namespace OnnxEmbed.Merging.Recipes;

/// <summary>Turns recipes as written into merges: methods, models and parameters against the catalogue.</summary>
/// <param name="faults">Takes what is wrong.</param>
/// <param name="extrapolate">Whether parameters may leave their range where their method says so.</param>
internal sealed class RecipeCompiler(RecipeFaults faults, bool extrapolate)
{
    private const string Passthrough = "passthrough";

    private readonly HashSet<string> _stages = new(StringComparer.Ordinal);

    /// <summary>Compiles a document; null where it has faults that leave no merge.</summary>
    public RecipeStage? Compile(MergeRecipe recipe)
    {
        if (recipe.Method.Length == 0)
        {
            return null;
        }

        if (Method(recipe) is not { } method)
        {
            return null;
        }

        IReadOnlyList<RecipeSlice> slices = recipe.Slices.Count > 0 ? recipe.Slices
            : [new RecipeSlice(recipe.Models, [], recipe.MethodLine)];
        if (slices.Any(slice => slice.Sources.Count != slices[0].Sources.Count))
        {
            faults.Add(slices.First(slice => slice.Sources.Count != slices[0].Sources.Count).Line,
                $"sources: needs equally many in all slices, got "
                    + $"{string.Join(" and ", slices.Select(slice => slice.Sources.Count).Distinct())}");
            return null;
        }

        (slices, MergeInput? theBase) = new RecipeBase(faults, recipe, method, Input).Apply(slices);
        CheckCount(recipe, method, slices[0].Sources.Count);
        MergeOptions options = Settings(recipe, new MergeOptions
        {
            Method = method,
            Inputs = [.. Enumerable.Range(0, slices[0].Sources.Count).Select(source => Input(recipe, slices, source))],
            Base = theBase,
            Output = "",
            DegreeOfParallelism = 1,
            Extrapolate = extrapolate,
            OutputType = recipe.OutDtype ?? recipe.Dtype,
        });
        new RecipeParameterCheck(faults, method, options.Extrapolate).Check(recipe, slices);
        options = new RecipeParameters(recipe, method, slices).Fill(options);
        options = Vocabulary(recipe, options);
        if (recipe.Name is { } name)
        {
            _stages.Add(name);
        }

        return new RecipeStage(recipe.Name, options);
    }

    /// <summary>Whose tokens the result has, and rows of single ones, which come from the models of the merge.</summary>
    private MergeOptions Vocabulary(MergeRecipe recipe, MergeOptions options)
    {
        options = options with { ChatTemplate = recipe.ChatTemplate };
        if (recipe.Tokenizer is not { } tokenizer)
        {
            return options;
        }

        MergeInput[] models = [.. options.Base is { } theBase ? [theBase] : Array.Empty<MergeInput>(), .. options.Inputs];
        Dictionary<string, TokenSource> tokens = new(StringComparer.Ordinal);
        foreach (RecipeToken token in tokenizer.Tokens)
        {
            MergeInput? model = token.Model is { } named ? Input(named) : null;
            if (model is not null && !models.Any(known => known.Model == model.Model
                || known.Layers.Any(range => range.Model.Model == model.Model)))
            {
                faults.Add(token.Line, $"tokens: '{token.Token}' needs one of the models that are merged "
                    + $"({string.Join(", ", models.Select(known => known.Model).Distinct())}), got {token.Model}");
            }

            tokens[token.Token] = new TokenSource { Model = model, Token = token.Other, TokenId = token.Id, Force = token.Force };
        }

        return options with
        {
            Vocabulary = new VocabularyMerge
            {
                Source = tokenizer.Model is not null ? VocabularySource.Model
                    : tokenizer.Source == "union" ? VocabularySource.Union : VocabularySource.Base,
                Model = tokenizer.Model is { } from ? Input(from) : null,
                Tokens = tokens,
                PadToMultipleOf = tokenizer.PadToMultipleOf,
            },
        };
    }

    private MergeOptions Settings(MergeRecipe recipe, MergeOptions options)
    {
        foreach ((RecipeSetting setting, string value, int line) in recipe.Settings)
        {
            if (setting.Set(options, value) is { } changed)
            {
                options = changed;
            }
            else
            {
                faults.Add(line, $"{setting.Name}: needs {setting.Needs}, got '{value}'");
            }
        }

        return options;
    }

    private MergeMethod? Method(MergeRecipe recipe)
    {
        IEnumerable<RecipeModel> models = recipe.Models.Concat(recipe.Slices.SelectMany(slice => slice.Sources));
        bool folds = recipe is { Method: Passthrough, Slices.Count: 0, Models: [{ Model.Adapters.Count: > 0 }] }
            && models.All(model => model.Parameters.Count == 0) && recipe.Parameters.Count == 0;
        MergeMethod? method = folds ? MergeMethods.Lora : MergeMethods.All.FirstOrDefault(known => known.Name == recipe.Method);
        if (method is null)
        {
            faults.Add(recipe.MethodLine,
                $"merge_method: needs one of {string.Join(", ", MergeMethods.All.Select(known => known.Name))}, got '{recipe.Method}'");
        }

        return method;
    }

    private void CheckCount(MergeRecipe recipe, MergeMethod method, int count)
    {
        bool listed = recipe.Models.Count > 0 || recipe.Slices.Any(slice => slice.Sources.Count > 0);
        if (listed && (count < method.MinimumInputs || count > method.MaximumInputs))
        {
            string needs = method.MaximumInputs == method.MinimumInputs ? $"{method.MinimumInputs}" : $"{method.MinimumInputs} or more";
            string beside = method.Base == BaseUse.None ? "" : " beside base_model";
            faults.Add(recipe.MethodLine, $"models: {method.Name} needs {needs}{beside}, got {count}");
        }
    }

    private MergeInput Input(MergeRecipe recipe, IReadOnlyList<RecipeSlice> slices, int source)
    {
        if (recipe.Slices.Count == 0)
        {
            return Input(slices[0].Sources[source].Model);
        }

        LayerRange[] ranges = [.. slices.Select(slice => new LayerRange(
            Input(slice.Sources[source].Model),
            slice.Sources[source].Layers?.Start ?? 0,
            slice.Sources[source].Layers?.End))];
        return ranges[0].Model with { Layers = ranges };
    }

    private MergeInput Input(ModelReference model) => new(Located(model.Path))
    {
        Adapters = [.. model.Adapters.Select(Located)],
        AdapterWeights = model.AdapterWeights,
    };

    /// <summary>A path as the user means it: from where the command runs, and where there is nothing, from where the recipe lies.</summary>
    private string Located(string path)
    {
        if (_stages.Contains(path) || Path.Exists(path) || Path.IsPathRooted(path))
        {
            return path;
        }

        string beside = Path.Combine(Path.GetDirectoryName(faults.File) ?? "", path);
        return Path.Exists(beside) ? beside : path;
    }
}
