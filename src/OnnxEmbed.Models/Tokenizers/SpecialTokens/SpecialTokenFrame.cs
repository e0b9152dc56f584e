using OnnxEmbed.Models.Json;

namespace OnnxEmbed.Models.Tokenizers.SpecialTokens;

/// <summary>The special tokens that stand around the tokens of one text, or of two.</summary>
internal sealed class SpecialTokenFrame
{
    private const int LargestId = int.MaxValue - 1;
    private const int LargestTypeId = 1 << 16;

    public SpecialTokenFrame(IReadOnlyList<TemplatePiece> single, IReadOnlyList<TemplatePiece> pair)
    {
        int text = single.Index().First(piece => piece.Item.Text == 0).Index;
        Before = [.. single.Take(text).Select(piece => piece.Id)];
        After = [.. single.Skip(text + 1).Select(piece => piece.Id)];
        Pair = pair;
        PairCount = pair.Count(piece => piece.Text < 0);
    }

    public static SpecialTokenFrame None { get; } = new(
        [TemplatePiece.OfText(0)], [TemplatePiece.OfText(0), TemplatePiece.OfText(1, 1)]);

    public int[] Before { get; }

    public int[] After { get; }

    public IReadOnlyList<TemplatePiece> Pair { get; }

    public int Count => Before.Length + After.Length;

    public int PairCount { get; }

    /// <summary>TemplateProcessing: the templates for one text and for two, such as <c>[CLS] $A [SEP]</c>.</summary>
    public static SpecialTokenFrame ReadTemplate(JsonField field)
    {
        List<TemplatePiece> single = ReadPieces(field, field["single"]);
        if (single.Count(piece => piece.Text == 0) != 1 || single.Any(piece => piece.Text == 1))
        {
            throw field["single"].Fault("the sequence A, once");
        }

        if (single.Any(piece => piece.TypeId != 0))
        {
            throw field["single"].Fault("token type 0 for all of a single text");
        }

        List<TemplatePiece> pair = field["pair"].Exists ? ReadPieces(field, field["pair"]) : [.. None.Pair];
        return pair.Count(piece => piece.Text == 0) == 1 && pair.Count(piece => piece.Text == 1) == 1
            ? new SpecialTokenFrame(single, pair)
            : throw field["pair"].Fault("the sequences A and B, once each");
    }

    /// <summary>BertProcessing: <c>cls A sep B sep</c>, each given as [token, id]; the second text and its end have token type 1.</summary>
    public static SpecialTokenFrame ReadBert(JsonField field)
    {
        (int cls, int sep) = (IdOf(field["cls"]), IdOf(field["sep"]));
        return new SpecialTokenFrame(
            [TemplatePiece.Token(cls), TemplatePiece.OfText(0), TemplatePiece.Token(sep)],
            [
                TemplatePiece.Token(cls), TemplatePiece.OfText(0), TemplatePiece.Token(sep),
                TemplatePiece.OfText(1, 1), TemplatePiece.Token(sep, 1),
            ]);
    }

    /// <summary>RobertaProcessing: <c>cls A sep sep B sep</c>, all of token type 0. Its trim_offsets changes no id.</summary>
    public static SpecialTokenFrame ReadRoberta(JsonField field)
    {
        (TemplatePiece cls, TemplatePiece sep) = (TemplatePiece.Token(IdOf(field["cls"])), TemplatePiece.Token(IdOf(field["sep"])));
        return new SpecialTokenFrame(
            [cls, TemplatePiece.OfText(0), sep], [cls, TemplatePiece.OfText(0), sep, sep, TemplatePiece.OfText(1), sep]);
    }

    private static List<TemplatePiece> ReadPieces(JsonField template, JsonField pieces)
    {
        List<TemplatePiece> read = [];
        foreach (JsonField piece in pieces.Items())
        {
            JsonField sequence = piece["Sequence"];
            if (sequence.Exists)
            {
                int text = sequence["id"].AsString() switch
                {
                    "A" => 0,
                    "B" => 1,
                    _ => throw sequence["id"].Fault("A or B"),
                };
                read.Add(TemplatePiece.OfText(text, sequence["type_id"].Int32Or(0, 0, LargestTypeId)));
                continue;
            }

            JsonField special = piece["SpecialToken"];
            int type = special["type_id"].Int32Or(0, 0, LargestTypeId);
            foreach (JsonField id in template["special_tokens"][special["id"].AsString()]["ids"].Items())
            {
                read.Add(TemplatePiece.Token(id.AsInt32(0, LargestId), type));
            }
        }

        return read;
    }

    private static int IdOf(JsonField pair) =>
        pair.Exists && pair.IsArray && pair.Items() is [JsonField token, JsonField id] && token.IsString
            ? id.AsInt32(0, LargestId)
            : throw pair.Fault("[token, id]");
}
