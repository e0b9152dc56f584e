using System.Text.Json.Nodes;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>
/// The tokens of a merge's result, and what the row of each is in every model. Rows that come out the same whatever the method (a token
/// that one
/// model has) are taken over as they are; the others are merged as one vector, whatever row a model has them in.
/// </summary>
internal sealed class VocabularyPlan
{
    private readonly IReadOnlyDictionary<string, long>[] _vocabularies;
    private readonly IReadOnlyDictionary<string, long> _result;
    private readonly string?[] _tokens;
    private readonly VocabularyMerge _options;
    private readonly MergeOptions _merge;
    private readonly Dictionary<string, (int Source, TokenSource From)> _sources = new(StringComparer.Ordinal);

    /// <summary>The model whose ids the result has; -1 for none of them.</summary>
    private readonly int _like;

    private VocabularyPlan(IReadOnlyList<MergeSource> sources, MergeOptions merge, VocabularyMerge options, List<string> faults,
        List<string> warnings)
    {
        _merge = merge;
        _options = options;
        TokenizerFile[] files =
            [.. sources.Select((source, i) => i > 0 && source.Package is null ? null
            : TokenizerFile.Read(source.Label, source.Package!.FullPath))
            .Select((file, i) => file!)];
        _vocabularies = [.. files.Select(file => (file ?? files[0]).Ids)];
        if (options.Source == VocabularySource.Union)
        {
            TokenizerUnion union = TokenizerUnion.Make(
                files[0], [.. files.Skip(1).Where(file => file is not null).DistinctBy(file => file.Path)], faults, warnings);
            (_result, Root, Added) = (union.Ids, union.Root, union.Added);
        }
        else if (options is { Source: VocabularySource.Model, Model: { } model })
        {
            _like = SourceOf(model, sources);
            TokensFrom = _like == 0 ? null : _like > 0 ? sources[_like].Package?.FullPath : model.Model;
            faults.AddRange(PadFaults(sources[0], TokensFrom));
            _result = _like >= 0 ? _vocabularies[_like] : TokenizerFile.Read(model.Model, model.Model).Ids;
        }
        else
        {
            _result = _vocabularies[0];
        }

        _tokens = new string?[_result.Count == 0 ? 0 : _result.Values.Max() + 1];
        foreach ((string token, long id) in _result)
        {
            _tokens[id] = token;
        }

        foreach ((string token, TokenSource from) in options.Tokens)
        {
            int source = from.Model is { } named ? SourceOf(named, sources) : 0;
            string wanted = from.Token ?? token;
            if (!_result.ContainsKey(token))
            {
                faults.Add($"tokens: '{token}' is no token of the result");
            }
            else if (source < 0)
            {
                faults.Add($"tokens: the row of '{token}' needs one of the models that are merged, got {from.Model!.Model}");
            }
            else if (from is { Model: not null, TokenId: null } && !_vocabularies[source].ContainsKey(wanted))
            {
                faults.Add($"tokens: '{token}' needs '{wanted}' in {sources[source].Label}, which has no such token");
            }
            else
            {
                _sources.Add(token, (source, from));
            }
        }

        warnings.Add(Describe(sources));
    }

    /// <summary>The merged <c>tokenizer.json</c>; null where it is that of a model.</summary>
    public JsonObject? Root { get; }

    /// <summary>Entries of <c>added_tokens</c> that the first model's tokenizer has not.</summary>
    public IReadOnlyList<JsonObject> Added { get; } = [];

    /// <summary>Directory whose tokenizer the result gets; null for the first model's.</summary>
    public string? TokensFrom { get; }

    /// <summary>Ids of the result by token.</summary>
    public IReadOnlyDictionary<string, long> Ids => _result;

    /// <summary>Plans the vocabulary; null where all models have the same and nothing else is asked for.</summary>
    /// <param name="sources">The models; the first has a tokenizer.</param>
    /// <param name="merge">The merge.</param>
    /// <param name="differ">Whether the vocabularies of the models differ.</param>
    /// <param name="faults">Receives what cannot be done.</param>
    /// <param name="warnings">Receives what the user should know.</param>
    public static VocabularyPlan? Make(IReadOnlyList<MergeSource> sources, MergeOptions merge, bool differ, List<string> faults,
        List<string> warnings)
    {
        if ((merge.Vocabulary ?? (merge.AlignVocabulary ? new VocabularyMerge() : null)) is not { } options)
        {
            return null;
        }

        bool elsewhere = options is { Source: VocabularySource.Model, Model: { } model } && SourceOf(model, sources) < 0;
        return differ || elsewhere || options.Tokens.Count > 0 || options.PadToMultipleOf > 1
            ? new VocabularyPlan(sources, merge, options, faults, warnings)
            : null;
    }

