using System.Text.Json;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// Weights in safetensors: one file, or shards that an index names
/// (https://huggingface.co/docs/huggingface_hub/v0.26.0/package_reference/serialization).
/// </summary>
internal static class Checkpoint
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";

    /// <summary>The files of a directory; empty where it holds none.</summary>
    /// <exception cref="DataException">An index is wrong or names files that are not there; all of them are listed.</exception>
    public static IReadOnlyList<string> FilesOf(string directory)
    {
        string index = Path.Combine(directory, Index);
        if (!File.Exists(index))
        {
            string single = Path.Combine(directory, Single);
            return File.Exists(single) ? [single] : [];
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(index));
            string[] names = [.. json.RootElement.GetProperty("weight_map").EnumerateObject()
                .Select(entry => entry.Value.GetString() ?? "").Distinct().Order(StringComparer.Ordinal)];
            string[] faults = [.. names.Where(name => Path.GetFileName(name) != name || !File.Exists(Path.Combine(directory, name)))];
            return faults.Length == 0
                ? [.. names.Select(name => Path.Combine(directory, name))]
                : throw new DataException($"{index}: needs files of its own directory, there are none named {string.Join(", ", faults)}");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DataException($"{index}: needs JSON with a weight_map of file names, got: {exception.Message}", exception);
        }
    }

    /// <summary>Opens files as a model without a graph.</summary>
    public static OpenedModel Open(IReadOnlyList<string> paths)
    {
        List<SafetensorsFile> files = [];
        try
        {
            Dictionary<string, TensorData> tensors = new(StringComparer.Ordinal);
            ModelProto proto = new() { Graph = new GraphProto { Name = "checkpoint" } };
            foreach (string path in paths)
            {
                SafetensorsFile file = SafetensorsFile.Open(path);
                files.Add(file);
                foreach ((string name, TensorData tensor) in file.Tensors)
                {
                    if (!tensors.TryAdd(name, tensor))
                    {
                        throw new DataException($"{path}: '{name}' is in another shard, too");
                    }

                    TensorProto head = new() { Name = name, DataType = (int)tensor.ElementType };
                    head.Dims.AddRange(tensor.Shape);
                    proto.Graph.Initializer.Add(head);
                }
            }

            return new OpenedModel(new OnnxModel(proto, tensors), false, null, paths, [], files);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <summary>A model with the tensors of a file in place of its own, as a checkpoint of a training run holds them.</summary>
    /// <exception cref="ShapeMismatchException">Tensors of the file do not fit; all are listed.</exception>
    public static OpenedModel Over(OpenedModel model, string path)
    {
        SafetensorsFile? file = null;
        try
        {
            file = SafetensorsFile.Open(path);
            List<string> faults = [];
            Dictionary<string, TensorData> tensors = new(model.Model.Tensors, StringComparer.Ordinal);
            foreach ((string name, TensorData tensor) in file.Tensors)
            {
                // Parameters of a language-model head are trained, too; they have no place in the graph.
                if (tensors.TryGetValue(name, out TensorData? own))
                {
                    tensors[name] = tensor;
                    if (own.ToString() != tensor.ToString())
                    {
                        faults.Add($"'{name}' is {tensor}, in the model {own}");
                    }
                }
            }

            return faults.Count > 0
                ? throw new ShapeMismatchException($"{path}: the checkpoint does not fit the model", faults)
                : model with { Model = new OnnxModel(model.Model.Proto, tensors), Files = [.. model.Files, path], Owned = [file, model.Model] };
        }
        catch
        {
            file?.Dispose();
            model.Model.Dispose();
            throw;
        }
    }
}
