using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods;

public class MergeTensorTests
{
    private const int Rows = 301;
    private const int Columns = 257;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Gram_ModelsAndTasks_AreTheSumsOverTheWholeVectors(int threads)
    {
        TensorData[] sources = [.. Enumerable.Range(1, 4).Select(seed => Matrix((uint)seed))];
        MergeTensor tensor = MergeTensors.Of(sources, hasBase: true, threads: threads);
        double[][] values = [.. sources.Select(source => source.ToDoubles())];
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                AssertClose(values[i + 1].Zip(values[j + 1], (x, y) => (x - y) * (x - y)).Sum(), tensor.Gram[i, j].DifferenceSquared);
                AssertClose(values[i + 1].Sum(x => x * x), tensor.Gram[i, j].FirstSquared);
                double[] first = [.. values[i + 1].Zip(values[0], (x, y) => x - y)];
                double[] second = [.. values[j + 1].Zip(values[0], (x, y) => x - y)];
                AssertClose(first.Zip(second, (x, y) => (x + y) * (x + y)).Sum(), tensor.TaskGram[i, j].SumSquared);
                AssertClose(second.Sum(x => x * x), tensor.TaskGram[i, j].SecondSquared);
            }
        }

        Assert.Equal(MergeTensors.Of(sources, hasBase: true, threads: 1).TaskGram.Pairs, tensor.TaskGram.Pairs);
    }

    [Fact]
    public void Gram_OneModel_IsItsNorm()
    {
        MergeTensor tensor = MergeTensors.Of([TensorData.From<float>([1, 1], 2), TensorData.From<float>([4, 5], 2)], hasBase: true);
        Assert.Equal(41, tensor.Gram.SquaredNorm(0));
        Assert.Equal(5, tensor.TaskGram.Norm(0));
        Assert.Equal(1, tensor.TaskGram.Cosine(0, 0));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    [InlineData(true, 3)]
    public void Compute_ByRows_SeesWholeRowsHoweverTheyAreStored(bool inputsFirst, int threads)
    {
        // The formula takes the row's mean from each element and adds the row's number; stored [in, out] a row is a column of the file.
        TensorData source = Matrix(1);
        MergeTensor tensor = MergeTensors.Of([source], inputsFirst: inputsFirst, threads: threads);
        RowLayout rows = tensor.Rows;
        Assert.Equal(inputsFirst ? (Columns, Rows) : (Rows, Columns), ((int)rows.Count, rows.Length));
        byte[] bytes = new byte[Rows * Columns * 4];
        BlockEngine engine = new(threads, TestContext.Current.CancellationToken);
        double squared = engine.Compute([new StoredWeights(source)], false, rows, Formula, ElementType.Float32, (offset, part) => part.CopyTo(bytes.AsSpan((int)offset))).SquaredNorm;
        float[] result = TensorData.FromBytes(ElementType.Float32, [Rows, Columns], bytes).ToSingles();
        double[] values = source.ToDoubles();
        for (int row = 0; row < rows.Count; row++)
        {
            int[] places = [.. Enumerable.Range(0, rows.Length).Select(i => inputsFirst ? (i * Columns) + row : (row * Columns) + i)];
            double mean = places.Sum(place => values[place]) / places.Length;
            Assert.All(places, place => Assert.Equal((float)(values[place] - mean + row), result[place]));
        }

        AssertClose(result.Sum(x => (double)x * x), squared);

        static void Formula(TensorBlock block, Span<double> result)
        {
            ReadOnlySpan<double> model = block.Model(0);
            for (int row = 0; row < block.RowCount; row++)
            {
                double sum = 0;
                for (int i = 0; i < block.RowLength; i++)
                {
                    sum += model[(row * block.RowLength) + i];
                }

                for (int i = 0; i < block.RowLength; i++)
                {
                    int place = (row * block.RowLength) + i;
                    result[place] = model[place] - (sum / block.RowLength) + block.FirstRow + row;
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Tally_Histogram_CountsEachElementOnce(int threads)
    {
        MergeTensor tensor = MergeTensors.Of([Matrix(1), Matrix(2)], threads: threads);
        long[] counts = tensor.Tally(
            () => new long[2],
            (block, count) =>
            {
                foreach (double value in block.Model(1))
                {
                    count[value < 0 ? 0 : 1]++;
                }
            },
            (total, part) =>
            {
                total[0] += part[0];
                total[1] += part[1];
            });
        int negative = Matrix(2).ToDoubles().Count(value => value < 0);
        Assert.Equal([negative, (Rows * Columns) - negative], counts);
    }

    private static TensorData Matrix(uint seed) => TensorData.From<float>(BareModels.Values(Rows * Columns, seed), Rows, Columns);

    private static void AssertClose(double expected, double actual) => Assert.InRange(actual - expected, -1e-9 * (1 + expected), 1e-9 * (1 + expected));
}
