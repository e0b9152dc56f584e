namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>Merges of byte-pair encoding by their pair: open addressing, built once.</summary>
internal sealed class MergeTable
{
    private readonly Merge[] _slots;
    private readonly int _mask;

    public MergeTable(IReadOnlyCollection<(int Left, int Right, int Merged)> merges)
    {
        int size = 16;
        while (size < merges.Count * 2)
        {
            size *= 2;
        }

        _slots = new Merge[size];
        _mask = size - 1;
        int rank = 0;
        foreach ((int left, int right, int merged) in merges)
        {
            // A pair that is listed twice has its last rank.
            ref Merge slot = ref Slot(left, right);
            slot = new Merge(Key(left, right), ++rank, merged);
        }
    }

    /// <summary>Rank (1 is merged first) and result of a pair; false where it is never merged.</summary>
    public bool TryGet(int left, int right, out int rank, out int merged)
    {
        ref Merge slot = ref Slot(left, right);
        rank = slot.Rank;
        merged = slot.Merged;
        return rank > 0;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private ref Merge Slot(int left, int right)
    {
        ulong key = Key(left, right);
        int at = unchecked((int)((key * 0x9E3779B97F4A7C15) >> 32)) & _mask;
        while (_slots[at].Rank != 0 && _slots[at].Pair != key)
        {
            at = (at + 1) & _mask;
        }

        return ref _slots[at];
    }

    private readonly record struct Merge(ulong Pair, int Rank, int Merged);
}
