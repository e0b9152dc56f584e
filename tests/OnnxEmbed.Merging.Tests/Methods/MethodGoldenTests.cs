using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods;

/// <summary>
/// Hand-worked 2x3 tensors, exact in every type. Expected values are a float64 evaluation of the formulas outside this code base, to ten digits.
/// </summary>
public class MethodGoldenTests
{
    internal static readonly Dictionary<char, double[]> Models = new()
    {
        ['W'] = [1, -2, 3, .5, 0, -1],
        ['A'] = [1.5, -1.75, 2.875, .125, .4375, -1],
        ['B'] = [.75, -2.5, 3.3125, .9375, -.375, -1],
        ['C'] = [1.1875, -2.125, 3.625, .5, .25, -1.5],
    };

    /// <summary>Method, base or '-', models, weights, parameters, result.</summary>
    public static readonly TheoryData<string, char, string, string, string, double[]> Rows = new()
    {
        { "linear", '-', "ABC", "1,1,2", "", [1.15625, -2.125, 3.359375, 0.515625, 0.140625, -1.25] },
        { "slerp", '-', "AB", "", "t=0.25", [1.3276317049, -1.9638028027, 3.0233572194, 0.3340432084, 0.2356281487, -1.0127490793] },
        { "slerp", '-', "AB", "", "t=0.5", [1.1441370120, -2.1611476893, 3.1463767829, 0.5402869223, 0.0317815837, -1.0170106773] },
        { "slerp", '-', "AB", "", "t=0.75", [0.9510537234, -2.3403807842, 3.2430277085, 0.7420026883, -0.1723313312, -1.0127490793] },
        { "slerp", '-', "AB", "", "t=0.3", [1.2917749317, -2.0046434149, 3.0500242539, 0.3755716516, 0.1949622930, -1.0142825682] },
        { "nuslerp", '-', "AB", "0.7,0.3", "", [1.2917749317, -2.0046434149, 3.0500242539, 0.3755716516, 0.1949622930, -1.0142825682] },
        { "nuslerp", 'W', "AB", "0.7,0.3", "", [1.6389593039, -2.2480334702, 3.2186022555, 0.3991226035, 0.3226255900, -1.0] },
        { "nuslerp", '-', "AB", "0.7,0.3", "nuslerp_flatten=false", [1.2833009807, -1.9896639999, 3.0279058158, 0.4147914301, 0.2016074273, -1.0958201910] },
        {
            "nuslerp", '-', "AB", "0.7,0.3", "nuslerp_flatten=false,nuslerp_row_wise=true",
            [1.3621675095, -2.0093461302, 3.0068056198, 0.4044170994, 0.1951531673, -1.0001813033]
        },
        { "multislerp", '-', "ABC", "1,1,2", "", [1.1877873541, -2.1446514568, 3.3889866192, 0.5089601769, 0.1522080175, -1.2550254849] },
        { "multislerp", 'W', "ABC", "1,1,2", "", [1.2779226854, -2.2057997709, 3.6051671064, 0.5169946983, 0.2492689075, -1.4227868851] },
        { "karcher", '-', "ABC", "", "", [1.1855994040, -2.1472882641, 3.3087686303, 0.5111080536, 0.1208998465, -1.1756044627] },
        { "task_arithmetic", 'W', "AB", "0.6,0.4", "", [1.2, -2.05, 3.05, .45, .1125, -1] },
        { "task_arithmetic", 'W', "AB", "0.6,0.4", "lambda=0.5", [1.1, -2.025, 3.025, .475, .05625, -1] },
        { "model_stock", 'W', "AC", "", "", [1.0806444629, -1.9853373704, 3.0586505185, 0.4560121111, 0.0806444629, -1.0586505185] },
        { "model_stock", 'W', "ABC", "", "compat=mergekit", [0.8573068677, -1.8776916009, 2.7349984686, 0.4796152668, -0.1019236659, -0.8369221345] },
        { "model_stock", 'W', "ABC", "", "", [1, -2, 3, .5, 0, -1] },
        { "nearswap", 'A', "B", "", "t=0.2", [1.3, -1.95, 3.075, 0.325, 0.2375, -1] },
        { "arcee_fusion", 'W', "A", "", "", [1, -2, 3, 0.125, 0.4375, -1] },
        { "passthrough", '-', "A", "", "", [1.5, -1.75, 2.875, .125, .4375, -1] },
        { "passthrough", '-', "A", "", "scale=-2", [-3, 3.5, -5.75, -.25, -.875, 2] },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Decide_GoldenVector_InEveryTypeAndOrientation(string method, char baseModel, string models, string weights, string parameters, double[] expected)
    {
        MergeOptions options = MergeTensors.Options(method, baseModel != '-', models.Length, parameters, weights);
        char[] names = [.. baseModel == '-' ? "" : baseModel.ToString(), .. models];
        foreach (ElementType type in (ElementType[])[ElementType.Float64, ElementType.Float32, ElementType.Float16, ElementType.BFloat16])
        {
            TensorData[] sources = [.. names.Select(name => TensorData.FromDoubles(Models[name], type, 2, 3))];
            TensorData result = MergeTensors.Run(options, sources).Result;
            Assert.Equal(type, result.ElementType);

            // Rounded once from double: half a unit in the last place of the type away from the result in double, which has ten digits here.
            double[] values = result.ToDoubles();
            double unit = type switch { ElementType.BFloat16 => 1.0 / (1 << 8), ElementType.Float16 => 1.0 / (1 << 11), ElementType.Float32 => 1.0 / (1 << 24), _ => 0 };
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], values[i], (Math.Abs(expected[i]) * unit) + 1e-10);
            }

