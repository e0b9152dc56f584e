using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using OnnxEmbed.Cli.Hosting;
using Spectre.Console;

namespace OnnxEmbed.Cli.Output;

/// <summary>Writes a <see cref="Result"/> to stdout. JSON and CSV keep every digit; table and Markdown show five.</summary>
internal static class ResultWriter
{
    private static readonly JsonWriterOptions JsonOptions = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Session session, OutputFormat format, Result result)
    {
        switch (format)
        {
            case OutputFormat.Json:
                session.Stdout.WriteLine(ToJson(result));
                break;
            case OutputFormat.Markdown:
                WriteMarkdown(session.Stdout, result);
                break;
            case OutputFormat.Csv:
                WriteCsv(session.Stdout, result);
                break;
            default:
                WriteTable(session, result);
                break;
        }
    }

    private static void WriteTable(Session session, Result result)
    {
        IAnsiConsole console = session.Console();
        if (result.Facts.Count > 0)
        {
            int column = result.Facts.Max(fact => fact.Name.Length) + 2;
            foreach ((string name, object? value) in result.Facts)
            {
                session.Stdout.WriteLine(name.PadRight(column) + Show(value));
            }
        }

        foreach (ResultTable table in result.Tables.Where(table => table.Rows.Count > 0))
        {
            Table view = new() { Border = TableBorder.Simple, Title = result.Tables.Count > 1 ? new TableTitle(Markup.Escape(table.Name)) : null };
            for (int i = 0; i < table.Columns.Count; i++)
            {
                int column = i;
                bool numeric = table.Rows.Count > 0 && table.Rows.All(row => row[column] is null or double or float or int or long or ulong);
                view.AddColumn(new TableColumn(Markup.Escape(table.Columns[i])) { Alignment = numeric ? Justify.Right : Justify.Left, NoWrap = numeric });
            }

            foreach (object?[] row in table.Rows)
            {
                view.AddRow(row.Select(value => Markup.Escape(Show(value))).ToArray());
            }

            console.Write(view);
        }
    }

    private static void WriteMarkdown(TextWriter to, Result result)
    {
        foreach ((string name, object? value) in result.Facts)
        {
            to.WriteLine($"- {name}: {Show(value)}");
        }

        foreach (ResultTable table in result.Tables)
        {
            to.WriteLine();
            to.WriteLine($"| {string.Join(" | ", table.Columns)} |");
            to.WriteLine($"|{string.Concat(table.Columns.Select(_ => "---|"))}");
            foreach (object?[] row in table.Rows)
            {
                to.WriteLine($"| {string.Join(" | ", row.Select(value => Show(value).Replace("|", "\\|", StringComparison.Ordinal)))} |");
            }
        }
    }

    /// <summary>RFC 4180; several tables are parted by an empty line, and facts make a table of their own.</summary>
    private static void WriteCsv(TextWriter to, Result result)
    {
        bool first = true;
        foreach (ResultTable table in result.Tables.Count > 0 || result.Facts.Count == 0
            ? result.Tables
            : [new ResultTable("facts", ["name", "value"], result.Facts.Select(fact => new[] { fact.Name, fact.Value }).ToList())])
        {
            if (!first)
            {
                to.WriteLine();
            }

            first = false;
            to.WriteLine(string.Join(',', table.Columns.Select(Quote)));
            foreach (object?[] row in table.Rows)
            {
                to.WriteLine(string.Join(',', row.Select(value => Quote(Exact(value)))));
            }
        }
    }

    /// <summary>The result as a JSON object: the facts, and the tables as lists of objects.</summary>
    public static string ToJson(Result result)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, JsonOptions))
        {
            json.WriteStartObject();
            foreach ((string name, object? value) in result.Facts)
            {
                json.WritePropertyName(name);
                WriteJson(json, value);
            }

            foreach (ResultTable table in result.Tables)
            {
                json.WriteStartArray(table.Name);
                foreach (object?[] row in table.Rows)
                {
                    json.WriteStartObject();
                    for (int i = 0; i < row.Length; i++)
                    {
                        json.WritePropertyName(table.Columns[i]);
                        WriteJson(json, row[i]);
                    }

                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteJson(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null or double.NaN or double.PositiveInfinity or double.NegativeInfinity or float.NaN:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case System.Collections.IEnumerable list:
                json.WriteStartArray();
                foreach (object? item in list)
                {
                    WriteJson(json, item);
                }

                json.WriteEndArray();
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case float number:
                json.WriteNumberValue(number);
                break;
            case int or long or uint:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteStringValue(Exact(value));
                break;
        }
    }

    private static string Quote(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    private static string Exact(object? value) => value switch
    {
        null => string.Empty,
        bool flag => flag ? "true" : "false",
        string text => text,
        System.Collections.IEnumerable list => string.Join(' ', list.Cast<object?>().Select(Exact)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? string.Empty,
    };

    private static string Show(object? value) => value switch
    {
        double number => number.ToString("G5", CultureInfo.InvariantCulture),
        float number => number.ToString("G5", CultureInfo.InvariantCulture),
        System.Collections.IEnumerable list and not string => string.Join(", ", list.Cast<object?>().Select(Show)),
        _ => Exact(value),
    };
}
