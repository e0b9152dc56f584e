namespace OnnxEmbed.Data.Numbers;

/// <summary>How deep a reader must look to see a property.</summary>
public enum NumberTier
{
    /// <summary>T1: the last digit, a digit sum or the order of neighbours decides.</summary>
    Surface = 1,

    /// <summary>T2: an arithmetic function of each element decides.</summary>
    Arithmetic = 2,

    /// <summary>T3: a relation between all elements decides.</summary>
    Structural = 3,

    /// <summary>T4: two properties together decide.</summary>
    Compositional = 4,
}
