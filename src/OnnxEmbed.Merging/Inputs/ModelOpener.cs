using System.Globalization;
using System.Text.Json;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// Opens what a merge can take: a model package, an ONNX file, a checkpoint in safetensors, an adapter or a training run, whose result or
/// last
/// checkpoint stands for it.
/// </summary>
internal static class ModelOpener
{
    private const string CheckpointsName = "checkpoints";
    private const string Kinds = "a model package, an .onnx file, a directory with safetensors, an adapter or a training run";

    /// <summary>Opens an input.</summary>
    /// <param name="path">The file or directory.</param>
    /// <exception cref="DataException">There is nothing that can be merged, or a file of it is wrong.</exception>
    public static OpenedModel Open(string path)
    {
        if (File.Exists(path))
        {
            return path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
                ? Checkpoint.Open([path])
                : new OpenedModel(OnnxModel.Load(path), true, null, [path], [], []);
        }

        if (!Directory.Exists(path))
        {
            throw new DataException($"{path}: needs {Kinds}, there is nothing of that name");
        }

        if (LoraAdapter.IsAdapter(path))
        {
            return WithAdapter(BaseOf(path), path);
        }

        if (RunConfig(path) is { } package)
        {
            return OpenRun(path, package);
        }

        if (RunOfCheckpoint(path) is { } run && RunConfig(run) is { } trained && OpenPlace(path, trained, run) is { } checkpoint)
        {
            return checkpoint;
        }

        return Checkpoint.FilesOf(path) is { Count: > 0 } files && !File.Exists(Path.Combine(path, "onnx/model.onnx"))
            ? Checkpoint.Open(files)
            : File.Exists(Path.Combine(path, "model.onnx")) && !ModelPackage.IsPackage(path) ? Open(Path.Combine(path, "model.onnx"))
            : OpenPackage(path);
    }

    private static OpenedModel OpenPackage(string path)
    {
        ModelPackage package = ModelPackage.Open(path);
        return new OpenedModel(OnnxModel.Load(package.ModelPath), true, package, [package.ModelPath], [], []);
    }

    private static OpenedModel OpenRun(string run, string package)
    {
        if (ModelPackage.IsPackage(Path.Combine(run, "model")))
        {
            return OpenPackage(Path.Combine(run, "model"));
        }

        string[] places = [run, .. Checkpoints(run).Reverse()];
        return places.Select(place => OpenPlace(place, package, run)).FirstOrDefault(opened => opened is not null)
            ?? throw new DataException($"{run}: needs a run with model/, adapter/ or checkpoints/, there is none of them yet");
    }

    /// <summary>
    /// What a directory of a run holds: an adapter, or weights, of the package that was trained; null where it is neither.
    /// </summary>
    private static OpenedModel? OpenPlace(string place, string package, string run)
    {
        string adapter = Path.Combine(place, "adapter");
        string weights = Path.Combine(place, "model.safetensors");
        return LoraAdapter.IsAdapter(adapter) ? WithAdapter(Existing(package, run), adapter)
            : File.Exists(weights) ? Checkpoint.Over(OpenPackage(Existing(package, run)), weights)
            : null;
    }

    /// <summary>The run that a directory is a checkpoint of, <c>RUN/checkpoints/step-N</c>; null where it is none.</summary>
    private static string? RunOfCheckpoint(string path)
    {
        string? parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return parent is not null && Path.GetFileName(parent) == CheckpointsName ? Path.GetDirectoryName(parent) : null;
    }

    /// <summary>Directories of a run's checkpoints in the order of their steps.</summary>
    internal static IEnumerable<string> Checkpoints(string run)
    {
        string directory = Path.Combine(run, CheckpointsName);
        return !Directory.Exists(directory) ? [] : Directory.GetDirectories(directory, "step-*")
            .Select(path => (Path: path, Step: long.TryParse(Path.GetFileName(path)[5..], CultureInfo.InvariantCulture, out long step)
                ? step : -1))
            .Where(checkpoint => checkpoint.Step >= 0)
            .OrderBy(checkpoint => checkpoint.Step)
            .Select(checkpoint => checkpoint.Path);
    }

    /// <summary>The package that a run trained, as its config names it; null where the directory is no run.</summary>
    internal static string? RunConfig(string path)
    {
        string config = Path.Combine(path, "config.json");
        if (!File.Exists(config))
        {
            return null;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(config));
            return json.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("kind", out _)
                && root.TryGetProperty("options", out JsonElement options) && options.ValueKind == JsonValueKind.Object
                && options.TryGetProperty("package", out JsonElement package) && package.ValueKind == JsonValueKind.String
                ? package.GetString()
                : null;
        }
        catch (JsonException exception)
        {
            throw new DataException($"{config}: needs JSON, got: {exception.Message}", exception);
        }
    }

    private static OpenedModel WithAdapter(string model, string adapter)
    {
        OpenedModel opened = Open(model);
        return opened with { Adapters = [.. opened.Adapters, adapter] };
    }

    /// <summary>The model that an adapter's config names, as a path or as the name of a directory beside the adapter or its run.</summary>
    private static string BaseOf(string adapter)
    {
        using LoraAdapter loaded = LoraAdapter.Load(adapter);
        string named = loaded.Settings.BaseModelNameOrPath;
        string? run = Path.GetDirectoryName(Path.GetFullPath(adapter));
        return run is not null && RunConfig(run) is { } package ? Existing(package, run)
            : named.Length > 0 ? Existing(named, adapter)
            : throw new DataException($"{adapter}: an adapter needs the model that it was trained on; name it as MODEL+{adapter}");
    }

    private static string Existing(string path, string beside)
    {
        string full = Path.GetFullPath(beside);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        string?[] places = [path, Path.Combine(full, path), Sibling(full, name), Sibling(Path.GetDirectoryName(full), name)];
        return places.FirstOrDefault(place => place is not null && Path.Exists(place))
            ?? throw new DataException($"{beside}: needs the model that it was trained on, {path}, there is nothing of that name");

        static string? Sibling(string? directory, string name) =>
            directory is not null && Path.GetDirectoryName(directory) is { } parent ? Path.Combine(parent, name) : null;
    }
}
