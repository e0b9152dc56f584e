namespace OnnxEmbed.Data.Text;

/// <summary>One kind of text for pre-training.</summary>
public sealed class NumberTextFamily
{
    internal NumberTextFamily(string name, double share, string description, Func<TextDraw, Func<Draft?>> draw)
    {
        Name = name;
        Share = share;
        Description = description;
        Draw = draw;
    }

    /// <summary>Name in <see cref="NumberTextOptions.Shares"/>.</summary>
    public string Name { get; }

    /// <summary>Weight among the families unless the options give another.</summary>
    public double Share { get; }

    /// <summary>What the texts look like.</summary>
    public string Description { get; }

    /// <summary>
    /// Fixes the shape of a text (how long, which step, which modulus) and returns what draws texts of this shape. Only the inner draw is
    /// repeated when a text touches a held-out integer, so that shapes which do so often are not pushed out by those which seldom do.
    /// </summary>
    internal Func<TextDraw, Func<Draft?>> Draw { get; }
}
