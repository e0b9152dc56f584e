using System.Globalization;
using System.Text;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Shipping.Targets;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Shipping;

/// <summary>Lays a package out for one consumer: its files under the names and in the forms that it reads, checked by running them as it does.</summary>
public static class Ship
{
    /// <summary>Hashes of all files, in the form of <c>sha256sum</c>.</summary>
    public const string ManifestName = "SHA256SUMS";

    /// <summary>How the consumer is told of the model, and what it cannot have.</summary>
    public const string UsageName = "USAGE.md";

    // Another order of the same sums: what an embedding of length 1 may differ by in f32.
    private const double Tolerance = 1e-4;

    private static readonly ShipTarget[] Catalogue =
    [
        new SentenceTransformersTarget(),
        new TransformersJsTarget(),
        new TextEmbeddingsInferenceTarget(),
        new FastEmbedTarget(),
        new ChromaTarget(),
        new SemanticKernelTarget(),
        new SqlServerTarget(),
        new OpenSearchTarget(),
        new VespaTarget(),
        new SparkTarget(),
    ];

    /// <summary>The consumers that are known.</summary>
    public static IReadOnlyList<ShipTargetDescription> Targets { get; } =
        [.. Catalogue.Select(target => new ShipTargetDescription(target.Name, target.Summary))];

    /// <summary>Writes the directory, which appears when every file of it was run and agrees with the package.</summary>
    /// <exception cref="OptionException">The target is not known, or the output exists.</exception>
    /// <exception cref="DataException">
    /// The package lacks what the consumer needs (all that is missing is listed), or a shipped model gives other vectors.
    /// </exception>
    public static ShipReport Run(ShipOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ShipTarget target = Catalogue.FirstOrDefault(known => known.Name == options.Target)
            ?? throw new OptionException($"--target: needs one of {string.Join(", ", Catalogue.Select(known => known.Name))}, got '{options.Target}'");
        AtomicOutput.RefuseExistingDirectory(options.Output, options.Force);
        ModelPackage package = options.Package;
        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        ModelFacts facts = ModelFacts.Of(package, model);
        ShipPlan plan = new(package, model, facts, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Output))), options.Variants ?? target.UsualVariants);
        target.Plan(plan);
        if (plan.Faults.Count > 0)
        {
            throw new DataException($"{package.FullPath}: {target.Name} {string.Join("; ", plan.Faults)}");
        }

        using AtomicOutput output = AtomicOutput.Directory(options.Output, options.Force);
        foreach ((string name, Action<string> write) in plan.Files)
        {
            string path = Path.Combine(output.TemporaryPath, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            write(path);
        }

        List<ShippedModel> models = Check(plan, output.TemporaryPath, options.Threads);
        NoteReading(plan, package);
        File.WriteAllText(Path.Combine(output.TemporaryPath, UsageName), Usage(target, plan, models));
        List<ShippedFile> files = WriteManifest(output.TemporaryPath);
        output.Commit();
        return new ShipReport(target.Name, output.TargetPath, files, models, plan.Changes, plan.Limits);
    }

    private static List<ShippedModel> Check(ShipPlan plan, string directory, int threads)
    {
        ConsumerCheck check = new(plan.Package, plan.Reading, threads);
        float[] expected = check.Expected();
        List<ShippedModel> models = [];
        foreach ((string name, ModelVariant? variant) in plan.Models)
        {
            ShippedModel found = check.Compare(name, Path.Combine(directory, name), expected);
            bool right = variant is null ? found.MaxDifference <= Tolerance : double.IsFinite(found.MaxDifference);
            models.Add(right ? found : throw new DataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: needs the package's vectors within {Tolerance:0.#e+0}, got a difference of {found.MaxDifference:0.##e+0}")));
        }

        return models;
    }

    private static void NoteReading(ShipPlan plan, ModelPackage package)
    {
        if (plan.Reading.Normalizes && !package.Normalize)
        {
            plan.Limits.Add("vectors come scaled to length 1, which the package does not do");
        }
    }

    private static string Usage(ShipTarget target, ShipPlan plan, List<ShippedModel> models)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"# {plan.Package.Name} for {target.Name}\n\n{plan.Usage.Trim()}\n");
        Section(text, "Changed from the package", plan.Changes);
        Section(text, "Limits", plan.Limits);
        text.Append("\n## Checked\n\nEach file was run in ONNX Runtime the way this consumer runs it, against the package's own vectors.\n\n")
            .Append("| file | largest difference | smallest cosine |\n|---|---|---|\n");
        foreach (ShippedModel model in models)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{model.File}` | {model.MaxDifference:0.0e+0} | {model.MinCosine:F6} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\n`sha256sum -c {ManifestName}` checks the files.\n");
        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, List<string> lines)
    {
        if (lines.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{string.Join('\n', lines.Select(line => "- " + line))}\n");
        }
    }

    private static List<ShippedFile> WriteManifest(string directory)
    {
        List<ShippedFile> files = [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(directory, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .Select(name => new ShippedFile(name, new FileInfo(Path.Combine(directory, name)).Length, ProvenanceInput.Of("shipped", directory, name).Sha256))];
        File.WriteAllText(Path.Combine(directory, ManifestName), string.Concat(files.Select(file => $"{file.Sha256}  {file.Name}\n")));
        return files;
    }
}
