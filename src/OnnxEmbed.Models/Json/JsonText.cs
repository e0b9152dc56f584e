using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OnnxEmbed.Models.Json;

/// <summary>How JSON files are written: indented by two blanks, line feeds, one at the end, signs not escaped.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The text on one line, as errors are: names from files may hold line ends.</summary>
    public static string OneLine(string text) =>
        text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    public static string Of(JsonNode value) => value.ToJsonString(Indented) + "\n";

    public static void Write(string path, JsonNode value) => File.WriteAllText(path, Of(value));
}
