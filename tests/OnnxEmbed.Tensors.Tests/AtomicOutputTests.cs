namespace OnnxEmbed.Tensors.Tests;

public class AtomicOutputTests
{
    [Fact]
    public void Commit_File_AppearsUnderItsName()
    {
        using TemporaryDirectory directory = new();
        using (AtomicOutput output = AtomicOutput.File(directory["a/b/file.txt"], force: false))
        {
            File.WriteAllText(output.TemporaryPath, "new");
            Assert.False(File.Exists(output.TargetPath));
            output.Commit();
        }

        Assert.Equal("new", File.ReadAllText(directory["a/b/file.txt"]));
        Assert.Equal(["a", "a/b", "a/b/file.txt"], directory.Entries());
    }

    [Fact]
    public void Dispose_WithoutCommit_LeavesNothingNotEvenParents()
    {
        using TemporaryDirectory directory = new();
        using (AtomicOutput output = AtomicOutput.File(directory["a/b/file.txt"], force: false))
        {
            File.WriteAllText(output.TemporaryPath, "half");
        }

        using (AtomicOutput output = AtomicOutput.Directory(directory["c/d"], force: false))
        {
            File.WriteAllText(Path.Combine(output.TemporaryPath, "part"), "half");
        }

        Assert.Empty(directory.Entries());
    }

    [Fact]
    public void File_LeftByAKilledProcess_IsClearedAway()
    {
        using TemporaryDirectory directory = new();
        int dead = DeadProcess();
        string mine = $".file.txt.{Environment.MachineName}-{Environment.ProcessId}-0.tmp";
        string elsewhere = $".file.txt.another-machine-{dead}-1.tmp";
        foreach (string name in (string[])[$".file.txt.{Environment.MachineName}-{dead}-1.tmp", mine, elsewhere, ".file.txt.notes.tmp"])
        {
            File.WriteAllText(directory[name], "half");
        }

        using (AtomicOutput output = AtomicOutput.File(directory["file.txt"], force: false))
        {
            File.WriteAllText(output.TemporaryPath, "new");
            output.Commit();
        }

        Assert.Equal(new[] { mine, elsewhere, ".file.txt.notes.tmp", "file.txt" }.Order(StringComparer.Ordinal), directory.Entries().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void CommitTogether_KilledAfterSomeNames_IsEndedByRecover(int named)
    {
        using TemporaryDirectory directory = new();
        AtomicOutput[] outputs = [.. ((string[])["data", "m", "report"]).Select(name => AtomicOutput.File(directory[name], force: true))];
        File.WriteAllText(directory["report"], "of the merge before");
        foreach (AtomicOutput output in outputs)
        {
            File.WriteAllText(output.TemporaryPath, "new");
        }

        AtomicOutput.Announce(outputs, outputs[1]);
        foreach (AtomicOutput output in outputs.Take(named))
        {
            output.Commit();
        }

        // What it has left is made that of a process that is gone.
        (string Mine, string Dead) id = ($"{Environment.MachineName}-{Environment.ProcessId}-", $"{Environment.MachineName}-{DeadProcess()}-");
        foreach (string left in Directory.GetFiles(directory.Root).Where(left => left.Contains(id.Mine, StringComparison.Ordinal)))
        {
            if (left.EndsWith(".commit", StringComparison.Ordinal))
            {
                File.WriteAllText(left, File.ReadAllText(left).Replace(id.Mine, id.Dead, StringComparison.Ordinal) + "../elsewhere\nm\n");
            }

            File.Move(left, left.Replace(id.Mine, id.Dead, StringComparison.Ordinal));
        }

        AtomicOutput.Recover(directory["m"]);
        Assert.Equal(["data", "m", "report"], directory.Entries());
        Assert.All(directory.Entries(), name => Assert.Equal("new", File.ReadAllText(directory[name])));
    }

    [Fact]
    public void CommitTogether_Undisturbed_LeavesTheFilesOnly()
    {
        using TemporaryDirectory directory = new();
        AtomicOutput[] outputs = [.. ((string[])["data", "m"]).Select(name => AtomicOutput.File(directory[name], force: false))];
        Array.ForEach(outputs, output => File.WriteAllText(output.TemporaryPath, "new"));
        AtomicOutput.CommitTogether(outputs, outputs[1]);
        Assert.Equal(["data", "m"], directory.Entries());
    }

    [Fact]
    public void Directory_MovedAsideByAKilledProcess_ReturnsOrGoes()
    {
        using TemporaryDirectory directory = new();
        string aside = directory[$".d.{Environment.MachineName}-{DeadProcess()}-1.tmp.old"];
        Directory.CreateDirectory(aside);
        File.WriteAllText(Path.Combine(aside, "old"), "");
        Assert.Throws<OptionException>(() => AtomicOutput.Directory(directory["d"], force: false));
        Assert.Equal(["d", "d/old"], directory.Entries());

        Directory.CreateDirectory(aside);
        using (AtomicOutput output = AtomicOutput.Directory(directory["d"], force: true))
        {
            File.WriteAllText(Path.Combine(output.TemporaryPath, "new"), "");
            output.Commit();
        }

        Assert.Equal(["d", "d/new"], directory.Entries());
    }

    /// <summary>The number of a process that has ended.</summary>
    private static int DeadProcess()
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.Id;
    }

    [Fact]
    public void File_Exists_IsRefusedWithPathAndRemedy()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["x"], "old");
        OptionException error = Assert.Throws<OptionException>(() => AtomicOutput.File(directory["x"], force: false));
        Assert.Equal($"{directory["x"]}: exists; --force replaces it", error.Message);
        Assert.Throws<OptionException>(() => AtomicOutput.Directory(directory["x"], force: true));
        Assert.Throws<OptionException>(() => AtomicOutput.RefuseExistingFile(directory["x"], force: false));
        AtomicOutput.RefuseExistingFile(directory["x"], force: true);
    }

    [Fact]
    public void File_AppearsMeanwhile_IsNotOverwritten()
    {
        using TemporaryDirectory directory = new();
        using (AtomicOutput output = AtomicOutput.File(directory["x"], force: false))
        {
            File.WriteAllText(output.TemporaryPath, "new");
            File.WriteAllText(directory["x"], "other");
            Assert.Throws<OptionException>(output.Commit);
        }

        Assert.Equal("other", File.ReadAllText(directory["x"]));
        Assert.Equal(["x"], directory.Entries());
    }

    [Fact]
    public void Directory_WithForce_ReplacesAllOfTheOldOne()
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["d"]);
        File.WriteAllText(directory["d/old"], "");
        Assert.Contains("--force", Assert.Throws<OptionException>(() => AtomicOutput.Directory(directory["d"], force: false)).Message);
        using (AtomicOutput output = AtomicOutput.Directory(directory["d"] + "/", force: true))
        {
            File.WriteAllText(Path.Combine(output.TemporaryPath, "new"), "");
            output.Commit();
        }

        Assert.Equal(["d", "d/new"], directory.Entries());
    }

    [Fact]
    public void Directory_EmptyTarget_CountsAsFree()
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["d"]);
        using (AtomicOutput output = AtomicOutput.Directory(directory["d"], force: false))
        {
            File.WriteAllText(Path.Combine(output.TemporaryPath, "new"), "");
            output.Commit();
        }

        Assert.Equal(["d", "d/new"], directory.Entries());
    }
}
