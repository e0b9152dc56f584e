namespace OnnxEmbed.Cli.Output;

/// <summary>Calls back on the reporting thread; <see cref="Progress{T}"/> would do so later, in any order.</summary>
internal sealed class SynchronousProgress<T>(Action<T> callback) : IProgress<T>
{
    public void Report(T value) => callback(value);
}
