using CsCheck;
using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tests.Tokenizers.Unicode;

public sealed class CodePointSetTests
{
    private static readonly Gen<(int, int)[]> Ranges = Gen.Select(Gen.Int[0, 0x10FFFF], Gen.Int[0, 3000])
        .Select((first, length) => (first, Math.Min(0x10FFFF, first + length))).Array[0, 6];

    [Fact]
    public void Operations_RandomRanges_EqualThoseOnHashSets() => Gen.Select(Ranges, Ranges).Sample(
        (left, right) =>
        {
            HashSet<int> a = Points(left);
            HashSet<int> b = Points(right);
            CodePointSet first = CodePointSet.Of(left);
            CodePointSet second = CodePointSet.Of(right);
            int[] probes = [0, 0x10FFFF, .. left.Concat(right).SelectMany(r => (int[])[r.Item1, r.Item2, Math.Max(0, r.Item1 - 1), Math.Min(0x10FFFF, r.Item2 + 1)])];
            foreach (int probe in probes)
            {
                Assert.Equal(a.Contains(probe), first.Contains(probe));
                Assert.Equal(!a.Contains(probe), first.Complement().Contains(probe));
                Assert.Equal(a.Contains(probe) || b.Contains(probe), first.Union(second).Contains(probe));
                Assert.Equal(a.Contains(probe) && b.Contains(probe), first.Intersect(second).Contains(probe));
            }

            Assert.Equal(a.Count, first.Ranges().Sum(range => range.Last - range.First + 1));
        },
        iter: 200);

    [Fact]
    public void Categories_Together_AreAllCodePointsOnce()
    {
        string[] names = ["L", "M", "N", "P", "S", "Z", "C"];

        Assert.Equal(CodePointSet.Limit, names.Sum(name => UnicodeProperties.Category(name).Ranges().Sum(range => range.Last - range.First + 1)));
    }

    private static HashSet<int> Points((int First, int Last)[] ranges) =>
        [.. ranges.SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1))];
}
