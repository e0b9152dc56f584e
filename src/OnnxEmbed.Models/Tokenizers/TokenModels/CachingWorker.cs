using System.Runtime.InteropServices;

namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>
/// Remembers the ids of short pieces, since texts repeat their words. Bounded: when the room for words or ids is used up all of it is
/// forgotten; a piece whose slots are taken is computed each time.
/// </summary>
internal sealed class CachingWorker(ITokenWorker inner) : ITokenWorker
{
    private const int LongestPiece = 48;
    private const int Slots = 1 << 14;
    private const int MostProbes = 8;
    private const int MostWords = Slots / 2;
    private const int MostCharacters = 1 << 17;
    private const int MostIds = 1 << 16;

    private readonly Entry[] _entries = new Entry[Slots];
    private char[] _characters = new char[1 << 12];
    private int[] _ids = new int[1 << 11];
    private int _characterCount;
    private int _idCount;
    private int _words;

    public void Tokenize(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > LongestPiece)
        {
            inner.Tokenize(piece, ids);
            return;
        }

        uint hash = Hash(piece);
        int free = -1;
        for (uint probe = 0; probe < MostProbes; probe++)
        {
            int slot = (int)(unchecked(hash + probe) & (Slots - 1));
            ref Entry entry = ref _entries[slot];
            if (entry.PieceLength == 0)
            {
                free = slot;
                break;
            }

            if (entry.Hash == hash && piece.SequenceEqual(_characters.AsSpan(entry.Piece, entry.PieceLength)))
            {
                foreach (int id in _ids.AsSpan(entry.Ids, entry.IdCount))
                {
                    ids.Add(id);
                }

                return;
            }
        }

        int before = ids.Count;
        inner.Tokenize(piece, ids);
        if (free >= 0)
        {
            Remember(free, hash, piece, CollectionsMarshal.AsSpan(ids)[before..]);
        }
    }

    // Four characters at a time, mixed by the multiplier of xxHash's 64-bit prime 1.
    private static uint Hash(ReadOnlySpan<char> piece)
    {
        unchecked
        {
            ulong hash = (ulong)piece.Length;
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(piece);
            while (bytes.Length >= 8)
            {
                hash = (hash ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9E3779B185EBCA87;
                hash ^= hash >> 29;
                bytes = bytes[8..];
            }

            foreach (byte value in bytes)
            {
                hash = (hash ^ value) * 0x9E3779B185EBCA87;
            }

            return (uint)(hash >> 32);
        }
    }

    private void Remember(int slot, uint hash, ReadOnlySpan<char> piece, ReadOnlySpan<int> ids)
    {
        if (_words >= MostWords || _characterCount + piece.Length > MostCharacters || _idCount + ids.Length > MostIds)
        {
            Array.Clear(_entries);
            (_words, _characterCount, _idCount) = (0, 0, 0);
        }

        if (_characterCount + piece.Length > _characters.Length)
        {
            Array.Resize(ref _characters, _characters.Length * 2);
        }

        while (_idCount + ids.Length > _ids.Length)
        {
            Array.Resize(ref _ids, _ids.Length * 2);
        }

        piece.CopyTo(_characters.AsSpan(_characterCount));
        ids.CopyTo(_ids.AsSpan(_idCount));
        _entries[slot] = new Entry
        {
            Hash = hash,
            Piece = _characterCount,
            PieceLength = piece.Length,
            Ids = _idCount,
            IdCount = ids.Length,
        };
        _characterCount += piece.Length;
        _idCount += ids.Length;
        _words++;
    }

    private struct Entry
    {
        public uint Hash;
        public int Piece;
        public int PieceLength;
        public int Ids;
        public int IdCount;
    }
}
