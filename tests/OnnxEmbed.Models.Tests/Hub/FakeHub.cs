using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OnnxEmbed.Models.Tests.Hub;

/// <summary>
/// A server that answers as the Hugging Face hub does: description of a revision, small files in place, large files by redirect to another
/// address, ranges, error codes; and that can cut connections and lie.
/// </summary>
internal sealed class FakeHub : IDisposable
{
    public const string Repository = "acme/tiny-embed";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly HttpListener _hub = new();
    private readonly HttpListener _store = new();
    private readonly Dictionary<string, byte[]> _files;
    private int _cuts;

    public FakeHub(Dictionary<string, byte[]> files)
    {
        _files = files;
        Endpoint = Start(_hub, Hub);
        Store = Start(_store, context => File(context, context.Request.Url!.AbsolutePath[1..]));
    }

    public Uri Endpoint { get; }

    public Uri Store { get; }

    /// <summary>Paths asked for at the hub, and whether a token came with them.</summary>
    public List<(string Path, bool HasToken)> Asked { get; } = [];

    /// <summary>Ranges asked for at the store, and whether a token came with them.</summary>
    public List<(string? Range, bool HasToken)> Stored { get; } = [];

    /// <summary>The token without which the repository does not exist.</summary>
    public string? Token { get; init; }

    /// <summary>Bytes of a large file after which the connection is cut, as often as <see cref="Cuts"/> says.</summary>
    public int CutAfter { get; init; }

    public int Cuts { get; init; }

    /// <summary>Whether the store ignores ranges.</summary>
    public bool SendsWhole { get; init; }

    /// <summary>Answers with this status to the first requests.</summary>
    public Queue<int> Failures { get; } = new();

    /// <summary>Changes what the description says.</summary>
    public Action<JsonObject> Describe { get; init; } = _ => { };

    public void Dispose()
    {
        _hub.Close();
        _store.Close();
    }

    private static Uri Start(HttpListener listener, Action<HttpListenerContext> answer)
    {
        int port;
        using (TcpListener free = new(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        Uri address = new($"http://127.0.0.1:{port}/");
        listener.Prefixes.Add(address.AbsoluteUri);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                try
                {
                    answer(context);
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
                {
                    context.Response.Abort();
                }
            }
        });
        return address;
    }

    private void Hub(HttpListenerContext context)
    {
        string path = context.Request.Url!.AbsolutePath;
        string? authorization = context.Request.Headers["Authorization"];
        Asked.Add((path, authorization is not null));
        if (Failures.TryDequeue(out int failure))
        {
            context.Response.StatusCode = failure;
        }
        else if (Token is not null && authorization != $"Bearer {Token}")
        {
            context.Response.StatusCode = 401;
            context.Response.AddHeader("X-Error-Code", "RepoNotFound");
        }
        else if (path == $"/api/models/{Repository}/revision/main")
        {
            byte[] body = Encoding.UTF8.GetBytes(Description().ToJsonString());
            context.Response.OutputStream.Write(body);
        }
        else if (path.StartsWith($"/api/models/{Repository}/revision/", StringComparison.Ordinal))
        {
            context.Response.StatusCode = 404;
            context.Response.AddHeader("X-Error-Code", "RevisionNotFound");
        }
        else if (path.StartsWith($"/{Repository}/resolve/{Commit}/", StringComparison.Ordinal))
        {
            string name = path[$"/{Repository}/resolve/{Commit}/".Length..];
            if (IsLarge(name))
            {
                context.Response.Redirect(new Uri(Store, name).AbsoluteUri);
            }
            else
            {
                context.Response.OutputStream.Write(_files[name]);
            }
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }

    private void File(HttpListenerContext context, string name)
    {
        byte[] bytes = _files[name];
        string? range = context.Request.Headers["Range"];
        Stored.Add((range, context.Request.Headers["Authorization"] is not null));
        int from = range is null || SendsWhole ? 0 : int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
        context.Response.ContentLength64 = bytes.Length - from;
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.AddHeader("Content-Range", $"bytes {from}-{bytes.Length - 1}/{bytes.Length}");
        }

        if (_cuts < Cuts && bytes.Length - from > CutAfter)
        {
            _cuts++;
            context.Response.OutputStream.Write(bytes, from, CutAfter);
            context.Response.OutputStream.Flush();
            context.Response.Abort();
            return;
        }

        context.Response.OutputStream.Write(bytes, from, bytes.Length - from);
    }

    private JsonObject Description()
    {
        JsonArray siblings = [];
        foreach ((string name, byte[] bytes) in _files)
        {
            JsonObject file = new() { ["rfilename"] = name, ["size"] = bytes.Length, ["blobId"] = Blob(bytes) };
            if (IsLarge(name))
            {
                file["lfs"] = new JsonObject { ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)), ["size"] = bytes.Length, ["pointerSize"] = 130 };
            }

            siblings.Add(file);
        }

        JsonObject description = new() { ["id"] = Repository, ["sha"] = Commit, ["siblings"] = siblings };
        Describe(description);
        return description;
    }

    private static bool IsLarge(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal) || name.EndsWith(".onnx", StringComparison.Ordinal);

#pragma warning disable CA5350 // Git names blobs by SHA-1.
    private static string Blob(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));
#pragma warning restore CA5350
}
