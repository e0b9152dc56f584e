using System.Text.Encodings.Web;
using System.Text.Json;

namespace OnnxEmbed.Study.Results;

/// <summary>Reads and writes <c>results.json</c>: the fields of <see cref="StudyResult"/> in snake case.</summary>
public static class ResultsFile
{
    /// <summary>Name of the file in a study's directory.</summary>
    public const string FileName = "results.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a result.</summary>
    public static void Write(string path, StudyResult result) => File.WriteAllText(path, JsonSerializer.Serialize(result, Json) + "\n");

    /// <summary>Reads a result.</summary>
    /// <exception cref="Tensors.DataException">The file is no result of a study.</exception>
    public static StudyResult Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<StudyResult>(File.ReadAllBytes(path), Json)
                ?? throw new Tensors.DataException($"{path}: needs the results of a study, got null");
        }
        catch (JsonException fault)
        {
            throw new Tensors.DataException($"{path}: needs the results of a study, got {fault.Message}", fault);
        }
    }
}
