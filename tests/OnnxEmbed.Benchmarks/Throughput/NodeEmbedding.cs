using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OnnxEmbed.Benchmarks.Throughput;

/// <summary>The same package and texts in @huggingface/transformers on Node: scripts/clients/embed.mjs.</summary>
internal static class NodeEmbedding
{
    /// <summary>Why it cannot run here; null where it can. Installs the library from npm where it is not there.</summary>
    public static string? Missing(out string directory)
    {
        directory = "";
        try
        {
            Process("node", ["--version"]);
            directory = Process(Path.Combine("scripts", "clients", "install.sh"), []).Trim();
            return null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return e.Message.ReplaceLineEndings(" ");
        }
    }

    /// <returns>Seconds of each round, and the vectors of the first texts.</returns>
    public static (List<double> Seconds, float[][] First) Run(string directory, string package, IReadOnlyList<string> texts, int threads, int rounds)
    {
        string file = Path.Combine(directory, "bench-texts.json");
        string vectors = Path.Combine(directory, "bench-vectors.json");
        File.WriteAllText(file, JsonSerializer.Serialize(texts));
        File.Copy(Path.Combine("scripts", "clients", "embed.mjs"), Path.Combine(directory, "embed.mjs"), overwrite: true);
        string printed = Process("node", [Path.Combine(directory, "embed.mjs"), package, file, $"{threads}", $"{rounds}", vectors]);
        return (
            [.. printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line, CultureInfo.InvariantCulture))],
            JsonSerializer.Deserialize<float[][]>(File.ReadAllText(vectors))!);
    }

    private static string Process(string file, IReadOnlyList<string> arguments)
    {
        using Process process = System.Diagnostics.Process.Start(
            new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: exit {process.ExitCode}: {errors.Result}");
    }
}
