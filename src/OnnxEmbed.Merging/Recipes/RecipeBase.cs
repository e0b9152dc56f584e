namespace OnnxEmbed.Merging.Recipes;

/// <summary>
/// What <c>base_model</c> means for a method: the model whose differences are merged, t = 0, or merely the one that comes first.
/// </summary>
internal sealed class RecipeBase(RecipeFaults faults, MergeRecipe recipe, MergeMethod method, Func<ModelReference, MergeInput> input)
{
    /// <summary>Takes the base out of the sources, or puts it in front.</summary>
    public (IReadOnlyList<RecipeSlice> Slices, MergeInput? Base) Apply(IReadOnlyList<RecipeSlice> slices)
    {
        ModelReference? model = recipe.BaseModel ?? slices.Select(slice => slice.BaseModel).FirstOrDefault(own => own is not null);
        foreach (RecipeSlice slice in slices.Where(slice => slice.BaseModel is not null && !slice.BaseModel.Equals(model)))
        {
            faults.Add(slice.Line, $"base_model: needs one base for all slices ({model}), got {slice.BaseModel}");
        }

        if (model is null)
        {
            if (method.Base == BaseUse.Required)
            {
                faults.Add(recipe.MethodLine, $"base_model: {method.Name} needs the model that the others were trained from, got none");
            }

            return (slices, null);
        }

        return method.Base == BaseUse.None ? ([.. slices.Select(slice => InFront(slice, model))], null) : TakenOut(slices, model);
    }

    private (IReadOnlyList<RecipeSlice> Slices, MergeInput? Base) TakenOut(IReadOnlyList<RecipeSlice> slices, ModelReference model)
    {
        List<RecipeSlice> rest = [];
        List<LayerRange> ranges = [];
        foreach (RecipeSlice slice in slices)
        {
            RecipeModel? listed = slice.Sources.FirstOrDefault(source => source.Model.Equals(model));
            if (listed is { Parameters.Count: > 0 })
            {
                faults.Warn(listed.Line,
                    $"{string.Join(", ", listed.Parameters.Keys)}: has no effect on the base, whose difference to itself is zero");
            }

            (int Start, int End)? layers = (listed ?? slice.Sources.FirstOrDefault())?.Layers;
            ranges.Add(new LayerRange(input(model), layers?.Start ?? 0, layers?.End));
            rest.Add(slice with { Sources = [.. slice.Sources.Where(source => !ReferenceEquals(source, listed))] });
        }

        MergeInput theBase = input(model);
        return (rest, recipe.Slices.Count == 0 ? theBase : theBase with { Layers = ranges });
    }

    /// <summary>The first model gives graph and tokenizer, and is t = 0.</summary>
    private RecipeSlice InFront(RecipeSlice slice, ModelReference model)
    {
        if (slice.Sources.FirstOrDefault(source => source.Model.Equals(model)) is { } listed)
        {
            return slice with { Sources = [listed, .. slice.Sources.Where(source => !ReferenceEquals(source, listed))] };
        }

        if (slice.Sources.Count == method.MinimumInputs - 1)
        {
            return slice with { Sources = [new RecipeModel(model, [], slice.Line) { Layers = slice.Sources[0].Layers }, .. slice.Sources] };
        }

        faults.Warn(model.Line,
            $"base_model: {method.Name} merges no differences to a base, and it is none of the models; it is passed over");
        return slice;
    }
}
