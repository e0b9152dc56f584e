namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>Where the weights of the models come from.</summary>
internal enum Weighing
{
    /// <summary>From the user.</summary>
    Given,

    /// <summary>From the mean square of each task vector (SCE); the sum is a mean.</summary>
    Energy,

    /// <summary>All alike; the sum is a mean over the models that take part in an element (RAM).</summary>
    Equal,

    /// <summary>As <see cref="Equal"/>, with elements of one model alone made larger (RAM+).</summary>
    EqualWithGain,
}
