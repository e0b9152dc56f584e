namespace OnnxEmbed.Data.Carrying;

/// <summary>A list of Thrift's compact protocol; the element type is the protocol's code (see <see cref="ThriftTypes"/>).</summary>
internal sealed record ThriftList(int ElementType, List<object> Items);
