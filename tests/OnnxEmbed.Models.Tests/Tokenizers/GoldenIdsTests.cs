using System.Text.Json.Nodes;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Tokenizers;

/// <summary>
/// Ids that transformers.js 4.3.1 gives; made by <c>scripts/clients/check.sh --golden</c> on packages of <c>onnxembed init</c>. A text
/// longer than the 64 tokens of those packages has null: the two libraries cut it differently.
/// </summary>
public sealed class GoldenIdsTests
{
    private static readonly JsonNode Golden = JsonNode.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Tokenizers", "digit-tokenizer-ids.json")))!;

    [Theory]
    [InlineData("bert-mean", DigitTokenizerKind.Encoder)]
    [InlineData("llama-mean", DigitTokenizerKind.Decoder)]
    public void Encode_TrickyTexts_EqualsTransformersJs(string package, DigitTokenizerKind kind)
    {
        using TemporaryDirectory directory = new();
        DigitTokenizer.Write(directory.Path, kind, 64);
        TokenizerJson tokenizer = TokenizerJson.Load(directory.Path);
        string[] texts = [.. Golden["texts"]!.AsArray().Select(text => text!.GetValue<string>())];
        JsonArray expected = Golden[package]!.AsArray();

        Assert.Equal(texts.Length, expected.Count);
        Assert.True(expected.Count(ids => ids is null) < 4);
        for (int i = 0; i < texts.Length; i++)
        {
            if (expected[i] is JsonNode ids)
            {
                Assert.Equal(ids.AsArray().Select(id => id!.GetValue<int>()), tokenizer.Encode(texts[i]));
            }
            else
            {
                Assert.True(tokenizer.Encode(texts[i]).Length > 64);
            }
        }
    }
}
