using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Merging.Stacking;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <content>Models stacked from layers of models.</content>
internal sealed partial class MergeSource
{
    private readonly List<MergeSource> _pieces = [];
    private Dictionary<string, (MergeSource Piece, string Name)>? _stacked;

    /// <summary>Number of layers of a stack, and the layer of its first model that each was; null for a model as it is.</summary>
    public IReadOnlyList<int>? Stack { get; private set; }

    /// <summary>The models that it is made of: itself, or those that it is stacked from.</summary>
    public IReadOnlyList<MergeSource> Pieces => _pieces.Count == 0 ? [this] : _pieces;

    private static string LabelOf(LayerRange range)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(range.Model.Model)));
        return $"{name}[{range.Start}:{range.End}]";
    }

    private static MergeSource OpenStack(MergeInput input)
    {
        List<MergeSource> pieces = [];
        try
        {
            Dictionary<MergeInput, MergeSource> byModel = [];
            foreach (LayerRange range in input.Layers)
            {
                MergeInput key = byModel.Keys.FirstOrDefault(known => known.ToString() == range.Model.ToString()) ?? range.Model;
                if (!byModel.ContainsKey(key))
                {
                    byModel.Add(key, Open(key));
                    pieces.Add(byModel[key]);
                }
            }

            if (pieces.FirstOrDefault(piece => !piece.HasGraph) is { } bare)
            {
                throw new DataException($"{bare.Label}: needs a model with a graph to stack its layers, it has weights only");
            }

            MergeSource PieceOf(LayerRange range) => byModel.First(known => known.Key.ToString() == range.Model.ToString()).Value;
            LayerBlocks blocks = new(pieces[0].Model, pieces[0].Label);
            List<string> faults = [];
            List<(MergeSource Piece, int Layer)> places = [];
            foreach (LayerRange range in input.Layers)
            {
                int end = range.End ?? blocks.Blocks.Count;
                if (end > blocks.Blocks.Count || range.Start >= end)
                {
                    faults.Add($"layer_range: needs layers of {range.Model} in [0, {blocks.Blocks.Count}), got [{range.Start}, {end})");
                    continue;
                }

                places.AddRange(Enumerable.Range(range.Start, end - range.Start).Select(layer => (PieceOf(range), layer)));
            }

            if (faults.Count > 0)
            {
                throw new DataException("merge: " + string.Join("; ", faults));
            }

            StackedGraph graph = StackedGraph.Build(pieces[0].Model.Proto, blocks, [.. places.Select(place => place.Layer)]);
            LayerMap map = new(pieces[0].Model, []);
            Dictionary<string, (MergeSource Piece, string Name)> tensors = new(StringComparer.Ordinal);
            foreach (string name in graph.Result.Graph.Initializer.Select(tensor => tensor.Name))
            {
                if (graph.Weights.TryGetValue(name, out (int Place, string Name) weight))
                {
                    tensors.Add(name, (places[weight.Place].Piece, weight.Name));
                }
                else if (pieces[0].Model.Tensors.ContainsKey(name))
                {
                    // What comes before the layers is the first model's, what comes after them the last one's, as in mergekit.
                    tensors.Add(name, (map[name].Part == TensorPart.Post ? places[^1].Piece : pieces[0], name));
                }
            }

            CheckPieces(pieces[0], tensors.Values);
            OnnxModel model = new(
                graph.Result, tensors.ToDictionary(
                    entry => entry.Key, entry => entry.Value.Piece.Model.Tensors[entry.Value.Name], StringComparer.Ordinal));
            OpenedModel opened = new(model, true, pieces[0].Package, [.. pieces.SelectMany(piece => piece.Files)], [], []);
            MergeSource source = new(input, opened) { Stack = [.. places.Select(place => place.Layer)], _stacked = tensors };
            source._pieces.AddRange(pieces);
            source.AdapterDirectories.AddRange(pieces.SelectMany(piece => piece.AdapterDirectories));
            return source;
        }
        catch
        {
            pieces.ForEach(piece => piece.Dispose());
            throw;
        }
    }

    private static void CheckPieces(MergeSource first, IEnumerable<(MergeSource Piece, string Name)> tensors)
    {
        List<string> differences = [];
        foreach ((MergeSource piece, string name) in tensors.Where(tensor => !ReferenceEquals(tensor.Piece, first)))
        {
            TensorData expected = first.Model.Tensors[name];
            if (!piece.Model.Tensors.TryGetValue(name, out TensorData? actual))
            {
                differences.Add($"{piece.Label} has no '{name}' {expected}");
            }
            else if (expected.ToString() != actual.ToString())
            {
                differences.Add($"'{name}' is {expected}, in {piece.Label} {actual}");
            }
        }

        if (differences.Count > 0)
        {
            throw new ShapeMismatchException(
                $"merge: needs the same tensors in all models of a stack ({first.Label} is the first)", [.. differences.Distinct()]);
        }
    }
}
