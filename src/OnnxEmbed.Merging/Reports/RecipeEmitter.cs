using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OnnxEmbed.Merging.Reports;

/// <summary>Writes one YAML document entry by entry.</summary>
internal sealed class RecipeEmitter
{
    private readonly StringWriter _text = new() { NewLine = "\n" };
    private readonly Emitter _yaml;

    public RecipeEmitter()
    {
        _yaml = new Emitter(_text);
        _yaml.Emit(new StreamStart());
        _yaml.Emit(new DocumentStart());
        _yaml.Emit(new MappingStart());
    }

    /// <summary>Ends the document.</summary>
    public string Text()
    {
        _yaml.Emit(new MappingEnd());
        _yaml.Emit(new DocumentEnd(isImplicit: true));
        _yaml.Emit(new StreamEnd());
        return _text.ToString();
    }

    public void Entry(string key, string value)
    {
        Word(key);
        Word(value);
    }

    public void Mapping(string? key, Action content)
    {
        if (key is not null)
        {
            Word(key);
        }

        _yaml.Emit(new MappingStart());
        content();
        _yaml.Emit(new MappingEnd());
    }

    public void List<T>(string key, IEnumerable<T> items, Action<T> write, bool inline = false)
    {
        Word(key);
        Items(items, write, inline);
    }

    public void Items<T>(IEnumerable<T> items, Action<T> write, bool inline)
    {
        _yaml.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, inline ? SequenceStyle.Flow : SequenceStyle.Block));
        foreach (T item in items)
        {
            write(item);
        }

        _yaml.Emit(new SequenceEnd());
    }

    public void Word(string value) => _yaml.Emit(new Scalar(value));

    /// <summary>A path or pattern is text even where it looks like something else; only then is it quoted.</summary>
    public void Path(string path)
    {
        bool plain = path.Any(char.IsAsciiLetter)
            && path.ToUpperInvariant() is not ("TRUE" or "FALSE" or "NULL" or "YES" or "NO" or "ON" or "OFF")
            && !double.TryParse(path, CultureInfo.InvariantCulture, out _);
        _yaml.Emit(new Scalar(AnchorName.Empty, TagName.Empty, path, plain ? ScalarStyle.Any : ScalarStyle.DoubleQuoted, true, true));
    }

    /// <summary><c>MODEL</c> or <c>MODEL+ADAPTER</c>; mergekit knows no several adapters, which have a list of their own.</summary>
    public void Model(MergeInput input)
    {
        string[] parts = [input.Model, .. input.Adapters];
        if (parts.Length <= 2 && input.AdapterWeights.Count == 0 && !parts.Any(part => part.AsSpan().ContainsAny('+', '@')))
        {
            Path(string.Join('+', parts));
            return;
        }

        Mapping(null, () =>
        {
            Mapping("model", () =>
            {
                Word("path");
                Path(input.Model);
            });
            if (input.Adapters.Count > 0)
            {
                List("loras", input.Adapters.Index(), adapter =>
                {
                    if (input.AdapterWeights.Count == 0)
                    {
                        Path(adapter.Item);
                        return;
                    }

                    Mapping(null, () =>
                    {
                        Word("path");
                        Path(adapter.Item);
                        Entry("weight", Merging.Text.Number(input.AdapterWeights[adapter.Index]));
                    });
                });
            }
        });
    }
}
