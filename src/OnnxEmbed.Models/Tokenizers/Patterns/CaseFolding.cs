using System.Text;
using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>Which code points an expression takes for one another where it ignores case: simple case folding, one for one.</summary>
internal static class CaseFolding
{
    private static readonly Lazy<Dictionary<int, int[]>> Classes = new(Build);

    public static CodePointSet Close(CodePointSet set)
    {
        List<(int, int)> added = [.. set.Ranges()];
        foreach ((int point, int[] others) in Classes.Value)
        {
            if (set.Contains(point))
            {
                added.AddRange(others.Select(other => (other, other)));
            }
        }

        return CodePointSet.Of(added);
    }

    private static Dictionary<int, int[]> Build()
    {
        Dictionary<int, List<int>> byFold = [];
        for (int point = 0; point < 0x1EA00; point++)
        {
            if (point is >= 0xD800 and < 0xE000)
            {
                continue;
            }

            int fold = Fold(point);
            if (fold != point)
            {
                if (!byFold.TryGetValue(fold, out List<int>? group))
                {
                    byFold[fold] = group = [fold];
                }

                group.Add(point);
            }
        }

        return byFold.Values.SelectMany(group => group.Select(point => (point, group)))
            .ToDictionary(pair => pair.point, pair => pair.group.Where(other => other != pair.point).ToArray());
    }

    // .NET's invariant mappings leave out the letters that fold into ASCII from elsewhere.
    private static int Fold(int point) => point switch
    {
        0x17F => 's',
        0x212A => 'k',
        0x212B => 0xE5,
        0x1E9E => 0xDF,
        0x130 or 0x131 => point,
        _ => Rune.ToLowerInvariant(Rune.ToUpperInvariant(new Rune(point))).Value,
    };
}
