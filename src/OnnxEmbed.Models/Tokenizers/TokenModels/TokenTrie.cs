namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>Finds all tokens that a text begins with. A node is a prefix; children are in one open-addressed table.</summary>
internal sealed class TokenTrie
{
    private readonly int[] _roots = new int[char.MaxValue + 1];
    private long[] _keys = new long[1 << 12];
    private int[] _children = new int[1 << 12];
    private int[] _tokens = new int[1 << 11];
    private int _nodes = 1;

    public TokenTrie(IEnumerable<(string Token, int Id)> tokens)
    {
        foreach ((string token, int id) in tokens)
        {
            if (token.Length > 0)
            {
                int node = 0;
                foreach (char c in token)
                {
                    node = AddChild(node, c);
                }

                _tokens[node] = id + 1;
            }
        }
    }

    /// <summary>The node behind a character, 0 where no token goes on so. The root is 0.</summary>
    public int Child(int node, char c)
    {
        if (node == 0)
        {
            return _roots[c];
        }

        long key = Key(node, c);
        int mask = _keys.Length - 1;
        for (int at = Start(key, mask); ; at = (at + 1) & mask)
        {
            if (_keys[at] == key)
            {
                return _children[at];
            }

            if (_keys[at] == 0)
            {
                return 0;
            }
        }
    }

    /// <summary>The id of the token that ends at a node, -1 where none does.</summary>
    public int TokenAt(int node) => _tokens[node] - 1;

    private static long Key(int node, char c) => ((long)node << 16) | c;

    private static int Start(long key, int mask) => (int)(unchecked((ulong)key * 0x9E3779B97F4A7C15) >> 40) & mask;

    private int AddChild(int node, char c)
    {
        int child = Child(node, c);
        if (child != 0)
        {
            return child;
        }

        child = _nodes++;
        if (child == _tokens.Length)
        {
            Array.Resize(ref _tokens, child * 2);
        }

        if (node == 0)
        {
            _roots[c] = child;
            return child;
        }

        if (_nodes * 2 > _keys.Length)
        {
            Grow();
        }

        Put(Key(node, c), child);
        return child;
    }

    private void Put(long key, int child)
    {
        int mask = _keys.Length - 1;
        int at = Start(key, mask);
        while (_keys[at] != 0)
        {
            at = (at + 1) & mask;
        }

        _keys[at] = key;
        _children[at] = child;
    }

    private void Grow()
    {
        (long[] keys, int[] children) = (_keys, _children);
        _keys = new long[keys.Length * 2];
        _children = new int[keys.Length * 2];
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] != 0)
            {
                Put(keys[i], children[i]);
            }
        }
    }
}
