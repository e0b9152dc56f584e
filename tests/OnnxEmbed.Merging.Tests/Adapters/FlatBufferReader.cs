using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace OnnxEmbed.Merging.Tests.Adapters;

/// <summary>Reads a FlatBuffer by slots, from its documented layout (https://flatbuffers.dev/internals/).</summary>
internal sealed class FlatBufferReader(byte[] bytes)
{
    public string Identifier => Encoding.ASCII.GetString(bytes, 4, 4);

    public int Root => At(0);

    public int Int(int table, int slot) => Field(table, slot) is { } at ? BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at)) : 0;

    public string Text(int table, int slot)
    {
        int start = VectorStart(table, slot);
        return Encoding.UTF8.GetString(bytes, start, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(start - 4)));
    }

    public long[] Longs(int table, int slot) => MemoryMarshal.Cast<byte, long>(Vector(table, slot, sizeof(long))).ToArray();

    public float[] Floats(int table, int slot) => MemoryMarshal.Cast<byte, float>(Vector(table, slot, 1)).ToArray();

    public int[] Tables(int table, int slot)
    {
        int start = VectorStart(table, slot);
        return [.. Enumerable.Range(0, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(start - 4))).Select(i => At(start + (4 * i)))];
    }

    /// <summary>Place of a vector's first element.</summary>
    public int VectorStart(int table, int slot) => At(Field(table, slot)!.Value) + 4;

    private ReadOnlySpan<byte> Vector(int table, int slot, int size)
    {
        int start = VectorStart(table, slot);
        return bytes.AsSpan(start, size * BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(start - 4)));
    }

    private int At(int place) => place + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(place));

    private int? Field(int table, int slot)
    {
        int vtable = table - BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(table));
        int place = 4 + (2 * slot);
        int offset = place < BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(vtable)) ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(vtable + place)) : 0;
        return offset == 0 ? null : table + offset;
    }
}
