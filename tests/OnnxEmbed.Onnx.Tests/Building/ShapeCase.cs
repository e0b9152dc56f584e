using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Tests.Building;

/// <summary>A small graph over inputs with symbolic extents; its inferred shapes are compared with those that ONNX Runtime returns.</summary>
/// <param name="Name">What the case is about.</param>
/// <param name="Build">Adds inputs and nodes; every node's outputs are compared.</param>
/// <param name="Unknown">Extents that inference leaves open; more of them is a loss, fewer a gain to be written down here.</param>
/// <param name="Opset">Version of the standard operators.</param>
public sealed record ShapeCase(string Name, Action<GraphBuilder> Build, int Unknown = 0, int Opset = GraphBuilder.DefaultOpset);
