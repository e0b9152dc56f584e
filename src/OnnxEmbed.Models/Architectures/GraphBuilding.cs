using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures;

/// <summary>Adds one architecture's encoder to a graph and gives its hidden states [N, H] (N = batch · sequence).</summary>
internal delegate Value GraphBuilding<in TConfig>(GraphBuilder graph, TConfig config, EncoderInputs inputs, ParameterSource parameters)
    where TConfig : ModelConfig;
