using System.Globalization;
using CsCheck;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods;

/// <summary>Laws of the methods over all element types and over lengths around the widths of registers and blocks.</summary>
public class MethodLawTests
{
    private static readonly ElementType[] Types = [ElementType.Float32, ElementType.Float16, ElementType.BFloat16, ElementType.Float64];

    private static readonly (int Rows, int Columns)[] Shapes =
    [
        .. new[] { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 2048, 16384, 16385 }.Select(length => (0, length)),
        (1, 1), (1, 5), (5, 1), (2, 3), (3, 2), (7, 17), (16, 8), (33, 65), (130, 129), (3, 16390),
    ];

    /// <summary>Method, whether there is a base, fewest and most models, parameters, whether it takes weights.</summary>
    public static readonly TheoryData<string, bool, int, int, string> Methods = new()
    {
        { "linear", false, 1, 5, "" },
        { "linear", false, 1, 3, "normalize=false" },
        { "slerp", false, 2, 2, "t=0.3" },
        { "nuslerp", false, 2, 2, "" },
        { "nuslerp", true, 2, 2, "" },
        { "nuslerp", false, 2, 2, "nuslerp_flatten=false" },
        { "nuslerp", true, 2, 2, "nuslerp_flatten=false" },
        { "nuslerp", false, 2, 2, "nuslerp_flatten=false,nuslerp_row_wise=true" },
        { "multislerp", false, 2, 4, "" },
        { "multislerp", true, 2, 4, "" },
        { "karcher", false, 2, 4, "" },
        { "task_arithmetic", true, 1, 4, "" },
        { "task_arithmetic", true, 1, 4, "normalize=true,lambda=0.75" },
        { "model_stock", true, 2, 4, "" },
        { "model_stock", true, 2, 4, "filter_wise=true" },
        { "nearswap", true, 1, 1, "t=0.125" },
        { "arcee_fusion", true, 1, 1, "" },
        { "passthrough", false, 1, 1, "scale=0.75" },
    };

    public static TheoryData<string, bool, int, int, string> MethodsThatKeepEqualModels =>
        Those((method, _, _, parameters) => method != "passthrough" && parameters != "normalize=false");

    public static TheoryData<string, bool, int, int, string> AveragesOfTasks => Those((method, hasBase, most, _) => hasBase && most > 1 && method != "task_arithmetic");

    /// <summary>Not fusion, whose softmax has a scale of its own and is not symmetric.</summary>
    public static TheoryData<string, bool, int, int, string> HomogeneousMethods => Those((method, _, _, _) => method != "arcee_fusion");

    public static TheoryData<string, bool, int, int, string> MethodsOfSeveralModels => Those((_, _, most, _) => most > 1);

    private static readonly Gen<Inputs> AnyInputs = Gen.Select(Gen.Int[0, Types.Length - 1], Gen.Int[0, Shapes.Length - 1], Gen.UInt, Gen.Int[0, 100])
        .Select((type, shape, seed, count) => new Inputs(Types[type], Shapes[shape].Rows, Shapes[shape].Columns, seed, count));

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_AnyTensors_AgreesWithTheReference(string method, bool hasBase, int fewest, int most, string parameters) =>
        AnyInputs.Sample(
            inputs =>
            {
                (MergeOptions options, TensorData[] sources, double[] weights) = inputs.Make(method, hasBase, fewest, most, parameters);
                double[] result = MergeTensors.Run(options, sources).Result.ToDoubles();
                double[][] values = [.. sources.Select(source => source.ToDoubles())];
                double[] expected = ReferenceMethods.Merge(
                    method, options.Parameters, hasBase ? values[0] : null, hasBase ? values[1..] : values, weights, inputs.Columns, inputs.Rows > 0);
                double largest = values.Max(vector => vector.Max(Math.Abs));
                for (int i = 0; i < expected.Length; i++)
                {
                    // Half a unit in the last place of the type, and what double leaves of sums over all elements.
                    double subnormal = inputs.Type == ElementType.Float16 ? 1.0 / (1 << 25) : 0;
                    double allowed = (Math.Abs(expected[i]) * Unit(inputs.Type)) + (largest * 1e-11) + subnormal;
                    Assert.True(Math.Abs(expected[i] - result[i]) <= allowed, $"{inputs} element {i}: {expected[i]:R} expected, got {result[i]:R}");
                }
            },
            iter: 16);

