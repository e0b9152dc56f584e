using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>init</c>: a fresh model.</summary>
internal sealed class InitCommand(Session session)
{
    [Command("init", Description = "Makes a fresh model package. The weights are random and seeded; the tokenizer makes one token of each character of number text.")]
    [Example("onnxembed init --arch llama --hidden 192 --layers 6 --heads 4 --seed 1 -o artifacts/fresh")]
    public int Run(
        OutputOptions output,
        [Option("arch", Description = "bert (encoder) or llama (decoder).", ValueName = "NAME")] string arch,
        [Option("out", ['o'], Description = "The package to write.", ValueName = "DIR")] string @out,
        [Option("hidden", Description = "Width of hidden states and of the embedding.")] int hidden = 256,
        [Option("layers", Description = "Transformer layers.")] int layers = 6,
        [Option("heads", Description = "Attention heads.")] int heads = 4,
        [Option("kv-heads", Description = "Key and value heads of a decoder; as many as heads unless given.")] int? kvHeads = null,
        [Option("intermediate", Description = "Width of the feed-forward block; 4 times the width (bert) or 8/3 of it (llama) unless given.")] int? intermediate = null,
        [Option("max-length", Description = "Longest text in tokens.")] int maxLength = 256,
        [Option("pooling", Description = "How token states become one vector; mean (bert) or last (llama) unless given.")] PoolingMode? pooling = null,
        [Option("no-normalize", Description = "Leave vectors at their length instead of scaling them to 1.")] bool noNormalize = false,
        [Option("untied-head", Description = "Give a decoder an output head of its own instead of its token table.")] bool untiedHead = false,
        [Option("seed", Description = "Seed of the weights.")] ulong seed = 0,
        [Option("force", Description = "Replace the directory if it exists.")] bool force = false)
    {
        ModelInitOptions options = new()
        {
            Architecture = arch,
            HiddenSize = hidden,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = kvHeads,
            IntermediateSize = intermediate,
            MaxPositions = maxLength,
            Pooling = pooling,
            Normalize = !noNormalize,
            TieHead = !untiedHead,
            Seed = seed,
        };
        ModelPackage package = ModelInit.Create(options, @out, force);
        Result result = new Result()
            .Fact("out", @out)
            .Fact("model_type", package.Config.ModelType)
            .Fact("parameters", EncoderGraph.Parameters(package.Config).Sum(parameter => parameter.Shape.Aggregate(1L, (product, size) => product * size)))
            .Fact("pooling", package.Pooling.ToString().ToLowerInvariant());
        ResultWriter.Write(session, output.ResultFormat, result);
        return ExitStatus.Done;
    }
}
