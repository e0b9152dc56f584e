namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Keeps each element with the same probability, and multiplies by its inverse, which leaves the expectation as it is (L. Yu et al., "Language
/// models are Super Mario", DARE, arXiv:2311.03099, §3.1).
/// </summary>
internal sealed class BernoulliSparsifier(MergeTensor tensor, double[] densities, ulong seed) : ISparsifier
{
    private readonly RandomMask[] _masks = [.. densities.Select((_, model) => new RandomMask(seed, tensor.Name, model))];

    public RowLayout? Rows => null;

    public void Apply(TaskPiece piece, int rowLength)
    {
        for (int model = 0; model < densities.Length; model++)
        {
            if (densities[model] < 1)
            {
                _masks[model].Drop(piece.Task(model), piece.Start, densities[model]);
            }
        }
    }

    public double Rescaling(int model) => densities[model] > 0 ? 1 / densities[model] : 1;
}
