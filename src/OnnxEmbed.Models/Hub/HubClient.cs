using System.Net;
using System.Net.Http.Headers;

namespace OnnxEmbed.Models.Hub;

/// <summary>
/// The Hugging Face hub's HTTP interface: redirects followed without carrying the token to another host, and requests that failed on the
/// way made again. Source: https://huggingface.co/docs/hub/api.
/// </summary>
internal sealed class HubClient(HttpMessageInvoker http, PullOptions options, TimeProvider time)
{
    private const int MostRedirects = 10;

    /// <summary>Description of the revision.</summary>
    public async Task<HubRepository> RepositoryAsync(CancellationToken cancellation)
    {
        Uri address = new(options.Endpoint, $"/api/models/{options.Repository}/revision/{Uri.EscapeDataString(options.Revision)}?blobs=true");
        byte[] body = await AgainAsync(
            async () =>
            {
                using HttpResponseMessage response = await SendAsync(address, 0, cancellation);
                Expect(response, address);
                return await response.Content.ReadAsByteArrayAsync(cancellation);
            },
            cancellation);
        return HubRepository.Parse(address.AbsoluteUri, body);
    }

    /// <summary>Appends a file's bytes from where the local part ends.</summary>
    /// <param name="commit">The commit to read from.</param>
    /// <param name="file">The file.</param>
    /// <param name="path">Where its bytes go.</param>
    /// <param name="report">Told the local length after each piece.</param>
    /// <param name="cancellation">Stops the download; what came stays.</param>
    public async Task DownloadAsync(string commit, HubFile file, string path, Action<long> report, CancellationToken cancellation)
    {
        string escaped = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        Uri address = new(options.Endpoint, $"/{options.Repository}/resolve/{commit}/{escaped}");
        await AgainAsync(
            async () =>
            {
                await using FileStream target = new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
                if (target.Length >= file.Size)
                {
                    target.SetLength(file.Size);
                    return true;
                }

                using HttpResponseMessage response = await SendAsync(address, target.Length, cancellation);
                Expect(response, address);

                // A server that does not know ranges sends everything.
                bool continues = response.StatusCode == HttpStatusCode.PartialContent;
                if (continues && response.Content.Headers.ContentRange?.From != target.Length)
                {
                    throw new HubException($"{address}: needs bytes from {target.Length}, got the range {response.Content.Headers.ContentRange}");
                }

                target.SetLength(continues ? target.Length : 0);
                target.Seek(0, SeekOrigin.End);
                await using Stream source = await response.Content.ReadAsStreamAsync(cancellation);
                using CancellationTokenSource stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                byte[] buffer = new byte[1 << 17];
                while (true)
                {
                    stalled.CancelAfter(options.StallLimit);
                    int count = await source.ReadAsync(buffer, stalled.Token);
                    if (count == 0)
                    {
                        break;
                    }

                    if (target.Length + count > file.Size)
                    {
                        throw new HubException($"{address}: needs {file.Size} bytes, got more");
                    }

                    await target.WriteAsync(buffer.AsMemory(0, count), cancellation);
                    report(target.Length);
                }

                return target.Length == file.Size
                    ? true
                    : throw new HttpIOException(HttpRequestError.ResponseEnded, $"{target.Length} of {file.Size} bytes came");
            },
            cancellation);
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, long from, CancellationToken cancellation)
    {
        Uri at = address;
        for (int redirects = 0; ; redirects++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, at);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("onnxembed", Packages.Provenance.ToolVersion));
            if (from > 0)
            {
                request.Headers.Range = new RangeHeaderValue(from, null);
            }

            // The token is for the hub: large files lie with other hosts, under addresses that are signed.
            if (options.Token is not null && at.Scheme == options.Endpoint.Scheme && at.Authority == options.Endpoint.Authority)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Token);
            }

            using CancellationTokenSource stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            stalled.CancelAfter(options.StallLimit);
            HttpResponseMessage response = await http.SendAsync(request, stalled.Token);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return response;
            }

            using (response)
            {
                Uri? next = response.Headers.Location is { } location ? new Uri(at, location) : null;
                if (next is null || redirects == MostRedirects || (at.Scheme == "https" && next.Scheme != "https"))
                {
                    throw new HubException(
                        $"{address}: needs at most {MostRedirects} redirects that do not leave https, got one from {at} to {next?.ToString() ?? "nowhere"}");
                }

                at = next;
            }
        }
    }

    private void Expect(HttpResponseMessage response, Uri address)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        int status = (int)response.StatusCode;
        string code = response.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? values) ? string.Join(' ', values) : "";
        string token = options.Token is null ? "no token was given (HF_TOKEN)" : "the token given does not open it";
        string? known = (status, code) switch
        {
            (_, "GatedRepo") => $"its owner asks for agreement to conditions on the hub's page first; {token}",
            (_, "RevisionNotFound") => $"there is no revision '{options.Revision}'",
            (_, "EntryNotFound") => "the file is not there",
            (401 or 403, _) => $"there is no such repository, or it is private; {token}",
            (404, _) => "there is no such repository or file",
            _ => null,
        };
        throw known is not null
            ? new HubException($"{address}: the hub answers {status}: {known}")
            : new HttpRequestException($"the hub answers {status}{(code.Length > 0 ? " " + code : "")}", null, response.StatusCode);
    }

    // Cut connections and answers 408, 429 and 5xx pass; others do not get better by asking again.
    private async Task<T> AgainAsync<T>(Func<Task<T>> request, CancellationToken cancellation)
    {
        TimeSpan delay = options.RetryDelay;
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await request();
            }
            catch (Exception e) when (IsPassing(e) && !cancellation.IsCancellationRequested)
            {
                if (attempt == options.Retries)
                {
                    throw new HubException($"{options.Endpoint}: gave up after {attempt + 1} attempts: {e.Message}", e);
                }
            }

            await Task.Delay(delay, time, cancellation);
            delay *= 2;
        }
    }

    private static bool IsPassing(Exception exception) => exception switch
    {
        HttpRequestException { StatusCode: { } status } => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500,
        HttpRequestException or HttpIOException or OperationCanceledException => true,
        IOException { InnerException: System.Net.Sockets.SocketException } => true,
        _ => false,
    };
}