    [Theory]
    [MemberData(nameof(MethodsThatKeepEqualModels))]
    public void Merge_EqualModelsAndBase_IsTheModelBitForBit(string method, bool hasBase, int fewest, int most, string parameters)
    {
        AnyInputs.Sample(
            inputs =>
            {
                (MergeOptions options, TensorData[] sources, _) = inputs.Make(method, hasBase, fewest, most, parameters);
                Assert.True(MergeTensors.Run(options, [.. sources.Select(_ => sources[0])]).Result.ContentEquals(sources[0]), inputs.ToString());
            },
            iter: 8);
    }

    [Theory]
    [MemberData(nameof(AveragesOfTasks))]
    public void Merge_EqualModelsWithAnotherBase_IsTheModel(string method, bool hasBase, int fewest, int most, string parameters)
    {
        AnyInputs.Sample(
            inputs =>
            {
                (MergeOptions options, TensorData[] sources, _) = inputs.Make(method, hasBase, fewest, most, parameters);
                double[] model = sources[1].ToDoubles();
                double[] result = MergeTensors.Run(options, [sources[0], .. sources.Skip(1).Select(_ => sources[1])]).Result.ToDoubles();
                Assert.All(model.Zip(result), pair => Assert.InRange(pair.Second - pair.First, -1e-12, 1e-12));
            },
            iter: 8);
    }

    [Theory]
    [MemberData(nameof(HomogeneousMethods))]
    public void Merge_AllTensorsTimesAPowerOfTwo_IsTheResultTimesIt(string method, bool hasBase, int fewest, int most, string parameters)
    {
        // Exact: scaling by powers of two commutes with every rounding; of multislerp only without ε; nearswap's t scales along.
        string scaled = method == "nearswap" ? "t=0.5" : parameters;
        string epsilon = method == "multislerp" ? ",eps=0" : "";
        AnyInputs.Sample(
            inputs =>
            {
                (MergeOptions options, TensorData[] sources, _) = inputs.Make(method, hasBase, fewest, most, parameters + epsilon);
                (MergeOptions larger, _, _) = inputs.Make(method, hasBase, fewest, most, scaled + epsilon);
                double[] result = MergeTensors.Run(options, sources).Result.ToDoubles();
                double[] four = MergeTensors.Run(larger, [.. sources.Select(source => Times(source, 4))]).Result.ToDoubles();
                double smallest = inputs.Type == ElementType.Float16 ? 1e-4 : 0; // f16 has few powers of two: below it results are subnormal
                Assert.All(result.Zip(four), pair => Assert.True(pair.First * 4 == pair.Second || Math.Abs(pair.First) < smallest, $"{inputs} {pair}"));
            },
            iter: 8);
    }

    [Theory]
    [MemberData(nameof(HomogeneousMethods))]
    public void Merge_AllSignsTurned_TurnsTheResult(string method, bool hasBase, int fewest, int most, string parameters)
    {
        AnyInputs.Sample(
            inputs =>
            {
                (MergeOptions options, TensorData[] sources, _) = inputs.Make(method, hasBase, fewest, most, parameters);
                double[] result = MergeTensors.Run(options, sources).Result.ToDoubles();
                double[] turned = MergeTensors.Run(options, [.. sources.Select(source => Times(source, -1))]).Result.ToDoubles();
                Assert.Equal(result, turned.Select(value => -value));
            },
            iter: 8);
    }

