using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Data.Numbers;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>data numbers</c>: the number-theory suite.</summary>
internal sealed class DataNumbersCommand(Session session)
{
    [Command("numbers", Description = "Writes the number-theory suite. "
        + "Each property gets pairs of a sequence that has it and a matched one that has not, in splits that share no integer: "
        + "DIR/PROPERTY/{train,validation,test,ood-magnitude}.parquet. The same options give the same bytes.")]
    [Example("onnxembed data numbers -o artifacts/numbers")]
    [Example("onnxembed data numbers --properties prime,parity --pairs 1000 --seed 7 -o artifacts/two")]
    public async Task<int> Run(
        OutputOptions output,
        [Option("out", ['o'], Description = "Directory to write.", ValueName = "DIR")] string @out,
        [Option("properties", Description = "Properties to write; all of them unless given.", ValueName = "LIST")] string? properties = null,
        [Option("pairs", Description = "Pairs in a train split.")] int pairs = 4000,
        [Option("validation-pairs", Description = "Pairs in a validation split.")] int validationPairs = 500,
        [Option("test-pairs", Description = "Pairs in a test split.")] int testPairs = 1000,
        [Option("ood-pairs", Description = "Pairs in an ood-magnitude split; as many as test unless given.")] int? oodPairs = null,
        [Option("length", Description = "Elements of a sequence.")] int length = 6,
        [Option("digits", Description = "Digits of the elements of train, validation and test.", ValueName = "MIN-MAX")] string digits = "4-6",
        [Option("ood-digits", Description = "Digits of the elements of ood-magnitude; the three above --digits unless given.", ValueName = "MIN-MAX")] string? oodDigits = null,
        [Option("seed", Description = "Seed of everything that is drawn.")] ulong seed = 0,
        [Option("audit", Description = "Look for what gives the labels away afterwards, as data audit does; exit 1 where a property shows more than it declares.")] bool audit = false,
        [Option("threads", Description = "Threads; all cores unless given. The bytes do not depend on it.")] int? threads = null,
        [Option("force", Description = "Replace the directory if it exists.")] bool force = false)
    {
        NumberSuiteOptions options = new()
        {
            OutDir = @out,
            Seed = seed,
            Properties = properties is null ? null : Lists.Names(properties),
            TrainPairs = pairs,
            ValidationPairs = validationPairs,
            TestPairs = testPairs,
            OodPairs = oodPairs,
            Length = length,
            Digits = DigitRange.Parse(digits),
            OodDigits = oodDigits is null ? null : DigitRange.Parse(oodDigits),
            Force = force,
            DegreeOfParallelism = threads ?? session.DefaultThreads,
        };
        options.Validate();
        int total = NumberProperties.Find(options.Properties).Count * NumberSplits.All.Count(split => options.PairsOf(split) > 0);
        IReadOnlyList<NumberSuiteFile> files;
        using (ProgressLine line = new(session, output.Quiet))
        {
            int done = 0;
            files = await NumberSuite.WriteAsync(
                options,
                new SynchronousProgress<NumberSuiteFile>(file => line.Report("writing", (double)Interlocked.Increment(ref done) / total, file.Path)),
                session.Cancellation);
        }

        Result result = new Result()
            .Fact("out", @out)
            .Fact("files", files.Count)
            .Fact("rows", files.Sum(file => (long)file.Rows))
            .Table("properties", ["property", "tier", .. NumberSplits.All.Select(split => split.Name())], files
                .GroupBy(file => file.Property)
                .Select(group => (object?[])
                [
                    group.Key,
                    $"T{(int)NumberProperties.Find([group.Key])[0].Tier}",
                    .. NumberSplits.All.Select(split => (object?)group.FirstOrDefault(file => file.Split == split)?.Rows),
                ]));
        int status = audit ? await LeakAuditReport.AddAsync(session, output, result, @out, options.Properties, options.DegreeOfParallelism) : ExitStatus.Done;
        ResultWriter.Write(session, output.ResultFormat, result);
        return status;
    }
}
