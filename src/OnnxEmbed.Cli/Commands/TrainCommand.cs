using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Runs;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>train</c>: fine-tuning for embeddings.</summary>
internal sealed class TrainCommand(Session session)
{
    [Command("train", Description = "Fine-tunes a model for embeddings. "
        + "Trains a LoRA adapter, or all weights with --full; the run directory has checkpoints, log.jsonl and the adapter (PEFT layout) or model package.")]
    [Example("onnxembed train artifacts/pretrained/model --data artifacts/numbers/prime/train.parquet --lora r=16,alpha=32 --steps 300 -o artifacts/run")]
    [Example("onnxembed train artifacts/fresh --data artifacts/pairs.parquet --loss mnrl --full --epochs 3 -o artifacts/run-full")]
    public int Run(
        TrainingOptions training,
        OutputOptions output,
        [Argument(Description = "Model package to start from.")] string package,
        [Option("lora", Description = "Adapter: r=…,alpha=…,targets=a+b; all linear layers of the blocks with r=16,alpha=32 unless given.", ValueName = "LIST")] string? lora = null,
        [Option("full", Description = "Train all weights instead of an adapter.")] bool full = false,
        [Option("adapter-init", Description = "Adapter to go on from, or the run that trained it.", ValueName = "DIR")] string? adapterInit = null,
        [Option("loss", Description = "supcon (texts with labels) or mnrl (anchor and positive columns).", ValueName = "NAME")] string loss = "supcon",
        [Option("temperature", Description = "Divisor of similarities; the loss's own default unless given.")] double? temperature = null,
        [Option("text", Description = "Column with the texts, for supcon.", ValueName = "COLUMN")] string text = "text",
        [Option("label", Description = "Column with the classes, for supcon.", ValueName = "COLUMN")] string label = "label",
        [Option("columns", Description = "Columns of a tuple, for mnrl; anchor,positive and negative if there is one unless given.", ValueName = "LIST")] string? columns = null)
    {
        if (full && lora is not null)
        {
            throw new OptionException("--full and --lora: need one of them, got both");
        }

        TrainOptions options = training.Fill(
            new TrainOptions
            {
                Package = package,
                Data = training.Data,
                Out = training.Out,
                Lora = full ? null : LoraOptions.Parse(lora ?? string.Empty),
                AdapterInit = adapterInit is null ? null : EngineOptions.AdapterDirectory(adapterInit),
                Loss = loss,
                Temperature = temperature,
                TextColumn = text,
                LabelColumn = label,
                TupleColumns = columns is null ? null : Lists.Names(columns),
            },
            session);
        return training.Show(session, output, "training", progress => Train.Run(options, session.Time, progress, session.Cancellation));
    }
}
