using Cocona;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Every command of <c>onnxembed</c>, in the order in which help lists them.</summary>
internal static class CommandCatalogue
{
    public static void AddTo(CoconaApp app)
    {
        app.AddSubCommand("data", data => data.AddCommands<DataTextCommand>()).WithDescription("Writes data sets.");
        app.AddCommands<InspectCommand>();
    }
}
