using OnnxEmbed.Kernels.Operators;

namespace OnnxEmbed.Kernels.Rows;

/// <summary>
/// Runs a <see cref="RowProgram"/>. The first input has the shape of the whole, [..., D] with R rows in all; the others broadcast to it or to
/// [..., 1]. A wide output has the shape of the whole, a narrow one [..., 1].
/// </summary>
internal sealed unsafe class RowKernel : CpuKernel
{
    public const string Name = "Rows";
    public const string ProgramAttribute = "program";

    /// <summary>Elements of a register in one block: a handful of registers stay in the first-level cache.</summary>
    private const int BlockElements = 2048;

    /// <summary>Elements of the whole that one task works on.</summary>
    private const int TaskElements = 32 * 1024;

    private readonly RowProgram _program;
    private readonly bool[] _wide;
    private readonly int[] _slots;
    private readonly int _slotCount;

    public RowKernel(KernelAttributes attributes)
    {
        _program = RowProgram.Parse(attributes.Text("program\0"u8) ?? throw new InvalidOperationException("Rows: needs a program"));
        _wide = _program.Widths();
        (_slots, _slotCount) = Slots();
    }

    public override void Compute(KernelContext context)
    {
        int inputs = _program.WideInputs.Count;
        KernelTensor[] tensors = new KernelTensor[inputs];
        for (int i = 0; i < inputs; i++)
        {
            tensors[i] = context.Input(i);
        }

        long[] shape = tensors[0].Shape;
        int width = checked((int)shape[^1]);
        long rows = width == 0 ? 0 : tensors[0].ElementCount / width;
        long[] narrowShape = [.. shape[..^1], 1];
        nint[] outputs = new nint[_program.Outputs.Count];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = context.Output(i, _wide[_program.Outputs[i]] ? shape : narrowShape);
        }

        if (rows == 0)
        {
            return;
        }

        RowOperand[] operands = new RowOperand[inputs];
        for (int i = 0; i < inputs; i++)
        {
            operands[i] = RowOperand.Broadcast((float*)tensors[i].Data, tensors[i].Shape, shape);
        }

        int block = Math.Max(1, BlockElements / width);
        int task = Math.Max(1, TaskElements / width / block) * block;
        context.ParallelFor(checked((int)((rows + task - 1) / task)), index =>
        {
            using ScratchMemory memory = ScratchMemory.Rent((long)_slotCount * block * width);
            RowOperand[] registers = new RowOperand[_program.RegisterCount];
            long end = Math.Min(rows, (index + 1L) * task);
            for (long first = (long)index * task; first < end; first += block)
            {
                Place(registers, operands, outputs, memory.Data, first, width, block);
                Execute(registers, (int)Math.Min(block, end - first));
            }
        });
    }

    /// <summary>Says where each register lies: inputs and outputs in their tensors, the others in scratch memory.</summary>
    private void Place(
        RowOperand[] registers, RowOperand[] operands, nint[] outputs, float* scratch, long first, int width, int block)
    {
        for (int i = 0; i < registers.Length; i++)
        {
            registers[i] = i < operands.Length
                ? operands[i].From(first)
                : RowOperand.Block(scratch + ((long)_slots[i] * block * width), _wide[i] ? width : 1);
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            int register = _program.Outputs[i];
            int own = _wide[register] ? width : 1;
            registers[register] = RowOperand.Block((float*)outputs[i] + (first * own), own);
        }
    }

    private void Execute(RowOperand[] registers, int rows)
    {
        for (int i = 0; i < _program.Instructions.Count; i++)
        {
            RowInstruction instruction = _program.Instructions[i];
            RowOperand to = registers[_program.WideInputs.Count + i];
            RowOperand a = registers[instruction.A];
            if (instruction.IsReduction)
            {
                for (int row = 0; row < rows; row++)
                {
                    *to.Row(row) = RowMath.Reduce(instruction.Operation, new ReadOnlySpan<float>(a.Row(row), a.Width));
                }
            }
            else if (instruction.B < 0)
            {
                Unary(instruction.Operation, a, to, rows);
            }
            else
            {
                Binary(instruction.Operation, a, registers[instruction.B], to, rows);
            }
        }
    }

    private static void Unary(RowOperation operation, in RowOperand a, in RowOperand to, int rows)
    {
        if (a.IsBlock && operation != RowOperation.SwapHalves)
        {
            int count = rows * to.Width;
            RowMath.Unary(operation, new ReadOnlySpan<float>(a.Row(0), count), new Span<float>(to.Row(0), count));
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            RowMath.Unary(operation, new ReadOnlySpan<float>(a.Row(row), to.Width), new Span<float>(to.Row(row), to.Width));
        }
    }

    private static void Binary(RowOperation operation, in RowOperand a, in RowOperand b, in RowOperand to, int rows)
    {
        int width = to.Width;
        if (width == 1)
        {
            for (int row = 0; row < rows; row++)
            {
                *to.Row(row) = RowMath.Binary(operation, *a.Row(row), *b.Row(row));
            }

            return;
        }

        bool wideA = a.Width == width;
        bool wideB = b.Width == width;
        if (((wideA && a.IsBlock) || a.IsNumber) && ((wideB && b.IsBlock) || b.IsNumber))
        {
            int count = rows * width;
            Row(operation, a.Row(0), wideA, b.Row(0), wideB, to.Row(0), count);
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            Row(operation, a.Row(row), wideA, b.Row(row), wideB, to.Row(row), width);
        }
    }

    private static void Row(RowOperation operation, float* a, bool wideA, float* b, bool wideB, float* to, int count)
    {
        Span<float> result = new(to, count);
        if (wideA && wideB)
        {
            RowMath.Binary(operation, new ReadOnlySpan<float>(a, count), new ReadOnlySpan<float>(b, count), result);
        }
        else if (wideA)
        {
            RowMath.Binary(operation, new ReadOnlySpan<float>(a, count), *b, result);
        }
        else
        {
            RowMath.Binary(operation, *a, new ReadOnlySpan<float>(b, count), result);
        }
    }

    /// <summary>Gives each register that lives in scratch memory a place that is free from its making to its last use.</summary>
    private (int[] Slots, int Count) Slots()
    {
        int inputs = _program.WideInputs.Count;
        int[] lastUse = new int[_program.RegisterCount];
        for (int i = 0; i < _program.Instructions.Count; i++)
        {
            lastUse[_program.Instructions[i].A] = i;
            if (_program.Instructions[i].B >= 0)
            {
                lastUse[_program.Instructions[i].B] = i;
            }
        }

        int[] slots = new int[_program.RegisterCount];
        List<int> busyUntil = [];
        for (int i = 0; i < _program.Instructions.Count; i++)
        {
            int register = inputs + i;
            if (_program.Outputs.Contains(register))
            {
                continue;
            }

            int slot = busyUntil.FindIndex(until => until < i);
            if (slot < 0)
            {
                slot = busyUntil.Count;
                busyUntil.Add(0);
            }

            busyUntil[slot] = Math.Max(i, lastUse[register]);
            slots[register] = slot;
        }

        return (slots, Math.Max(1, busyUntil.Count));
    }
}
