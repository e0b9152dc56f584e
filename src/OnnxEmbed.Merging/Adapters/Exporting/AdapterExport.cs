using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Exporting;

/// <summary>Writes an adapter for PEFT, or for ONNX Runtime together with the model that takes it.</summary>
public static class AdapterExport
{
    /// <summary>Exports an adapter. Each output appears when it is complete.</summary>
    /// <exception cref="OptionException">Options do not fit each other, all faults listed; or an output exists.</exception>
    /// <exception cref="DataException">The adapter is wrong, does not fit the model, or has what the form cannot hold.</exception>
    public static ExportReport Run(ExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        using LoraAdapter adapter = LoraAdapter.Load(AdapterDirectory.Of(options.Adapter));
        long parameters = adapter.Modules.Sum(module => module.A.ElementCount + module.B.ElementCount);
        if (options.Form == ExportForm.Peft)
        {
            using LoraAdapter cast = options.ElementType is { } type ? Cast(adapter, type)
                : LoraAdapter.Create(adapter.Settings, adapter.Modules, adapter.WholeTensors);
            using AtomicOutput directory = AtomicOutput.Directory(options.Output, options.Force);
            cast.Save(directory.TemporaryPath);
            directory.Commit();
            return new ExportReport(adapter.Modules.Count, parameters, 0);
        }

        RequireFactorsOnly(adapter, options.Adapter);
        AtomicOutput.RefuseExistingFile(options.Output, options.Force);
        int inputs = 0;
        ElementType? weightType = options.ElementType;
        if (options.Base is not null)
        {
            (inputs, weightType) = WriteModel(options, adapter);
        }

        using AtomicOutput file = AtomicOutput.File(options.Output, options.Force);
        OnnxAdapterFile.Write(file.TemporaryPath, LoraInputs.Parameters(adapter, weightType));
        file.Commit();
        return new ExportReport(adapter.Modules.Count, parameters, inputs);
    }

    private static (int Inputs, ElementType Type) WriteModel(ExportOptions options, LoraAdapter adapter)
    {
        ModelPackage? package = Directory.Exists(options.Base) ? ModelPackage.Open(options.Base) : null;
        if (package is null && !File.Exists(options.Base))
        {
            throw new DataException($"{options.Base}: needs a model package or an .onnx file, there is nothing of that name");
        }

        using OnnxModel model = OnnxModel.Load(package?.ModelPath ?? options.Base!);
        IReadOnlyList<AdapterBinding> bindings = new AdapterBinder(model).Bind(adapter, options.Adapter).Modules;
        ElementType[] types = [.. bindings.Select(binding => model.Tensors[binding.Tensor].ElementType).Distinct()];
        if (types.Length > 1 || (options.ElementType is { } asked && asked != types[0]))
        {
            string found = string.Join(", ", types.Select(each => each.ShortName()));
            throw new DataException(
                $"{options.Base}: the adapter's inputs have the type of the weights, {found}; needs one, and no other asked for");
        }

        using OnnxModel changed = LoraInputs.AddTo(model, bindings, options.Base!);
        if (package is null)
        {
            changed.Save(options.ModelOutput!, new OnnxWriteOptions { Force = options.Force });
        }
        else
        {
            Provenance provenance = new(
                "adapter export",
                new Dictionary<string, object?> { ["base"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(package.FullPath)) },
                [.. package.Hashes("base")],
                new Dictionary<string, ulong>());
            package.CopyTo(
                options.ModelOutput!,
                path => changed.Save(path),
                provenance,
                description: "The base model with inputs for the factors of LoRA adapters (`.onnx_adapter`); without one it is the base model.",
                force: options.Force);
        }

        return (bindings.Count * 2, types[0]);
    }

    private static LoraAdapter Cast(LoraAdapter adapter, ElementType type)
    {
        TensorData To(TensorData tensor) => tensor.ElementType == type ? tensor
            : TensorData.FromDoubles(tensor.ToDoubles(), type, [.. tensor.Shape]);
        return LoraAdapter.Create(
            adapter.Settings,
            [
                .. adapter.Modules.Select(module => module with
                {
                    A = To(module.A),
                    B = To(module.B),
                    Magnitude = module.Magnitude is { } magnitude ? To(magnitude) : null,
                    Bias = module.Bias is { } bias ? To(bias) : null,
                }),
            ],
            adapter.WholeTensors.ToDictionary(whole => whole.Key, whole => To(whole.Value)));
    }

    private static void RequireFactorsOnly(LoraAdapter adapter, string where)
    {
        string?[] more =
        [
            adapter.Settings.UseDora ? "magnitudes (DoRA)" : null,
            adapter.Settings.LoraBias ? "biases (lora_bias)" : null,
            adapter.WholeTensors.Count > 0 ? $"whole tensors ({string.Join(", ", adapter.WholeTensors.Keys.Take(3))})" : null,
        ];
        if (Array.Exists(more, part => part is not null))
        {
            throw new DataException(
                $"{where}: needs factors A and B only, got {string.Join(", ", more.Where(part => part is not null))}; fold it with merge --lora, "
                + "or fold it and extract an adapter from the result");
        }
    }

    private static void Check(ExportOptions options)
    {
        List<string> faults = [];
        if (options.ElementType is { } type && !type.IsFloat())
        {
            faults.Add($"dtype: needs a floating-point type, got {type.ShortName()}");
        }

        if (options.Base is null != options.ModelOutput is null)
        {
            faults.Add("base, model: need both or neither");
        }

        if (options.Form == ExportForm.Peft && options.Base is not null)
        {
            faults.Add("base: a PEFT directory takes none");
        }

        if (options.Form == ExportForm.OnnxAdapter && !options.Output.EndsWith(OnnxAdapterFile.Extension, StringComparison.Ordinal))
        {
            faults.Add($"out: needs a file name that ends with {OnnxAdapterFile.Extension}, got '{options.Output}'");
        }

        if (faults.Count > 0)
        {
            throw new OptionException("export: " + string.Join("; ", faults));
        }
    }
}
