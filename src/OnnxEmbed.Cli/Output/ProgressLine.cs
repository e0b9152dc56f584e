using System.Globalization;
using OnnxEmbed.Cli.Hosting;

namespace OnnxEmbed.Cli.Output;

/// <summary>
/// Progress on stderr: one line that is rewritten on a terminal, and elsewhere a plain line every ten seconds and at the end.
/// Safe to call from several threads.
/// </summary>
internal sealed class ProgressLine(Session session, bool quiet) : IDisposable
{
    private const int BarWidth = 24;
    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly long _start = session.Time.GetTimestamp();
    private TimeSpan _shown = TimeSpan.MinValue;
    private string _stage = string.Empty;
    private bool _open;

    /// <summary>Shows how far a stage is.</summary>
    /// <param name="stage">What is being done; a new stage is always shown.</param>
    /// <param name="fraction">How much is done, in [0, 1], or null when that is not known.</param>
    /// <param name="detail">What else to say, for example the loss.</param>
    public void Report(string stage, double? fraction, string detail)
    {
        if (quiet)
        {
            return;
        }

        lock (_gate)
        {
            TimeSpan now = session.Time.GetElapsedTime(_start);
            TimeSpan interval = session.StderrIsTerminal ? LiveInterval : PlainInterval;
            bool last = fraction >= 1;
            if (stage == _stage && !last && _shown != TimeSpan.MinValue && now - _shown < interval)
            {
                return;
            }

            _stage = stage;
            _shown = now;
            string percent = fraction is { } done ? string.Create(CultureInfo.InvariantCulture, $" {100 * Math.Clamp(done, 0, 1),3:F0} %") : string.Empty;
            if (session.StderrIsTerminal)
            {
                int filled = (int)(BarWidth * Math.Clamp(fraction ?? 0, 0, 1));
                string bar = fraction is null ? string.Empty : " " + new string('━', filled) + new string('╌', BarWidth - filled);
                string line = $"{stage}{bar}{percent} {detail}";
                session.Stderr.Write("\r\u001b[K" + (line.Length < session.Width ? line : line[..(session.Width - 1)]));
                _open = true;
            }
            else
            {
                session.Stderr.WriteLine($"{stage}{percent} {detail}".TrimEnd());
            }
        }
    }

    /// <summary>A line that stays.</summary>
    public void Say(string text)
    {
        if (quiet)
        {
            return;
        }

        lock (_gate)
        {
            Close();
            session.Stderr.WriteLine(text);
        }
    }

    /// <summary>Ends the live line, so that what follows starts on a line of its own.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            Close();
        }
    }

    private void Close()
    {
        if (_open)
        {
            session.Stderr.WriteLine();
            _open = false;
        }
    }
}
