using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Hub;

/// <summary>What <see cref="Pull.RunAsync"/> downloads.</summary>
public sealed record PullOptions
{
    /// <summary>The public hub.</summary>
    public const string PublicEndpoint = "https://huggingface.co";

    /// <summary>Repository, as <c>ORG/NAME</c>.</summary>
    public required string Repository { get; init; }

    /// <summary>Directory that shall appear.</summary>
    public required string Output { get; init; }

    /// <summary>Branch, tag or commit.</summary>
    public string Revision { get; init; } = "main";

    /// <summary>Address of the hub.</summary>
    public Uri Endpoint { get; init; } = new(PublicEndpoint);

    /// <summary>Access token; null asks as a stranger.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// Patterns of the files to take, where <c>*</c> stands for any characters, slashes included, and <c>?</c> for one; empty for what a model
    /// for embedding consists of: safetensors, or ONNX where there are none, and its small files.
    /// </summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Patterns of the files to leave out; they win over <see cref="Include"/>.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Whether a directory of that name is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>How often a request that failed on the way is made again.</summary>
    /// <value>[0, 100]; default 5.</value>
    public int Retries { get; init; } = 5;

    /// <summary>Time before the first repetition; it doubles with each.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the hub may say nothing before the connection counts as cut.</summary>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(60);

    internal void Check()
    {
        List<string> faults = [];
        string[] parts = Repository.Split('/');
        if (parts.Length is < 1 or > 2 || parts.Any(part => part.Length == 0 || part is "." or ".." || part.Any(sign => !char.IsAsciiLetterOrDigit(sign) && sign is not ('-' or '_' or '.'))))
        {
            faults.Add($"pull: needs a repository ORG/NAME of letters, digits, '-', '_' and '.', got '{Repository}'");
        }

        if (Revision.Length == 0)
        {
            faults.Add("--revision: needs a branch, tag or commit, got none");
        }

        if (!Endpoint.IsAbsoluteUri || Endpoint.Scheme is not ("http" or "https"))
        {
            faults.Add($"HF_ENDPOINT: needs an address http(s)://…, got '{Endpoint}'");
        }

        if (Retries is < 0 or > 100)
        {
            faults.Add($"retries: needs a number in [0, 100], got {Retries}");
        }

        if (faults.Count > 0)
        {
            throw new OptionException(string.Join("; ", faults));
        }
    }
}
