using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Json;

/// <summary>Collects what is wrong, so that one error reports all of it.</summary>
internal sealed class FaultList
{
    private readonly List<string> _faults = [];

    public bool IsEmpty => _faults.Count == 0;

    public void Add(string fault) => _faults.Add(fault);

    /// <summary>The value, or the fallback where reading it found a fault.</summary>
    public T Value<T>(Func<T> read, T fallback)
    {
        try
        {
            return read();
        }
        catch (DataException e)
        {
            // One value may be asked for twice, as the default of another.
            if (!_faults.Contains(e.Message))
            {
                _faults.Add(e.Message);
            }

            return fallback;
        }
    }

    public void ThrowIfAny()
    {
        if (_faults.Count > 0)
        {
            throw new DataException(JsonText.OneLine(string.Join("; ", _faults)));
        }
    }
}
