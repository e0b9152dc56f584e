using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures;

/// <summary>The architectures whose graphs are built here, one row for each <c>model_type</c>.</summary>
internal static class KnownArchitectures
{
    public static IReadOnlyList<Architecture> All { get; } =
    [
        Architecture.Of("bert", BertConfig.Read, BertGraph.Build, BertGraph.TokenTable, "bert."),
        Architecture.Of("roberta", RobertaConfig.Read, RobertaGraph.Build, RobertaGraph.TokenTable, "roberta."),
        Architecture.Of("xlm-roberta", RobertaConfig.Read, RobertaGraph.Build, RobertaGraph.TokenTable, "roberta."),
        Architecture.Of("camembert", RobertaConfig.Read, RobertaGraph.Build, RobertaGraph.TokenTable, "roberta."),
        Architecture.Of("distilbert", DistilBertConfig.Read, DistilBertGraph.Build, DistilBertGraph.TokenTable, "distilbert."),
        Architecture.Of("electra", ElectraConfig.Read, ElectraGraph.Build, ElectraGraph.TokenTable, "electra."),
        Architecture.Of("mpnet", MpnetConfig.Read, MpnetGraph.Build, MpnetGraph.TokenTable, "mpnet."),
        Architecture.Of("modernbert", ModernBertConfig.Read, ModernBertGraph.Build, ModernBertGraph.TokenTable, "model."),

        Architecture.Of("llama", LlamaConfig.Read, LlamaGraph.Build, LlamaGraph.TokenTable, "model."),
        Architecture.Of("mistral", MistralConfig.Read, LlamaGraph.Build, LlamaGraph.TokenTable, "model."),
        Architecture.Of("qwen2", QwenConfig.Read, LlamaGraph.Build, LlamaGraph.TokenTable, "model."),
        Architecture.Of("qwen3", QwenConfig.Read, LlamaGraph.Build, LlamaGraph.TokenTable, "model."),
        Architecture.Of("gemma2", GemmaConfig.Read, GemmaGraph.Build, GemmaGraph.TokenTable, "model."),
        Architecture.Of("gemma3_text", GemmaConfig.Read, GemmaGraph.Build, GemmaGraph.TokenTable, "model."),
        Architecture.Of("phi3", Phi3Config.Read, Phi3Graph.Build, Phi3Graph.TokenTable, "model."),
        Architecture.Of("gpt2", Gpt2Config.Read, Gpt2Graph.Build, Gpt2Graph.TokenTable, "transformer."),
        Architecture.Of("gpt_neox", GptNeoXConfig.Read, GptNeoXGraph.Build, GptNeoXGraph.TokenTable, "gpt_neox."),
    ];

    /// <summary>The row of a <c>model_type</c>; null for one that is not built.</summary>
    public static Architecture? Find(string modelType) => All.FirstOrDefault(row => row.ModelType == modelType);

    /// <summary>The row of a config whose graph can be built.</summary>
    public static Architecture Of(ModelConfig config) =>
        Find(config.ModelType) ?? throw new Tensors.DataException(NotBuilt(config.ModelType));

    public static string NotBuilt(string modelType) =>
        $"config: model_type needs one of {string.Join(", ", All.Select(row => row.ModelType))}, the ones that are built, got {modelType}";
}
