using System.Text.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Json;

/// <summary>
/// One value in a JSON file together with where it stands, so that a wrong value is reported as
/// <c>file: path needs rule, got value</c>. A member that is absent or null does not <see cref="Exists"/>.
/// </summary>
internal readonly partial struct JsonField
{
    private readonly JsonElement _element;

    private JsonField(string file, string path, JsonElement element)
    {
        File = file;
        Path = path;
        _element = element;
    }

    public string File { get; }

    /// <summary>Members and indices from the root, as in <c>post_processor.single[0]</c>; empty at the root.</summary>
    public string Path { get; }

    public bool Exists => _element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>Whether the member is not there at all, which some formats tell apart from null.</summary>
    public bool IsAbsent => _element.ValueKind == JsonValueKind.Undefined;

    public bool IsString => _element.ValueKind == JsonValueKind.String;

    public bool IsObject => _element.ValueKind == JsonValueKind.Object;

    public bool IsArray => _element.ValueKind == JsonValueKind.Array;

    public bool IsNumber => _element.ValueKind == JsonValueKind.Number;

    private string Where => Path.Length == 0 ? File : $"{File}: {Path}";

    public JsonField this[string name] => IsObject && _element.TryGetProperty(name, out JsonElement member)
        ? new JsonField(File, Path.Length == 0 ? name : $"{Path}.{name}", member)
        : new JsonField(File, Path.Length == 0 ? name : $"{Path}.{name}", default);

    /// <summary>Reads a whole file. The document is not disposed: the fields of it live as long as they are referenced.</summary>
    public static JsonField Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = System.IO.File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException($"{path}: needs to exist, there is no such file");
        }

        return Parse(path, bytes);
    }

    public static JsonField Parse(string file, ReadOnlyMemory<byte> utf8)
    {
        // The parser looks at texts only when they are asked for.
        if (!System.Text.Unicode.Utf8.IsValid(utf8.Span))
        {
            throw new DataException($"{file}: needs UTF-8, got other bytes");
        }

        try
        {
            JsonDocument document = JsonDocument.Parse(utf8);
            return new JsonField(file, "", document.RootElement);
        }
        catch (JsonException e)
        {
            throw new DataException($"{file}: needs JSON, got a fault at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    public string AsString() => TextOf(_element) ?? throw Fault("a string");

    public string? StringOrNull() => Exists ? AsString() : null;

    public int AsInt32(int minimum, int maximum) =>
        IsNumber && _element.TryGetInt32(out int value) && value >= minimum && value <= maximum
            ? value
            : throw Fault($"a whole number in [{minimum}, {maximum}]");

    public double AsDouble() => IsNumber && _element.TryGetDouble(out double value) && double.IsFinite(value)
        ? value
        : throw Fault("a finite number");

    public ulong AsUInt64() => IsNumber && _element.TryGetUInt64(out ulong value) ? value : throw Fault("a whole number in [0, 2^64)");

    /// <summary>The value as a text, number, truth value or null; a list or object as a JSON node.</summary>
    public object? Plain() => _element.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => (object?)null, // without the cast every arm would become a JsonNode
        JsonValueKind.True => (object)true,
        JsonValueKind.False => (object)false,
        JsonValueKind.String => _element.GetString(),
        JsonValueKind.Number when _element.TryGetInt64(out long whole) => (object)whole,
        JsonValueKind.Number => (object)_element.GetDouble(),
        _ => JsonSerializer.SerializeToNode(_element),
    };

    public bool AsBoolean() => _element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fault("true or false"),
    };

    public bool BooleanOr(bool fallback) => Exists ? AsBoolean() : fallback;

    public int Int32Or(int fallback, int minimum, int maximum) => Exists ? AsInt32(minimum, maximum) : fallback;

    public double DoubleOr(double fallback) => Exists ? AsDouble() : fallback;

    public string StringOr(string fallback) => Exists ? AsString() : fallback;

    public List<JsonField> Items()
    {
        if (!IsArray)
        {
            throw Fault("a list");
        }

        List<JsonField> items = new(_element.GetArrayLength());
        foreach (JsonElement item in _element.EnumerateArray())
        {
            items.Add(new JsonField(File, $"{Path}[{items.Count}]", item));
        }

        return items;
    }

    public IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (!IsObject)
        {
            throw Fault("an object");
        }

        foreach (JsonProperty member in _element.EnumerateObject())
        {
            string name = NameOf(member);
            yield return (name, new JsonField(File, $"{Path}.{name}", member.Value));
        }
    }

    /// <summary>The error that says what this place needs and shows what it holds.</summary>
    public DataException Fault(string needs)
    {
        string got = _element.ValueKind switch
        {
            JsonValueKind.Undefined => "nothing",
            JsonValueKind.Null => "null",
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => $"a list of {_element.GetArrayLength()}",
            _ => Shorten(_element.GetRawText()),
        };
        return new DataException(JsonText.OneLine($"{Where} needs {needs}, got {got}"));
    }

    // A text with half of a surrogate pair (\ud800) is JSON, but no text.
    private static string? TextOf(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw Fault("names of members that are well-formed text");
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
