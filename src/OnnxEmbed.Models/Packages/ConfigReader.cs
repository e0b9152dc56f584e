using OnnxEmbed.Models.Json;

namespace OnnxEmbed.Models.Packages;

/// <summary>
/// Reads the fields of one <c>config.json</c> and collects what is wrong with them. A field that is absent or null takes the default that
/// the caller names, which is the one of transformers' configuration class.
/// </summary>
internal sealed class ConfigReader(JsonField json, FaultList faults)
{
    private const int Most = 1 << 30;

    /// <summary>The <c>model_type</c>.</summary>
    public string ModelType { get; } = faults.Value(() => json["model_type"].AsString(), "");

    /// <summary>A field as it stands, for what has a form of its own.</summary>
    public JsonField this[string name] => json[name];

    /// <summary>The value, or the fallback with the fault noted where reading it fails.</summary>
    public T Value<T>(Func<T> read, T fallback) => faults.Value(read, fallback);

    /// <summary>A size that must be there.</summary>
    /// <param name="name">The field.</param>
    /// <param name="alias">The name that the architecture's own class uses for it.</param>
    public int Needed(string name, string? alias = null) => faults.Value(() => Field(name, alias).AsInt32(1, Most), 1);

    public int Size(string name, int fallback, int least = 1, string? alias = null) =>
        faults.Value(() => Field(name, alias).Int32Or(fallback, least, Most), fallback);

    public int? SizeOrNull(string name) => json[name].Exists ? faults.Value<int?>(() => json[name].AsInt32(1, Most), null) : null;

    public double Number(string name, double fallback, string? alias = null) =>
        faults.Value(() => Field(name, alias).DoubleOr(fallback), fallback);

    public double? NumberOrNull(string name) => json[name].Exists ? faults.Value<double?>(() => json[name].AsDouble(), null) : null;

    public bool Flag(string name, bool fallback = false) => faults.Value(() => json[name].BooleanOr(fallback), fallback);

    public string Text(string name, string fallback, string? alias = null) =>
        faults.Value(() => Field(name, alias).StringOr(fallback), fallback);

    public IReadOnlyList<string>? TextsOrNull(string name) =>
        json[name].Exists ? faults.Value<IReadOnlyList<string>?>(() => [.. json[name].Items().Select(item => item.AsString())], null) : null;

    /// <summary>A token id; null where there is none or a list of them.</summary>
    public int? Id(string name) => json[name].IsNumber ? faults.Value<int?>(() => json[name].AsInt32(0, Most), null) : null;

    /// <summary>What a decoder reads: <c>is_causal</c> false or <c>use_bidirectional_attention</c> true make it an encoder.</summary>
    public AttentionKind Attention() => Flag("is_causal", true) && !Flag("use_bidirectional_attention")
        ? AttentionKind.Causal
        : AttentionKind.Bidirectional;

    private JsonField Field(string name, string? alias) => alias is not null && !json[name].Exists && json[alias].Exists ? json[alias] : json[name];
}
