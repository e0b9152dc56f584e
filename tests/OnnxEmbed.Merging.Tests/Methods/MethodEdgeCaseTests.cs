using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods;

/// <summary>What the methods do where norms, angles or sums degenerate, and where mergekit does something else.</summary>
public class MethodEdgeCaseTests
{
    /// <summary>One row for each method, as it is called where nothing special is asked for.</summary>
    public static readonly TheoryData<string, bool, int, string> Plain = new()
    {
        { "linear", false, 3, "" },
        { "slerp", false, 2, "t=0.5" },
        { "nuslerp", false, 2, "" },
        { "nuslerp", true, 2, "" },
        { "nuslerp", false, 2, "nuslerp_flatten=false" },
        { "multislerp", false, 3, "" },
        { "multislerp", true, 3, "" },
        { "karcher", false, 3, "" },
        { "task_arithmetic", true, 2, "" },
        { "model_stock", true, 3, "" },
        { "model_stock", true, 3, "filter_wise=true" },
        { "nearswap", true, 1, "t=0.1" },
        { "arcee_fusion", true, 1, "" },
        { "passthrough", false, 1, "scale=0.5" },
    };

    [Theory]
    [InlineData("nuslerp", "")]
    [InlineData("nuslerp", "nuslerp_flatten=false")]
    [InlineData("multislerp", "")]
    [InlineData("karcher", "")]
    public void Sphere_ColinearOneZeroTinyOrBothZero_InterpolatesStraight(string method, string parameters)
    {
        foreach ((double[] first, double[] second) in ((double[], double[])[])[
            ([1, 2], [2, 4]), ([0, 0], [3, 4]), ([3, 4], [0, 0]), ([1e-9, 0], [1, 0]), ([1e-20, 0], [1e-21, 0]), ([0, 0], [0, -0.0])])
        {
            // eps of multislerp is 1e-8 by default, as in its formula; scale-free it is without.
            double[] result = Merge(method, parameters + (method == "multislerp" ? "eps=0" : ""), first, second);
            Assert.All(first.Zip(second, result), triple => Assert.Equal((triple.First + triple.Second) / 2, triple.Third, 1e-12 * Math.Abs(triple.Second) + 1e-30));
        }
    }