    /// <summary>
    /// Splits a tensor with rows of tokens into what is merged and what is taken over, and tells each model where its rows are.
    /// </summary>
    /// <param name="name">The tensor.</param>
    /// <param name="axis">The axis of the tokens.</param>
    /// <param name="sources">The models.</param>
    /// <param name="faults">Receives tokens that no table has a row for.</param>
    /// <returns>The parts, and the number of rows in the result.</returns>
    public (IReadOnlyList<MergeUnit> Units, long Rows) Split(string name, int axis, IReadOnlyList<MergeSource> sources, List<string> faults)
    {
        TokenTables tables = new([.. sources.Select(source => source.BindingOf(name) is null ? null : source.Weights(name))], axis);
        int[] holders = [.. Enumerable.Range(0, sources.Count).Where(i => tables.RowsOf(i) > 0)];
        TokenRow[][] rows = Rows(tables, holders, name, faults);
        int count = rows[0].Length;
        bool whole = _merge.Compatibility == MergeCompatibility.Mergekit;
        ILookup<bool, int> parts = Enumerable.Range(0, count).ToLookup(row => whole || rows.Skip(1)
            .Any(model => model[row] != rows[0][row]));
        List<MergeUnit> units = [];
        Add("shared", parts[true], false);
        Add("other", parts[false], true);
        return (units, count);

        void Add(string what, IEnumerable<int> part, bool kept)
        {
            int[] indexes = [.. part];
            if (indexes.Length == 0)
            {
                return;
            }

            MergeUnit unit = new($"{name}[{indexes.Length} {what} tokens]", name,
                AxisSelection.Of(axis, indexes.Select(index => (long)index)), kept);
            units.Add(unit);
            for (int i = 0; i < holders.Length; i++)
            {
                sources[holders[i]].Bind(unit.Name, new TokenTable(tables, holders[i], [.. indexes.Select(index => rows[i][index])]), name);
            }
        }
    }

    /// <summary>
    /// A table outside the graph in the result's rows: the first model's, filled up from others. Null where it has no row for each token.
    /// </summary>
    public TensorData? Extend(IReadOnlyList<TensorData?> tensors, long extent)
    {
        if (tensors[0] is not { } first || first.Shape.Count == 0 || first.Shape[0] != extent)
        {
            return null;
        }

        TokenTables tables = new(
            [.. tensors.Select(tensor => tensor is not null && tensor.Shape.Skip(1).SequenceEqual(first.Shape.Skip(1))
                ? new StoredWeights(tensor) : null)], 0);
        int[] holders = [.. Enumerable.Range(0, tensors.Count).Where(i => tables.RowsOf(i) > 0)];
        TokenTable table = new(tables, 0, Rows(tables, holders, "", [])[0]);
        double[] values = new double[table.Stored.ElementCount];
        table.Doubles(0, values);
        byte[] bytes = new byte[table.Stored.ByteLength];
        FloatConversion.FromDoubles(values, first.ElementType, bytes);
        return TensorData.FromBytes(first.ElementType, [.. table.Stored.Shape], bytes);
    }

