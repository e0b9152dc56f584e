namespace OnnxEmbed.Cli.Output;

/// <summary>How a result is written to stdout.</summary>
internal enum OutputFormat
{
    Table,
    Json,
    Markdown,
    Csv,
}
