using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Training.Runs;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>pretrain</c>: language modelling over all weights.</summary>
internal sealed class PretrainCommand(Session session)
{
    [Command("pretrain", Description = "Trains all weights of a model on plain text. "
        + "A decoder learns the next token, an encoder the masked ones; the result is a model package in the run directory.")]
    [Example("onnxembed pretrain artifacts/fresh --data artifacts/text.parquet --steps 2000 -o artifacts/pretrained")]
    public int Run(
        TrainingOptions training,
        OutputOptions output,
        [Argument(Description = "Model package to start from.")] string package,
        [Option("objective", Description = "clm (next token) or mlm (masked tokens); what the architecture is made for unless given.", ValueName = "NAME")] string? objective = null,
        [Option("text", Description = "Column with the texts.", ValueName = "COLUMN")] string text = "text",
        [Option("mask-probability", Description = "Share of the tokens that mlm hides, in (0, 1).")] double maskProbability = 0.15)
    {
        PretrainOptions options = training.Fill(
            new PretrainOptions
            {
                Package = package,
                Data = training.Data,
                Out = training.Out,
                Objective = objective,
                TextColumn = text,
                MaskProbability = maskProbability,
            },
            session);
        return training.Show(session, output, "pretraining", progress => Pretrain.Run(options, session.Time, progress, session.Cancellation));
    }
}
