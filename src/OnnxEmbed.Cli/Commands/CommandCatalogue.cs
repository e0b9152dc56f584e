using Cocona;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Every command of <c>onnxembed</c>.</summary>
internal static class CommandCatalogue
{
    /// <summary>The order in which one works with them, which is the order of the help.</summary>
    private static readonly string[] Order = ["numbers", "text", "audit", "data", "pull", "import", "init", "pretrain", "train", "merge", "combine", "extract", "export", "adapter", "embed", "eval", "study", "inspect", "diff", "verify", "ship"];

    /// <summary>Place of a command in the help.</summary>
    public static int Rank(string name) => Array.IndexOf(Order, name);

    public static void AddTo(CoconaApp app)
    {
        app.AddSubCommand("data", data =>
        {
            data.AddCommands<DataNumbersCommand>();
            data.AddCommands<DataTextCommand>();
            data.AddCommands<DataAuditCommand>();
        }).WithDescription("Writes data sets.");
        app.AddCommands<PullCommand>();
        app.AddCommands<ImportCommand>();
        app.AddCommands<InitCommand>();
        app.AddCommands<PretrainCommand>();
        app.AddCommands<TrainCommand>();
        app.AddCommands<MergeCommand>();
        app.AddSubCommand("adapter", adapter =>
        {
            adapter.AddCommands<AdapterCombineCommand>();
            adapter.AddCommands<AdapterExtractCommand>();
            adapter.AddCommands<AdapterExportCommand>();
        }).WithDescription("Combines, extracts and exports LoRA adapters.");
        app.AddCommands<EmbedCommand>();
        app.AddCommands<EvalCommand>();
        app.AddCommands<StudyCommand>();
        app.AddCommands<InspectCommand>();
        app.AddCommands<DiffCommand>();
        app.AddCommands<VerifyCommand>();
        app.AddCommands<ShipCommand>();
    }
}
