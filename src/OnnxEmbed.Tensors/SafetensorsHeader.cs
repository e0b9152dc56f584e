using System.Text.Json;

namespace OnnxEmbed.Tensors;

/// <summary>The parsed and checked JSON header of a safetensors file.</summary>
internal sealed class SafetensorsHeader
{
    private readonly string _path;
    private readonly Dictionary<string, TensorData> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string path) => _path = path;

    public IReadOnlyDictionary<string, TensorData> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    public static SafetensorsHeader Read(MappedFile file, int headerLength)
    {
        SafetensorsHeader header = new(file.Path);
        try
        {
            header.Parse(file, headerLength);
        }
        catch (JsonException exception)
        {
            throw new SafetensorsException(file.Path, "needs a JSON header, got: " + exception.Message, exception);
        }
        catch (InvalidOperationException exception)
        {
            // What Utf8JsonReader throws for a value of another kind and for text that is not UTF-8.
            throw new SafetensorsException(file.Path, "needs a safetensors header, got: " + exception.Message, exception);
        }

        return header;
    }

    private void Parse(MappedFile file, int headerLength)
    {
        ReadOnlySpan<byte> json = file.Slice(8, headerLength);
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw new SafetensorsException(_path, "needs a header that begins with '{'; this is no safetensors file");
        }

        long dataStart = 8 + headerLength;
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 8 });
        reader.Read();
        List<(long Begin, long End, string Name)> ranges = [];
        bool hasMetadata = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "__metadata__")
            {
                if (hasMetadata)
                {
                    throw new SafetensorsException(_path, "has __metadata__ twice");
                }

                hasMetadata = true;
                ParseMetadata(ref reader);
                continue;
            }

            (ElementType type, long[] shape, long begin, long end) = ParseTensor(ref reader, name);
            if (begin < 0 || end < begin || end > file.Length - dataStart)
            {
                throw new SafetensorsException(
                    _path, $"tensor '{name}': needs offsets inside the {file.Length - dataStart} bytes of data, got [{begin}, {end})");
            }

            long needed = BytesOf(type, shape, name);
            if (needed != end - begin)
            {
                throw new SafetensorsException(
                    _path, $"tensor '{name}': {type.ShortName()}[{string.Join(", ", shape)}] needs {needed} bytes, its offsets give {end - begin}");
            }

            if (!_tensors.TryAdd(name, TensorData.FromMapped(type, shape, file, dataStart + begin)))
            {
                throw new SafetensorsException(_path, $"has the tensor '{name}' twice");
            }

            ranges.Add((begin, end, name));
        }

        // Reads on to the end, where anything but blanks is an error of the JSON.
        while (reader.Read())
        {
        }

        CheckCovered(ranges, file.Length - dataStart);
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "__metadata__", "an object of texts");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.String, "__metadata__", $"a text under '{key}'");
            if (!_metadata.TryAdd(key, reader.GetString()!))
            {
                throw new SafetensorsException(_path, $"has the metadata key '{key}' twice");
            }
        }
    }

    private (ElementType Type, long[] Shape, long Begin, long End) ParseTensor(ref Utf8JsonReader reader, string name)
    {
        string? typeName = null;
        long[]? shape = null;
        long[]? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, name, "an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            bool first = key switch { "dtype" => typeName is null, "shape" => shape is null, "data_offsets" => offsets is null, _ => false };
            if (!first)
            {
                throw new SafetensorsException(_path, $"tensor '{name}': needs dtype, shape and data_offsets once each, got '{key}'");
            }

            if (key == "dtype")
            {
                Expect(ref reader, JsonTokenType.String, name, "a text as dtype");
                typeName = reader.GetString();
            }
            else if (key == "shape")
            {
                shape = ParseNumbers(ref reader, name, key);
            }
            else
            {
                offsets = ParseNumbers(ref reader, name, key);
            }
        }

        if (typeName is null || shape is null || offsets is not { Length: 2 })
        {
            throw new SafetensorsException(_path, $"tensor '{name}': needs dtype, shape and data_offsets of two numbers");
        }

        return SafetensorsTypes.TryParse(typeName, out ElementType type)
            ? (type, shape, offsets[0], offsets[1])
            : throw new SafetensorsException(_path, $"tensor '{name}': needs one of the types {SafetensorsTypes.KnownNames}, got '{typeName}'");
    }

    private long[] ParseNumbers(ref Utf8JsonReader reader, string name, string key)
    {
        Expect(ref reader, JsonTokenType.StartArray, name, $"a list as {key}");
        List<long> numbers = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(ref reader, JsonTokenType.Number, name, $"whole numbers in {key}");
            numbers.Add(reader.TryGetInt64(out long number) && number >= 0
                ? number
                : throw new SafetensorsException(_path, $"tensor '{name}': needs whole numbers of 0 or more in {key}"));
        }

        return [.. numbers];
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string name, string what)
    {
        if (reader.TokenType != type)
        {
            throw new SafetensorsException(_path, $"'{name}': needs {what}, got {reader.TokenType}");
        }
    }

    private long BytesOf(ElementType type, long[] shape, string name)
    {
        try
        {
            return checked(TensorData.CountElements(shape) * type.SizeInBytes());
        }
        catch (OverflowException exception)
        {
            throw new SafetensorsException(_path, $"tensor '{name}': the shape [{string.Join(", ", shape)}] passes 2^63 bytes", exception);
        }
    }

    private void CheckCovered(List<(long Begin, long End, string Name)> ranges, long dataLength)
    {
        // Empty tensors first among equals, so that they lie before what begins at the same place.
        ranges.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long at = 0;
        foreach ((long begin, long end, string name) in ranges)
        {
            if (begin != at)
            {
                throw new SafetensorsException(
                    _path, $"tensor '{name}': needs to begin at byte {at} of the data, where the one before it ends, got {begin}");
            }

            at = end;
        }

        if (at != dataLength)
        {
            throw new SafetensorsException(_path, $"has {dataLength} bytes of data, of which its tensors use {at}");
        }
    }
}
