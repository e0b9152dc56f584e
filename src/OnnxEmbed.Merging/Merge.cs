using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Merging.Stacking;
using OnnxEmbed.Merging.Vocabularies;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging;

/// <summary>
/// Merges models without loading them: inputs are mapped, the result is written block by block, memory does not grow with the model. The
/// same inputs and options give the same bytes for any number of threads and on any processor.
/// </summary>
public static class Merge
{
    /// <summary>Runs a merge. The output appears when it is complete; a failure or a cancellation leaves nothing.</summary>
    /// <param name="options">What to merge.</param>
    /// <param name="progress">Is told of each tensor.</param>
    /// <param name="cancellation">Stops the merge between blocks.</param>
    /// <exception cref="OptionException">The options do not fit the method, all faults listed; or the output exists.</exception>
    /// <exception cref="DataException">The models do not fit each other, hold NaN or infinite weights, or are no valid models.</exception>
    /// <exception cref="OperationCanceledException">The merge was stopped.</exception>
    public static MergeReport Run(MergeOptions options, IProgress<MergeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Start(options, progress, cancellation);
    }

    /// <summary>Does all of a merge but write it: every tensor is read, decided on and blended, and every fault found.</summary>
    /// <param name="options">What to merge; the output is not looked at.</param>
    /// <param name="progress">Is told of each tensor.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>The report of the merge, without hashes.</returns>
    /// <exception cref="OptionException">The options do not fit the method, all faults listed.</exception>
    /// <exception cref="DataException">The models do not fit each other, hold NaN or infinite weights, or are no valid models.</exception>
    /// <exception cref="OperationCanceledException">The merge was stopped.</exception>
    public static MergeReport Plan(MergeOptions options, IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Start(options with { DryRun = true }, progress, cancellation);
    }

    private static MergeReport Start(MergeOptions options, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        MergeArguments arguments = ArgumentCheck.Resolve(options);
        List<MergeSource> sources = [];
        try
        {
            InputCheck.Open(options, sources);

            bool toPackage = sources[0].Package is not null;
            if (options.DryRun)
            {
                // Nothing appears, so nothing is in the way.
            }
            else if (toPackage)
            {
                AtomicOutput.RefuseExistingDirectory(options.Output, options.Force);
            }
            else
            {
                AtomicOutput.Recover(options.Output);
                AtomicOutput.RefuseExistingFile(options.Output, options.Force);
                AtomicOutput.RefuseExistingFile(Beside(options.Output, MergeReport.FileName), options.Force);
                AtomicOutput.RefuseExistingFile(Beside(options.Output, ResolvedRecipe.FileName), options.Force);
                if (options.Manifest)
                {
                    AtomicOutput.RefuseExistingFile(Beside(options.Output, MergeManifest.FileName), options.Force);
                }
                else if (options.Force)
                {
                    File.Delete(Beside(options.Output, MergeManifest.FileName)); // of the merge that is replaced
                }
            }

            Alignment alignment = InputCheck.Run(options, sources, cancellation);
            if (options.ChatTemplate is { } wanted && ChatTemplates.Fault(wanted) is { } wrong)
            {
                throw new OptionException(wrong);
            }

            List<string> warnings = [.. options.Schedule is null ? options.Method.Rule.Warn(arguments) : [], .. alignment.Warnings];
            if (options.Strict && warnings.Count > 0)
            {
                throw new DataException("merge: strict, and " + string.Join("; ", warnings));
            }

            warnings.AddRange(options.Schedule?.Bind(sources[0].Model) ?? []);
            string? template = options.ChatTemplate is { } named ? ChatTemplates.Of(named, sources, warnings) : null;
            if (alignment.Vocabulary is { } vocabulary)
            {
                warnings.AddRange(VocabularyFiles.Warnings(sources[0].Package!.FullPath, vocabulary));
            }

            TensorMerger merger = new(options, arguments, sources, alignment, warnings, progress, cancellation);
            return options.DryRun ? merger.Write("plan.onnx", force: true, () => [])
                : toPackage ? WritePackage(merger, options, arguments, sources, alignment, template)
                    : WriteFile(merger, options, arguments, sources);
        }
        finally
        {
            // Returning the pages of a mapped file takes 15 ms per GB of it.
            Parallel.ForEach(sources, new ParallelOptions { MaxDegreeOfParallelism = options.DegreeOfParallelism },
                source => source.Dispose());
        }
    }

    private static MergeReport WriteFile(TensorMerger merger, MergeOptions options, MergeArguments arguments,
        IReadOnlyList<MergeSource> sources)
    {
        using AtomicOutput report = AtomicOutput.File(Beside(options.Output, MergeReport.FileName), options.Force);
        using AtomicOutput recipe = AtomicOutput.File(Beside(options.Output, ResolvedRecipe.FileName), options.Force);
        MergeReport made = merger.Write(options.Output, options.Force, () => [], result =>
        {
            File.WriteAllText(report.TemporaryPath, result.ToJson());
            File.WriteAllText(recipe.TemporaryPath, ResolvedRecipe.ToYaml(options, arguments, UniformType(sources[0])));
            return [recipe, report];
        });
        if (options.Manifest)
        {
            WriteManifest(options, sources);
        }

        return made;
    }

