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
        RecipeTokenizer? made = parts.TryGetValue("source", out YamlNode? name) ? TokenizerSource(name, "tokenizer source")
            : new RecipeTokenizer("union", null, tokenizer.Line);
        IReadOnlyList<RecipeToken> tokens = parts.TryGetValue("tokens", out YamlNode? list) ? Tokens(list) : [];
        int multiple = parts.TryGetValue("pad_to_multiple_of", out YamlNode? padding) ? Multiple(padding) : 1;
        return made is null ? null : made with { Tokens = tokens, PadToMultipleOf = multiple };
    }

    private RecipeTokenizer? TokenizerSource(YamlNode node, string what)
    {
        if (node is { Kind: YamlKind.Scalar, Text: "base" or "union" })
        {
            return new RecipeTokenizer(node.Text, null, node.Line);
        }

        return node.IsNull ? null : Reference(node, what) is { } model ? new RecipeTokenizer(null, model, node.Line) : null;
    }

    private int Multiple(YamlNode node)
    {
        if (int.TryParse(node.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int multiple) && multiple is >= 1 and <= 1 << 20)
        {
            return multiple;
        }

        faults.Add(node.Line, $"pad_to_multiple_of: needs a whole number in [1, {1 << 20}], got {node}");
        return 1;
    }

    /// <summary>Rows of single tokens from elsewhere: {token: {source, force}}.</summary>
    private List<RecipeToken> Tokens(YamlNode node)
    {
        List<RecipeToken> tokens = [];
        if (node.Kind != YamlKind.Mapping)
        {
            faults.Add(node.Line, $"tokens: need names and sources, got {node}");
            return tokens;
        }

        foreach ((YamlNode token, YamlNode value) in node.Entries)
        {
            string what = $"token '{token.Text}'";
            Dictionary<string, YamlNode> fields = Fields(value, what, ["source", "force"]);
            bool force = false;
            if (fields.TryGetValue("force", out YamlNode? flag) && !bool.TryParse(Plain(flag), out force))
            {
                faults.Add(flag.Line, $"force: needs true or false, got {flag}");
            }

            if (!fields.TryGetValue("source", out YamlNode? source))
            {
                if (value.Kind == YamlKind.Mapping)
                {
                    faults.Add(token.Line, $"source: needs a model, or {{kind: model_token or zero}}, {what} has none");
                }
            }
            else if (TokenFrom(token.Text, source, $"the source of {what}") is { } read)
            {
                tokens.Add(read with { Force = force, Line = token.Line });
            }
        }

        return tokens;
    }

    private RecipeToken? TokenFrom(string token, YamlNode source, string what)
    {
        if (source.Kind != YamlKind.Mapping || source.Entries.All(entry => entry.Key.Text is not "kind"))
        {
            return Reference(source, what) is { } model ? new RecipeToken(token, model, null, null, false, source.Line) : null;
        }

        Dictionary<string, YamlNode> fields = Fields(source, what, ["kind", "model", "token", "token_id"]);
        if (!fields.TryGetValue("kind", out YamlNode? kind) || kind.Text is not ("model_token" or "zero"))
        {
            faults.Add(kind?.Line ?? source.Line, $"kind: needs one of model_token, zero, got {kind?.ToString() ?? "nothing"}");
            return null;
        }

        if (kind.Text == "zero")
        {
            foreach ((string name, YamlNode extra) in fields.Where(field => field.Key != "kind"))
            {
                faults.Add(extra.Line, $"{name}: needs kind: model_token, got it beside zero");
            }

            return new RecipeToken(token, null, null, null, false, source.Line);
        }

        bool hasToken = fields.TryGetValue("token", out YamlNode? other);
        bool hasId = fields.TryGetValue("token_id", out YamlNode? number);
        long id = 0;
        if (hasToken == hasId)
        {
            faults.Add(source.Line, $"model_token: needs exactly one of token, token_id, got {(hasToken ? "both" : "none")}");
        }
        else if (hasId && !long.TryParse(number!.Text, NumberStyles.None, CultureInfo.InvariantCulture, out id))
        {
            faults.Add(number.Line, $"token_id: needs a whole number of 0 or more, got {number}");
        }

        if (!fields.TryGetValue("model", out YamlNode? from))
        {
            faults.Add(source.Line, "model: needs one of the models for model_token, got none");
            return null;
        }

        return Reference(from, "model") is { } reference
            ? new RecipeToken(token, reference, hasToken ? Word(other!, "token") : null, hasId ? id : null, false, source.Line)
            : null;
    }
}
