using System.Globalization;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Searching;

/// <summary>
/// Finds the parameters with the highest score. Along one parameter: a grid, then a golden section around its best point (J. Kiefer,
/// "Sequential
/// minimax search for a maximum", Proc. AMS 4, 1953). Over several: one after the other so, from the best point so far, until a round gains
/// nothing. A score that has one peak is found to the tolerance; of several peaks the grid decides. No randomness: the same scores give the
/// same trials.
/// </summary>
public sealed class ParameterSearch
{
    private static readonly double Golden = (Math.Sqrt(5) - 1) / 2;

    private readonly Func<IReadOnlyList<double>, double> _score;
    private readonly double[] _start;
    private readonly SearchGrid _grid;
    private readonly List<SearchTrial> _trials = [];
    private readonly Dictionary<string, SearchTrial> _tried = new(StringComparer.Ordinal);

    private ParameterSearch(Func<IReadOnlyList<double>, double> score, IReadOnlyList<double> start, SearchGrid grid)
    {
        ArgumentNullException.ThrowIfNull(score);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(grid);
        grid.Validate();
        _score = score;
        _start = [.. start];
        _grid = grid;
    }

    /// <summary>Searches one parameter.</summary>
    /// <param name="score">Score of a value; higher is better. Asked once for each value.</param>
    /// <param name="start">The value that wins between equals if it is nearest.</param>
    /// <param name="grid">Range and fineness.</param>
    /// <exception cref="OptionException">The grid is wrong.</exception>
    /// <exception cref="DataException">A score is NaN.</exception>
    public static SearchOutcome Line(Func<double, double> score, double start, SearchGrid grid)
    {
        ArgumentNullException.ThrowIfNull(score);
        ParameterSearch search = new(values => score(values[0]), [start], grid);
        search.Along(value => [value], start);
        return search.Outcome();
    }

    /// <summary>Searches several parameters that do not depend on each other.</summary>
    /// <param name="score">Score of the values; higher is better. Asked once for each point.</param>
    /// <param name="start">Where the search begins.</param>
    /// <param name="order">The order in which the parameters are searched.</param>
    /// <param name="grid">Range and fineness of every parameter.</param>
    /// <param name="rounds">Most rounds over all parameters, 1 or more.</param>
    /// <exception cref="OptionException">The grid or the rounds are wrong.</exception>
    /// <exception cref="DataException">A score is NaN.</exception>
    public static SearchOutcome Coordinates(
        Func<IReadOnlyList<double>, double> score, IReadOnlyList<double> start, IReadOnlyList<int> order, SearchGrid grid, int rounds) =>
        new ParameterSearch(score, start, grid).Rounds(order, rounds, (point, axis) => value =>
            [.. point.Select((old, i) => i == axis ? value : old)]);

    /// <summary>
    /// Searches shares of a whole: the parameters sum to 1, and where one changes the others keep their proportions, so that a parameter of
    /// 1 is
    /// that model alone.
    /// </summary>
    /// <param name="score">Score of the shares; higher is better. Asked once for each point.</param>
    /// <param name="start">Where the search begins: numbers from 0 on with a sum above 0, which is divided by.</param>
    /// <param name="order">The order in which the shares are searched.</param>
    /// <param name="grid">Range and fineness of every share, within [0, 1].</param>
    /// <param name="rounds">Most rounds over all shares, 1 or more.</param>
    /// <exception cref="OptionException">The start, the grid or the rounds are wrong.</exception>
    /// <exception cref="DataException">A score is NaN.</exception>
    public static SearchOutcome Shares(
        Func<IReadOnlyList<double>, double> score, IReadOnlyList<double> start, IReadOnlyList<int> order, SearchGrid grid, int rounds)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(grid);
        double sum = start.Sum();
        if (!(sum > 0 && double.IsFinite(sum)) || start.Any(share => share < 0))
        {
            throw new OptionException($"search: needs weights from 0 on with a sum above 0 to begin with, got {Text.Numbers(start)}");
        }

