using System.IO.Enumeration;

namespace OnnxEmbed.Models.Hub;

/// <summary>Which files of a repository are taken.</summary>
internal static class FileSelection
{
    private static readonly string[] Small =
    [
        "*.json", "*.txt", "*.md", "*.jinja", "*.model", "LICENSE*", "NOTICE*", "*/LICENSE*",
    ];

    // Code, weights of other frameworks and variants of the graph that import does not read.
    private static readonly string[] Never = ["openvino/*", "*.py", "coreml/*", "*.mlpackage/*", ".*", "*/.*"];

    /// <summary>Parts the files into those to take and those to leave.</summary>
    public static (IReadOnlyList<HubFile> Taken, IReadOnlyList<string> LeftOut) Of(
        IReadOnlyList<HubFile> files, IReadOnlyList<string> include, IReadOnlyList<string> exclude)
    {
        Func<HubFile, bool> wanted = include.Count > 0 ? file => Matches(file.Path, include) : Usual(files);
        ILookup<bool, HubFile> parts = files.ToLookup(file => wanted(file) && !Matches(file.Path, exclude));
        return ([.. parts[true]], [.. parts[false].Select(file => file.Path)]);
    }

    private static Func<HubFile, bool> Usual(IReadOnlyList<HubFile> files)
    {
        string[] weights = files.Any(file => Matches(file.Path, ["*.safetensors"]))
            ? ["*.safetensors"]
            : ["onnx/model.onnx", "onnx/model.onnx_data*", "model.onnx", "model.onnx_data*"];
        return file => Matches(file.Path, [.. Small, .. weights]) && !Matches(file.Path, Never);
    }

    // As huggingface_hub matches its patterns (Python's fnmatch): a star does not stop at a slash.
    private static bool Matches(string path, IReadOnlyList<string> patterns) =>
        patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, path, ignoreCase: false));
}
