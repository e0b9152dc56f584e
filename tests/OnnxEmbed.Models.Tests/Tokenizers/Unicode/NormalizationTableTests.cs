using System.Text.Json.Nodes;
using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tests.Tokenizers.Unicode;

/// <summary>Normal forms against Python's unicodedata; the texts are made by <c>scripts/reference/make-normal-forms.py</c>.</summary>
public sealed class NormalizationTableTests
{
    [Theory]
    [InlineData("NFC", false, true)]
    [InlineData("NFD", false, false)]
    [InlineData("NFKC", true, true)]
    [InlineData("NFKD", true, false)]
    public void Normalize_EveryChangingCharacterAndMixtures_EqualsPython(string form, bool compatibility, bool compose)
    {
        JsonNode golden = ReferenceData.Read("normal-forms");
        NormalizationTable table = compatibility ? NormalizationTable.Compatibility : NormalizationTable.Canonical;
        foreach ((JsonNode? text, JsonNode? expected) in golden["texts"]!.AsArray().Zip(golden[form]!.AsArray()))
        {
            string normal = table.Normalize(text!.GetValue<string>(), compose);

            Assert.Equal(expected!.GetValue<string>(), normal);
            Assert.Equal(normal, table.Normalize(normal, compose));
        }
    }

    [Fact]
    public void Normalize_PlainText_IsTheSameObject()
    {
        const string Text = "Größe 中文 — ё 각 😀";

        Assert.Same(Text, NormalizationTable.Canonical.Normalize(Text, compose: true));
    }

    [Theory]
    [InlineData("İSTANBUL", "i\u0307stanbul")]
    [InlineData("ΑΣ ẞ", "ας ß")] // no final sigma: characters are mapped by themselves
    [InlineData("\ua7ce\ud81b\udea0x", "\ua7cf\ud81b\udebbx")]
    [InlineData("𐐀Ა", "𐐨ა")]
    public void ToLower_UnusualLetters_AreMappedOneByOne(string text, string lower) =>
        Assert.Equal(lower.Replace('ς', 'σ'), CodePoints.ToLower(text));
}
