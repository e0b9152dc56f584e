namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>Ids by token, asked with spans.</summary>
internal sealed class TokenVocabulary
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public TokenVocabulary(Dictionary<string, int> ids)
    {
        Ids = ids;
        _bySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        LongestToken = ids.Count == 0 ? 0 : ids.Keys.Max(token => token.Length);
    }

    public Dictionary<string, int> Ids { get; }

    /// <summary>Length of the longest token in UTF-16 units.</summary>
    public int LongestToken { get; }

    public bool TryGet(ReadOnlySpan<char> token, out int id) => _bySpan.TryGetValue(token, out id);

    public int? Find(string token) => Ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>Ids of <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, -1 where one is missing.</summary>
    public int[] ByteIds()
    {
        int[] ids = new int[256];
        for (int value = 0; value < 256; value++)
        {
            ids[value] = Find($"<0x{value:X2}>") ?? -1;
        }

        return ids;
    }
}
