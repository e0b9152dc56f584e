using OnnxEmbed.Models.Json;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>The special tokens that stand before and after the tokens of a single text.</summary>
internal sealed record SpecialTokenFrame(int[] Before, int[] After)
{
    private const int LargestId = int.MaxValue - 1;

    public static SpecialTokenFrame None { get; } = new([], []);

    public int Count => Before.Length + After.Length;

    /// <summary>TemplateProcessing: the template for one text, such as <c>[CLS] $A [SEP]</c>.</summary>
    public static SpecialTokenFrame ReadTemplate(JsonField field)
    {
        List<int> before = [];
        List<int> after = [];
        bool seen = false;
        foreach (JsonField piece in field["single"].Items())
        {
            JsonField sequence = piece["Sequence"];
            JsonField special = piece["SpecialToken"];
            JsonField typeId = sequence.Exists ? sequence["type_id"] : special["type_id"];
            if (typeId.Int32Or(0, 0, int.MaxValue) != 0)
            {
                throw typeId.Fault("0, the only token type of a single text that is supported");
            }

            if (sequence.Exists)
            {
                seen = seen || sequence["id"].AsString() != "A" ? throw sequence.Fault("one sequence, with the id A") : true;
            }
            else
            {
                string name = special["id"].AsString();
                IEnumerable<int> ids = field["special_tokens"][name]["ids"].Items().Select(id => id.AsInt32(0, LargestId));
                (seen ? after : before).AddRange(ids);
            }
        }

        return seen ? new SpecialTokenFrame([.. before], [.. after]) : throw field["single"].Fault("the sequence A");
    }

    /// <summary>BertProcessing: <c>cls text sep</c>, each given as [token, id].</summary>
    public static SpecialTokenFrame ReadPair(JsonField field) => new([IdOf(field["cls"])], [IdOf(field["sep"])]);

    private static int IdOf(JsonField pair) =>
        pair.Items() is [JsonField token, JsonField id] && token.IsString ? id.AsInt32(0, LargestId) : throw pair.Fault("[token, id]");
}
