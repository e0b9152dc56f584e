using System.Globalization;
using OnnxEmbed.Tensors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>
/// Builds nodes with line numbers from YAML (https://yaml.org/spec/1.2.2). Of a stranger's file nothing is executed and nothing grows: tags
/// are refused, aliases count with all that they stand for, depth and size are bounded.
/// </summary>
internal static class YamlComposer
{
    private const int MaximumLength = 4 << 20;
    private const int MaximumDepth = 64;
    private const int MaximumNodes = 200_000;

    /// <summary>Reads the documents of a file.</summary>
    /// <exception cref="DataException">The file is missing, too large, or no YAML.</exception>
    public static IReadOnlyList<YamlNode> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new DataException($"{path}: needs a recipe in YAML, there is no such file");
        }

        long length = new FileInfo(path).Length;
        return length <= MaximumLength
            ? Parse(path, File.ReadAllText(path))
            : throw new DataException($"{path}: needs a recipe of at most {MaximumLength >> 20} MiB, got {length} bytes");
    }

    /// <summary>Reads the documents of a text.</summary>
    /// <param name="file">What messages call it.</param>
    /// <param name="text">YAML.</param>
    /// <exception cref="RecipeException">It is no YAML.</exception>
    public static IReadOnlyList<YamlNode> Parse(string file, string text)
    {
        Parser parser = new(new Scanner(new StringReader(text), skipComments: true));
        List<YamlNode> documents = [];
        try
        {
            parser.Consume<StreamStart>();
            while (!End<StreamEnd>(parser))
            {
                parser.Consume<DocumentStart>();
                Composition composition = new(file, parser);
                YamlNode root = composition.Node(0).Node;
                parser.Consume<DocumentEnd>();
                if (!root.IsNull)
                {
                    documents.Add(root);
                }
            }
        }
        catch (YamlException exception)
        {
            throw new RecipeException([$"{file}:{exception.Start.Line}: needs YAML, got: {exception.Message.ReplaceLineEndings(" ")}"]);
        }

        return documents;
    }

    /// <summary>Whether a list, mapping or the stream ends here; the end is consumed.</summary>
    private static bool End<T>(Parser parser)
        where T : ParsingEvent
    {
        bool ends = parser.Current is T;
        if (ends)
        {
            parser.MoveNext();
        }

        return ends;
    }

    /// <summary>One document: its anchors, and how many nodes it has.</summary>
    private sealed class Composition(string file, Parser parser)
    {
        private readonly Dictionary<AnchorName, (YamlNode Node, int Count)> _anchors = [];
        private int _total;

        public (YamlNode Node, int Count) Node(int depth)
        {
            int line = checked((int)(parser.Current?.Start.Line ?? 0));
            if (depth > MaximumDepth)
            {
                throw Fault(line, $"needs at most {MaximumDepth} levels");
            }

            if (parser.Current is AnchorAlias alias)
            {
                parser.MoveNext();
                if (!_anchors.TryGetValue(alias.Value, out (YamlNode Node, int Count) known))
                {
                    throw Fault(line, $"needs an anchor '{alias.Value}' before its use, there is none");
                }

                Add(known.Count, line);
                return known;
            }

            NodeEvent start = (NodeEvent)parser.Current!;
            if (!start.Tag.IsEmpty && !start.Tag.IsNonSpecific)
            {
                throw Fault(line, $"needs plain values, got the tag {start.Tag}");
            }

            Add(1, line);
            (YamlNode Node, int Count) made = start switch
            {
                Scalar scalar => Text(scalar, line),
                SequenceStart => Sequence(line, depth),
                _ => Mapping(line, depth),
            };
            if (!start.Anchor.IsEmpty)
            {
                _anchors[start.Anchor] = made;
            }

            return made;
        }

        private (YamlNode Node, int Count) Text(Scalar scalar, int line)
        {
            parser.MoveNext();
            return (new YamlNode(YamlKind.Scalar, line) { Text = scalar.Value, IsPlain = scalar.Style == ScalarStyle.Plain }, 1);
        }

        private (YamlNode Node, int Count) Sequence(int line, int depth)
        {
            parser.Consume<SequenceStart>();
            YamlNode node = new(YamlKind.Sequence, line);
            int count = 1;
            while (!End<SequenceEnd>(parser))
            {
                (YamlNode item, int inner) = Node(depth + 1);
                node.Items.Add(item);
                count += inner;
            }

            return (node, count);
        }

        private (YamlNode Node, int Count) Mapping(int line, int depth)
        {
            parser.Consume<MappingStart>();
            YamlNode node = new(YamlKind.Mapping, line);
            List<YamlNode> merged = [];
            HashSet<string> names = new(StringComparer.Ordinal);
            int count = 1;
            while (!End<MappingEnd>(parser))
            {
                (YamlNode key, int keyCount) = Node(depth + 1);
                (YamlNode value, int valueCount) = Node(depth + 1);
                count += keyCount + valueCount;
                if (key.Kind != YamlKind.Scalar)
                {
                    throw Fault(key.Line, $"needs a name before ':', got {key}");
                }

                if (key is { Text: "<<", IsPlain: true })
                {
                    merged.AddRange(value.Kind == YamlKind.Sequence ? value.Items : [value]);
                }
                else if (!names.Add(key.Text))
                {
                    throw Fault(key.Line, $"needs each name once, got '{key.Text}' again");
                }
                else
                {
                    node.Entries.Add((key, value));
                }
            }

            // A merge key (https://yaml.org/type/merge.html): what is written out wins, then the first mapping.
            foreach ((YamlNode key, YamlNode value) in merged.SelectMany(mapping => mapping.Entries))
            {
                if (names.Add(key.Text))
                {
                    node.Entries.Add((key, value));
                }
            }

            return (node, count);
        }

        private void Add(int count, int line)
        {
            _total = count > MaximumNodes - _total
                ? throw Fault(line, string.Create(CultureInfo.InvariantCulture, $"needs at most {MaximumNodes} values with all aliases"))
                : _total + count;
        }

        private RecipeException Fault(int line, string text) => new([$"{file}:{line}: {text}"]);
    }
}
