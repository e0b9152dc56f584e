using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>
/// Puts the body of each function that a model brings along in the place of its calls (ONNX IR.md 1.20, model-local functions), as
/// PyTorch's exporter leaves them.
/// </summary>
internal static class FunctionInlining
{
    // A call makes at least one node; a file of a few bytes could ask for 2^100 by functions that call two others each.
    private const int MostNodes = 1 << 20;

    /// <summary>The model without calls; the same object where it has none.</summary>
    /// <exception cref="GraphException">Functions call each other in a circle or grow beyond bounds.</exception>
    public static ModelProto Inline(ModelProto model)
    {
        if (model.Functions.Count == 0)
        {
            return model;
        }

        Dictionary<(string, string, string), FunctionProto> functions = [];
        foreach (FunctionProto function in model.Functions)
        {
            functions[(Decomposer.DomainOf(function.Domain), function.Name, function.Overload)] = function;
        }

        ModelProto result = model.Clone();
        result.Functions.Clear();
        result.Graph.Node.Clear();
        Expansion expansion = new(functions, result);
        foreach (NodeProto node in model.Graph.Node)
        {
            expansion.Add(node, depth: 0);
        }

        return result;
    }

    private sealed class Expansion(Dictionary<(string, string, string), FunctionProto> functions, ModelProto result)
    {
        private int _calls;

        public void Add(NodeProto node, int depth)
        {
            if (!functions.TryGetValue((Decomposer.DomainOf(node.Domain), node.OpType, node.Overload), out FunctionProto? function))
            {
                result.Graph.Node.Add(node.Clone());
                if (result.Graph.Node.Count > MostNodes)
                {
                    throw new GraphException($"graph {result.Graph.Name}: needs at most {MostNodes} nodes after its functions are put in place");
                }

                return;
            }

            if (depth > functions.Count)
            {
                throw new GraphException($"graph {result.Graph.Name}: needs functions that do not call themselves, got {function.Name}");
            }

            AddMissingImports(function);
            Dictionary<string, string> names = new(StringComparer.Ordinal) { [""] = "" };
            for (int i = 0; i < function.Input.Count; i++)
            {
                names[function.Input[i]] = i < node.Input.Count ? node.Input[i] : "";
            }

            for (int i = 0; i < function.Output.Count; i++)
            {
                names[function.Output[i]] = i < node.Output.Count && node.Output[i].Length > 0 ? node.Output[i] : $"{function.Name}:{_calls}:out{i}";
            }

            int call = _calls++;
            foreach (NodeProto inner in function.Node)
            {
                Add(Bind(inner, names, node, function, call), depth + 1);
            }
        }

        private static NodeProto Bind(NodeProto inner, Dictionary<string, string> names, NodeProto call, FunctionProto function, int index)
        {
            string prefix = $"{function.Name}:{index}/";
            NodeProto bound = inner.Clone();
            bound.Name = prefix + inner.Name;
            Rename(bound.Input);
            Rename(bound.Output);
            for (int i = bound.Attribute.Count - 1; i >= 0; i--)
            {
                AttributeProto attribute = bound.Attribute[i];
                if (attribute.G is not null || attribute.Graphs.Count > 0)
                {
                    throw new GraphException($"function {function.Name}: needs nodes without subgraphs, got {inner.OpType} \"{inner.Name}\"");
                }

                if (attribute.RefAttrName.Length == 0)
                {
                    continue;
                }

                AttributeProto? given = call.Find(attribute.RefAttrName)
                    ?? function.AttributeProto.FirstOrDefault(fallback => fallback.Name == attribute.RefAttrName);
                bound.Attribute.RemoveAt(i);
                if (given is not null)
                {
                    AttributeProto copy = given.Clone();
                    copy.Name = attribute.Name;
                    bound.Attribute.Add(copy);
                }
            }

            return bound;

            void Rename(IList<string> list)
            {
                for (int i = 0; i < list.Count; i++)
                {
                    if (!names.TryGetValue(list[i], out string? name))
                    {
                        name = prefix + list[i];
                        names.Add(list[i], name);
                    }

                    list[i] = name;
                }
            }
        }

        private void AddMissingImports(FunctionProto function)
        {
            foreach (OperatorSetIdProto import in function.OpsetImport)
            {
                if (!result.OpsetImport.Any(known => Decomposer.DomainOf(known.Domain) == Decomposer.DomainOf(import.Domain)))
                {
                    result.OpsetImport.Add(import.Clone());
                }
            }
        }
    }
}
