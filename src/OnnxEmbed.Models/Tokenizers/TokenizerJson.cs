using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// A tokenizer as Hugging Face writes it to <c>tokenizer.json</c>: added tokens are cut out of the raw text; what lies between is
/// normalised, split by the pre-tokenizer and looked up by the model; the post-processor's special tokens stand around the result
/// (https://huggingface.co/docs/tokenizers/v0.21.0/pipeline). Read by <see cref="Load"/>; the components that are supported are listed
/// in <see cref="TokenizerComponents"/>. Thread-safe.
/// </summary>
public sealed partial class TokenizerJson : ITextTokenizer
{
    /// <summary>Name of the file in a model package.</summary>
    public const string FileName = "tokenizer.json";

    [ThreadStatic]
    private static List<TextSpan>? _pieces;

    private readonly string?[] _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly bool[] _special;
    private readonly INormalizer? _normalizer;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly ITokenModel _model;
    private readonly SpecialTokenFrame _frame;
    private readonly TokenJoin _join;
    private readonly AddedTokenMatcher _rawTokens;
    private readonly AddedTokenMatcher _normalizedTokens;

    /// <inheritdoc/>
    public int VocabularySize => _tokens.Length;

    /// <inheritdoc/>
    public int? PadId { get; }

    /// <inheritdoc/>
    public int? UnknownId { get; }

    /// <inheritdoc/>
    public int? MaskId { get; }

    /// <inheritdoc/>
    public int? ClsId { get; }

    /// <inheritdoc/>
    public int? SepId { get; }

    /// <inheritdoc/>
    public int? BosId { get; }

    /// <inheritdoc/>
    public int? EosId { get; }

    /// <inheritdoc/>
    public int AddedTokenCount => _frame.Count;

    /// <inheritdoc/>
    /// <exception cref="OptionException"><paramref name="maxLength"/> leaves no room for the special tokens.</exception>
    public int Encode(string text, int maxLength, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(ids);
        if (maxLength < _frame.Count)
        {
            throw new OptionException($"maximum length: needs room for the {_frame.Count} special tokens, got {maxLength}");
        }

        ids.AddRange(_frame.Before);
        int start = ids.Count;
        EncodeRaw(text, ids);
        int whole = ids.Count - start;
        int kept = Math.Min(whole, maxLength - _frame.Count);
        ids.RemoveRange(start + kept, whole - kept);
        ids.AddRange(_frame.After);
        return whole + _frame.Count;
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        List<string> tokens = new(ids.Length);
        foreach (int id in ids)
        {
            string token = TokenOf(id)
                ?? throw new ArgumentOutOfRangeException(
                    nameof(ids), $"decode: needs ids of the vocabulary, [0, {VocabularySize}), got {id}");
            if (!skipSpecialTokens || !_special[id])
            {
                tokens.Add(token);
            }
        }

        return _join.Join(tokens);
    }

    /// <inheritdoc/>
    public string? TokenOf(int id) => id >= 0 && id < _tokens.Length ? _tokens[id] : null;

    /// <inheritdoc/>
    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    /// <inheritdoc/>
    public bool IsSpecial(int id) => id >= 0 && id < _special.Length && _special[id];

    private void EncodeRaw(string text, List<int> ids)
    {
        int done = 0;
        while (!_rawTokens.IsEmpty && _rawTokens.Next(text, done) is (AddedToken token, TextSpan span))
        {
            EncodeSegment(text[done..span.Start], ids);
            ids.Add(token.Id);
            done = span.End;
        }

        EncodeSegment(done == 0 ? text : text[done..], ids);
    }

    private void EncodeSegment(string segment, List<int> ids)
    {
        if (segment.Length == 0)
        {
            return;
        }

        string text = _normalizer?.Normalize(segment) ?? segment;
        int done = 0;
        while (!_normalizedTokens.IsEmpty && _normalizedTokens.Next(text, done) is (AddedToken token, TextSpan span))
        {
            EncodePieces(text, new TextSpan(done, span.Start - done), ids);
            ids.Add(token.Id);
            done = span.End;
        }

        EncodePieces(text, new TextSpan(done, text.Length - done), ids);
    }

    private void EncodePieces(string text, TextSpan segment, List<int> ids)
    {
        if (segment.Length == 0)
        {
            return;
        }

        if (_preTokenizer is null)
        {
            _model.Tokenize(segment.Of(text), ids);
            return;
        }

        List<TextSpan> pieces = _pieces ??= [];
        pieces.Clear();
        _preTokenizer.Split(text, segment, pieces);
        foreach (TextSpan piece in pieces)
        {
            _model.Tokenize(piece.Of(text), ids);
        }
    }
}
