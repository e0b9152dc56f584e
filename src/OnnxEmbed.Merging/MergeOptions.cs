using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging;

/// <summary>What to merge, how, and where to.</summary>
public sealed record MergeOptions
{
    /// <summary>The method, from <see cref="MergeMethods"/>.</summary>
    public required MergeMethod Method { get; init; }

    /// <summary>
    /// The models. Graph, tokenizer and element types of the result are those of <see cref="Base"/> where there is one, else of the first
    /// model.
    /// </summary>
    public required IReadOnlyList<MergeInput> Inputs { get; init; }

    /// <summary>The model that the others were trained from, for methods that merge differences to it.</summary>
    /// <value>Default none.</value>
    public MergeInput? Base { get; init; }

    /// <summary>Where the result appears: a directory if the base, or else the first model, is a package; otherwise a file.</summary>
    public required string Output { get; init; }

    /// <summary>
    /// Values of the method's parameters as text, by name; those left out have their defaults. A parameter of the models given here holds
    /// for
    /// every model that has none of its own.
    /// </summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Whose numbers the merge gives where programs differ.</summary>
    public MergeCompatibility Compatibility { get; init; }

    /// <summary>Whether tensors of one axis or none (biases, the scales of norms) are averaged instead of merged by the method.</summary>
    public bool LinearVectors { get; init; }

    /// <summary>Whether a parameter may leave its range where the method says so (slerp: t).</summary>
    public bool Extrapolate { get; init; }

    /// <summary>Whether NaN and infinite weights are merged instead of refused.</summary>
    public bool AllowNonFinite { get; init; }

    /// <summary>
    /// Whether what otherwise keeps the base's value with a warning is an error: differing integers, constants and files.
    /// </summary>
    public bool Strict { get; init; }

    /// <summary>
    /// Whether models with different vocabularies are merged token by token, the result with those of the model that gives the graph.
    /// Otherwise
    /// different vocabularies are an error.
    /// </summary>
    public bool AlignVocabulary { get; init; }

    /// <summary>How models with different vocabularies are merged.</summary>
    /// <value>Default null: as <see cref="AlignVocabulary"/> says.</value>
    public VocabularyMerge? Vocabulary { get; init; }

    /// <summary>
    /// A chat template that is kept in the result's <c>tokenizer_config.json</c>: Jinja text, <c>auto</c> for the one that most of the
    /// models have, or
    /// alpaca, chatml, llama3, mistral, exaone.
    /// </summary>
    /// <value>Default null: what the model that gives the tokenizer has.</value>
    public string? ChatTemplate { get; init; }

    /// <summary>
    /// Whether models that by the angles between their weights do not descend from one base are merged instead of refused.
    /// </summary>
    public bool AllowUnrelated { get; init; }

    /// <summary>
    /// Whether hashes of result and inputs are written beside a bare file, too, which takes as long as the merge; a package always has
    /// them.
    /// </summary>
    public bool Manifest { get; init; }

    /// <summary>Whether an existing output is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>
    /// Floating-point type of the result's weights: f64, f32, f16 or bf16, rounded once. Constants of the graph keep theirs; the graph
    /// computes in the
    /// types that it has, behind a Cast of each weight.
    /// </summary>
    /// <value>Default null: the types of the model that gives the graph.</value>
    public ElementType? OutputType { get; init; }

    /// <summary>Where the bytes of large tensors go.</summary>
    public ExternalDataMode ExternalData { get; init; } = ExternalDataMode.Auto;

    /// <summary>Values that differ from tensor to tensor.</summary>
    internal IParameterSchedule? Schedule { get; init; }

    /// <summary>Whether everything is computed and nothing written.</summary>
    internal bool DryRun { get; init; }

    /// <summary>The stages of a recipe that went before.</summary>
    internal StageTrail? Trail { get; init; }

    /// <summary>Threads at work, 1 or more. The result does not depend on it.</summary>
    public required int DegreeOfParallelism { get; init; }
}
