using OnnxEmbed.Merging.Adapters.Reports;
using OnnxEmbed.Merging.Decompositions;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters;

/// <summary>An adapter that is being made layer by layer; scales are 1, as alpha is the rank.</summary>
internal sealed class MadeAdapter(ElementType type, ParallelOptions parallel)
{
    private readonly SortedDictionary<string, LoraModule> _modules = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, TensorData> _whole = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, AdapterLayerReport> _reports = new(StringComparer.Ordinal);

    public IReadOnlyList<AdapterLayerReport> Reports => [.. _reports.Values];

    /// <summary>Adds B·A, rounds it, and measures what it leaves of the exact change.</summary>
    /// <param name="module">Name of the layer.</param>
    /// <param name="embedding">Whether it is a table.</param>
    /// <param name="b">B [out, r].</param>
    /// <param name="a">A [r, in].</param>
    /// <param name="exactLeft">The change is exactLeft · exactRight; exactRight alone where this is null.</param>
    /// <param name="exactRight">The change, or its right factor.</param>
    /// <param name="bias">Bias of B; null for none.</param>
    public void Add(string module, bool embedding, Matrix b, Matrix a, Matrix? exactLeft, Matrix exactRight, double[]? bias = null)
    {
        TensorData storedA = TensorData.FromDoubles(a.Values, type, a.Rows, a.Columns);
        TensorData storedB = TensorData.FromDoubles(b.Values, type, b.Rows, b.Columns);
        _modules.Add(module, new LoraModule(module, storedA, storedB, a.Rows, 1)
        {
            IsEmbedding = embedding,
            Bias = bias is null ? null : TensorData.FromDoubles(bias, type, bias.Length),
        });
        (double norm, double error) = Measure(
            new Matrix(b.Rows, b.Columns, storedB.ToDoubles()), new Matrix(a.Rows, a.Columns, storedA.ToDoubles()), exactLeft, exactRight);
        double relative = norm == 0 ? 0 : error / norm;
        _reports.Add(module, new AdapterLayerReport(
            module, b.Rows, a.Columns, a.Rows, norm, relative, Math.Clamp(1 - (relative * relative), 0, 1)));
    }

    /// <summary>Adds a whole parameter.</summary>
    public void AddWhole(string parameter, TensorData value) => _whole.Add(parameter, TensorData.FromBytes(
        value.ElementType, [.. value.Shape], value.Slice(0, checked((int)value.ByteLength)).ToArray()));

    /// <summary>The adapter; layers of another rank than most are named in its patterns.</summary>
    public LoraAdapter ToAdapter(string baseModel, IReadOnlyList<string> modulesToSave, string bias)
    {
        int rank = _modules.Values.GroupBy(module => module.Rank).OrderByDescending(group => group.Count())
            .ThenByDescending(group => group.Key).First().Key;

        // A pattern also fits names that end with it: longer names stand first.
        LoraModule[] others = [.. _modules.Values.Where(module => module.Rank != rank).OrderByDescending(module => module.Module.Length)];

        // A longer name of the usual rank must not be caught by the pattern of a shorter one.
        LoraModule[] named =
        [
            .. others.Concat(_modules.Values.Where(module => module.Rank == rank
                && others.Any(other => module.Module.EndsWith("." + other.Module, StringComparison.Ordinal))))
                .OrderByDescending(module => module.Module.Length),
        ];
        bool biased = _modules.Values.Any(module => module.Bias is not null);
        LoraModule[] modules =
        [
            .. _modules.Values.Select(module => !biased || module.IsEmbedding || module.Bias is not null
                ? module
                : module with { Bias = TensorData.FromDoubles(new double[module.Outputs], type, module.Outputs) }),
        ];
        LoraSettings settings = new()
        {
            R = rank,
            LoraAlpha = rank,
            TargetModules = [.. _modules.Keys],
            RankPattern = [.. named.Select(module => KeyValuePair.Create(module.Module, module.Rank))],
            AlphaPattern = [.. named.Select(module => KeyValuePair.Create(module.Module, (double)module.Rank))],
            LoraBias = biased,
            Bias = bias,
            ModulesToSave = modulesToSave,
            BaseModelNameOrPath = baseModel,
        };
        return LoraAdapter.Create(settings, modules, _whole);
    }

    /// <summary>Writes an adapter and its report into a directory that appears when both are complete.</summary>
    public static void Write(LoraAdapter adapter, AdapterReport report, string output, bool force)
    {
        using AtomicOutput directory = AtomicOutput.Directory(output, force);
        adapter.Save(directory.TemporaryPath);
        File.WriteAllText(Path.Combine(directory.TemporaryPath, AdapterReport.FileName), report.ToJson());
        directory.Commit();
    }

    /// <summary>‖exact‖ and ‖exact - b·a‖, some rows at a time.</summary>
    private (double Norm, double Error) Measure(Matrix b, Matrix a, Matrix? exactLeft, Matrix exactRight)
    {
        const int Height = 256;
        double norm = 0, error = 0;
        for (int top = 0; top < b.Rows; top += Height)
        {
            int height = Math.Min(Height, b.Rows - top);
            Matrix made = MatrixProduct.Multiply(Rows(b, top, height), a, parallel);
            Matrix exact = exactLeft is null
                ? Rows(exactRight, top, height)
                : MatrixProduct.Multiply(Rows(exactLeft, top, height), exactRight, parallel);
            norm += exact.SquaredNorm;
            error += Reductions.SquaredDistance(exact.Values, made.Values);
        }

        return (Math.Sqrt(norm), Math.Sqrt(error));
    }

    private static Matrix Rows(Matrix matrix, int top, int height) =>
        new(height, matrix.Columns, matrix.Values[(top * matrix.Columns)..((top + height) * matrix.Columns)]);
}
