using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace OnnxEmbed.Kernels.Operators;

/// <summary>Native memory that kernels borrow for a call, aligned to 64 bytes; what is given back serves the next.</summary>
internal sealed unsafe class ScratchMemory : IDisposable
{
    private const nuint Alignment = 64;

    private static readonly ConcurrentBag<ScratchMemory> Free = [];

    private nuint _size;

    private ScratchMemory()
    {
    }

    ~ScratchMemory() => NativeMemory.AlignedFree(Data);

    public float* Data { get; private set; }

    public static ScratchMemory Rent(long elements)
    {
        ScratchMemory memory = Free.TryTake(out ScratchMemory? found) ? found : new ScratchMemory();
        nuint size = checked((nuint)elements * sizeof(float));
        if (memory._size < size)
        {
            NativeMemory.AlignedFree(memory.Data);
            memory.Data = null;
            memory.Data = (float*)NativeMemory.AlignedAlloc(size, Alignment);
            memory._size = size;
        }

        return memory;
    }

    /// <summary>Gives the memory back to the pool.</summary>
    public void Dispose() => Free.Add(this);
}
