using OnnxEmbed.Kernels.Rows;
using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Kernels.Rewriting;

/// <summary>Collects the instructions of a chain; registers are numbered inputs first, so those of instructions are fixed at the end.</summary>
internal sealed class RowEmitter
{
    private readonly List<Value> _inputs = [];
    private readonly List<RowInstruction> _instructions = [];
    private readonly Dictionary<Value, int> _registers = [];

    /// <summary>Makes a value the next input of the program; all inputs come before the first instruction.</summary>
    public void Input(Value value)
    {
        _registers.Add(value, _inputs.Count);
        _inputs.Add(value);
    }

    /// <summary>The register of a value that was read or computed before.</summary>
    public int this[Value value] => _registers[value];

    /// <summary>Appends an instruction.</summary>
    /// <returns>The register of its result.</returns>
    public int Emit(RowOperation operation, int a, int b = -1)
    {
        _instructions.Add(new RowInstruction(operation, a, b));
        return _inputs.Count + _instructions.Count - 1;
    }

    /// <summary>Says in which register a value of the graph now is.</summary>
    public void Define(Value value, int register) => _registers.Add(value, register);

    public RowProgram Program(IEnumerable<Value> outputs) =>
        new([.. _inputs.Select(input => !(input.Rank == 0 || input.Shape.At(-1).IsOne))], _instructions, [.. outputs.Select(output => _registers[output])]);
}
