using System.Text;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>Finds the best segmentation (Viterbi, from left to right) under a <see cref="UnigramModel"/>.</summary>
internal sealed class UnigramWorker(UnigramModel model) : ITokenWorker
{
    private Node[] _nodes = new Node[64];
    private readonly List<TextSpan> _path = [];

    public void Tokenize(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_nodes.Length <= piece.Length)
        {
            _nodes = new Node[Math.Max(piece.Length + 1, _nodes.Length * 2)];
        }

        Span<Node> nodes = _nodes.AsSpan(0, piece.Length + 1);
        nodes.Fill(new Node(0, -1, 0));
        Forward(piece, nodes);
        Back(nodes);
        for (int i = _path.Count - 1; i >= 0; i--)
        {
            ReadOnlySpan<char> part = piece.Slice(_path[i].Start, _path[i].Length);
            int id = nodes[_path[i].End].Id;
            if (id != model.UnknownId)
            {
                ids.Add(id);
            }
            else if (model.Vocabulary.TryGet(part, out int known))
            {
                ids.Add(known);
            }
            else if (!(model.ByteFallback && TryBytes(part, ids)))
            {
                ids.Add(id);
            }
        }
    }

    private void Forward(ReadOnlySpan<char> piece, Span<Node> nodes)
    {
        int units;
        for (int start = 0; start < piece.Length; start += units)
        {
            units = char.IsHighSurrogate(piece[start]) && start + 1 < piece.Length ? 2 : 1;
            double before = nodes[start].Score;
            bool single = false;
            int node = 0;
            for (int end = start; end < piece.Length; end++)
            {
                node = model.Trie.Child(node, piece[end]);
                if (node == 0)
                {
                    break;
                }

                int id = model.Trie.TokenAt(node);
                if (id >= 0)
                {
                    Offer(ref nodes[end + 1], model.Scores[id] + before, start, id);
                    single |= end + 1 - start == units;
                }
            }

            if (!single)
            {
                int unknown = model.UnknownId
                    ?? throw new DataException(
                        $"{model.File}: model.unk_id needs to name a token for text that is not in the vocabulary, got none");
                Offer(ref nodes[start + units], model.UnknownScore + before, start, unknown);
            }
        }
    }

    private static void Offer(ref Node node, double score, int start, int id)
    {
        if (node.Start < 0 || score > node.Score)
        {
            node = new Node(score, start, id);
        }
    }

    // Tokens from the end to the start; neighbouring unknown ones are joined.
    private void Back(ReadOnlySpan<Node> nodes)
    {
        _path.Clear();
        int unknownEnd = -1;
        for (int end = nodes.Length - 1; end > 0; end = nodes[end].Start)
        {
            int start = nodes[end].Start;
            if (nodes[end].Id == model.UnknownId)
            {
                unknownEnd = unknownEnd < 0 ? end : unknownEnd;
                if (start > 0 && nodes[start].Id == model.UnknownId)
                {
                    continue;
                }

                _path.Add(new TextSpan(start, unknownEnd - start));
                unknownEnd = -1;
            }
            else
            {
                _path.Add(new TextSpan(start, end - start));
            }
        }
    }

    private bool TryBytes(ReadOnlySpan<char> part, List<int> ids)
    {
        int before = ids.Count;
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i < part.Length;)
        {
            Rune.DecodeFromUtf16(part[i..], out Rune rune, out int units);
            i += units;
            foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if (model.ByteIds[value] < 0)
                {
                    ids.RemoveRange(before, ids.Count - before);
                    return false;
                }

                ids.Add(model.ByteIds[value]);
            }
        }

        return true;
    }

    private readonly record struct Node(double Score, int Start, int Id);
}
