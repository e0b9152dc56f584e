using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <summary>Typed access to a node's attributes.</summary>
public static class Attributes
{
    /// <summary>An attribute, or null where the node leaves it out.</summary>
    public static AttributeProto? Find(this NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    /// <summary>An integer attribute.</summary>
    public static long GetInt(this NodeProto node, string name, long fallback) => node.Find(name)?.I ?? fallback;

    /// <summary>A float attribute.</summary>
    public static float GetFloat(this NodeProto node, string name, float fallback) => node.Find(name)?.F ?? fallback;

    /// <summary>A text attribute.</summary>
    public static string GetString(this NodeProto node, string name, string fallback) => node.Find(name)?.S.ToStringUtf8() ?? fallback;

    /// <summary>A list of integers, or null where the node leaves it out.</summary>
    public static long[]? GetInts(this NodeProto node, string name) => node.Find(name) is { } attribute ? [.. attribute.Ints] : null;

    /// <summary>An attribute from a C# value: long, int, bool, float, double, string, long[], <see cref="ElementType"/> or a tensor.</summary>
    /// <exception cref="ArgumentException">The value's type is none of these.</exception>
    public static AttributeProto Create(string name, object value)
    {
        AttributeProto attribute = new() { Name = name };
        switch (value)
        {
            case long or int or bool or ElementType:
                attribute.Type = AttributeProto.Types.AttributeType.Int;
                attribute.I = value is bool flag ? (flag ? 1 : 0) : Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture);
                break;
            case float or double:
                attribute.Type = AttributeProto.Types.AttributeType.Float;
                attribute.F = Convert.ToSingle(value, System.Globalization.CultureInfo.InvariantCulture);
                break;
            case string text:
                attribute.Type = AttributeProto.Types.AttributeType.String;
                attribute.S = ByteString.CopyFromUtf8(text);
                break;
            case long[] list:
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                attribute.Ints.AddRange(list);
                break;
            case TensorProto tensor:
                attribute.Type = AttributeProto.Types.AttributeType.Tensor;
                attribute.T = tensor;
                break;
            default:
                throw new ArgumentException($"attribute {name}: needs an integer, float, text, list or tensor, got {value.GetType().Name}", nameof(value));
        }

        return attribute;
    }
}
