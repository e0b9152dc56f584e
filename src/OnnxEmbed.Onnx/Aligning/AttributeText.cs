using System.Globalization;
using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Onnx.Aligning;

/// <summary>The attributes of a node as one text that does not depend on their order.</summary>
internal static class AttributeText
{
    public static string Of(NodeProto node) => string.Join(' ', node.Attribute
        .OrderBy(attribute => attribute.Name, StringComparer.Ordinal)
        .Select(attribute => $"{attribute.Name}={Value(attribute)}"));

    private static string Value(AttributeProto attribute) => attribute.Type switch
    {
        AttributeProto.Types.AttributeType.Float => attribute.F.ToString("R", CultureInfo.InvariantCulture),
        AttributeProto.Types.AttributeType.Int => attribute.I.ToString(CultureInfo.InvariantCulture),
        AttributeProto.Types.AttributeType.String => attribute.S.ToStringUtf8(),
        AttributeProto.Types.AttributeType.Ints => string.Join(',', attribute.Ints),
        AttributeProto.Types.AttributeType.Floats => string.Join(',', attribute.Floats.Select(value => value.ToString("R", CultureInfo.InvariantCulture))),
        AttributeProto.Types.AttributeType.Strings => string.Join(',', attribute.Strings.Select(value => value.ToStringUtf8())),
        _ => attribute.Type.ToString(),
    };
}
