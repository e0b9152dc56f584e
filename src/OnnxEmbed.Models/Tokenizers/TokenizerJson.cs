using System.Collections.Concurrent;
using OnnxEmbed.Models.Tokenizers.AddedTokens;
using OnnxEmbed.Models.Tokenizers.Decoders;
using OnnxEmbed.Models.Tokenizers.Normalizers;
using OnnxEmbed.Models.Tokenizers.PreTokenizers;
using OnnxEmbed.Models.Tokenizers.SpecialTokens;
using OnnxEmbed.Models.Tokenizers.TokenModels;
using OnnxEmbed.Models.Tokenizers.Unicode;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// A tokenizer as Hugging Face writes it to <c>tokenizer.json</c>: added tokens are cut out of the raw text; what lies between is
/// normalised, split by the pre-tokenizer and looked up by the model; the post-processor's special tokens stand around the result
/// (https://huggingface.co/docs/tokenizers/v0.22.0/pipeline). Read by <see cref="Load"/>; the components that are supported are listed
/// in <see cref="TokenizerComponents"/>. Thread-safe.
/// </summary>
public sealed partial class TokenizerJson : ITextTokenizer
{
    /// <summary>Name of the file in a model package.</summary>
    public const string FileName = "tokenizer.json";

    private readonly string?[] _tokens;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal); // of the model alone: it never makes an added token
    private readonly Dictionary<string, int> _addedIds = new(StringComparer.Ordinal);
    private readonly bool[] _special;
    private readonly HashSet<int> _skipped; // by decoding: added tokens that are special
    private readonly INormalizer? _normalizer;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly ITokenModel _model;
    private readonly SpecialTokenFrame _frame;
    private readonly ITokenDecoder? _decoder;
    private readonly AddedTokenMatcher _rawTokens;
    private readonly AddedTokenMatcher _normalizedTokens;
    private readonly ConcurrentBag<TokenizerWorkspace> _idle = [];

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
    public TokenPadding Padding { get; }

    /// <summary>Whether a text that is too long loses its start instead of its end.</summary>
    public bool TruncatesLeft { get; }

    /// <summary>
    /// Most ids of a text that <c>tokenizer.json</c> asks for; null where it does not. <see cref="Encode"/> cuts by its argument only,
    /// since packages and their modules say how long texts may be.
    /// </summary>
    public int? DeclaredMaxLength { get; }

    /// <inheritdoc/>
    public int AddedTokenCount => _frame.Count;

    /// <inheritdoc/>
    /// <exception cref="OptionException"><paramref name="maxLength"/> leaves no room for the special tokens.</exception>
    public int Encode(string text, int maxLength, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(ids);
        RequireRoom(_frame.Count, maxLength);
        ids.AddRange(_frame.Before);
        int start = ids.Count;
        EncodeRaw(text, ids);
        int whole = ids.Count - start;
        Cut(ids, start, Math.Min(whole, maxLength - _frame.Count));
        ids.AddRange(_frame.After);
        return whole + _frame.Count;
    }

    /// <summary>
    /// Appends the ids of two texts with the special tokens of a pair, cut so that at most <paramref name="maxLength"/> are added.
    /// </summary>
    /// <param name="first">The first text; may be empty.</param>
    /// <param name="second">The second text; may be empty.</param>
    /// <param name="maxLength">Most ids to add.</param>
    /// <param name="ids">Receives the ids after those it has.</param>
    /// <param name="typeIds">Receives the token type of each id.</param>
    /// <param name="truncation">Which text is cut.</param>
    /// <returns>The ids that both whole texts have; more than <paramref name="maxLength"/> says that something was cut.</returns>
    /// <exception cref="OptionException">
    /// <paramref name="maxLength"/> leaves no room for the special tokens, or the text that may be cut is too short for what is too much.
    /// </exception>
    public int EncodePair(
        string first,
        string second,
        int maxLength,
        List<int> ids,
        List<int> typeIds,
        PairTruncation truncation = PairTruncation.LongestFirst)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(typeIds);
        RequireRoom(_frame.PairCount, maxLength);
        List<int> one = [];
        List<int> two = [];
        EncodeRaw(first, one);
        EncodeRaw(second, two);
        int whole = one.Count + two.Count + _frame.PairCount;
        (int keepOne, int keepTwo) = KeptOfPair(one.Count, two.Count, maxLength - _frame.PairCount, truncation);
        Cut(one, 0, keepOne);
        Cut(two, 0, keepTwo);
        foreach (TemplatePiece piece in _frame.Pair)
        {
            IReadOnlyList<int> added = piece.Text < 0 ? [piece.Id] : piece.Text == 0 ? one : two;
            ids.AddRange(added);
            typeIds.AddRange(Enumerable.Repeat(piece.TypeId, added.Count));
        }

        return whole;
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
            if (!skipSpecialTokens || !_skipped.Contains(id))
            {
                tokens.Add(token);
            }
        }

        return _decoder is null ? string.Join(' ', tokens) : string.Concat(_decoder.Decode(tokens));
    }

    /// <inheritdoc/>
    public string? TokenOf(int id) => id >= 0 && id < _tokens.Length ? _tokens[id] : null;

    /// <inheritdoc/>
    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) || _addedIds.TryGetValue(token, out id) ? id : null;

    /// <inheritdoc/>
    public bool IsSpecial(int id) => id >= 0 && id < _special.Length && _special[id];

    private static void RequireRoom(int special, int maxLength)
    {
        if (maxLength < special)
        {
            throw new OptionException($"maximum length: needs room for the {special} special tokens, got {maxLength}");
        }
    }

    private void Cut(List<int> ids, int start, int kept) =>
        ids.RemoveRange(TruncatesLeft ? start : start + kept, ids.Count - start - kept);

    // As truncate_encodings of the tokenizers library does it.
    private static (int First, int Second) KeptOfPair(int first, int second, int room, PairTruncation truncation)
    {
        int excess = first + second - room;
        if (excess <= 0)
        {
            return (first, second);
        }

        if (truncation != PairTruncation.LongestFirst)
        {
            int length = truncation == PairTruncation.OnlyFirst ? first : second;
            _ = length > excess
                ? true
                : throw new OptionException(
                    $"maximum length: needs a text to cut that is longer than the {excess} ids to lose, got {length}");
            return truncation == PairTruncation.OnlyFirst ? (first - excess, second) : (first, second - excess);
        }

        int shorter = Math.Min(first, second);
        int longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if (shorter + longer > room)
        {
            shorter = room / 2;
            longer = shorter + (room % 2);
        }

        return first > second ? (longer, shorter) : (shorter, longer);
    }

    private void EncodeRaw(string text, List<int> ids)
    {
        text = CodePoints.WellFormed(text);
        TokenizerWorkspace workspace = _idle.TryTake(out TokenizerWorkspace? idle) ? idle : new TokenizerWorkspace(_model);
        int done = 0;
        int from = 0;
        while (!_rawTokens.IsEmpty && _rawTokens.Next(text, ref from, done) is (AddedToken token, TextSpan span))
        {
            if (done < span.Start)
            {
                EncodeSegment(workspace, text[done..span.Start], done == 0, ids);
            }

            ids.Add(token.Id);
            done = span.End;
        }

        if (done < text.Length)
        {
            EncodeSegment(workspace, done == 0 ? text : text[done..], done == 0, ids);
        }

        // Not returned after an error, in which case it may hold what belongs to no text.
        _idle.Add(workspace);
    }

    private void EncodeSegment(TokenizerWorkspace workspace, string segment, bool atOrigin, List<int> ids)
    {
        bool cut = false;
        string text = _normalizer?.Normalize(segment, ref cut) ?? segment;
        atOrigin &= !cut;
        int done = 0;
        int from = 0;
        while (!_normalizedTokens.IsEmpty && _normalizedTokens.Next(text, ref from, done) is (AddedToken token, TextSpan span))
        {
            EncodePieces(workspace, text, done, span.Start, atOrigin, ids);
            ids.Add(token.Id);
            done = span.End;
        }

        EncodePieces(workspace, text, done, text.Length, atOrigin, ids);
    }

    private void EncodePieces(TokenizerWorkspace workspace, string text, int start, int end, bool atOrigin, List<int> ids)
    {
        if (start >= end)
        {
            return;
        }

        if (_preTokenizer is null)
        {
            workspace.Worker.Tokenize(text.AsSpan(start, end - start), ids);
            return;
        }

        TextPieces pieces = workspace.Pieces;
        pieces.Reset(text.AsSpan(start, end - start), atOrigin && start == 0);
        _preTokenizer.Split(pieces);
        foreach (TextSpan piece in pieces.Spans)
        {
            workspace.Worker.Tokenize(pieces.Text.Slice(piece.Start, piece.Length), ids);
        }
    }
}
