using System.Globalization;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Benchmarks.Shapes;

namespace OnnxEmbed.Benchmarks.Steps;

/// <summary>Gradients here and in libtorch, on the same weights and batch.</summary>
internal static class Parity
{
    /// <summary>Largest difference allowed, relative to the largest gradient of the same parameter; both engines compute in f32.</summary>
    private const double Tolerance = 1e-5;

    /// <returns>0 when every gradient agrees, otherwise 1.</returns>
    public static int Run(int threads)
    {
        bool agree = true;
        Table table = new("case", "loss here", "loss torch", "gradients", "worst difference", "in");
        foreach ((bool lora, int length) in ((bool, int)[])[(true, 32), (true, 128), (false, 32)])
        {
            LlamaWeights weights = new(new LlamaShape { SequenceLength = length }, seed: 1);
            long[] ids = LlamaWeights.Batch(weights.Shape, seed: 2);
            (double ourLoss, IReadOnlyDictionary<string, float[]> ours) = OnnxStep.Gradients(weights, lora, ids, threads);
            (double torchLoss, IReadOnlyDictionary<string, float[]> theirs) = TorchStep.Gradients(weights, lora, ids, threads);
            string[] missing = theirs.Keys.Except(ours.Keys).Concat(ours.Keys.Except(theirs.Keys)).ToArray();
            if (missing.Length > 0)
            {
                throw new InvalidOperationException($"only one engine has a gradient of {string.Join(", ", missing)}");
            }

            (string worst, double difference) = theirs.Keys
                .Select(name => (Name: name, Difference: Difference(ours[name], theirs[name])))
                .MaxBy(each => each.Difference);
            agree &= difference <= Tolerance;
            table.Row(
                $"{(lora ? "LoRA" : "full")} T={length}",
                ourLoss.ToString("F7", CultureInfo.InvariantCulture),
                torchLoss.ToString("F7", CultureInfo.InvariantCulture),
                theirs.Count.ToString(CultureInfo.InvariantCulture),
                difference.ToString("E1", CultureInfo.InvariantCulture),
                worst);
        }

        table.Write(Console.Out);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(agree ? "agree" : "DIFFER")}: max |here - torch| / max |torch| of each parameter, at most {Tolerance:E0} allowed"));
        return agree ? 0 : 1;
    }

    private static double Difference(float[] ours, float[] theirs)
    {
        double largest = theirs.Max(value => Math.Abs((double)value));
        double worst = 0;
        for (int i = 0; i < theirs.Length; i++)
        {
            double difference = Math.Abs((double)ours[i] - theirs[i]);
            worst = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(worst, difference);
        }

        return worst / largest;
    }
}
