using System.Globalization;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods.TaskVectors;

/// <summary>The formulas of the task vector methods as the papers write them: arrays, loops and sorting, one element at a time.</summary>
internal static class ReferenceTaskVectors
{
    /// <summary>What the method makes of a base and models, in double.</summary>
    public static double[] Merge(MergeOptions options, double[] start, double[][] models, RowLayout rows, string name = "w")
    {
        MergeArguments given = ArgumentCheck.Resolve(options);
        double[][] tasks = [.. models.Select(model => model.Zip(start, (x, y) => x - y).ToArray())];
        double[] weights = [.. given.Weights];
        return options.Method.Name switch
        {
            "ram" or "ramplus_tl" => Ram(given, start, tasks),
            "sce" => Sce(given, start, tasks),
            _ => Weighted(options, given, start, tasks, weights, rows, name),
        };
    }

    private static double[] Weighted(
        MergeOptions options, MergeArguments given, double[] start, double[][] tasks, double[] weights, RowLayout rows, string name)
    {
        string method = options.Method.Name;
        bool elects = method.EndsWith("ties", StringComparison.Ordinal) || method == "della";
        double[][] sparse = new double[tasks.Length][];
        for (int i = 0; i < tasks.Length; i++)
        {
            double density = given.Number("density", i);
            CounterRandom random = new(method.StartsWith("d", StringComparison.Ordinal) ? (ulong)given.Number("seed") : 0, FormattableString.Invariant($"mask/{i}/{name}"));
            sparse[i] = method.Split('_')[0] switch
            {
                "ties" => Between(tasks[i], 0, Kept(density, start.Length)),
                "breadcrumbs" => Breadcrumbs(tasks[i], density, given.Number("gamma", i), given.LikeMergekit),
                "dare" => [.. tasks[i].Select((d, at) => Uniform(random, at) < density ? d : 0)],
                _ => Della(tasks[i], density, given.Number("epsilon", i), rows, random, given.Flag("rescale") && !given.LikeMergekit),
            };
            if (given.Flag("rescale") && density > 0)
            {
                double before = tasks[i].Sum(Math.Abs);
                double after = sparse[i].Sum(Math.Abs);
                double factor = given.LikeMergekit ? before < 1e-7 || after < 1e-7 ? 1 : before / after : method.StartsWith("della", StringComparison.Ordinal) ? 1 : 1 / density;
                sparse[i] = [.. sparse[i].Select(d => d * factor)];
            }
        }

        double[] result = new double[start.Length];
        for (int at = 0; at < result.Length; at++)
        {
            double[] changes = [.. sparse.Select((d, i) => d[at] * weights[i])];
            double vote = given.Values.TryGetValue("consensus", out object? kind) && (string)kind == "count" ? changes.Sum(Math.Sign) : changes.Sum();
            bool[] agree = [.. changes.Select(change => !elects || (vote < 0 ? change < 0 : change > 0))];
            double sum = changes.Where((_, i) => agree[i]).Sum();
            double divisor = weights.Where((_, i) => agree[i]).Sum();
            result[at] = start[at] + (given.Number("lambda") * (given.Flag("normalize") && divisor != 0 ? sum / divisor : sum));
        }

        return result;
    }

    private static double[] Breadcrumbs(double[] task, double density, double gamma, bool likeMergekit)
    {
        long kept = Kept(density, task.Length);
        long dropped = Math.Min(task.Length - kept, (long)(gamma * task.Length));
        return likeMergekit && density < 1 && dropped == 0 ? new double[task.Length] : Between(task, dropped, dropped + kept);
    }

    private static double[] Della(double[] task, double density, double epsilon, RowLayout rows, CounterRandom random, bool divide)
    {
        double[] result = new double[task.Length];
        for (int row = 0; row < rows.Count; row++)
        {
            int[] places = [.. Enumerable.Range(0, rows.Length).Select(i => (int)(rows.Strided ? (i * rows.Count) + row : (row * rows.Length) + i))];
            int[] ascending = [.. places.OrderBy(place => Math.Abs(task[place])).ThenByDescending(place => place)];
            for (int i = 0; i < rows.Length; i++)
            {
                int rank = Array.IndexOf(ascending, places[i]);
                double p = density is <= 0 or >= 1 || rows.Length == 1 ? density : density - epsilon + (2 * epsilon * rank / (rows.Length - 1));
                bool keep = Uniform(random, (row * rows.Length) + i) < p;
                result[places[i]] = keep ? divide ? task[places[i]] / p : task[places[i]] : 0;
            }
        }

        return result;
    }