    /// <summary>What each row of the result is in each model that has a table.</summary>
    private TokenRow[][] Rows(TokenTables tables, int[] holders, string name, List<string> faults)
    {
        // Behind the tokens lie rows that none uses: those of the model whose ids count stay, those that are added are a mean.
        long own = _like < 0 ? 0 : tables.RowsOf(_like);
        long count = Math.Max(own, _tokens.Length);
        count = checked((count + _options.PadToMultipleOf - 1) / _options.PadToMultipleOf * _options.PadToMultipleOf);
        TokenRow[][] rows = [.. holders.Select(_ => new TokenRow[count])];
        List<string> lost = [];
        for (int row = 0; row < count; row++)
        {
            string? token = row < _tokens.Length ? _tokens[row] : null;
            for (int i = 0; i < holders.Length; i++)
            {
                rows[i][row] = token is null ? row < own ? TokenRow.Of(_like, row) : TokenRow.MeanOf(holders[i])
                    : Own(token, holders[i]) ?? TokenRow.MeanOf(holders[i]);
            }

            if (token is null)
            {
                continue;
            }

            (int Source, long Row)[] owners = [.. holders.Select(source => (source, Id(token, source))).Where(owner => owner.Item2 >= 0)];
            bool replaced = _sources.ContainsKey(token);
            if (owners.Length == 0 && !replaced)
            {
                lost.Add(token); // no table reaches its id, or no model has it
                continue;
            }

            TokenRow? fill = null;
            for (int i = 0; i < holders.Length; i++)
            {
                if (Own(token, holders[i]) is null)
                {
                    rows[i][row] = fill ??= Array.Exists(owners, owner => owner.Source == 0) && _merge.Base is not null
                        ? TokenRow.Of(0, Id(token, 0))
                        : owners.Length == 1 ? TokenRow.Of(owners[0].Source, owners[0].Row)
                        : TokenRow.MeanOfRows(tables.Add(owners));
                }
            }
        }

        if (lost.Count > 0)
        {
            faults.Add(
                $"'{name}': needs a row for each token in one of the models, {lost.Count} have none ({string.Join(", ", lost.Take(5).Select(token => $"'{token}'"))}"
                + $"{(lost.Count > 5 ? ", …" : "")}); tokens with a source give them one");
        }

        return rows;

        TokenRow? Own(string token, int source)
        {
            bool replaced = _sources.TryGetValue(token, out (int Source, TokenSource From) given);
            long id = Id(token, source);
            if (id >= 0 && !(replaced && given.From.Force))
            {
                return TokenRow.Of(source, id);
            }

            if (!replaced)
            {
                return null;
            }

            if (given.From.Model is null)
            {
                return TokenRow.Zero;
            }

            long row = given.From.TokenId ?? _vocabularies[given.Source][given.From.Token ?? token];
            if (row >= tables.RowsOf(given.Source))
            {
                faults.Add($"tokens: '{token}' needs a row in [0, {tables.RowsOf(given.Source)}) of '{name}', got {row}");
                return TokenRow.Zero;
            }

            return TokenRow.Of(given.Source, row);
        }

        long Id(string token, int source) => _vocabularies[source].TryGetValue(token, out long id) && id < tables.RowsOf(source) ? id : -1;
    }

    /// <summary>A graph that looks for a certain id in its input cannot take a tokenizer that fills batches with another.</summary>
    private static IEnumerable<string> PadFaults(MergeSource first, string? tokensFrom)
    {
        if (tokensFrom is null || !File.Exists(Path.Combine(tokensFrom, ModelConfig.FileName))
            || first.Package?.Config.PadTokenId is not { } pad
            || ModelConfig.Load(Path.Combine(tokensFrom, ModelConfig.FileName)).PadTokenId is not { } other || pad == other)
        {
            yield break;
        }

        foreach (Onnx.Schema.NodeProto node in first.Model.Proto.Graph.Node.Where(node =>
            node.OpType is "Equal" or "Greater" or "Less" or "Sub"
            && node.Input.Contains("input_ids")))
        {
            yield return $"tokenizer: the pad token is {other} there and {pad} in {first.Label}, whose graph looks for it (node '{node.Name}', {node.OpType})";
        }
    }

    private static int SourceOf(MergeInput model, IReadOnlyList<MergeSource> sources)
    {
        for (int i = 0; i < sources.Count; i++)
        {
            MergeInput input = sources[i].Input.Layers.Count > 0 ? sources[i].Input.Layers[0].Model : sources[i].Input;
            if (input.Model == model.Model && input.Adapters.SequenceEqual(model.Adapters))
            {
                return i;
            }
        }

        return Enumerable.Range(0, sources.Count).Where(i => sources[i].Input.Model == model.Model && model.Adapters.Count == 0)
            .FirstOrDefault(-1);
    }

    /// <summary>What is merged and what is not, for the user.</summary>
    private string Describe(IReadOnlyList<MergeSource> sources)
    {
        int shared = _result.Keys.Count(token => _vocabularies.All(vocabulary => vocabulary.ContainsKey(token)));
        string[] owners = [.. sources.Select((source, i) => (source.Label, Count: _result.Keys.Count(token =>
            _vocabularies[i].ContainsKey(token) && !_vocabularies.Where((_, other) => other != i).Any(other => other.ContainsKey(token)))))
            .Where(entry => entry.Count > 0).Select(entry => $"{entry.Count} that only {entry.Label} has are kept")];
        string[] left =
            [.. sources.Select((source, i) => (source.Label, Count: _vocabularies[i].Keys.Count(token => !_result.ContainsKey(token))))
            .Where(entry => entry.Count > 0).Select(entry => $"{entry.Count} of {entry.Label}")];
        string all = shared == _result.Count ? "vocabularies" : "vocabularies differ";
        return $"{all}: {shared} tokens that all models have are merged"
            + string.Concat(owners.Select(owner => $", {owner}")) + (left.Length > 0 ? $", and {string.Join(", ", left)} left out" : "");
    }
}
