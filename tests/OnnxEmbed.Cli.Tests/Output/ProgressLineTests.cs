using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;

namespace OnnxEmbed.Cli.Tests.Output;

public sealed class ProgressLineTests
{
    [Fact]
    public void Report_PlainStream_WritesFirstLastAndOneEveryTenSeconds()
    {
        ManualTime time = new();
        StringWriter stderr = new() { NewLine = "\n" };
        using (ProgressLine line = new(new Session(TextWriter.Null, stderr, time, CancellationToken.None), quiet: false))
        {
            for (int second = 0; second <= 25; second++)
            {
                line.Report("train", second / 25.0, $"step {second}");
                time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        Assert.Equal("train   0 % step 0\ntrain  40 % step 10\ntrain  80 % step 20\ntrain 100 % step 25\n", stderr.ToString());
    }

    [Fact]
    public void Report_Terminal_RewritesOneLine()
    {
        StringWriter stderr = new() { NewLine = "\n" };
        using (ProgressLine line = new(new Session(TextWriter.Null, stderr, new ManualTime(), CancellationToken.None) { StderrIsTerminal = true }, quiet: false))
        {
            line.Report("embed", 0.5, "");
            line.Report("embed", 1, "done");
        }

        Assert.Equal(2, stderr.ToString().Split("\r\u001b[K").Length - 1);
        Assert.EndsWith("done\n", stderr.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Report_Quiet_WritesNothing()
    {
        StringWriter stderr = new();
        using (ProgressLine line = new(new Session(TextWriter.Null, stderr, new ManualTime(), CancellationToken.None), quiet: true))
        {
            line.Report("train", 0.5, "");
            line.Say("text");
        }

        Assert.Empty(stderr.ToString());
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;

        public override long GetTimestamp() => _ticks;
    }
}
