using System.Globalization;

namespace OnnxEmbed.Kernels.Rows;

/// <summary>
/// A chain of elementwise operations and reductions over the last axis, to be carried out row by row while the row lies in the cache.
/// Registers are the inputs in order, then the result of each instruction. A register is wide (D numbers a row) or narrow (one).
/// </summary>
/// <param name="WideInputs">For each input whether it is wide.</param>
/// <param name="Instructions">In order.</param>
/// <param name="Outputs">Registers that are the node's outputs.</param>
internal sealed record RowProgram(
    IReadOnlyList<bool> WideInputs, IReadOnlyList<RowInstruction> Instructions, IReadOnlyList<int> Outputs)
{
    /// <summary>Number of registers.</summary>
    public int RegisterCount => WideInputs.Count + Instructions.Count;

    /// <summary>For each register whether it is wide.</summary>
    public bool[] Widths()
    {
        bool[] wide = new bool[RegisterCount];
        for (int i = 0; i < WideInputs.Count; i++)
        {
            wide[i] = WideInputs[i];
        }

        for (int i = 0; i < Instructions.Count; i++)
        {
            RowInstruction instruction = Instructions[i];
            wide[WideInputs.Count + i] = !instruction.IsReduction && (wide[instruction.A] || (instruction.B >= 0 && wide[instruction.B]));
        }

        return wide;
    }

    /// <summary>The program as the attribute of a node: inputs, instructions and outputs, separated by bars.</summary>
    public override string ToString() => string.Join(
        '|',
        string.Concat(WideInputs.Select(wide => wide ? 'w' : 'n')),
        string.Join(';', Instructions.Select(each => string.Create(CultureInfo.InvariantCulture, $"{each.Operation} {each.A} {each.B}"))),
        string.Join(',', Outputs.Select(output => output.ToString(CultureInfo.InvariantCulture))));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">The text is no program.</exception>
    public static RowProgram Parse(string text)
    {
        string[] parts = text.Split('|');
        if (parts.Length != 3)
        {
            throw new FormatException($"row program: needs inputs|instructions|outputs, got '{text}'");
        }

        RowInstruction[] instructions = [.. parts[1].Split(';').Select(Instruction)];
        int[] outputs = [.. parts[2].Split(',').Select(Number)];
        RowProgram program = new([.. parts[0].Select(each => each == 'w')], instructions, outputs);
        for (int i = 0; i < instructions.Length; i++)
        {
            int known = program.WideInputs.Count + i;
            if (instructions[i].A < 0 || instructions[i].A >= known || instructions[i].B >= known)
            {
                throw new FormatException($"row program: instruction {i} needs registers below {known}, got {instructions[i]}");
            }
        }

        return outputs.All(output => output >= 0 && output < program.RegisterCount)
            ? program
            : throw new FormatException($"row program: needs outputs among {program.RegisterCount} registers, got {parts[2]}");
    }

    private static RowInstruction Instruction(string text)
    {
        string[] words = text.Split(' ');
        return words.Length == 3 && Enum.TryParse(words[0], out RowOperation operation)
            ? new RowInstruction(operation, Number(words[1]), Number(words[2]))
            : throw new FormatException($"row program: needs an operation and two registers, got '{text}'");
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
