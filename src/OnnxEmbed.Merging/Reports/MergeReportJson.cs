using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Merging.Reports;

/// <summary>
/// The text of <c>merge-report.json</c>. Written token by token: the serializer's reflection alone took longer at start than merging a
/// small
/// model (2026-11-23).
/// </summary>
internal static class MergeReportJson
{
    private const int Schema = 1;

    private static readonly JsonWriterOptions Options =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(MergeReport report)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("schema", Schema);
            json.WriteString("tool", "onnxembed");
            json.WriteString("version", Provenance.ToolVersion);
            json.WriteString("method", report.Method);
            WriteParameters(json, report.Parameters);
            if (report.Base is { } theBase)
            {
                json.WriteString("base", theBase);
            }

            json.WriteStartArray("models");
            foreach ((string name, double weight) in report.Models)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteNumber("weight", weight);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteInputs(json, report.Inputs);
            WriteTotals(json, report);
            json.WriteStartArray("warnings");
            foreach (string warning in report.Warnings)
            {
                json.WriteStringValue(warning);
            }

            json.WriteEndArray();
            WriteMatches(json, report.Matches);
            json.WriteStartArray("tensors");
            foreach (TensorReport tensor in report.Tensors)
            {
                WriteTensor(json, tensor);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void WriteMatches(Utf8JsonWriter json, IReadOnlyList<TensorMatch> matches)
    {
        if (matches.Count == 0)
        {
            return;
        }

        json.WriteStartArray("matches");
        foreach (TensorMatch match in matches)
        {
            json.WriteStartObject();
            json.WriteString("tensor", match.Tensor);
            json.WriteString("model", match.Model);
            json.WriteString("other", match.Other);
            json.WriteString("by", match.Kind.ToString().ToLowerInvariant());
            json.WriteBoolean("transposed", match.Transposed);
            json.WriteBoolean("part", match.Part);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteParameters(Utf8JsonWriter json, IReadOnlyDictionary<string, object> parameters)
    {
        json.WriteStartObject("parameters");
        foreach ((string name, object value) in parameters)
        {
            switch (value)
            {
                case double number:
                    json.WriteNumber(name, number);
                    break;
                case bool flag:
                    json.WriteBoolean(name, flag);
                    break;
                default:
                    json.WriteString(name, (string)value);
                    break;
            }
        }

        json.WriteEndObject();
    }

    private static void WriteInputs(Utf8JsonWriter json, IReadOnlyList<ProvenanceInput> inputs)
    {
        json.WriteStartArray("inputs");
        foreach (ProvenanceInput input in inputs)
        {
            json.WriteStartObject();
            json.WriteString("role", input.Role);
            json.WriteString("file", input.File);
            json.WriteString("sha256", input.Sha256);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTotals(Utf8JsonWriter json, MergeReport report)
    {
        json.WriteStartObject("totals");
        json.WriteNumber("tensors", report.Tensors.Count);
        json.WriteNumber("blended_elements", report.BlendedElements);
        WriteNumbers(json, "angle_degrees", report.AnglesDegrees);
        if (report.ErasedShare is { } erased)
        {
            json.WriteNumber("erased_by_rounding", erased);
        }

        json.WriteNumber("non_finite", report.Tensors.Sum(tensor => tensor.NonFinite.Sum()));
        json.WriteStartObject("actions");
        foreach ((string action, int count) in report.Totals)
        {
            json.WriteNumber(action, count);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter json, TensorReport tensor)
    {
        json.WriteStartObject();
        json.WriteString("name", tensor.Name);
        json.WriteString("type", tensor.Type);
        json.WriteString("action", tensor.Action);
        WriteOwnParameters(json, tensor);
        WriteNumbers(json, "factors", [.. tensor.Factors.Select(factor => (double?)factor)]);
        foreach ((string name, double value) in tensor.Figures)
        {
            json.WritePropertyName(name);
            WriteNumber(json, value);
        }

        WriteNumbers(json, "norms", [.. tensor.Norms.Select(norm => (double?)norm)]);
        if (tensor.OutputNorm is { } output)
        {
            json.WritePropertyName("output_norm");
            WriteNumber(json, output);
        }

        if (tensor.ErasedShare is { } erased)
        {
            json.WriteNumber("erased_by_rounding", erased);
        }

        WriteNumbers(json, "cosine", tensor.Cosines);
        WriteNumbers(json, "angle_degrees", tensor.AnglesDegrees);
        if (tensor.NonFinite.Count > 0)
        {
            WriteNumbers(json, "non_finite", [.. tensor.NonFinite.Select(count => (double?)count)]);
        }

        if (tensor.Warning is { } warning)
        {
            json.WriteString("warning", warning);
        }

        json.WriteEndObject();
    }

    private static void WriteOwnParameters(Utf8JsonWriter json, TensorReport tensor)
    {
        if (tensor.Parameters.Count == 0)
        {
            return;
        }

        json.WriteStartObject("parameters");
        foreach ((string name, IReadOnlyList<object> values) in tensor.Parameters)
        {
            json.WritePropertyName(name);
            if (values.Count == 1)
            {
                WriteValue(json, values[0]);
                continue;
            }

            json.WriteStartArray();
            foreach (object value in values)
            {
                WriteValue(json, value);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case double number:
                json.WriteNumberValue(number);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            default:
                json.WriteStringValue((string)value);
                break;
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<double?> numbers)
    {
        if (numbers.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (double? number in numbers)
        {
            WriteNumber(json, number);
        }

        json.WriteEndArray();
    }

    /// <summary>JSON has no NaN and no infinity; they become null.</summary>
    private static void WriteNumber(Utf8JsonWriter json, double? number)
    {
        if (number is { } value && double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
