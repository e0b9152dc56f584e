using CsCheck;
using OnnxEmbed.Merging.Decompositions;

namespace OnnxEmbed.Merging.Tests.Decompositions;

public class TruncatedSvdTests
{
    private static readonly ParallelOptions Two = new() { MaxDegreeOfParallelism = 2 };
    private static readonly ParallelOptions One = new() { MaxDegreeOfParallelism = 1 };

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 5, 2)]
    [InlineData(4, 8, 9)]
    [InlineData(17, 33, 9)]
    [InlineData(65, 31, 41)]
    [InlineData(130, 64, 77)]
    public void Multiply_Shapes_EqualTheTripleLoop(int rows, int inner, int columns)
    {
        Matrix a = Random(rows, inner, 1), b = Random(inner, columns, 2);
        Matrix product = MatrixProduct.Multiply(a, b, Two);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double sum = 0;
                for (int k = 0; k < inner; k++)
                {
                    sum += a[i][k] * b[k][j];
                }

                Assert.Equal(sum, product[i][j], 1e-12);
            }
        }

        Assert.Equal(product.Values, MatrixProduct.Multiply(a, b, One).Values);
    }

    [Fact]
    public void Largest_RandomSymmetricMatrices_ReconstructAndAreOrthonormal() =>
        Gen.Select(Gen.Int[1, 40], Gen.UInt).Sample((n, seed) =>
        {
            Matrix half = Random(n, n, seed);
            Matrix symmetric = new(n, n);
            for (int i = 0; i < n * n; i++)
            {
                symmetric.Values[i] = half[i / n][i % n] + half[i % n][i / n];
            }

            (double[] values, Matrix vectors) = SymmetricEigen.Largest(new Matrix(n, n, [.. symmetric.Values]), _ => n, Two);
            AssertOrthonormal(vectors);
            Assert.Equal(values.OrderDescending(), values);
            Matrix scaled = new(n, n, [.. vectors.Values]);
            for (int i = 0; i < n; i++)
            {
                System.Numerics.Tensors.TensorPrimitives.Multiply(scaled[i], values[i], scaled[i]);
            }

            AssertClose(symmetric, MatrixProduct.Multiply(vectors.Transposed(), scaled, Two), 1e-12 * n);
        }, iter: 60);

    [Fact]
    public void Largest_MatrixWithEqualValues_IsOrthonormal()
    {
        Matrix ones = new(50, 50);
        ones.Values.AsSpan().Fill(1);
        (double[] values, Matrix vectors) = SymmetricEigen.Largest(ones, _ => 50, Two);
        AssertOrthonormal(vectors);
        Assert.Equal(50, values[0], 1e-12);
        Assert.All(values.Skip(1), value => Assert.Equal(0, value, 1e-12));
    }

    [Theory]
    [InlineData(60, 40, 40)]
    [InlineData(40, 60, 40)]
    [InlineData(40, 60, 7)]
    [InlineData(300, 250, 20)]
    [InlineData(210, 400, 33)]
    public void ToRank_KnownSpectrum_FindsValuesAndTheBestError(int rows, int columns, int rank)
    {
        // σᵢ = 0.9^i on known directions: the error of the best approximation is the root of the squares left out (Eckart and Young).
        double[] spectrum = [.. Enumerable.Range(0, Math.Min(rows, columns)).Select(i => Math.Pow(0.9, i))];
        Matrix matrix = Known(rows, columns, spectrum);
        LowRankFactors found = TruncatedSvd.ToRank(matrix, rank, Two);
        Assert.Equal(rank, found.Rank);
        AssertOrthonormal(found.Left);
        AssertOrthonormal(found.Right, 1e-7);
        Assert.All(found.Values.Zip(spectrum), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
        double best = Math.Sqrt(spectrum.Skip(rank).Sum(value => value * value));
        Assert.Equal(best, Error(matrix, found), 1e-6);
    }

    [Fact]
    public void ToRank_Noise_IsNearTheBestError()
    {
        Matrix noise = Random(300, 260, 5);
        double best = Error(noise, TruncatedSvd.ToRank(noise, 200, Two) is { Rank: 200 } whole ? Cut(whole, 40) : throw new InvalidOperationException());
        Assert.InRange(Error(noise, TruncatedSvd.ToRank(noise, 40, Two)) / best, 1 - 1e-9, 1.005);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.99)]
    [InlineData(1)]
    public void ToEnergy_KnownSpectrum_TakesTheLeastRank(double share)
    {
        double[] spectrum = [.. Enumerable.Range(0, 220).Select(i => Math.Pow(0.92, i))];
        double all = spectrum.Sum(value => value * value);
        int least = Enumerable.Range(1, 220).First(rank => spectrum.Take(rank).Sum(value => value * value) >= share * all * (1 - 1e-12));
        LowRankFactors found = TruncatedSvd.ToEnergy(Known(220, 240, spectrum), share, 500, Two);
        Assert.True(share == 1 ? found.Rank > 150 : found.Rank == least, $"rank {found.Rank}, the least is {least}");
        Assert.True(found.EnergyKept >= share - 1e-12);
        Assert.Equal(3, TruncatedSvd.ToEnergy(Known(220, 240, spectrum), 0.9999, 3, Two).Rank);
    }

    [Fact]
    public void OfProduct_ThinFactors_EqualsThatOfTheProduct()
    {
        Matrix left = Random(300, 9, 1), right = Random(9, 200, 2);
        Matrix product = MatrixProduct.Multiply(left, right, Two);
        LowRankFactors thin = TruncatedSvd.OfProduct(left, right, 5, Two);
        LowRankFactors whole = TruncatedSvd.ToRank(product, 5, Two);
        Assert.All(thin.Values.Zip(whole.Values), pair => Assert.Equal(pair.Second, pair.First, 1e-9 * whole.Values[0]));
        Assert.Equal(Error(product, whole), Error(product, thin), 1e-9);
        Assert.Equal(0, Error(product, TruncatedSvd.OfProduct(left, right, 9, Two)), 1e-10);
        Assert.Equal(9, TruncatedSvd.OfProduct(left, right, 50, Two).Rank);
    }

    [Fact]
    public void ToRank_Zeros_AreOneValueOfNothing()
    {
        LowRankFactors found = TruncatedSvd.ToRank(new Matrix(5, 7), 3, Two);
        Assert.Equal([0.0], found.Values);
        (Matrix b, Matrix a) = found.Balanced();
        Assert.All(MatrixProduct.Multiply(b, a, Two).Values, value => Assert.Equal(0, value));
    }

    [Fact]
    public void ToRank_OneAndTwoThreads_GiveTheSameBits()
    {
        Matrix matrix = Random(260, 240, 7);
        LowRankFactors one = TruncatedSvd.ToRank(matrix, 16, One), two = TruncatedSvd.ToRank(matrix, 16, Two);
        Assert.Equal(one.Values, two.Values);
        Assert.Equal(one.Left.Values, two.Left.Values);
        Assert.Equal(one.Right.Values, two.Right.Values);
    }

    private static LowRankFactors Cut(LowRankFactors factors, int rank) =>
        factors with { Values = factors.Values[..rank], Left = factors.Left.Top(rank), Right = factors.Right.Top(rank) };

    private static double Error(Matrix matrix, LowRankFactors factors)
    {
        (Matrix b, Matrix a) = factors.Balanced();
        Matrix product = MatrixProduct.Multiply(b, a, Two);
        return Math.Sqrt(product.Values.Zip(matrix.Values).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second)));
    }

    private static Matrix Known(int rows, int columns, double[] spectrum)
    {
        Matrix left = OrthonormalRows.Of(Random(spectrum.Length, rows, 11), Two);
        Matrix right = OrthonormalRows.Of(Random(spectrum.Length, columns, 12), Two);
        Assert.Equal(spectrum.Length, left.Rows);
        for (int i = 0; i < spectrum.Length; i++)
        {
            System.Numerics.Tensors.TensorPrimitives.Multiply(right[i], spectrum[i], right[i]);
        }

        return MatrixProduct.Multiply(left.Transposed(), right, Two);
    }

    private static Matrix Random(int rows, int columns, uint seed) =>
        new(rows, columns, Array.ConvertAll(BareModels.Values(rows * columns, seed), value => (double)value));

    private static void AssertOrthonormal(Matrix rows, double tolerance = 1e-12)
    {
        Matrix gram = MatrixProduct.Gram(rows, Two);
        double worst = 0;
        for (int i = 0; i < gram.Values.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(gram.Values[i] - (i % (rows.Rows + 1) == 0 ? 1 : 0)));
        }

        Assert.InRange(worst, 0, tolerance);
    }

    private static void AssertClose(Matrix expected, Matrix actual, double tolerance) =>
        Assert.InRange(expected.Values.Zip(actual.Values).Max(pair => Math.Abs(pair.First - pair.Second)), 0, tolerance);
}
