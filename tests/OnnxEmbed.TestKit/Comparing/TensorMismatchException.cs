namespace OnnxEmbed.TestKit.Comparing;

/// <summary>Two results that should agree do not; the message says where and by how much.</summary>
public sealed class TensorMismatchException(string message) : Exception(message);
