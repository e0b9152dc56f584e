using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Reports;

/// <summary>
/// The merge as a recipe in mergekit's YAML (https://github.com/arcee-ai/mergekit, README, "Merge Configuration"), with every default
/// written out and the models named as the user named them. What mergekit has no field for stands under <c>onnxembed</c>.
/// </summary>
internal sealed class ResolvedRecipe
{
    /// <summary>Name of the recipe in a package; beside a bare file it is <c>FILE.merge-recipe.yaml</c>.</summary>
    public const string FileName = "merge-recipe.yaml";

    private readonly RecipeEmitter _yaml = new();
    private readonly MergeOptions _options;
    private readonly MergeArguments _arguments;
    private readonly LayerSchedule? _schedule;

    private ResolvedRecipe(MergeOptions options, MergeArguments arguments)
    {
        _options = options;
        _arguments = arguments;
        _schedule = options.Schedule as LayerSchedule;
    }

    /// <summary>The text of the file.</summary>
    /// <param name="options">The merge.</param>
    /// <param name="arguments">Its checked parameters.</param>
    /// <param name="type">Element type of all weights; null where they differ.</param>
    public static string ToYaml(MergeOptions options, MergeArguments arguments, ElementType? type)
    {
        ResolvedRecipe recipe = new(Named(options), arguments);
        recipe.Write(type);
        return (options.Trail?.Text ?? "") + recipe._yaml.Text();
    }

    /// <summary>Results of earlier stages are called by their names.</summary>
    private static MergeOptions Named(MergeOptions options) => options.Trail is not { } trail ? options : options with
    {
        Inputs = [.. options.Inputs.Select(trail.Named)],
        Base = options.Base is { } theBase ? trail.Named(theBase) : null,
        Vocabulary = options.Vocabulary?.Named(trail.Named),
    };

    private void Write(ElementType? type)
    {
        if (_options.Trail?.Name is { } name)
        {
            _yaml.Entry("name", name);
        }

        // A fold is mergekit's passthrough of one model with an adapter.
        _yaml.Entry("merge_method", _options.Method.NeedsAdapter ? "passthrough" : _options.Method.Name);
        if ((_options.Base ?? (_options.Method == MergeMethods.Slerp ? _options.Inputs[0] : null)) is { } theBase)
        {
            _yaml.Word("base_model");
            _yaml.Model(theBase);
        }

        if (_options.Inputs[0].Layers.Count > 0)
        {
            _yaml.List("slices", Enumerable.Range(0, _options.Inputs[0].Layers.Count), Slice);
        }
        else
        {
            _yaml.List("models", Enumerable.Range(0, _options.Inputs.Count), model => _yaml.Mapping(null, () =>
            {
                _yaml.Word("model");
                _yaml.Model(_options.Inputs[model]);
                Parameters(_arguments.ModelValues[model], 0, model);
            }));
        }

        Parameters(_arguments.Values, null, null);
        if (type is { } known && DtypeOf(known) is { } dtype)
        {
            _yaml.Entry("dtype", dtype);
        }

        if (_options.OutputType is { } output && output != type)
        {
            _yaml.Entry("out_dtype", DtypeOf(output)!);
        }

        if (_options.Vocabulary is { } vocabulary)
        {
            _yaml.Mapping("tokenizer", () => Tokenizer(vocabulary));
        }

        if (_options.ChatTemplate is { } template)
        {
            _yaml.Word("chat_template");
            _yaml.Path(template);
        }

        (string Name, string Value)[] settings =
            [.. RecipeSetting.All.Select(setting => (setting.Name, Value: setting.Get(_options)!))
                .Where(setting => setting.Value is not null)];
        if (settings.Length > 0)
        {
            _yaml.Mapping("onnxembed", () =>
            {
                foreach ((string setting, string value) in settings)
                {
                    _yaml.Entry(setting, value);
                }
            });
        }
    }

