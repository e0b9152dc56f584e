using System.Text.Json;

namespace OnnxEmbed.Models.Json;

/// <summary>Long lists, read without a field for each item: vocabularies have hundreds of thousands.</summary>
internal readonly partial struct JsonField
{
    /// <summary>The members of an object of whole numbers.</summary>
    public List<(string Name, int Value)> Int32Members(int minimum, int maximum)
    {
        List<(string, int)> members = [];
        if (!IsObject)
        {
            throw Fault("an object");
        }

        foreach (JsonProperty member in _element.EnumerateObject())
        {
            string name = NameOf(member);
            bool fits = member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out int value)
                && value >= minimum && value <= maximum;
            members.Add(
                (name, fits ? member.Value.GetInt32() : new JsonField(File, $"{Path}.{name}", member.Value).AsInt32(minimum, maximum)));
        }

        return members;
    }

    /// <summary>A list of [text, number].</summary>
    public List<(string Text, double Number)> ScoredTexts()
    {
        List<(string, double)> items = [];
        foreach (JsonElement item in Elements())
        {
            bool fits = item.ValueKind == JsonValueKind.Array && item.GetArrayLength() == 2;
            string? text = fits ? TextOf(item[0]) : null;
            items.Add(text is not null && item[1].ValueKind == JsonValueKind.Number && item[1].TryGetDouble(out double number)
                && double.IsFinite(number)
                ? (text, number)
                : throw new JsonField(File, $"{Path}[{items.Count}]", item).Fault("[token, finite number]"));
        }

        return items;
    }

    /// <summary>A list of pairs of texts, each as [first, second] or as one text with a blank between them.</summary>
    public List<(string First, string Second)> TextPairs()
    {
        List<(string, string)> items = [];
        foreach (JsonElement item in Elements())
        {
            string? joined = TextOf(item);
            int blank = joined?.IndexOf(' ') ?? -1;
            if (joined is not null && blank >= 0 && joined.IndexOf(' ', blank + 1) < 0)
            {
                items.Add((joined[..blank], joined[(blank + 1)..]));
            }
            else if (item.ValueKind == JsonValueKind.Array && item.GetArrayLength() == 2
                && TextOf(item[0]) is string first && TextOf(item[1]) is string second)
            {
                items.Add((first, second));
            }
            else
            {
                throw new JsonField(File, $"{Path}[{items.Count}]", item).Fault("[first, second] or \"first second\"");
            }
        }

        return items;
    }

    private JsonElement.ArrayEnumerator Elements() => IsArray ? _element.EnumerateArray() : throw Fault("a list");
}
