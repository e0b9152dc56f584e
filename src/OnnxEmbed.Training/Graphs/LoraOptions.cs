using System.Globalization;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Graphs;

/// <summary>
/// Low-rank adaptation (Hu et al., https://arxiv.org/abs/2106.09685): W' = W + alpha/rank · B·A, of which A and B are trained.
/// </summary>
public sealed record LoraOptions
{
    /// <summary>The word that stands for every linear layer.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>Rows of A and columns of B.</summary>
    /// <value>16 unless set; at least 1.</value>
    public int Rank { get; init; } = 16;

    /// <summary>Numerator of the scale.</summary>
    /// <value>32 unless set.</value>
    public double Alpha { get; init; } = 32;

    /// <summary>
    /// Modules to adapt, as PEFT matches <c>target_modules</c>: the whole name or its last parts, or <see cref="AllLinear"/>.
    /// </summary>
    /// <value>Null for the linear layers of each block that the architecture has.</value>
    public IReadOnlyList<string>? Targets { get; init; }

    /// <summary>Factor of B·A: alpha / rank.</summary>
    public double Scale => Alpha / Rank;

    /// <summary>Reads <c>r=16,alpha=32,targets=q_proj+v_proj</c>; each part may be missing, and an empty text gives the defaults.</summary>
    /// <exception cref="OptionException">A part is not known or not a number of its range; all faults are listed.</exception>
    public static LoraOptions Parse(string text)
    {
        LoraOptions options = new();
        bool alphaGiven = false;
        List<string> faults = [];
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] pair = part.Split('=', 2);
            string value = pair.Length == 2 ? pair[1].Trim() : string.Empty;
            switch (pair[0].Trim().ToLowerInvariant())
            {
                case "r" or "rank" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int rank) && rank >= 1:
                    options = options with { Rank = rank };
                    break;
                case "alpha" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double alpha) && alpha > 0
                    && double.IsFinite(alpha):
                    options = options with { Alpha = alpha };
                    alphaGiven = true;
                    break;
                case "targets" when value.Length > 0:
                    string[] targets = value.Split('+', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                    options = options with { Targets = targets };
                    break;
                case "r" or "rank":
                    faults.Add($"r needs a whole number of at least 1, got {value}");
                    break;
                case "alpha":
                    faults.Add($"alpha needs a number above 0, got {value}");
                    break;
                case "targets":
                    faults.Add("targets needs module names joined by +, got none");
                    break;
                default:
                    faults.Add($"{part} is not known; known are r, alpha, targets");
                    break;
            }
        }

        if (faults.Count > 0)
        {
            throw new OptionException($"--lora {text}: {string.Join("; ", faults)}");
        }

        // The usual choice alpha = 2 r follows the rank where only the rank is given (LLM2Vec: r 16, alpha 32).
        return alphaGiven ? options : options with { Alpha = 2.0 * options.Rank };
    }
}
