using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>Where ONNX Runtime runs a graph: <c>cpu</c>, <c>cuda</c> (the first device) or <c>cuda:N</c>.</summary>
public static class ExecutionDevice
{
    private const string CudaProvider = "CUDAExecutionProvider";

    /// <summary>Makes the options' session run on a device.</summary>
    /// <param name="options">Options of a session to be opened.</param>
    /// <param name="device">The device.</param>
    /// <exception cref="OptionException">The name is no device, or this build of ONNX Runtime cannot run on it.</exception>
    public static void Select(SessionOptions options, string device)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(device);
        if (device == "cpu")
        {
            return;
        }

        string[] parts = device.Split(':');
        int index = 0;
        if (parts is not ["cuda", ..] || parts.Length > 2
            || (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)))
        {
            throw new OptionException($"device: needs cpu, cuda or cuda:N, got {device}");
        }

        string[] providers = OrtEnv.Instance().GetAvailableProviders();
        if (!providers.Contains(CudaProvider))
        {
            throw new OptionException(
                $"device: {device} needs ONNX Runtime with {CudaProvider} (make build GPU=1), "
                + $"this build has {string.Join(", ", providers)}");
        }

        try
        {
            options.AppendExecutionProvider_CUDA(index);
        }
        catch (OnnxRuntimeException e)
        {
            throw new OptionException($"device: {device} cannot be used: {e.Message}", e);
        }
    }
}
