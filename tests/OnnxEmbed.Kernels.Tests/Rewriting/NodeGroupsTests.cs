using CsCheck;
using OnnxEmbed.Kernels.Rewriting;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Kernels.Tests.Rewriting;

public class NodeGroupsTests
{
    // The law that everything rests on: however groups were joined, there is an order in which each runs after what it reads.
    [Fact]
    public void TryJoin_AnyPairsOfARandomGraph_LeavesAnOrder() => Gen
        .Select(Gen.Int[0, 1_000_000], Gen.Int[5, 40], Gen.Int[1, 60])
        .Sample((seed, size, joins) =>
        {
            Random random = new(seed);
            GraphNode[] nodes = RandomGraph(random, size);
            NodeGroups groups = new(nodes);
            for (int i = 0; i < joins; i++)
            {
                groups.TryJoin(groups.Of(random.Next(size)), groups.Of(random.Next(size)));
            }

            int[][] order = [.. groups.InOrder().Select(group => group.ToArray())];
            Assert.Equal(Enumerable.Range(0, size), order.SelectMany(group => group).Order());
            int[] place = new int[size];
            for (int i = 0; i < order.Length; i++)
            {
                foreach (int node in order[i])
                {
                    place[node] = i;
                }
            }

            for (int node = 0; node < size; node++)
            {
                Assert.All(groups.Consumers(node), consumer => Assert.True(place[consumer] >= place[node]));
            }
        }, iter: 500);

    [Fact]
    public void TryJoin_APathLeadsRound_IsRefused()
    {
        GraphBuilder g = new();
        Value first = g.Exp(g.Input("x", ElementType.Float32, 2, 3));
        Value second = g.Node("Relu", [first]);
        g.Add(first, second);
        NodeGroups groups = new([.. g.Nodes]);
        Assert.False(groups.TryJoin(0, 2));
        Assert.True(groups.TryJoin(0, 1));
        Assert.True(groups.TryJoin(groups.Of(0), 2));
        Assert.Single(groups.InOrder());
    }

    [Fact]
    public void TryJoinAll_APathLeadsRound_IsRefused()
    {
        GraphBuilder g = new();
        Value first = g.Exp(g.Input("x", ElementType.Float32, 2, 3));
        g.Add(first, g.Node("Relu", [first]));
        NodeGroups groups = new([.. g.Nodes]);
        Assert.False(groups.TryJoinAll([0, 2]));
        Assert.True(groups.TryJoinAll([0, 1, 2]));
        Assert.Single(groups.InOrder());
    }

    private static GraphNode[] RandomGraph(Random random, int size)
    {
        GraphBuilder g = new();
        List<Value> values = [g.Input("x", ElementType.Float32, 2, 3)];
        for (int i = 0; i < size; i++)
        {
            values.Add(g.Add(values[random.Next(values.Count)], values[random.Next(values.Count)]));
        }

        return [.. g.Nodes];
    }
}
