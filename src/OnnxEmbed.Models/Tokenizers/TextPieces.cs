namespace OnnxEmbed.Models.Tokenizers;

/// <summary>A text and the pieces it is split into so far, with room to split and rewrite; kept from text to text.</summary>
internal sealed class TextPieces
{
    private CharBuffer _text = new();
    private CharBuffer _spareText = new();
    private List<TextSpan> _spareSpans = [];

    public ReadOnlySpan<char> Text => _text.Text;

    public List<TextSpan> Spans { get; private set; } = [];

    /// <summary>Whether the first piece begins where the raw text does.</summary>
    public bool FirstAtOrigin { get; private set; }

    /// <summary>Room for the matches of one piece.</summary>
    public List<TextSpan> Matches { get; } = [];

    public void Reset(ReadOnlySpan<char> text, bool atOrigin)
    {
        _text.Clear();
        _text.Append(text);
        Spans.Clear();
        Spans.Add(new TextSpan(0, text.Length));
        FirstAtOrigin = atOrigin;
    }

    /// <summary>Begins new pieces of the same text: gives the pieces so far, <see cref="Spans"/> is empty.</summary>
    public List<TextSpan> BeginSplit()
    {
        (Spans, _spareSpans) = (_spareSpans, Spans);
        Spans.Clear();
        return _spareSpans;
    }

    public void EndSplit() =>
        FirstAtOrigin &= Spans.Count > 0 && _spareSpans.Count > 0 && Spans[0].Start == _spareSpans[0].Start;

    /// <summary>Ends pieces of a new text, in which the first piece begins where it did.</summary>
    public void EndSplit(bool firstAtOrigin) => FirstAtOrigin = firstAtOrigin && Spans.Count > 0;

    /// <summary>Begins a new text: gives the room for it; the pieces so far are still those of <see cref="Text"/>.</summary>
    public CharBuffer BeginRewrite()
    {
        _spareText.Clear();
        return _spareText;
    }

    public void EndRewrite() => (_text, _spareText) = (_spareText, _text);
}