            // The same weights as an exporter turns them for a MatMul.
            TensorData[] turned = [.. names.Select(name => TensorData.FromDoubles(Turn(Models[name], 2), type, 3, 2))];
            double[] back = Turn(MergeTensors.Run(options, turned, inputsFirst: true).Result.ToDoubles(), 3);
            Assert.All(values.Zip(back), pair => Assert.Equal(pair.First, pair.Second, (Math.Abs(pair.First) * 2 * unit) + 1e-14));
        }
    }

    [Fact]
    public void Decide_GoldenFigures_AreReported()
    {
        Assert.Equal(-0.88173267, Figure("nuslerp", "WAB", "task_cosine"), 8);
        Assert.Equal(0.13288906, Figure("model_stock", "WAC", "task_cosine"), 8);
        Assert.Equal(0.23460207, Figure("model_stock", "WAC", "ratio"), 8);
        Assert.Equal(-0.19739361, Figure("model_stock", "WABC", "task_cosine"), 8);
        Assert.Equal(0, Figure("model_stock", "WABC", "ratio"));
        Assert.Equal(-0.97846719, Figure("model_stock", "WABC", "ratio", "compat=mergekit"), 8);
        Assert.Equal(0.02250905, Figure("arcee_fusion", "WA", "threshold"), 8);
        Assert.Equal(1, Figure("karcher", "-ABC", "steps"));

        static double Figure(string method, string models, string figure, string parameters = "")
        {
            bool hasBase = models[0] != '-';
            TensorData[] sources = [.. models.TrimStart('-').Select(name => TensorData.FromDoubles(Models[name], ElementType.Float32, 2, 3))];
            MergeOptions options = MergeTensors.Options(method, hasBase, sources.Length - (hasBase ? 1 : 0), parameters);
            return MergeTensors.Run(options, sources).Blend.Figures[figure];
        }
    }

    [Fact]
    public void Karcher_ToTheEnd_IsTheMeanWhoseTangentVanishes()
    {
        MergeOptions options = MergeTensors.Options("karcher", false, 3, "max_iter=100,tol=0");
        double[][] sources = [Models['A'], Models['B'], Models['C']];
        double[] result = MergeTensors.Run(options, [.. sources.Select(values => TensorData.From<double>(values, 2, 3))]).Result.ToDoubles();
        double[] expected = [1.1856009389, -2.1472900164, 3.3087678635, 0.5111081401, 0.1208990226, -1.1756019194];
        Assert.All(expected.Zip(result), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    private static double[] Turn(double[] values, int rows)
    {
        int columns = values.Length / rows;
        return [.. Enumerable.Range(0, values.Length).Select(i => values[((i % rows) * columns) + (i / rows)])];
    }
}
