namespace OnnxEmbed.Data.Text;

/// <summary>A text before it is checked against what is held out.</summary>
/// <param name="Numbers">Every integer in the text.</param>
/// <param name="Render">Writes the text.</param>
/// <param name="Subjects">How many of the first numbers the text states an arithmetic property of: these must not be held out however
/// small.</param>
internal sealed record Draft(long[] Numbers, Func<string> Render, int Subjects = 0);