        if (!(grid.Low >= 0 && grid.High <= 1))
        {
            throw new OptionException(
                $"search: needs a range within [0, 1] for weights that are divided by their sum, got {Text.Number(grid.Low)}, {Text.Number(grid.High)}");
        }

        return new ParameterSearch(score, [.. start.Select(share => share / sum)], grid).Rounds(order, rounds, Share);
    }

    private static Func<double, double[]> Share(double[] point, int axis)
    {
        double others = point.Where((_, i) => i != axis).Sum();
        return value => [.. point.Select((old, i) =>
            i == axis ? value : others > 0 ? (1 - value) * (old / others) : (1 - value) / (point.Length - 1))];
    }

    private SearchOutcome Rounds(IReadOnlyList<int> order, int rounds, Func<double[], int, Func<double, double[]>> line)
    {
        if (rounds < 1)
        {
            throw new OptionException(FormattableString.Invariant($"search: rounds: needs 1 or more, got {rounds}"));
        }

        SearchTrial best = Try(_start);
        for (int round = 0; round < rounds; round++)
        {
            double before = best.Score;
            foreach (int axis in order)
            {
                SearchTrial found = Along(line([.. best.Values], axis), best.Values[axis]);
                best = found.Score > best.Score ? found : best;
            }

            if (!(best.Score > before))
            {
                break;
            }
        }

        return Outcome();
    }

    /// <summary>Searches along a line; returns the best point on it.</summary>
    private SearchTrial Along(Func<double, double[]> line, double current)
    {
        List<(double Value, SearchTrial Trial)> here = [];
        double Score(double value)
        {
            SearchTrial trial = Try(line(value));
            here.Add((value, trial));
            return trial.Score;
        }

        (double Value, SearchTrial Trial) Best() => here.OrderByDescending(each => each.Trial.Score)
            .ThenBy(each => Math.Abs(each.Value - current)).First();

        for (int i = 0; i < _grid.Points; i++)
        {
            Score(_grid.At(i));
        }

        double peak = Best().Value, step = (_grid.High - _grid.Low) / (_grid.Points - 1);
        double low = Math.Max(_grid.Low, peak - step), high = Math.Min(_grid.High, peak + step);
        if (high - low > _grid.Tolerance)
        {
            double left = _grid.Rounded(high - (Golden * (high - low))), right = _grid.Rounded(low + (Golden * (high - low)));
            double atLeft = Score(left), atRight = Score(right);
            while (high - low > _grid.Tolerance)
            {
                // Between equals the half that holds the best point so far is kept: on a plateau the search stays near where it began.
                if (atLeft > atRight || (atLeft == atRight && Best().Value <= (left + right) / 2))
                {
                    (high, right, atRight) = (right, left, atLeft);
                    left = _grid.Rounded(high - (Golden * (high - low)));
                    atLeft = high - low > _grid.Tolerance ? Score(left) : atLeft;
                }
                else
                {
                    (low, left, atLeft) = (left, right, atRight);
                    right = _grid.Rounded(low + (Golden * (high - low)));
                    atRight = high - low > _grid.Tolerance ? Score(right) : atRight;
                }
            }
        }

        return Best().Trial;
    }

    private SearchTrial Try(double[] values)
    {
        string key = string.Join(';',
            values.Select(value => Math.Round(value, Math.Min(15, _grid.Digits + 3)).ToString("R", CultureInfo.InvariantCulture)));
        if (!_tried.TryGetValue(key, out SearchTrial? trial))
        {
            double score = _score(values);
            trial = !double.IsNaN(score) ? new SearchTrial(values, score)
                : throw new DataException($"search: needs a score that is a number, got NaN at {Text.Numbers(values)}");
            _tried.Add(key, trial);
            _trials.Add(trial);
        }

        return trial;
    }

    private SearchOutcome Outcome() => new(
        _trials,
        _trials.OrderByDescending(trial => trial.Score)
            .ThenBy(trial => Math.Round(trial.Values.Zip(_start, (value, start) => (value - start) * (value - start)).Sum(), 12)).First());
}