    private void Tokenizer(VocabularyMerge vocabulary)
    {
        _yaml.Word("source");
        if (vocabulary.Model is { } model)
        {
            _yaml.Model(model);
        }
        else
        {
            _yaml.Word(vocabulary.Source == VocabularySource.Union ? "union" : "base");
        }

        if (vocabulary.PadToMultipleOf > 1)
        {
            _yaml.Entry("pad_to_multiple_of", Text.Number(vocabulary.PadToMultipleOf));
        }

        if (vocabulary.Tokens.Count > 0)
        {
            _yaml.Mapping("tokens", () =>
            {
                foreach ((string token, TokenSource from) in vocabulary.Tokens)
                {
                    _yaml.Path(token);
                    _yaml.Mapping(null, () => TokenFrom(from));
                }
            });
        }
    }

    private void TokenFrom(TokenSource from)
    {
        _yaml.Word("source");
        if (from is { Model: { } model, Token: null, TokenId: null })
        {
            _yaml.Model(model);
        }
        else
        {
            _yaml.Mapping(null, () =>
            {
                _yaml.Entry("kind", from.Model is null ? "zero" : "model_token");
                if (from.Model is not null)
                {
                    _yaml.Word("model");
                    _yaml.Model(from.Model);
                    _yaml.Word(from.TokenId is null ? "token" : "token_id");
                    _yaml.Path(from.TokenId is { } id ? Text.Number(id) : from.Token!);
                }
            });
        }

        if (from.Force)
        {
            _yaml.Entry("force", "true");
        }
    }

    private void Slice(int slice) => _yaml.Mapping(null, () =>
    {
        MergeInput[] inputs = [.. _options.Inputs];
        _yaml.List("sources", Enumerable.Range(0, inputs.Length + (_options.Base is null ? 0 : 1)), source => _yaml.Mapping(null, () =>
        {
            bool isBase = source == inputs.Length;
            LayerRange range = (isBase ? _options.Base! : inputs[source]).Layers[slice];
            _yaml.Word("model");
            _yaml.Model(range.Model);
            if (range.End is { } end)
            {
                _yaml.List("layer_range", new[] { range.Start, end }, layer => _yaml.Word(Text.Number(layer)), inline: true);
            }

            if (!isBase)
            {
                Parameters(_arguments.ModelValues[source], slice, source);
            }
        }));
        Parameters(new Dictionary<string, object>(), slice, null);
    });

    /// <summary>The parameters at one place: values that hold for all tensors, and the schedule's settings.</summary>
    private void Parameters(IReadOnlyDictionary<string, object> values, int? slice, int? model)
    {
        ParameterSetting[] settings =
            [.. (_schedule?.Names ?? []).Select(name => _schedule!.Setting(name, slice, model)).OfType<ParameterSetting>()];
        (string Name, string Value)[] fixedValues =
            [.. values.Where(entry => _schedule?.Names.Contains(entry.Key) != true).Select(entry => (entry.Key, Shown(entry.Value)))];
        if (settings.Length + fixedValues.Length == 0)
        {
            return;
        }

        _yaml.Mapping("parameters", () =>
        {
            foreach ((string name, string value) in fixedValues)
            {
                _yaml.Entry(name, value);
            }

            foreach (ParameterSetting setting in settings)
            {
                _yaml.Word(setting.Name);
                if (setting.Entries is [{ Filter: null, Part: null } only])
                {
                    Values(only.Values);
                }
                else
                {
                    _yaml.Items(setting.Entries, Entry, inline: false);
                }
            }
        });
    }

    private void Entry(ParameterEntry entry) => _yaml.Mapping(null, () =>
    {
        if (entry.Filter is { } filter)
        {
            _yaml.Word("filter");
            _yaml.Path(filter.ToString());
        }

        if (entry.Part is { } part)
        {
            _yaml.Entry("part", part.ToString().ToLowerInvariant());
        }

        _yaml.Word("value");
        Values(entry.Values);
    });

    private void Values(IReadOnlyList<string> values)
    {
        if (values.Count == 1)
        {
            _yaml.Word(values[0]);
        }
        else
        {
            _yaml.Items(values, _yaml.Word, inline: true);
        }
    }

    private static string Shown(object value) => value switch
    {
        double number => Text.Number(number),
        bool flag => flag ? "true" : "false",
        _ => (string)value,
    };

    private static string? DtypeOf(ElementType type) => type switch
    {
        ElementType.Float64 => "float64",
        ElementType.Float32 => "float32",
        ElementType.Float16 => "float16",
        ElementType.BFloat16 => "bfloat16",
        _ => null,
    };
}
