using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Importing;

/// <summary>The files of a tokenizer, which a package keeps byte for byte.</summary>
internal static class TokenizerFiles
{
    private static readonly string[] Names =
    [
        TokenizerJson.FileName, "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt",
        "added_tokens.json", "tokenizer.model", "sentencepiece.bpe.model", "spiece.model", "chat_template.jinja", "LICENSE",
    ];

    public static void Copy(string source, string target)
    {
        foreach (string name in Names.Where(name => File.Exists(Path.Combine(source, name))))
        {
            // Not File.Copy, which would keep a read-only attribute, and a link of a download cache is followed.
            using FileStream from = File.OpenRead(Path.Combine(source, name));
            using FileStream to = File.Create(Path.Combine(target, name));
            from.CopyTo(to);
        }
    }
}
