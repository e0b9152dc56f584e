using System.Net;
using System.Text;

namespace OnnxEmbed.Evaluation.Pages;

/// <summary>Builds HTML. Text goes through <see cref="Text"/>, which escapes it; only markup of this assembly goes through <see
/// cref="Raw"/>.</summary>
internal sealed class HtmlWriter
{
    private readonly StringBuilder _html = new();

    /// <summary>Escapes text for an element or a quoted attribute.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    public HtmlWriter Raw(string markup)
    {
        _html.Append(markup);
        return this;
    }

    public HtmlWriter Line(string markup = "")
    {
        _html.Append(markup).Append('\n');
        return this;
    }

    public HtmlWriter Text(string text) => Raw(Escape(text));

    /// <inheritdoc/>
    public override string ToString() => _html.ToString();
}
