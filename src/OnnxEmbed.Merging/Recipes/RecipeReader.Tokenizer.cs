using System.Globalization;

namespace OnnxEmbed.Merging.Recipes;

/// <content>Tokenizers.</content>
internal sealed partial class RecipeReader
{
    private RecipeTokenizer? Tokenizer(Dictionary<string, YamlNode> fields)
    {
        bool hasSource = fields.TryGetValue("tokenizer_source", out YamlNode? source);
        if (!fields.TryGetValue("tokenizer", out YamlNode? tokenizer))
        {
            return hasSource ? TokenizerSource(source!, "tokenizer_source") : null;
        }

        if (hasSource)
        {
            faults.Add(tokenizer.Line, $"needs tokenizer or tokenizer_source (line {source!.Line}), got both");
        }

        Dictionary<string, YamlNode> parts = Fields(tokenizer, "tokenizer", ["source", "tokens", "pad_to_multiple_of"]);
        if (parts.TryGetValue("tokens", out YamlNode? tokens) && !tokens.IsNull
            && tokens is not { Kind: YamlKind.Mapping, Entries.Count: 0 })
        {
            Tokens(tokens);
        }

        if (parts.TryGetValue("pad_to_multiple_of", out YamlNode? padding) && !padding.IsNull
            && Word(padding, "pad_to_multiple_of") is { } text)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int multiple) && multiple >= 1)
            {
                faults.Warn(padding.Line, "pad_to_multiple_of: rows that no token uses are not added; it is passed over");
            }
            else
            {
                faults.Add(padding.Line, $"pad_to_multiple_of: needs a whole number of 1 or more, got '{text}'");
            }
        }

        return parts.TryGetValue("source", out YamlNode? from) ? TokenizerSource(from, "tokenizer source")
            : new RecipeTokenizer("union", null, tokenizer.Line);
    }

    private RecipeTokenizer? TokenizerSource(YamlNode node, string what)
    {
        if (node is { Kind: YamlKind.Scalar, Text: "base" or "union" })
        {
            return new RecipeTokenizer(node.Text, null, node.Line);
        }

        return node.IsNull ? null : Reference(node, what) is { } model ? new RecipeTokenizer(null, model, node.Line) : null;
    }

    /// <summary>Rows of single tokens from elsewhere: checked, and refused, since the result would be another model without them.</summary>
    private void Tokens(YamlNode node)
    {
        if (node.Kind != YamlKind.Mapping)
        {
            faults.Add(node.Line, $"tokens: need names and sources, got {node}");
            return;
        }

        foreach ((YamlNode token, YamlNode value) in node.Entries)
        {
            Dictionary<string, YamlNode> fields = Fields(value, $"token '{token.Text}'", ["source", "force"]);
            if (fields.TryGetValue("source", out YamlNode? source) && source.Kind == YamlKind.Mapping)
            {
                Dictionary<string, YamlNode> from =
                    Fields(source, $"the source of token '{token.Text}'", ["kind", "model", "token", "token_id"]);
                if (from.TryGetValue("kind", out YamlNode? kind) && kind.Text is not ("model_token" or "zero"))
                {
                    faults.Add(kind.Line, $"kind: needs one of model_token, zero, got {kind}");
                }
            }
        }

        faults.Add(node.Line, "tokens: rows of single tokens cannot be set in a merge; leave tokens out, the owner's row is kept");
    }
}
