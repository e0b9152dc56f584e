using System.Text;

namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>Merges the characters of pieces by the rules of a <see cref="BpeModel"/>.</summary>
internal sealed class BpeWorker(BpeModel model) : ITokenWorker
{
    // Up to here looking at every pair for each merge is faster than keeping a queue: measured on words of English text.
    private const int ShortPiece = 24;

    private readonly PriorityQueue<int, long> _queue = new();
    private int[] _symbols = new int[64];
    private int[] _previous = new int[64];
    private int[] _next = new int[64];
    private int _count;

    public void Tokenize(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (model.IgnoreMerges && model.Vocabulary.TryGet(piece, out int whole))
        {
            ids.Add(whole);
            return;
        }

        _count = 0;
        ReadSymbols(piece);
        if (_count == 0)
        {
            return;
        }

        if (_count <= ShortPiece)
        {
            MergeShort();
            for (int i = 0; i < _count; i++)
            {
                ids.Add(_symbols[i]);
            }
        }
        else
        {
            MergeLong();
            for (int i = 0; i >= 0; i = _next[i])
            {
                ids.Add(_symbols[i]);
            }
        }
    }

    private void ReadSymbols(ReadOnlySpan<char> piece)
    {
        bool plain = model.ContinuingPrefix.Length == 0 && model.WordSuffix.Length == 0;
        int unknown = -1; // an unknown token that waits, to be fused with the next
        int units;
        for (int i = 0; i < piece.Length; i += units)
        {
            units = char.IsHighSurrogate(piece[i]) && i + 1 < piece.Length ? 2 : 1;
            ReadOnlySpan<char> character = piece.Slice(i, units);
            int id = plain && piece[i] < model.CharacterIds.Length ? model.CharacterIds[piece[i]]
                : plain ? model.Vocabulary.TryGet(character, out int found) ? found : -1
                : Decorated(character, i == 0, i + units == piece.Length);
            if (id >= 0)
            {
                Flush(ref unknown);
                Add(id);
            }
            else if (!(model.ByteFallback && TryBytes(character, i == 0, i + units == piece.Length)) && model.UnknownId is int unknownId)
            {
                if (!model.FuseUnknown)
                {
                    Flush(ref unknown);
                }

                unknown = unknownId;
            }
        }

        Flush(ref unknown);
    }

    private void Flush(ref int unknown)
    {
        if (unknown >= 0)
        {
            Add(unknown);
            unknown = -1;
        }
    }

    private void Add(int id)
    {
        if (_count == _symbols.Length)
        {
            Array.Resize(ref _symbols, _count * 2);
            Array.Resize(ref _previous, _count * 2);
            Array.Resize(ref _next, _count * 2);
        }

        _symbols[_count++] = id;
    }

    private int Decorated(ReadOnlySpan<char> character, bool first, bool last) =>
        model.Vocabulary.Find(Decorate(character, first, last)) ?? -1;

    private string Decorate(ReadOnlySpan<char> character, bool first, bool last) =>
        string.Concat(first ? "" : model.ContinuingPrefix, character, last ? model.WordSuffix : "");

    private bool TryBytes(ReadOnlySpan<char> character, bool first, bool last)
    {
        Span<byte> utf8 = stackalloc byte[4];
        ReadOnlySpan<byte> bytes = model.ContinuingPrefix.Length == 0 && model.WordSuffix.Length == 0
            ? utf8[..Encoding.UTF8.GetBytes(character, utf8)]
            : Encoding.UTF8.GetBytes(Decorate(character, first, last));
        foreach (byte value in bytes)
        {
            if (model.ByteIds[value] < 0)
            {
                return false;
            }
        }

        foreach (byte value in bytes)
        {
            Add(model.ByteIds[value]);
        }

        return true;
    }

    // The merge of symbols i and i + 1 is kept in _previous (rank) and _next (result) until symbols around it change.
    private void MergeShort()
    {
        for (int i = 0; i + 1 < _count; i++)
        {
            Look(i);
        }

        while (_count > 1)
        {
            int best = -1;
            int bestRank = int.MaxValue;
            for (int i = 0; i + 1 < _count; i++)
            {
                if (_previous[i] < bestRank)
                {
                    bestRank = _previous[i];
                    best = i;
                }
            }

            if (best < 0)
            {
                return;
            }

            _symbols[best] = _next[best];
            _count--;
            for (int i = best + 1; i < _count; i++)
            {
                _symbols[i] = _symbols[i + 1];
                _previous[i] = _previous[i + 1];
                _next[i] = _next[i + 1];
            }

            if (best > 0)
            {
                Look(best - 1);
            }

            if (best + 1 < _count)
            {
                Look(best);
            }
        }
    }

    private void Look(int i)
    {
        if (!model.Merges.TryGet(_symbols[i], _symbols[i + 1], out _previous[i], out _next[i]))
        {
            _previous[i] = int.MaxValue;
        }
    }

    // A queue by rank and then position; an entry whose pair has changed since is passed over.
    private void MergeLong()
    {
        _queue.Clear();
        for (int i = 0; i < _count; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1 < _count ? i + 1 : -1;
        }

        for (int i = 0; i + 1 < _count; i++)
        {
            Enqueue(i, i + 1);
        }

        while (_queue.TryDequeue(out int merged, out long priority))
        {
            int at = (int)(priority & int.MaxValue);
            int right = _next[at];
            if (right < 0 || _symbols[at] < 0
                || !model.Merges.TryGet(_symbols[at], _symbols[right], out _, out int current) || current != merged)
            {
                continue;
            }

            _symbols[at] = merged;
            _symbols[right] = -1;
            _next[at] = _next[right];
            if (_next[at] >= 0)
            {
                _previous[_next[at]] = at;
                Enqueue(at, _next[at]);
            }

            if (_previous[at] >= 0)
            {
                Enqueue(_previous[at], at);
            }
        }
    }

    private void Enqueue(int left, int right)
    {
        if (model.Merges.TryGet(_symbols[left], _symbols[right], out int rank, out int merged))
        {
            _queue.Enqueue(merged, ((long)rank << 31) | (uint)left);
        }
    }
}