    /// <summary>Hashes what lies there under its name; killed before that, the merge is complete and has no manifest.</summary>
    private static void WriteManifest(MergeOptions options, IReadOnlyList<MergeSource> sources)
    {
        string[] files;
        using (OnnxModel written = OnnxModel.Load(options.Output))
        {
            files =
            [
                .. written.Locations.Values.Select(location => location.File).Where(file => file.Length > 0)
                    .Append(Path.GetFileName(options.Output)).Distinct(),
                Path.GetFileName(Beside(options.Output, MergeReport.FileName)),
                Path.GetFileName(Beside(options.Output, ResolvedRecipe.FileName)),
            ];
        }

        using AtomicOutput manifest = AtomicOutput.File(Beside(options.Output, MergeManifest.FileName), options.Force);
        string directory = Path.GetDirectoryName(Path.GetFullPath(options.Output))!;
        File.WriteAllText(manifest.TemporaryPath, MergeManifest.Of(directory, files, Hashes(sources, options.Base is not null)));
        manifest.Commit();
    }

    private static MergeReport WritePackage(
        TensorMerger merger, MergeOptions options, MergeArguments arguments, IReadOnlyList<MergeSource> sources, Alignment alignment,
            string? template)
    {
        List<ProvenanceInput> hashes = Hashes(sources, options.Base is not null);
        Dictionary<string, object?> made = arguments.Values.ToDictionary(entry => entry.Key, entry => (object?)entry.Value,
            StringComparer.Ordinal);
        made["method"] = options.Method.Name;
        made["models"] = sources.Skip(options.Base is null ? 0 : 1).Select(NameOf).ToArray();
        if (options.Base is not null)
        {
            made["base_model"] = NameOf(sources[0]);
        }

        if (options.Compatibility != MergeCompatibility.None)
        {
            made["compat"] = options.Compatibility.ToString().ToLowerInvariant();
        }

        if (options.Method.TakesWeights)
        {
            made["weights"] = arguments.Weights.ToArray();
        }

        if (options.Inputs.Any(input => input.AdapterWeights.Count > 0))
        {
            made["adapter_weights"] = options.Inputs.SelectMany(input => input.AdapterWeights).ToArray();
        }

        Provenance provenance = new("merge", made, hashes, new Dictionary<string, ulong>());
        MergeReport? result = null;
        sources[0].Package!.CopyTo(
            options.Output,
            path => result = merger.Write(path, force: false, () => hashes),
            provenance,
            head: alignment.Vocabulary is { } changed ? VocabularyHead.Of(sources, changed) : null,
            description: $"{options.Method.Title} of {string.Join(", ", (string[])made["models"]!)}.",
            writeMore: directory =>
            {
                if (alignment.Vocabulary is { } vocabulary)
                {
                    VocabularyFiles.Write(directory, vocabulary);
                }

                if (template is not null)
                {
                    VocabularyFiles.WriteTemplate(directory, template);
                }

                File.WriteAllText(Path.Combine(directory, MergeReport.FileName), result!.ToJson());
                File.WriteAllText(Path.Combine(directory, ResolvedRecipe.FileName),
                    ResolvedRecipe.ToYaml(options, arguments, UniformType(sources[0])));
                string[] files = [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
                    .Select(file => Path.GetRelativePath(directory, file).Replace('\\', '/'))];
                File.WriteAllText(Path.Combine(directory, MergeManifest.FileName), MergeManifest.Of(directory, files, hashes));
            },
            force: options.Force,
            config: Config(sources[0], alignment));
        return result!;
    }

    /// <summary>The text of <c>config.json</c> where it changes with the weights; null where it does not.</summary>
    private static string? Config(MergeSource first, Alignment alignment)
    {
        string? config = first.Stack is { } stack ? StackedConfig.Of(first.Package!, stack) : null;
        if (alignment.Vocabulary is not { } vocabulary || (alignment.Rows is null && vocabulary.TokensFrom is null))
        {
            return config;
        }

        config ??= File.ReadAllText(Path.Combine(first.Package!.FullPath, ModelConfig.FileName));
        return VocabularyFiles.ConfigOf(config, vocabulary, alignment.Rows);
    }

    private static List<ProvenanceInput> Hashes(IReadOnlyList<MergeSource> sources, bool hasBase)
    {
        List<ProvenanceInput> hashes = [];
        for (int i = 0; i < sources.Count; i++)
        {
            string role = !hasBase ? $"model {i + 1}" : i == 0 ? "base" : $"model {i}";
            hashes.AddRange(sources[i].Pieces.SelectMany(piece => piece.Package is { } package
                ? package.Hashes(role)
                : piece.Files.Select(file => ProvenanceInput.Of(role, Path.GetDirectoryName(Path.GetFullPath(file))!,
                    Path.GetFileName(file)))));
            hashes.AddRange(sources[i].AdapterDirectories.SelectMany(directory => (ProvenanceInput[])
            [
                ProvenanceInput.Of($"{role} adapter", directory, LoraSettings.FileName),
                ProvenanceInput.Of($"{role} adapter", directory, LoraAdapter.TensorsFileName),
            ]));
        }

        return hashes;
    }

    private static string Beside(string output, string name) => $"{output}.{name}";

    private static string NameOf(MergeSource source) => string.Join('+', source.Input.Adapters.Select(NameOf).Prepend(source.Label));

    private static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    /// <summary>The type of all floating-point tensors; null where they differ.</summary>
    private static ElementType? UniformType(MergeSource source)
    {
        ElementType[] types = [.. source.Model.Tensors.Values.Select(tensor => tensor.ElementType).Where(type => type.IsFloat())
            .Distinct()];
        return types.Length == 1 ? types[0] : null;
    }
}
