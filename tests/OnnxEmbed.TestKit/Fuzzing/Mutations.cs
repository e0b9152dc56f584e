using System.Buffers.Binary;
using System.Text.Json.Nodes;
using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.TestKit.Fuzzing;

/// <summary>Small changes of files: of their bytes, of the values of a JSON text, of the fields of an ONNX model.</summary>
public static class Mutations
{
    private static readonly long[] Extremes =
        [0, 1, -1, 2, 7, 127, 128, 255, 256, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue, long.MaxValue / 4];

    private static readonly string[] Texts = ["", " ", "a", "..", "../../etc/passwd", "/", "\0", "é", "\ud83d\ude00", "input_ids", "[PAD]", new('x', 5000), "(a+)+$", "\\p{L}"];

    /// <summary>One to eight changes of bytes.</summary>
    public static byte[] Bytes(byte[] source, Random random)
    {
        List<byte> bytes = [.. source];
        for (int changes = random.Next(1, 9); changes > 0 && bytes.Count > 0; changes--)
        {
            // Headers and structure lie at either end of these formats more often than in the middle.
            int at = random.Next(4) == 0 ? Math.Min(bytes.Count - 1, random.Next(64)) : random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] = (byte)(bytes[at] ^ (1 << random.Next(8)));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 32)));
                    break;
                case 3:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(1, 32)));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.Skip(random.Next(bytes.Count)).Take(random.Next(1, 256)).ToArray());
                    break;
                case 5:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    byte[] number = new byte[8];
                    BinaryPrimitives.WriteInt64LittleEndian(number, Extremes[random.Next(Extremes.Length)]);
                    for (int i = 0; i < (random.Next(2) == 0 ? 4 : 8) && at + i < bytes.Count; i++)
                    {
                        bytes[at + i] = number[i];
                    }

                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>One to three values of a JSON text replaced, removed, renamed or doubled.</summary>
    public static string Json(string source, Random random)
    {
        JsonNode root = JsonNode.Parse(source)!;
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            List<JsonNode> containers = [];
            Collect(root, containers);
            switch (containers[random.Next(containers.Count)])
            {
                case JsonObject { Count: > 0 } parent:
                    string key = parent.ElementAt(random.Next(parent.Count)).Key;
                    if (random.Next(5) == 0)
                    {
                        parent.Remove(key);
                    }
                    else if (random.Next(5) == 0)
                    {
                        JsonNode? value = parent[key]?.DeepClone();
                        parent.Remove(key);
                        parent[Texts[random.Next(Texts.Length)]] = value;
                    }
                    else
                    {
                        parent[key] = Value(parent[key], containers, random);
                    }

                    break;
                case JsonArray { Count: > 0 } list:
                    int index = random.Next(list.Count);
                    if (random.Next(5) == 0)
                    {
                        list.RemoveAt(index);
                    }
                    else if (random.Next(5) == 0)
                    {
                        list.Insert(index, list[index]?.DeepClone());
                    }
                    else
                    {
                        list[index] = Value(list[index], containers, random);
                    }

                    break;
                default:
                    break;
            }
        }

        return root.ToJsonString();
    }

    /// <summary>One to four fields of a model changed: names, operators, attributes, extents, types, versions.</summary>
    public static ModelProto Model(ModelProto source, Random random)
    {
        ModelProto model = source.Clone();
        GraphProto graph = model.Graph;
        for (int changes = random.Next(1, 5); changes > 0 && graph.Node.Count > 0; changes--)
        {
            NodeProto node = Any(graph.Node, random);
            long number = random.Next(3) == 0 ? random.Next(-4, 8) : Extremes[random.Next(Extremes.Length)];
            switch (random.Next(15))
            {
                case 0 when node.Input.Count > 0:
                    node.Input[random.Next(node.Input.Count)] = AnyName(graph, random);
                    break;
                case 1 when node.Output.Count > 0:
                    node.Output[random.Next(node.Output.Count)] = AnyName(graph, random);
                    break;
                case 2 when node.Input.Count > 0:
                    node.Input.RemoveAt(random.Next(node.Input.Count));
                    break;
                case 3:
                    node.Input.Add(AnyName(graph, random));
                    break;
                case 4:
                    NodeProto other = Any(graph.Node, random);
                    (node.OpType, node.Domain) = (other.OpType, other.Domain);
                    break;
                case 5 or 6 when node.Attribute.Count > 0:
                    AttributeProto attribute = Any(node.Attribute, random);
                    attribute.I = number;
                    attribute.F = random.Next(3) switch { 0 => float.NaN, 1 => number, _ => 0 };
                    if (attribute.Ints.Count > 0)
                    {
                        attribute.Ints[random.Next(attribute.Ints.Count)] = number;
                    }

                    break;
                case 7 when node.Attribute.Count > 0:
                    Any(node.Attribute, random).Name = Texts[random.Next(Texts.Length)];
                    break;
                case 8 when graph.Initializer.Count > 0:
                    TensorProto initializer = Any(graph.Initializer, random);
                    if (initializer.Dims.Count > 0 && random.Next(2) == 0)
                    {
                        initializer.Dims[random.Next(initializer.Dims.Count)] = number;
                    }
                    else
                    {
                        initializer.Dims.Add(number);
                    }

                    break;
                case 9 when graph.Initializer.Count > 0:
                    Any(graph.Initializer, random).DataType = random.Next(-1, 26);
                    break;
                case 10 when graph.Input.Count > 0:
                    TypeProto.Types.Tensor? type = Any(graph.Input, random).Type?.TensorType;
                    if (type?.Shape is { Dim.Count: > 0 } shape)
                    {
                        shape.Dim[random.Next(shape.Dim.Count)] = new TensorShapeProto.Types.Dimension { DimValue = number };
                    }

                    break;
                case 11:
                    Any(graph.Output, random).Name = AnyName(graph, random);
                    break;
                case 12:
                    graph.Node.Insert(random.Next(graph.Node.Count), node.Clone());
                    break;
                case 13:
                    graph.Node.Remove(node);
                    break;
                default:
                    Any(model.OpsetImport, random).Version = number;
                    break;
            }
        }

        return model;
    }

    private static T Any<T>(IList<T> list, Random random) => list[random.Next(list.Count)];

    private static string AnyName(GraphProto graph, Random random)
    {
        NodeProto node = graph.Node[random.Next(graph.Node.Count)];
        return random.Next(6) switch
        {
            0 => "",
            1 => Texts[random.Next(Texts.Length)],
            2 when graph.Initializer.Count > 0 => Any((IList<TensorProto>)graph.Initializer, random).Name,
            3 when node.Input.Count > 0 => Any((IList<string>)node.Input, random),
            _ when node.Output.Count > 0 => Any((IList<string>)node.Output, random),
            _ => "nothing",
        };
    }

    private static JsonNode? Value(JsonNode? old, List<JsonNode> containers, Random random) => random.Next(9) switch
    {
        0 => null,
        1 => JsonValue.Create(Extremes[random.Next(Extremes.Length)]),
        2 => JsonValue.Create(1e300),
        3 => JsonValue.Create(random.Next(2) == 0),
        4 => new JsonArray(),
        5 => new JsonObject(),
        6 => containers[random.Next(containers.Count)].DeepClone(),
        7 when old is JsonValue => JsonValue.Create(random.Next(-3, 20)),
        _ => JsonValue.Create(Texts[random.Next(Texts.Length)]),
    };

    private static void Collect(JsonNode node, List<JsonNode> containers)
    {
        // A vocabulary of thousands of entries would drown the few fields that decide.
        containers.Add(node);
        IEnumerable<JsonNode?> children = node switch { JsonObject parent => parent.Select(pair => pair.Value), JsonArray list => list, _ => [] };
        foreach (JsonNode child in children.OfType<JsonNode>().Where(child => child is not JsonValue).Take(64))
        {
            Collect(child, containers);
        }
    }
}
