using System.Text.Json.Nodes;
using OnnxEmbed.Models.Hub;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Hub;

public sealed class PullTests : IDisposable
{
    private static readonly byte[] Weights = Bytes(300_000, 1);

    private readonly TemporaryDirectory _directory = new();
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false };
    private readonly HttpMessageInvoker _http;

    public PullTests() => _http = new HttpMessageInvoker(_handler);

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task RunAsync_Repository_TakesWhatAModelConsistsOf()
    {
        using FakeHub hub = new(Files());

        PullReport report = await Run(hub);

        Assert.Equal(["out/1_Pooling/config.json", "out/README.md", "out/config.json", "out/model.safetensors"], _directory.Files());
        Assert.Equal(Weights, File.ReadAllBytes(_directory["out", "model.safetensors"]));
        Assert.Equal((FakeHub.Commit, 0L), (report.Commit, report.ReusedBytes));
        Assert.Equal([".gitattributes", "onnx/model.onnx", "pytorch_model.bin"], report.LeftOut.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RunAsync_Patterns_DecideWhatIsTaken()
    {
        using FakeHub hub = new(Files());

        await Run(hub, options => options with { Include = ["*.onnx", "*.json"], Exclude = ["1_*"] });

        Assert.Equal(["out/config.json", "out/onnx/model.onnx"], _directory.Files());
    }

    [Fact]
    public async Task RunAsync_Token_GoesToTheHubOnly()
    {
        using FakeHub hub = new(Files()) { Token = "hf_secret" };

        HubException error = await Assert.ThrowsAsync<HubException>(() => Run(hub));
        Assert.Contains("no token was given (HF_TOKEN)", error.Message);
        await Run(hub, options => options with { Token = "hf_secret" });

        Assert.All(hub.Asked.Skip(1), asked => Assert.True(asked.HasToken, asked.Path));
        Assert.NotEmpty(hub.Stored);
        Assert.All(hub.Stored, stored => Assert.False(stored.HasToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunAsync_CutConnections_GoOnWhereTheyWere(bool sendsWhole)
    {
        using FakeHub hub = new(Files()) { CutAfter = 100_000, Cuts = 2, SendsWhole = sendsWhole };

        await Run(hub);

        Assert.Equal(Weights, File.ReadAllBytes(_directory["out", "model.safetensors"]));
        Assert.Equal(3, hub.Stored.Count);
        Assert.All(hub.Stored.Skip(1), stored => Assert.NotNull(stored.Range));
    }

    [Fact]
    public async Task RunAsync_AfterAStop_DownloadsTheRestOnly()
    {
        using FakeHub hub = new(Files()) { CutAfter = 100_000, Cuts = 1 };
        await Assert.ThrowsAsync<HubException>(() => Run(hub, options => options with { Retries = 0 }));
        Assert.False(Directory.Exists(_directory["out"]));
        long there = new FileInfo(_directory["out.partial", "model.safetensors"]).Length;
        Assert.InRange(there, 1, 100_000);

        PullReport report = await Run(hub);

        Assert.Equal(Weights, File.ReadAllBytes(_directory["out", "model.safetensors"]));
        Assert.Equal($"bytes={there}-", hub.Stored[^1].Range);
        Assert.InRange(report.ReusedBytes, there, there + 1000);
        Assert.False(Directory.Exists(_directory["out.partial"]));
    }

    [Fact]
    public async Task RunAsync_BusyHub_IsAskedAgain()
    {
        using FakeHub hub = new(Files());
        hub.Failures.Enqueue(503);
        hub.Failures.Enqueue(429);

        await Run(hub);

        Assert.True(File.Exists(_directory["out", "config.json"]));
    }

    [Theory]
    [InlineData(".", "a relative path")]
    [InlineData("../outside.json", "a relative path")]
    [InlineData("/etc/passwd", "a relative path")]
    [InlineData("a\\b.json", "a relative path")]
    [InlineData("CONFIG.json", "twice")]
    public async Task RunAsync_NameThatLeavesTheDirectory_IsRefused(string name, string said)
    {
        using FakeHub hub = new(Files())
        {
            Describe = description => description["siblings"]!.AsArray().Add(
                new JsonObject { ["rfilename"] = name, ["size"] = 1, ["blobId"] = new string('0', 40) }),
        };

        DataException error = await Assert.ThrowsAnyAsync<DataException>(() => Run(hub));

        Assert.Contains(said, error.Message);
        Assert.Empty(_directory.Files());
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("config.json")]
    public async Task RunAsync_OtherBytesThanAnnounced_AreDeletedAndTold(string name)
    {
        Dictionary<string, byte[]> files = Files();
        using FakeHub hub = new(files)
        {
            Describe = _ => files[name][0] ^= 1,
        };

        HubException error = await Assert.ThrowsAsync<HubException>(() => Run(hub));

        Assert.Contains($"{name} has other bytes", error.Message);
        Assert.False(Directory.Exists(_directory["out"]));
        Assert.False(File.Exists(_directory["out.partial", name]));
    }

    [Fact]
    public async Task RunAsync_UnknownRevisionOrRepository_IsSaid()
    {
        using FakeHub hub = new(Files());

        Assert.Contains("no revision 'v9'", (await Assert.ThrowsAsync<HubException>(() => Run(hub, options => options with { Revision = "v9" }))).Message);
        Assert.Contains("no such repository", (await Assert.ThrowsAsync<HubException>(() => Run(hub, options => options with { Repository = "acme/none" }))).Message);
    }

    [Theory]
    [InlineData("a/b/c")]
    [InlineData("../x")]
    [InlineData("")]
    public async Task RunAsync_WrongRepositoryName_IsAnOptionFault(string repository)
    {
        using FakeHub hub = new(Files());

        await Assert.ThrowsAsync<OptionException>(() => Run(hub, options => options with { Repository = repository }));

        Assert.Empty(hub.Asked);
    }

    private Task<PullReport> Run(FakeHub hub, Func<PullOptions, PullOptions>? change = null)
    {
        PullOptions options = new()
        {
            Repository = FakeHub.Repository,
            Output = _directory["out"],
            Endpoint = hub.Endpoint,
            RetryDelay = TimeSpan.FromMilliseconds(1),
        };
        return Pull.RunAsync(change?.Invoke(options) ?? options, _http, TimeProvider.System, cancellation: TestContext.Current.CancellationToken);
    }

    private static Dictionary<string, byte[]> Files() => new()
    {
        [".gitattributes"] = Bytes(20, 2),
        ["README.md"] = Bytes(50, 3),
        ["config.json"] = Bytes(300, 4),
        ["1_Pooling/config.json"] = Bytes(60, 5),
        ["model.safetensors"] = [.. Weights],
        ["onnx/model.onnx"] = Bytes(5000, 6),
        ["pytorch_model.bin"] = Bytes(5000, 7),
    };

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
