using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Comparing;

/// <summary>Compares the weights of two models: angles, norms and task vectors. Nothing is loaded; memory does not grow with the models.</summary>
public static class ModelComparison
{
    /// <summary>Compares two models.</summary>
    /// <param name="first">A package or <c>.onnx</c> file, with adapters if it has some.</param>
    /// <param name="second">The other; its minus the first's weights are the task vector.</param>
    /// <param name="degreeOfParallelism">Threads at work, 1 or more; the result does not depend on it.</param>
    /// <param name="progress">Is told of each tensor.</param>
    /// <param name="cancellation">Stops the comparison between blocks.</param>
    /// <exception cref="OptionException">The number of threads is below 1.</exception>
    /// <exception cref="DataException">A model is missing or not valid.</exception>
    public static ModelDifference Run(
        MergeInput first,
        MergeInput second,
        int degreeOfParallelism,
        IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (degreeOfParallelism < 1)
        {
            throw new OptionException($"threads: needs 1 or more, got {degreeOfParallelism}");
        }

        using MergeSource one = MergeSource.Open(first);
        using MergeSource two = MergeSource.Open(second);
        List<string> mismatches = [];
        SourceAlignment.CompareTensors(one, two, mismatches);
        BlockEngine engine = new(degreeOfParallelism, cancellation);
        List<TensorDifference> tensors = [];
        PairSums total = default;
        long elements = 0;
        bool allEqual = true;
        string[] names = [.. one.Model.Proto.Graph.Initializer.Select(tensor => tensor.Name).Where(name => Comparable(one, two, name))];
        long byteCount = names.Sum(name => one.Model.Tensors[name].ByteLength);
        long bytesDone = 0;
        foreach (string name in names)
        {
            cancellation.ThrowIfCancellationRequested();
            WeightSource[] weights = [one.Weights(name), two.Weights(name)];
            TensorData tensor = weights[0].Stored;
            bool equal = engine.AreEqual(weights);
            if (tensor.ElementType.IsFloat())
            {
                PairSums sums = engine.Measure(weights)[0];
                tensors.Add(Describe(name, tensor.ToString(), tensor.ElementCount, equal, sums));
                if (!equal)
                {
                    // A constant of the graph, such as the -3e38 of a mask, would hide the angle between the weights.
                    total += sums;
                    elements += tensor.ElementCount;
                }

                allEqual &= equal;
            }
            else
            {
                tensors.Add(new TensorDifference(name, tensor.ToString(), tensor.ElementCount, equal));
            }

            bytesDone += tensor.ByteLength;
            progress?.Report(new MergeProgress(name, tensors.Count, names.Length, bytesDone, byteCount));
        }

        return new ModelDifference { Tensors = tensors, Mismatches = mismatches, Total = Describe("", "all", elements, allEqual, total) };
    }

    private static bool Comparable(MergeSource first, MergeSource second, string name) =>
        first.Model.Tensors.TryGetValue(name, out TensorData? one)
        && second.Model.Tensors.TryGetValue(name, out TensorData? two)
        && SourceAlignment.Agree(one, two);

    private static TensorDifference Describe(string name, string type, long count, bool equal, PairSums sums)
    {
        double angle = sums.Angle;
        bool hasAngle = double.IsFinite(angle);
        return new TensorDifference(name, type, count, equal)
        {
            FirstNorm = sums.FirstNorm,
            SecondNorm = sums.SecondNorm,
            DifferenceNorm = Math.Sqrt(sums.DifferenceSquared),
            Cosine = hasAngle ? sums.Cosine : null,
            AngleDegrees = hasAngle ? angle * (180 / Math.PI) : null,
        };
    }
}