    [Theory]
    [MemberData(nameof(MethodsOfSeveralModels))]
    public void Merge_ModelsInAnotherOrder_IsTheSameUpToOneRounding(string method, bool hasBase, int fewest, int most, string parameters)
    {
        AnyInputs.Sample(
            inputs =>
            {
                (MergeOptions options, TensorData[] sources, _) = inputs.Make(method, hasBase, fewest, most, parameters);
                int first = hasBase ? 1 : 0;
                string back = method == "slerp" ? "t=0.7" : parameters;
                (MergeOptions reversed, _, _) = inputs.Make(method, hasBase, fewest, most, back);
                reversed = reversed with { Inputs = [.. options.Inputs.Reverse()] };
                double[] result = MergeTensors.Run(options, sources).Result.ToDoubles();
                double[] other = MergeTensors.Run(reversed, [.. sources.Take(first), .. sources.Skip(first).Reverse()], output: sources[0].ElementType).Result.ToDoubles();
                double largest = sources.Max(source => source.ToDoubles().Max(Math.Abs));
                Assert.All(result.Zip(other), pair => Assert.True(
                    Math.Abs(pair.First - pair.Second) <= (Math.Abs(pair.First) * 2 * Unit(inputs.Type)) + (largest * 1e-13), $"{inputs} {pair}"));
            },
            iter: 8);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_AnyNumberOfThreads_GivesTheSameBits(string method, bool hasBase, int fewest, int most, string parameters)
    {
        foreach (ElementType type in Types)
        {
            Inputs inputs = new(type, 150, 331, 7, 2);
            (MergeOptions options, TensorData[] sources, _) = inputs.Make(method, hasBase, fewest, most, parameters);
            TensorData one = MergeTensors.Run(options with { DegreeOfParallelism = 1 }, sources).Result;
            Assert.All(new[] { 2, 8 }, threads => Assert.True(MergeTensors.Run(options with { DegreeOfParallelism = threads }, sources).Result.ContentEquals(one)));
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_WeightsStoredAcross_GivesTheSameWeights(string method, bool hasBase, int fewest, int most, string parameters) =>
        AnyInputs.Where(inputs => inputs.Rows > 0).Sample(
            inputs =>
            {
                (MergeOptions options, TensorData[] sources, _) = inputs.Make(method, hasBase, fewest, most, parameters);
                double[] result = MergeTensors.Run(options, sources).Result.ToDoubles();
                TensorData across = MergeTensors.Run(options, [.. sources.Select(source => Turn(source, inputs.Rows, inputs.Columns))], inputsFirst: true).Result;
                double[] back = Turn(across, inputs.Columns, inputs.Rows).ToDoubles();
                Assert.All(result.Zip(back), pair => Assert.True(
                    Math.Abs(pair.First - pair.Second) <= Math.Abs(pair.First) * 2 * Unit(inputs.Type) + 1e-14, $"{inputs} {pair}"));
            },
            iter: 8);

    [Theory]
    [InlineData("linear", false, "")]
    [InlineData("nuslerp", false, "")]
    [InlineData("multislerp", true, "")]
    [InlineData("task_arithmetic", true, "normalize=true")]
    public void Merge_WeightsTimesAPowerOfTwo_ChangesNothing(string method, bool hasBase, string parameters) => AnyInputs.Sample(
        inputs =>
        {
            (MergeOptions options, TensorData[] sources, double[] weights) = inputs.Make(method, hasBase, 2, 2, parameters);
            MergeOptions heavier = MergeTensors.Options(method, hasBase, 2, parameters, string.Join(',', weights.Select(weight => Text.Number(weight * 8))));
            Assert.True(MergeTensors.Run(options, sources).Result.ContentEquals(MergeTensors.Run(heavier, sources).Result));
        },
        iter: 8);

    [Theory]
    [InlineData("slerp", false, 2, "t=0", "", 0)]
    [InlineData("slerp", false, 2, "t=1", "", 1)]
    [InlineData("linear", false, 3, "", "0,2,0", 1)]
    [InlineData("nuslerp", false, 2, "", "0,3", 1)]
    [InlineData("nuslerp", true, 2, "", "3,0", 1)]
    [InlineData("nuslerp", true, 2, "nuslerp_flatten=false", "0,3", 2)]
    [InlineData("task_arithmetic", true, 2, "lambda=0", "", 0)]
    [InlineData("task_arithmetic", true, 2, "", "0,0", 0)]
    [InlineData("nearswap", true, 1, "t=0", "", 0)]
    [InlineData("nearswap", true, 1, "t=1000", "", 1)]
    [InlineData("passthrough", false, 1, "", "", 0)]
    public void Merge_AtAnEnd_IsTheInputBitForBit(string method, bool hasBase, int models, string parameters, string weights, int expected) => AnyInputs.Sample(
        inputs =>
        {
            (_, TensorData[] sources, _) = inputs.Make(method, hasBase, models, models, parameters);
            Assert.True(MergeTensors.Run(MergeTensors.Options(method, hasBase, models, parameters, weights), sources).Result.ContentEquals(sources[expected]));
        },
        iter: 8);

    private static TheoryData<string, bool, int, int, string> Those(Func<string, bool, int, string, bool> belongs)
    {
        TheoryData<string, bool, int, int, string> rows = [];
        foreach ((string method, bool hasBase, int fewest, int most, string parameters) in Methods.Select(row => row.Data))
        {
            if (belongs(method, hasBase, most, parameters))
            {
                rows.Add(method, hasBase, fewest, most, parameters);
            }
        }

        return rows;
    }

    internal static double Unit(ElementType type) => type switch
    {
        ElementType.BFloat16 => 1.0 / (1 << 8),
        ElementType.Float16 => 1.0 / (1 << 11),
        ElementType.Float32 => 1.0 / (1 << 24),
        _ => 1e-15,
    };

    private static TensorData Times(TensorData tensor, double factor) =>
        TensorData.FromDoubles([.. tensor.ToDoubles().Select(value => value * factor)], tensor.ElementType, [.. tensor.Shape]);

    private static TensorData Turn(TensorData tensor, int rows, int columns)
    {
        double[] values = tensor.ToDoubles();
        double[] turned = [.. Enumerable.Range(0, values.Length).Select(i => values[((i % rows) * columns) + (i / rows)])];
        return TensorData.FromDoubles(turned, tensor.ElementType, columns, rows);
    }

    /// <summary>What a merge is made of: tensors that stem from one, as models trained from one base do.</summary>
    internal sealed record Inputs(ElementType Type, int Rows, int Columns, uint Seed, int Count)
    {
        public (MergeOptions Options, TensorData[] Sources, double[] Weights) Make(string method, bool hasBase, int fewest, int most, string parameters)
        {
            int models = fewest + (Count % (most - fewest + 1));
            int length = Math.Max(Rows, 1) * Columns;
            float[] common = BareModels.Values(length, Seed);
            float[] direction = BareModels.Values(length, unchecked(Seed + 1));
            IEnumerable<double[]> made = Enumerable.Range(0, models).Select(model =>
            {
                float[] own = BareModels.Values(length, unchecked(Seed + 2 + (uint)model));
                return common.Select((value, i) => value + (0.25 * direction[i]) + (0.25 * own[i])).ToArray();
            });
            double[][] values = hasBase ? [[.. common.Select(value => (double)value)], .. made] : [.. made];
            long[] shape = Rows == 0 ? [Columns] : [Rows, Columns];
            double[] weights = [.. Enumerable.Range(0, models).Select(model => 0.25 + (((Seed >> (3 * model)) % 8) / 4.0))];
            bool weighted = MergeMethods.Find(method).TakesWeights;
            string each = weighted ? string.Join(',', weights.Select(weight => weight.ToString("R", CultureInfo.InvariantCulture))) : "";
            return (
                MergeTensors.Options(method, hasBase, models, parameters, each),
                [.. values.Select(vector => TensorData.FromDoubles(vector, Type, shape))],
                weights);
        }
    }
}