    private static double[] Sce(MergeArguments given, double[] start, double[][] tasks)
    {
        double fraction = given.Number("select_topk");
        if (fraction < 1)
        {
            double[] variance = [.. start.Select((_, at) => tasks.Sum(d => tasks.Sum(other => (d[at] - other[at]) * (d[at] - other[at]))))];
            int varying = variance.Count(v => v > 0);
            int count = fraction == 0 ? 0 : Math.Min(varying, Math.Max(given.LikeMergekit ? 0 : 1, (int)(fraction * varying)));
            HashSet<int> selected = [.. Enumerable.Range(0, start.Length).OrderByDescending(at => variance[at]).ThenBy(at => at).Take(count)];
            tasks = [.. tasks.Select(d => d.Select((x, at) => selected.Contains(at) ? x : 0).ToArray())];
        }

        double[] energy = [.. tasks.Select(d => d.Average(x => x * x))];
        double total = energy.Sum();
        double[] weights = [.. energy.Select(e => total == 0 || (given.LikeMergekit && total < 1e-6) ? 1.0 / tasks.Length : e / total)];
        return [.. start.Select((w, at) =>
        {
            double vote = tasks.Sum(d => d[at]);
            int[] agree = [.. Enumerable.Range(0, tasks.Length).Where(i => vote < 0 ? tasks[i][at] < 0 : tasks[i][at] > 0)];
            double divisor = agree.Sum(i => weights[i]);
            return agree.Length == 0 ? w : w + (agree.Sum(i => weights[i] * tasks[i][at]) / (given.LikeMergekit ? Math.Max(divisor, 1e-6) : divisor));
        })];
    }

    private static double[] Ram(MergeArguments given, double[] start, double[][] tasks)
    {
        bool Changes(int i, int at) => Math.Abs(tasks[i][at]) > given.Number("epsilon");
        int Count(int at) => Enumerable.Range(0, tasks.Length).Count(i => Changes(i, at));
        double[] gains = [.. tasks.Select((d, i) =>
        {
            double alone = Enumerable.Range(0, d.Length).Count(at => Changes(i, at) && Count(at) == 1);
            double shared = Enumerable.Range(0, d.Length).Count(at => Changes(i, at) && Count(at) > 1);
            return given.Values.ContainsKey("r") && alone > 0 ? 1 + (given.Number("r") * Math.Min(shared / alone, given.Number("alpha"))) : 1;
        })];
        return [.. start.Select((w, at) =>
        {
            int[] changing = [.. Enumerable.Range(0, tasks.Length).Where(i => Changes(i, at))];
            return changing.Length == 0 ? w
                : changing.Length == 1 ? w + (tasks[changing[0]][at] * gains[changing[0]])
                : w + changing.Average(i => tasks[i][at]);
        })];
    }

    /// <summary>Sets to 0 what is not among the largest [from, to) magnitudes, the lower index being the larger of two equal ones.</summary>
    private static double[] Between(double[] task, long from, long to)
    {
        int[] descending = [.. Enumerable.Range(0, task.Length).OrderByDescending(at => Math.Abs(task[at])).ThenBy(at => at)];
        double[] result = new double[task.Length];
        for (long i = from; i < to; i++)
        {
            result[descending[i]] = task[descending[i]];
        }

        return result;
    }

    private static long Kept(double density, int count) => density <= 0 ? 0 : Math.Max(1, (long)(density * count));

    private static double Uniform(CounterRandom random, long at) => (uint)((random.At((ulong)at / 2) >> (at % 2 == 0 ? 0 : 32)) & uint.MaxValue) / 4294967296.0;
}
