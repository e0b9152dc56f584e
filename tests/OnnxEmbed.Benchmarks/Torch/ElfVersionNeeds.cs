using System.Buffers.Binary;
using System.Text;

namespace OnnxEmbed.Benchmarks.Torch;

/// <summary>
/// Edits the version needs (section .gnu.version_r) of a 64-bit little-endian ELF file. A library that was linked against a newer C++
/// runtime names its symbol versions; the dynamic loader refuses it where one is missing, unless the need is marked weak.
/// Source: Linux Standard Base 5.0 Core, chapter 10.7 "Symbol Versioning"; ELF-64 Object File Format 1.5.
/// </summary>
internal static class ElfVersionNeeds
{
    private const uint SectionTypeVersionNeed = 0x6ffffffe;
    private const ushort FlagWeak = 2;

    /// <summary>Marks each need of <paramref name="version"/> weak, in place.</summary>
    /// <returns>How many needs carry the flag afterwards.</returns>
    /// <exception cref="InvalidDataException">The bytes are not a 64-bit little-endian ELF file.</exception>
    public static int Weaken(Span<byte> file, string version)
    {
        if (file.Length < 64 || !file[..4].SequenceEqual("\u007fELF"u8) || file[4] != 2 || file[5] != 1)
        {
            throw new InvalidDataException("needs a 64-bit little-endian ELF file");
        }

        int sections = (int)BinaryPrimitives.ReadUInt64LittleEndian(file[0x28..]);
        int sectionSize = BinaryPrimitives.ReadUInt16LittleEndian(file[0x3a..]);
        int sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(file[0x3c..]);
        byte[] wanted = [.. Encoding.ASCII.GetBytes(version), 0];
        int marked = 0;
        for (int i = 0; i < sectionCount; i++)
        {
            ReadOnlySpan<byte> header = file.Slice(sections + (i * sectionSize), sectionSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != SectionTypeVersionNeed)
            {
                continue;
            }

            int offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[0x18..]);
            int stringSection = (int)BinaryPrimitives.ReadUInt32LittleEndian(header[0x28..]);
            int strings = (int)BinaryPrimitives.ReadUInt64LittleEndian(file[(sections + (stringSection * sectionSize) + 0x18)..]);
            marked += WeakenSection(file, offset, strings, wanted);
        }

        return marked;
    }

    /// <summary>Walks the chain of Verneed records (one a library), each with its chain of Vernaux records (one a version).</summary>
    private static int WeakenSection(Span<byte> file, int need, int strings, ReadOnlySpan<byte> wanted)
    {
        int marked = 0;
        while (true)
        {
            int count = BinaryPrimitives.ReadUInt16LittleEndian(file[(need + 2)..]);
            int version = need + (int)BinaryPrimitives.ReadUInt32LittleEndian(file[(need + 8)..]);
            for (int i = 0; i < count; i++)
            {
                int name = strings + (int)BinaryPrimitives.ReadUInt32LittleEndian(file[(version + 8)..]);
                if (file[name..].StartsWith(wanted))
                {
                    Span<byte> flags = file.Slice(version + 4, 2);
                    BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | FlagWeak));
                    marked++;
                }

                version += (int)BinaryPrimitives.ReadUInt32LittleEndian(file[(version + 12)..]);
            }

            int next = (int)BinaryPrimitives.ReadUInt32LittleEndian(file[(need + 12)..]);
            if (next == 0)
            {
                return marked;
            }

            need += next;
        }
    }
}
