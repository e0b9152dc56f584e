using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods;

public class MergeMethodsTests
{
    private const string Golden = nameof(MethodGoldenTests.Decide_GoldenVector_InEveryTypeAndOrientation);

    /// <summary>Where each method is checked by numbers; a method without an entry fails.</summary>
    private static readonly Dictionary<string, string> TestedIn = new()
    {
        ["linear"] = nameof(GoldenVectorTests.Linear_GoldenVector_IsTheWeightedMean),
        ["slerp"] = nameof(GoldenVectorTests.Slerp_GoldenVectors_InEveryType),
        ["nuslerp"] = Golden,
        ["multislerp"] = Golden,
        ["karcher"] = Golden,
        ["task_arithmetic"] = Golden,
        ["model_stock"] = Golden,
        ["nearswap"] = Golden,
        ["arcee_fusion"] = Golden,
        ["passthrough"] = Golden,
        ["lora"] = nameof(Adapters.LoraFoldTests.Fold_GoldenVector_IsWPlusScaleTimesBA),
        ["ties"] = nameof(TaskVectors.ReferenceComparisonTests),
        ["dare_linear"] = nameof(TaskVectors.ReferenceComparisonTests),
        ["dare_ties"] = nameof(TaskVectors.ReferenceComparisonTests),
        ["della"] = nameof(TaskVectors.ReferenceComparisonTests),
        ["della_linear"] = nameof(TaskVectors.ReferenceComparisonTests),
        ["breadcrumbs"] = nameof(TaskVectors.ReferenceComparisonTests),
        ["breadcrumbs_ties"] = nameof(TaskVectors.ReferenceComparisonTests),
        ["sce"] = nameof(TaskVectors.ReferenceComparisonTests),
        ["ram"] = nameof(TaskVectors.ReferenceComparisonTests),
        ["ramplus_tl"] = nameof(TaskVectors.ReferenceComparisonTests),
    };

    [Fact]
    public void All_EachMethod_HasReferenceTitleAndNumericTest()
    {
        Assert.Equal(TestedIn.Keys.Order(), MergeMethods.All.Select(method => method.Name).Order());
        Assert.All(MergeMethods.All, method =>
        {
            Assert.StartsWith("https://", method.Reference, StringComparison.Ordinal);
            Assert.NotEmpty(method.Title);
            Assert.NotEmpty(method.Formula);
            Assert.Same(method, MergeMethods.Find(method.Name));
            Assert.All(method.Parameters, parameter => Assert.NotEmpty(parameter.Description));
        });
    }

    [Fact]
    public void All_EveryStaticMethodOfTheCatalogue_IsListed() => Assert.Equivalent(
        typeof(MergeMethods).GetProperties().Where(property => property.PropertyType == typeof(MergeMethod)).Select(property => ((MergeMethod)property.GetValue(null)!).Name),
        MergeMethods.All.Select(method => method.Name),
        strict: true);

    [Fact]
    public void Find_UnknownName_ListsTheKnownOnes() => Assert.Equal(
        $"merge method: needs one of {string.Join(", ", MergeMethods.All.Select(method => method.Name))}, got 'sloop'",
        Assert.Throws<OptionException>(() => MergeMethods.Find("sloop")).Message);
}
