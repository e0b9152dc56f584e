namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>Decides which elements of the task vectors take part. Made for one tensor; called from several threads.</summary>
internal interface ISparsifier
{
    /// <summary>The rows it needs whole; null where any block will do.</summary>
    RowLayout? Rows { get; }

    /// <summary>Sets the elements that take no part to 0, in the task vectors of <paramref name="piece"/> themselves.</summary>
    /// <param name="piece">Any elements, or whole rows where it needs <see cref="Rows"/>.</param>
    /// <param name="rowLength">Elements of each row.</param>
    void Apply(TaskPiece piece, int rowLength);

    /// <summary>What the task vector of a model is multiplied by so that it is as large as before, in the mean.</summary>
    double Rescaling(int model);
}