    [Theory]
    [InlineData("nuslerp", "", "lerp: opposite")]
    [InlineData("multislerp", "", "linear: no direction")]
    [InlineData("karcher", "", "linear: no direction")]
    public void Sphere_OppositeVectors_InterpolatesStraightWithAWarning(string method, string parameters, string action)
    {
        (TensorData result, TensorBlend blend) = MergeTensors.Run(MergeTensors.Options(method, false, 2, parameters), Tensors([1, 2], [-1, -2]));
        Assert.Equal([0, 0], result.ToDoubles());
        Assert.Equal(action, blend.Action);
        Assert.Contains("straight", blend.Warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("slerp", "t=0.5")]
    [InlineData("nuslerp", "")]
    public void Sphere_NearlyOpposite_KeepsTheLengthDownToASineOfOneTenMillionth(string method, string parameters)
    {
        foreach (double gap in (double[])[0.03, 1e-3, 1e-5, 2e-7])
        {
            // The second vector lies π - gap away; the way goes over the other axis, not through the origin.
            (TensorData result, TensorBlend blend) = MergeTensors.Run(MergeTensors.Options(method, false, 2, parameters), Tensors([1, 0], [-Math.Cos(gap), Math.Sin(gap)]));
            Assert.Equal("slerp", blend.Action);
            Assert.Equal(1, ReferenceMethods.Norm(result.ToDoubles()), 0.05);
        }

        Assert.Equal("lerp: opposite", MergeTensors.Run(MergeTensors.Options(method, false, 2, parameters), Tensors([1, 0], [-1, 1e-8])).Blend.Action);
    }

    [Fact]
    public void Nuslerp_RowsWithoutADirection_AreCounted()
    {
        TensorData first = TensorData.From<double>([1, 0, 1, 2, 1, 2], 3, 2);
        TensorData second = TensorData.From<double>([0, 1, 2, 4, -1, -2], 3, 2);
        (TensorData result, TensorBlend blend) = MergeTensors.Run(MergeTensors.Options("nuslerp", false, 2, "nuslerp_flatten=false"), [first, second]);
        double half = Math.Sqrt(0.5);
        Assert.All(new[] { half, half, 1.5, 3, 0, 0 }.Zip(result.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-15));
        Assert.Equal(3, blend.Figures["rows"]);
        Assert.Equal(2, blend.Figures["straight_rows"]);
    }

    [Theory]
    [InlineData("slerp", "t=0.5,compat=mergekit", new[] { 0.0, 0 }, new[] { 3.0, 4 }, new[] { 2.1213203436, 2.8284271247 })]
    [InlineData("slerp", "t=0.5,compat=mergekit", new[] { 1e-9, 0 }, new[] { 1.0, 0 }, new[] { 0.7071067819, 0 })]
    [InlineData("slerp", "t=0.5,compat=mergekit", new[] { 2.0, 0 }, new[] { 0.0, 4 }, new[] { 1.4142135624, 2.8284271247 })]
    [InlineData("nuslerp", "compat=mergekit", new[] { 0.0, 0 }, new[] { 3.0, 4 }, new[] { 2.1213203436, 2.8284271247 })]
    [InlineData("nuslerp", "compat=mergekit", new[] { 1.0, 2 }, new[] { 2.0, 4 }, new[] { 1.5, 3.0 })]
    [InlineData("nuslerp", "compat=mergekit", new[] { 0.0, 0 }, new[] { 0.0, -0.0 }, new[] { 0.0, 0 })]
    public void Compat_DegenerateVectors_AreAsMergekitHasThem(string method, string parameters, double[] first, double[] second, double[] expected) =>
        Assert.All(expected.Zip(Merge(method, parameters, first, second)), pair => Assert.Equal(pair.First, pair.Second, 1e-9));

    [Fact]
    public void Compat_SlerpWithinTheThreshold_IsStraightAndOursIsNot()
    {
        // 1.5 degrees: within mergekit's threshold of 1.812.
        const double angle = 1.5 * Math.PI / 180;
        double[] first = [1, 0];
        double[] second = [Math.Cos(angle), Math.Sin(angle)];
        Assert.Equal(1, ReferenceMethods.Norm(Merge("slerp", "t=0.5", first, second)), 1e-14);
        Assert.Equal(Math.Cos(angle / 2), ReferenceMethods.Norm(Merge("slerp", "t=0.5,compat=mergekit", first, second)), 1e-14);
    }

    [Theory]
    [InlineData("nuslerp", "")]
    [InlineData("multislerp", "")]
    [InlineData("karcher", "")]
    [InlineData("slerp", "t=0.5")]
    public void Sphere_HalfsWhoseSquaresOverflow_AccumulateInDouble(string method, string parameters)
    {
        TensorData[] sources = [TensorData.FromSingles([60000, 0], ElementType.Float16, 2), TensorData.FromSingles([0, 60000], ElementType.Float16, 2)];
        TensorData result = MergeTensors.Run(MergeTensors.Options(method, false, 2, parameters), sources).Result;
        Assert.Equal(Enumerable.Repeat((float)(Half)(60000 * Math.Sqrt(0.5)), 2), result.ToSingles());
    }

    [Fact]
    public void Linear_BFloat16_DoesNotRoundTheWeights()
    {
        // 0.3 and 0.7 as bfloat16 are 0.30078125 and 0.69921875: 1·0.30078125 + 2·0.69921875 = 1.69921875 would still be 1.703125 or 1.6953125.
        TensorData[] sources = [TensorData.FromDoubles([256, 0], ElementType.BFloat16, 2), TensorData.FromDoubles([0, 256], ElementType.BFloat16, 2)];
        double[] result = MergeTensors.Run(MergeTensors.Options("linear", false, 2, "", "0.3,0.7"), sources, output: ElementType.Float32).Result.ToDoubles();
        Assert.Equal([(float)76.8, (float)179.2], result.Select(value => (float)value));
        Assert.Equal([77, 179], MergeTensors.Run(MergeTensors.Options("linear", false, 2, "", "0.3,0.7"), sources).Result.ToDoubles());
    }

    [Fact]
    public void Nuslerp_BFloat16NearlyParallel_KnowsTheAngle()
    {
        // Many equal elements and one that differs by the last bit: an angle of 1/256/16 rad; cosines in bfloat16 know steps of 5 degrees.
        double[] first = [.. Enumerable.Repeat(1.0, 256)];
        double[] second = [1 + (1.0 / 128), .. first.Skip(1)];
        TensorData[] sources = [TensorData.FromDoubles(first, ElementType.BFloat16, 256), TensorData.FromDoubles(second, ElementType.BFloat16, 256)];
        MergeTensor tensor = MergeTensors.Of(sources);
        Assert.Equal(Math.Acos(ReferenceMethods.Dot(first, second) / ReferenceMethods.Norm(first) / ReferenceMethods.Norm(second)), tensor.Gram[0, 1].Angle, 1e-10);
        Assert.Equal("slerp", MergeTensors.Run(MergeTensors.Options("nuslerp", false, 2), sources).Blend.Action);
    }

    [Theory]
    [MemberData(nameof(Plain))]
    public void Merge_ScalarsAndOneElement_AreFiniteAndBetweenTheInputs(string method, bool hasBase, int models, string parameters)
    {
        foreach (long[] shape in (long[][])[[], [1], [1, 1]])
        {
            double[] values = [.. Enumerable.Range(0, models + (hasBase ? 1 : 0)).Select(i => i % 2 == 0 ? 0.5 + i : -0.25 - i)];
            TensorData[] sources = [.. values.Select(value => TensorData.From<double>([value], shape))];
            double result = MergeTensors.Run(MergeTensors.Options(method, hasBase, models, parameters), sources).Result.ToDoubles()[0];

            // Task vectors that are added up reach further than any model.
            double span = method == "task_arithmetic" ? values.Sum(Math.Abs) * 2 : 1e-12;
            Assert.InRange(result, Math.Min(values.Min(), method == "passthrough" ? 0 : 1e9) - span, values.Max() + span);
        }
    }

    [Theory]
    [InlineData("slerp", false, 2, "t=0.25", -0.25)]
    [InlineData("nuslerp", false, 2, "", -1)]
    [InlineData("multislerp", false, 2, "", -1)]
    [InlineData("karcher", false, 2, "", -1)]
    public void Sphere_OneElement_IsTheAverage(string method, bool hasBase, int models, string parameters, double expected) =>
        Assert.Equal([expected * 1], MergeTensors.Run(MergeTensors.Options(method, hasBase, models, parameters), [Tensor(1), Tensor(expected == -1 ? -3 : -4)]).Result.ToDoubles());

    [Theory]
    [MemberData(nameof(Plain))]
    public void Merge_EmptyTensors_AreCopied(string method, bool hasBase, int models, string parameters)
    {
        TensorData[] sources = [.. Enumerable.Range(0, models + (hasBase ? 1 : 0)).Select(_ => TensorData.From<float>([], 0, 4))];
        (TensorData result, TensorBlend blend) = MergeTensors.Run(MergeTensors.Options(method, hasBase, models, parameters), sources);
        Assert.Equal("f32[0, 4]", result.ToString());
        Assert.True(blend.CopyOf is not null || method == "passthrough");
    }

    [Theory]
    [MemberData(nameof(Plain))]
    public void Merge_NegativeZeroAndSubnormals_AreKept(string method, bool hasBase, int models, string parameters)
    {
        // The first two elements are the same in all; the rest differs, so that nothing is copied.
        TensorData[] sources = [.. Enumerable.Range(0, models + (hasBase ? 1 : 0)).Select(i => TensorData.From<float>([-0f, 3e-45f, 1 + i, 2, 0.5f - i, 1], 2, 3))];
        float[] result = MergeTensors.Run(MergeTensors.Options(method, hasBase, models, parameters), sources).Result.ToSingles();

        // A base that is taken less than no times (1 - Σ factors below 0) turns its -0, as -0 + 0 does in the sum over differences, too.
        bool turns = method is "task_arithmetic" or "multislerp" && hasBase;
        Assert.True(result[0] == 0 && (turns || float.IsNegative(result[0])), "-0");
        bool shrinks = method == "passthrough";
        Assert.InRange(result[1], shrinks ? 1e-45f : 2e-45f, 5e-45f);
    }

    [Theory]
    [MemberData(nameof(Plain))]
    public void Merge_MixedTypes_AreReadExactlyAndRoundedOnceToTheFirst(string method, bool hasBase, int models, string parameters)
    {
        ElementType[] types = [ElementType.BFloat16, ElementType.Float32, ElementType.Float16, ElementType.Float64];
        int count = models + (hasBase ? 1 : 0);
        double[][] values = [.. Enumerable.Range(0, count).Select(i => BareModels.Values(12, 5 + (uint)i).Select(value => value + 1.5).ToArray())];
        TensorData[] mixed = [.. values.Select((vector, i) => TensorData.FromDoubles(vector, types[i % 4], 3, 4))];
        TensorData[] exact = [.. mixed.Select(tensor => TensorData.From<double>(tensor.ToDoubles(), 3, 4))];
        MergeOptions options = MergeTensors.Options(method, hasBase, models, parameters);
        TensorData expected = TensorData.FromDoubles(MergeTensors.Run(options, exact).Result.ToDoubles(), ElementType.BFloat16, 3, 4);
        Assert.True(MergeTensors.Run(options, mixed).Result.ContentEquals(expected));
    }

    [Theory]
    [MemberData(nameof(Plain))]
    public void Merge_NonFiniteElementsWhereAllowed_LeavesTheOthersFinite(string method, bool hasBase, int models, string parameters)
    {
        foreach (float odd in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            TensorData[] sources = [.. Enumerable.Range(0, models + (hasBase ? 1 : 0)).Select(i => TensorData.From<float>([odd, 1 + i, 2, 0.5f - i], 2, 2))];
            sources[^1] = TensorData.From<float>([5, 6, 7, 8], 2, 2);
            float[] result = MergeTensors.Run(MergeTensors.Options(method, hasBase, models, parameters), sources).Result.ToSingles();

            // Without a norm there is no angle: the methods on the sphere average straight, element by element.
            Assert.All(result[1..], value => Assert.True(float.IsFinite(value), $"{odd}: {string.Join(' ', result)}"));
        }
    }

    [Theory]
    [InlineData("linear", false, "", "1,-1", "need a sum other than 0 to be normalised, got 1, -1; normalize=false")]
    [InlineData("task_arithmetic", true, "normalize=true", "1,-1", "need a sum other than 0 to be normalised, got 1, -1; normalize=false")]
    [InlineData("multislerp", false, "", "1,-1", "need a sum other than 0 to be normalised, got 1, -1; normalize_weights=false")]
    [InlineData("nuslerp", false, "", "1,-1", "need a sum other than 0, got 1, -1")]
    [InlineData("nuslerp", false, "", "1,-0.5", "need two of one sign, got 1, -0.5; --extrapolate allows others")]
    public void Weights_ThatCannotBeNormalised_AreRefused(string method, bool hasBase, string parameters, string weights, string message)
    {
        OptionException error = Assert.Throws<OptionException>(() => ArgumentCheck.Resolve(MergeTensors.Options(method, hasBase, 2, parameters, weights)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_NegativeOnes_AreTakenWithAWarningWhereTheyAreNormalised()
    {
        MergeOptions options = MergeTensors.Options("linear", false, 2, "", "1.5,-0.5");
        Assert.Equal([1.5 - 2, 3 - 2.5], MergeTensors.Run(options, Tensors([1, 2], [4, 5])).Result.ToDoubles());
        Assert.Equal(
            "weights 1.5, -0.5 are divided by their sum 1; normalize=false takes negative weights as they are",
            Assert.Single(options.Method.Rule.Warn(ArgumentCheck.Resolve(options))));
        MergeOptions plain = MergeTensors.Options("task_arithmetic", true, 2, "", "1.5,-0.5");
        Assert.Empty(plain.Method.Rule.Warn(ArgumentCheck.Resolve(plain)));
    }

    [Fact]
    public void Compat_TaskWeightsSumToZero_AreNotDivided() => Assert.Equal(
        [1 + (2 * 1.0) - (2 * 3.0)],
        MergeTensors.Run(MergeTensors.Options("task_arithmetic", true, 2, "normalize=true,compat=mergekit", "2,-2"), [Tensor(1), Tensor(2), Tensor(4)]).Result.ToDoubles());

    [Fact]
    public void Compat_NuslerpWeightsSumToZero_IsTheMiddle() => Assert.Equal(
        Merge("nuslerp", "", [1, 0], [0, 2]),
        MergeTensors.Run(MergeTensors.Options("nuslerp", false, 2, "compat=mergekit", "1,-1"), Tensors([1, 0], [0, 2])).Result.ToDoubles());

    [Fact]
    public void ModelStock_TinyChanges_AreMeasuredWithoutAScale()
    {
        // Task vectors of norm 1e-4 at cosine 0.995: mergekit divides by 1e-6 instead of 1e-8, takes 0.00995 for the cosine, and goes back to the base.
        const double norm = 1e-4;
        double sine = Math.Sqrt(1 - (0.995 * 0.995));
        TensorData[] sources = Tensors([1, 1], [1 + norm, 1], [1 + (norm * 0.995), 1 + (norm * sine)]);
        TensorBlend ours = MergeTensors.Run(MergeTensors.Options("model_stock", true, 2), sources).Blend;
        TensorBlend theirs = MergeTensors.Run(MergeTensors.Options("model_stock", true, 2, "compat=mergekit"), sources).Blend;
        Assert.Equal(0.995, ours.Figures["task_cosine"], 1e-9);
        Assert.Equal(2 * 0.995 / 1.995, ours.Figures["ratio"], 1e-9);
        Assert.Equal(0.00995, theirs.Figures["task_cosine"], 1e-7);
        Assert.Equal(0.0197, theirs.Figures["ratio"], 1e-4);
    }

    [Theory]
    [InlineData(new[] { 1.0, 0 }, new[] { -0.707, 0.707 })]
    [InlineData(new[] { 1.0, 0 }, new[] { -1.0, 0 })]
    public void ModelStock_ChangesThatPointApart_StayAtTheBaseWithAWarning(double[] first, double[] second)
    {
        (TensorData result, TensorBlend blend) = MergeTensors.Run(MergeTensors.Options("model_stock", true, 2), Tensors([0, 0], first, second));
        Assert.Equal([0, 0], result.ToDoubles());
        Assert.Equal(0, blend.Figures["ratio"]);
        Assert.Contains("point apart", blend.Warning, StringComparison.Ordinal);
        double[] compat = MergeTensors.Run(MergeTensors.Options("model_stock", true, 2, "compat=mergekit"), Tensors([0, 0], first, second)).Result.ToDoubles();
        Assert.All(compat, value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void ModelStock_CosineAtMinusOneOverNMinusOne_StaysFinite()
    {
        // Three task vectors 120 degrees apart: c = -1/2, where the formula divides by 0.
        double sine = Math.Sin(2 * Math.PI / 3);
        TensorData[] sources = Tensors([0, 0], [1, 0], [-0.5, sine], [-0.5, -sine]);
        Assert.All(MergeTensors.Run(MergeTensors.Options("model_stock", true, 3), sources).Result.ToDoubles(), value => Assert.Equal(0, value));
        Assert.All(
            MergeTensors.Run(MergeTensors.Options("model_stock", true, 3, "filter_wise=true"), [.. sources.Select(source => TensorData.From<double>(source.ToDoubles(), 1, 2))]).Result.ToDoubles(),
            value => Assert.Equal(0, value));
    }

    [Fact]
    public void ModelStock_ModelsThatChangedNothing_IsTheBase()
    {
        TensorBlend blend = MergeTensors.Run(MergeTensors.Options("model_stock", true, 2), Tensors([1, 2], [1, 2], [5, 6])).Blend;
        Assert.Equal(0, blend.CopyOf);
        Assert.Equal(0, blend.Figures["task_cosine"]);
        Assert.Null(blend.Warning);
    }

    [Fact]
    public void Nearswap_CloserThanAMillionth_IsTakenOverAndInCompatOnlyInPart()
    {
        const double t = 1e-8;
        TensorData[] sources = Tensors([1, 1, 1], [1 + 5e-9, 1 + 5e-7, 2]);
        double[] ours = MergeTensors.Run(MergeTensors.Options("nearswap", true, 1, "t=1e-8"), sources).Result.ToDoubles();
        double[] theirs = MergeTensors.Run(MergeTensors.Options("nearswap", true, 1, "t=1e-8,compat=mergekit"), sources).Result.ToDoubles();
        Assert.All(new[] { 5e-9, t, t }.Zip(ours), pair => Assert.Equal(pair.First, pair.Second - 1, 1e-15));
        Assert.All(new[] { 5e-9 * 0.01, 5e-7 * 0.01, t }.Zip(theirs), pair => Assert.Equal(pair.First, pair.Second - 1, 1e-15));
    }

    [Fact]
    public void Multislerp_UnnormalisedWeights_ScaleTheNorm()
    {
        double[] once = Merge("multislerp", "", [3, 4], [4, 3]);
        double[] sum = MergeTensors.Run(MergeTensors.Options("multislerp", false, 2, "normalize_weights=false", "1,1"), Tensors([3, 4], [4, 3])).Result.ToDoubles();
        Assert.All(once.Zip(sum), pair => Assert.Equal(2 * pair.First, pair.Second, 1e-12));
        Assert.Equal(5, ReferenceMethods.Norm(once), 1e-12);
    }

    [Fact]
    public void Karcher_ZeroVector_CountsAsLengthNotAsDirection()
    {
        TensorData[] sources = Tensors([3, 4], [0, 0], [3, 4]);
        Assert.All(new[] { 2.0, 8 / 3.0 }.Zip(MergeTensors.Run(MergeTensors.Options("karcher", false, 3), sources).Result.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
        Assert.All(new[] { 3.0, 4 }.Zip(MergeTensors.Run(MergeTensors.Options("karcher", false, 3, "compat=mergekit"), sources).Result.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
    }

    [Fact]
    public void Fusion_ManyElements_SelectsByExactQuantiles()
    {
        // More elements than mergekit's sample takes; one row, so that importance orders as the differences do.
        const int count = 1_200_007;
        float[] origin = new float[count];
        float[] model = BareModels.Values(count, 3);
        TensorData[] sources = [TensorData.From<float>(origin, count), TensorData.From<float>(model, count)];
        (TensorData result, TensorBlend blend) = MergeTensors.Run(MergeTensors.Options("arcee_fusion", true, 1), sources);
        float[] sizes = [.. model.Select(Math.Abs).Order()];
        double cut = sizes[(count - 1) / 2] + (1.5 * (sizes[(int)((count - 1) * 3L / 4)] - (double)sizes[(count - 1) / 4]));
        double[] merged = result.ToDoubles();
        Assert.True(blend.Figures["threshold"] > 0);
        for (int i = 0; i < count; i++)
        {
            if (Math.Abs(Math.Abs(model[i]) - cut) > 1e-9)
            {
                Assert.Equal(Math.Abs(model[i]) >= cut ? model[i] : 0, merged[i]);
            }
        }
    }

    [Fact]
    public void OrderStatistics_AnyRank_IsThatOfTheSortedValues()
    {
        double[] values = [.. BareModels.Values(40_000, 9).Select(value => Math.Abs((double)value) * 1e-3), 0, 0, double.Epsilon, 1e300, .. Enumerable.Repeat(0.25, 1000)];
        MergeTensor tensor = MergeTensors.Of([TensorData.From<double>(values, values.Length)]);
        long[] ranks = [0, 1, 2, 3, 20_000, 40_003, 41_000, values.Length - 1];
        double[] sorted = [.. values.Order()];
        Assert.Equal(ranks.Select(rank => sorted[rank]), OrderStatistics.Find(tensor, (block, add) => add(block.Model(0)), ranks));
    }

    private static double[] Merge(string method, string parameters, params double[][] vectors) =>
        MergeTensors.Run(MergeTensors.Options(method, false, vectors.Length, parameters), Tensors(vectors)).Result.ToDoubles();

    private static TensorData[] Tensors(params double[][] vectors) => [.. vectors.Select(vector => TensorData.From<double>(vector, vector.Length))];

    private static TensorData Tensor(double value) => TensorData.From<double>([value], 1);
}
