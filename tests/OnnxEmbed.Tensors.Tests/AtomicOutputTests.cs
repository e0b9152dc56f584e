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
