namespace OnnxEmbed.Study.Protocol;

/// <summary>One property with one seed: all families are trained and measured on the same items.</summary>
internal sealed record StudyCell(string Property, int Seed)
{
    public override string ToString() => $"{Property} seed {Seed}";
}
