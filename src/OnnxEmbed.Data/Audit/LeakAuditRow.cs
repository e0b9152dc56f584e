using System.Globalization;
using OnnxEmbed.Data.Numbers;

namespace OnnxEmbed.Data.Audit;

/// <summary>
/// What the leak audit found for one property: AUC on the integers of validation and test of probes fitted on those of train.
/// </summary>
/// <param name="Property">Name of the property.</param>
/// <param name="Tier">Its tier.</param>
/// <param name="LinearMagnitude">AUC of logistic regression on length, characters and logarithms of the elements.</param>
/// <param name="TreeMagnitude">AUC of boosted trees on the same.</param>
/// <param name="Digits">AUC of logistic regression on digit counts, last digits and first digits.</param>
/// <param name="StandardError">Standard error of an AUC at chance on as many rows.</param>
/// <param name="Bounds">What the property declares.</param>
/// <param name="TrainRows">Rows the probes were fitted on.</param>
/// <param name="TestRows">Rows they were scored on.</param>
public sealed record LeakAuditRow(
    string Property,
    NumberTier Tier,
    double LinearMagnitude,
    double TreeMagnitude,
    double Digits,
    double StandardError,
    LeakBounds Bounds,
    int TrainRows,
    int TestRows)
{
    /// <summary>
    /// The AUCs that lie above their bound by more than two standard errors, in words; none when the property keeps its bounds.
    /// </summary>
    public IReadOnlyList<string> Excesses()
    {
        List<string> excesses = [];
        Check("linear probe on magnitudes", LinearMagnitude, Bounds.Magnitude);
        Check("boosted trees on magnitudes", TreeMagnitude, Bounds.Magnitude);
        Check("linear probe on digits", Digits, Bounds.Digits);
        return excesses;

        void Check(string probe, double auc, double bound)
        {
            if (auc > bound + (2 * StandardError))
            {
                excesses.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Property}: {probe}: needs AUC of at most {bound:0.00} (and two standard errors, "
                    + $"{2 * StandardError:0.000}), got {auc:0.000}"));
            }
        }
    }

    /// <summary>Whether the property shows more than it declares.</summary>
    public bool Exceeds => Excesses().Count > 0;
}
